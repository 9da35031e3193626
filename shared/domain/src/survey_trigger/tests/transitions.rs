//! Whether a row reached the state of a rule.

use proptest::prelude::*;

use super::*;

/// What is stored after a row was looked at, and how many occurrences came of it.
fn seen(
    rules: &[SurveyRule],
    before: Option<&Watched>,
    row: &SeenRow,
    event: &RecordChanged,
) -> (Watched, usize) {
    seen_at(after(1), rules, before, row, event)
}

/// The same, with the moment at which the row is read.
fn seen_at(
    now: Timestamp,
    rules: &[SurveyRule],
    before: Option<&Watched>,
    row: &SeenRow,
    event: &RecordChanged,
) -> (Watched, usize) {
    let rules: Vec<&SurveyRule> = rules.iter().collect();
    let had = before.map_or(0, |before| before.pending.len());
    match observe(&rules, before, row, event, now) {
        Observed::Next(next) => {
            let new = next.pending.len() - had;
            (next, new)
        }
        Observed::Same => (before.unwrap().clone(), 0),
        Observed::Outdated => panic!("the row is not older than what was seen"),
    }
}

fn updated() -> RecordChanged {
    change(Change::Updated, &["title"])
}

#[test]
fn a_row_that_moves_into_the_state_reaches_it_once() {
    let rules = [rule(json!({}))];
    let (open, none) = seen(&rules, None, &row(1, json!({"statecode": 0})), &updated());
    assert_eq!(none, 0);
    let resolved = row(2, json!({"statecode": 1}));
    let (next, new) = seen(&rules, Some(&open), &resolved, &updated());
    assert_eq!(new, 1);
    assert_eq!(next.pending[0].occurrence, 1);
    assert_eq!(next.pending[0].at, after(0), "by the clock of the CRM");
    let again = observe(&[&rules[0]], Some(&next), &resolved, &updated(), after(2));
    assert_eq!(again, Observed::Same, "a repeat is no second change");
    let edited = row(3, json!({"statecode": 1}));
    assert_eq!(seen(&rules, Some(&next), &edited, &updated()).1, 0);
}

#[test]
fn a_row_that_comes_back_into_the_state_reaches_it_again() {
    let rules = [rule(json!({}))];
    let mut watched = None;
    let mut ids = Vec::new();
    for (version, state) in [(1, 0), (2, 1), (3, 0), (4, 1)] {
        let row = row(version, json!({"statecode": state}));
        let (next, _) = seen(&rules, watched.as_ref(), &row, &updated());
        watched = Some(next);
    }
    for pending in &watched.unwrap().pending {
        ids.push(pending.invitation(&connection(), &record("incident")));
    }
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1], "each time has its own invitation");
}

#[test]
fn the_state_before_is_named_by_value_or_label_in_any_case_of_letters() {
    for (from, held, expected) in [
        (json!(["0"]), json!(0), 1),
        (json!(["En curso"]), json!([0, "En curso"]), 1),
        (json!([" en CURSO "]), json!([0, "En curso"]), 1),
        (json!(["2", "Á espera"]), json!([5, "á espera"]), 1),
        (json!(["2"]), json!([0, "En curso"]), 0),
        (json!(["En curso"]), Value::Null, 0),
    ] {
        let rules = [rule(json!({"from": from, "to": ["Resolto"]}))];
        let before = match &held {
            Value::Null => row(1, json!({})),
            held => row(1, json!({"statecode": held})),
        };
        let (watched, _) = seen(&rules, None, &before, &updated());
        let resolved = row(2, json!({"statecode": [1, "Resolto"]}));
        let (_, new) = seen(&rules, Some(&watched), &resolved, &updated());
        assert_eq!(new, expected, "{from} from {held}");
    }
}

#[test]
fn a_row_seen_for_the_first_time_reached_its_state_only_if_somebody_says_so() {
    let resolved = row(9, json!({"statecode": 1}));
    for (what, columns, expected) in [
        (Change::Created, &[][..], 1),
        (Change::Updated, &["title", "statecode"][..], 1),
        (Change::Updated, &["title"][..], 0),
        (Change::Updated, &[][..], 0),
        (Change::Closed, &[][..], 1),
        (Change::StateSet, &[][..], 1),
        (Change::Assigned, &[][..], 0),
        (Change::Found, &[][..], 0),
    ] {
        let (_, new) = seen(&[rule(json!({}))], None, &resolved, &change(what, columns));
        assert_eq!(new, expected, "{what:?} {columns:?}");
    }
    let cause = rule(json!({"column": "new_cause", "to": ["3"]}));
    let with_cause = row(9, json!({"new_cause": 3}));
    let closed = change(Change::Closed, &[]);
    let (_, new) = seen(&[cause], None, &with_cause, &closed);
    assert_eq!(
        new, 0,
        "a message made for the state writes no other column"
    );
}

#[test]
fn a_lookup_is_named_as_it_is_written_and_watched_as_it_is_read() {
    let owner = "5a4db0c5-0001-4000-8000-000000000002";
    let given = rule(json!({"column": "_ownerid_value", "to": [owner]}));
    let assigned = row(9, json!({"_ownerid_value": owner}));
    for (column, expected) in [("ownerid", 1), ("_ownerid_value", 1), ("owner", 0)] {
        let event = change(Change::Updated, &[column]);
        let (_, new) = seen(std::slice::from_ref(&given), None, &assigned, &event);
        assert_eq!(new, expected, "{column}");
    }
}

#[test]
fn what_the_sweep_finds_first_is_remembered_and_its_next_move_counts() {
    let rules = [rule(json!({}))];
    let found = change(Change::Found, &[]);
    let (old, none) = seen(&rules, None, &row(3, json!({"statecode": 1})), &found);
    assert_eq!(none, 0, "its state may be years old");
    let (open, _) = seen(&rules, Some(&old), &row(4, json!({"statecode": 0})), &found);
    let (_, new) = seen(
        &rules,
        Some(&open),
        &row(5, json!({"statecode": 1})),
        &found,
    );
    assert_eq!(new, 1, "a change that no webhook told of counts too");
}

#[test]
fn of_two_changes_of_a_new_row_the_one_that_names_the_state_may_come_last() {
    let rules = [rule(json!({}))];
    let resolved = row(6, json!({"statecode": 1}));
    let closed = change(Change::Closed, &[]);
    let (edited, none) = seen(&rules, None, &resolved, &updated());
    assert_eq!(none, 0);
    let (told, new) = seen(&rules, Some(&edited), &resolved, &closed);
    assert_eq!(new, 1, "the row was read after both");
    assert_eq!(seen(&rules, Some(&told), &resolved, &closed).1, 0, "once");
}

#[test]
fn a_change_that_is_told_late_counts_by_when_it_happened_whatever_was_written_since() {
    let rules = [rule(json!({}))];
    let first_look = after(60);
    let resolved = row(6, json!({"statecode": 1}));
    let (edited, none) = seen_at(first_look, &rules, None, &resolved, &updated());
    assert_eq!(none, 0);
    // Somebody else writes another column, which another message tells of or none does.
    let later = row(7, json!({"statecode": 1}));
    let (written, none) = seen_at(after(90), &rules, Some(&edited), &later, &updated());
    assert_eq!(none, 0);
    let mut closed = change(Change::Closed, &[]);
    for before in [&edited, &written] {
        for (happened, expected) in [
            (-3600, 1),
            (59, 1),
            (61, 1),   // The clocks differ.
            (3600, 0), // It was in that state already, and nobody knows since when.
        ] {
            closed.happened_at = after(happened);
            let (told, new) = seen_at(after(7200), &rules, Some(before), &later, &closed);
            assert_eq!(new, expected, "{happened} s");
            let (_, again) = seen_at(after(7200), &rules, Some(&told), &later, &closed);
            assert_eq!(again, 0, "once");
        }
    }
}

#[test]
fn a_row_whose_creation_is_told_late_counts_once_as_created_so() {
    let resolved = row(6, json!({"statecode": 1}));
    let created = change(Change::Created, &[]);
    for (from, expected) in [(json!({}), 1), (json!({"from": ["0"]}), 0)] {
        let rules = [rule(from)];
        let (edited, none) = seen_at(after(60), &rules, None, &resolved, &updated());
        assert_eq!(none, 0);
        let (told, new) = seen_at(after(90), &rules, Some(&edited), &resolved, &created);
        assert_eq!(new, expected);
        let (_, again) = seen_at(after(95), &rules, Some(&told), &resolved, &created);
        assert_eq!(again, 0, "once");
    }
}

#[test]
fn a_case_that_was_resolved_before_its_creation_was_heard_of_is_asked_about() {
    let rules = [rule(json!({"from": ["0"]}))];
    let resolved = row(6, json!({"statecode": 1}));
    let (created, none) = seen(&rules, None, &resolved, &change(Change::Created, &[]));
    assert_eq!(none, 0, "it was not created so");
    let closed = change(Change::Closed, &[]);
    assert_eq!(seen(&rules, Some(&created), &resolved, &closed).1, 1);
}

#[test]
fn a_state_that_did_not_come_from_the_one_before_stays_uncounted_when_told_again() {
    let rules = [rule(json!({"from": ["2"]}))];
    let closed = change(Change::Closed, &[]);
    let (open, _) = seen(&rules, None, &row(1, json!({"statecode": 0})), &updated());
    let resolved = row(2, json!({"statecode": 1}));
    let (next, none) = seen(&rules, Some(&open), &resolved, &closed);
    assert_eq!(none, 0);
    assert_eq!(seen(&rules, Some(&next), &resolved, &closed).1, 0);
}

#[test]
fn an_older_version_of_the_row_than_was_seen_says_nothing() {
    let rules = rule(json!({}));
    let (seen_before, _) = seen(
        std::slice::from_ref(&rules),
        None,
        &row(5, json!({"statecode": 0})),
        &updated(),
    );
    let older = row(4, json!({"statecode": 1}));
    let event = change(Change::Closed, &[]);
    let answer = observe(&[&rules], Some(&seen_before), &older, &event, after(2));
    assert_eq!(answer, Observed::Outdated);
}

#[test]
fn a_rule_that_is_new_looks_at_a_known_row_as_if_for_the_first_time() {
    let state = rule(json!({}));
    let cause = rule(json!({"name": "causa", "column": "new_cause", "to": ["3"]}));
    let both = json!({"statecode": 0, "new_cause": 3});
    let (known, _) = seen(
        std::slice::from_ref(&state),
        None,
        &row(1, both.clone()),
        &updated(),
    );
    let rules = [state, cause];
    assert_eq!(
        seen(&rules, Some(&known), &row(2, both.clone()), &updated()).1,
        0
    );
    let named = change(Change::Updated, &["new_cause"]);
    assert_eq!(seen(&rules, Some(&known), &row(2, both), &named).1, 1);
}

proptest! {
    /// Whatever is read when, and however often it is told: as many occurrences as moves into the state that could be seen.
    #[test]
    fn every_move_that_is_seen_counts_once(
        states in prop::collection::vec(0_i64..3, 1..12),
        looks in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..30),
    ) {
        let rules = [rule(json!({}))];
        let refs: Vec<&SurveyRule> = rules.iter().collect();
        let mut watched: Option<Watched> = None;
        let (mut latest, mut last_state, mut expected) = (0, None, 0);
        for (look, late) in &looks {
            let at = look.index(states.len());
            let at = if *late { at } else { latest.max(at) };
            let version = u64::try_from(at).unwrap() + 1;
            let event = change(Change::Updated, &["title"]);
            let row = row(version, json!({"statecode": states[at]}));
            match observe(&refs, watched.as_ref(), &row, &event, after(1)) {
                Observed::Outdated => prop_assert!(at < latest),
                Observed::Same => {}
                Observed::Next(next) => watched = Some(next),
            }
            if at >= latest {
                let moved = last_state.is_some_and(|last| last != states[at]);
                expected += usize::from(moved && states[at] == 1);
                (latest, last_state) = (at, Some(states[at]));
            }
        }
        prop_assert_eq!(watched.unwrap().pending.len(), expected);
    }
}
