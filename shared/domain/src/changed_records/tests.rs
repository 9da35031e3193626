//! What is told, and that nothing falls between two readings.

use super::*;
use proptest::prelude::*;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn row(changed_at: &str) -> FoundRow {
    FoundRow {
        id: Uuid::from_u128(1),
        changed_at: Some(time(changed_at)),
        version: Some(7),
        about: None,
        gone: false,
    }
}

#[test]
fn the_first_reading_takes_every_row_and_tells_what_changed_within_the_hour() {
    let now = time("2026-11-22T10:00:00Z");
    let reading = Checkpoint::default().due(now).unwrap();
    assert!(reading.tells(&row("2026-11-22T09:00:00Z")));
    assert!(!reading.tells(&row("2026-11-22T08:59:59Z")));
    let halfway = Checkpoint::default().after_page(&reading, After::Page("page 2".into()));
    let second = halfway.due(now).unwrap();
    assert_eq!(second.next.as_deref(), Some("page 2"));
    let done = halfway.after_page(&second, After::End(Some("delta 1".into())));
    assert_eq!(done.due(time("2026-11-22T10:04:59Z")), None);
    let next = done.due(time("2026-11-22T10:05:00Z")).unwrap();
    assert_eq!(next.what, What::Link("delta 1".into()));
    assert!(next.tells(&row("2020-01-01T00:00:00Z")), "a link knows");
}

#[test]
fn a_forgotten_link_begins_anew_and_tells_what_changed_since_the_last_reading() {
    let done = Checkpoint {
        complete_until: Some(time("2026-11-10T10:00:00Z")),
        link: Some("delta 1".into()),
        ..Checkpoint::default()
    };
    let anew = done.forgotten().due(time("2026-11-22T10:00:00Z")).unwrap();
    let told_since = time("2026-11-10T09:45:00Z");
    assert_eq!(anew.what, What::Everything { told_since });
}

#[test]
fn a_table_that_keeps_no_changes_is_read_by_the_time_of_the_last_change() {
    let checkpoint = Checkpoint {
        complete_until: Some(time("2026-11-22T10:00:00Z")),
        ..Checkpoint::default()
    };
    let now = time("2026-11-22T10:10:00Z");
    let checkpoint = checkpoint.not_tracked(now);
    let reading = checkpoint.due(now).unwrap();
    assert_eq!(
        reading.what,
        What::ChangedSince(time("2026-11-22T09:45:00Z"))
    );
    let done = checkpoint.after_page(&reading, After::End(None));
    assert_eq!(done.complete_until, Some(now));
    let next = done.due(time("2026-11-22T10:20:00Z")).unwrap();
    assert_eq!(next.what, What::ChangedSince(time("2026-11-22T09:55:00Z")));
    let asked_again = done.due(time("2026-11-23T10:10:00Z")).unwrap();
    assert!(matches!(asked_again.what, What::Everything { .. }));
}

#[test]
fn a_first_reading_by_time_that_is_forgotten_looks_back_as_far_as_it_did() {
    let now = time("2026-11-22T10:00:00Z");
    let untracked = Checkpoint::default().not_tracked(now);
    let reading = untracked.due(now).unwrap();
    let first_look = What::ChangedSince(time("2026-11-22T09:00:00Z"));
    assert_eq!(reading.what, first_look);
    let on_its_way = untracked.after_page(&reading, After::Page("page 2".into()));
    let later = time("2026-11-22T10:40:00Z");
    assert_eq!(on_its_way.forgotten().due(later).unwrap().what, first_look);
}

#[test]
fn a_table_whose_rows_send_surveys_is_read_also_where_nothing_flows_back() {
    let read = |more: &str| {
        let text = format!(
            "connections:\n  crm: {{ kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: s }}\n  wxm: {{ kind: wxm, secret: s }}\n{more}"
        );
        let configuration = crate::configuration::read(&text).unwrap();
        let names = tables(&configuration).into_iter().map(String::from);
        names.collect::<Vec<_>>()
    };
    let rule = |name: &str, table: &str| {
        format!(
            "    - {{ name: {name}, table: {table}, column: statecode, to: [\"1\"], survey: {{ connection: wxm, questionnaire: Q }}, send: {{ column: cxl_link }} }}\n"
        )
    };
    let surveys = format!(
        "surveys:\n  rules:\n{}{}",
        rule("ganada", "opportunity"),
        rule("resolta", "incident")
    );
    let back = "write_back: { fields: [{ question: CASE_STATUS, column: statuscode }] }\n";
    assert_eq!(read(""), Vec::<String>::new());
    assert_eq!(read(&surveys), ["incident", "opportunity"]);
    let all = read(&format!("{back}{surveys}"));
    assert_eq!(all.len(), 6, "{all:?}");
    assert_eq!(all[5], "opportunity");
}

#[test]
fn a_row_that_is_gone_matters_unless_its_case_is_not_known_any_more() {
    let gone = FoundRow {
        gone: true,
        ..row("2026-11-22T09:00:00Z")
    };
    for (table, expected) in [("incident", true), ("new_device", true), ("task", false)] {
        assert_eq!(matters(&table.parse().unwrap(), &gone), expected, "{table}");
    }
}

#[test]
fn the_same_version_of_a_row_is_told_under_the_same_id() {
    use crate::events::Event;
    let connection = "dynamics".parse().unwrap();
    let table = "incident".parse().unwrap();
    let found_at = |at| found(&connection, &table, &row("2026-11-22T09:00:00Z"), time(at));
    assert_eq!(
        found_at("2026-11-22T10:00:00Z").id(),
        found_at("2026-11-22T10:05:00Z").id()
    );
}

proptest! {
    /// A run may end after any page: what is read afterwards, together with what was told, leaves nothing out.
    #[test]
    fn no_change_falls_between_two_readings(
        gaps in prop::collection::vec(1_i64..4_000, 1..30),
        ends in prop::collection::vec(any::<bool>(), 30),
        forgets in prop::collection::vec(prop::bool::weighted(0.2), 30),
    ) {
        let mut now = time("2026-11-22T10:00:00Z");
        let mut checkpoint = Checkpoint::default();
        let mut told_until = None;
        for ((gap, ends), forgets) in gaps.into_iter().zip(ends).zip(forgets) {
            now += SignedDuration::from_secs(gap);
            if forgets {
                checkpoint = checkpoint.forgotten();
            }
            let Some(reading) = checkpoint.due(now) else { continue };
            let reaches_back_to = match &reading.what {
                What::Everything { told_since } | What::ChangedSince(told_since) => *told_since,
                What::Link(_) => told_until.unwrap_or(now),
            };
            // Before the first reading nobody is told of anything.
            let needed = *told_until.get_or_insert(reaches_back_to);
            prop_assert!(reaches_back_to <= needed);
            if ends {
                told_until = Some(needed.max(reading.began_at));
                checkpoint = checkpoint.after_page(&reading, After::End(Some("link".into())));
            } else {
                checkpoint = checkpoint.after_page(&reading, After::Page("page".into()));
            }
        }
    }
}
