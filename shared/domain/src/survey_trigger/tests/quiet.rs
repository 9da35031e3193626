//! Hours in which nobody is asked.

use proptest::prelude::*;

use super::*;
use crate::configuration::QuietHours;

fn hours(from: &str, to: &str, zone: &str) -> QuietHours {
    serde_json::from_value(json!({"from": from, "to": to, "time_zone": zone})).unwrap()
}

#[test]
fn a_night_lasts_until_the_morning_after() {
    let night = hours("21:00", "09:00", "Europe/Madrid");
    for (now, until) in [
        ("2026-11-22T19:59:59Z", None),
        ("2026-11-22T20:00:00Z", Some("2026-11-23T08:00:00Z")),
        ("2026-11-22T23:30:00Z", Some("2026-11-23T08:00:00Z")),
        ("2026-11-23T07:59:59Z", Some("2026-11-23T08:00:00Z")),
        ("2026-11-23T08:00:00Z", None),
    ] {
        assert_eq!(
            quiet_until(&night, None, time(now)),
            until.map(time),
            "{now}"
        );
    }
}

#[test]
fn hours_within_a_day_end_on_that_day() {
    let siesta = hours("14:00", "16:30", "Europe/Madrid");
    for (now, until) in [
        ("2026-07-01T11:59:59Z", None),
        ("2026-07-01T12:00:00Z", Some("2026-07-01T14:30:00Z")),
        ("2026-07-01T14:30:00Z", None),
    ] {
        assert_eq!(
            quiet_until(&siesta, None, time(now)),
            until.map(time),
            "{now}"
        );
    }
}

#[test]
fn a_persons_own_zone_counts_and_one_that_nobody_knows_does_not() {
    let night = hours("21:00", "09:00", "Europe/Madrid");
    let morning = time("2026-11-22T08:30:00Z");
    assert_eq!(quiet_until(&night, None, morning), None);
    for unknown in ["Nenhures/Aquí", "", "(GMT+01:00) Madrid"] {
        assert_eq!(
            quiet_until(&night, Some(unknown), morning),
            None,
            "{unknown}"
        );
    }
    assert_eq!(
        quiet_until(&night, Some(" Europe/Lisbon "), morning),
        Some(time("2026-11-22T09:00:00Z"))
    );
    assert_eq!(
        quiet_until(&night, Some("Atlantic/Azores"), morning),
        Some(time("2026-11-22T10:00:00Z"))
    );
}

#[test]
fn a_night_in_which_the_clock_is_changed_ends_by_the_clock_on_the_wall() {
    let night = |zone| hours("21:00", "09:00", zone);
    for (zone, now, until) in [
        // Put forward on 29 March 2026, back on 25 October 2026.
        (
            "Europe/Madrid",
            "2026-03-28T20:30:00Z",
            "2026-03-29T07:00:00Z",
        ),
        (
            "Europe/Lisbon",
            "2026-03-28T21:30:00Z",
            "2026-03-29T08:00:00Z",
        ),
        (
            "Europe/Madrid",
            "2026-10-24T19:30:00Z",
            "2026-10-25T08:00:00Z",
        ),
        (
            "Europe/Lisbon",
            "2026-10-24T20:30:00Z",
            "2026-10-25T09:00:00Z",
        ),
    ] {
        let ends = quiet_until(&night(zone), None, time(now));
        assert_eq!(ends, Some(time(until)), "{zone} {now}");
    }
}

#[test]
fn an_end_that_the_clock_leaps_over_or_shows_twice_is_waited_for_once() {
    // In Lisbon, 01:30 is left out on 29 March 2026 and comes twice on 25 October 2026.
    let short = hours("21:00", "01:30", "Europe/Lisbon");
    for (now, until) in [
        ("2026-03-29T00:59:59Z", Some("2026-03-29T01:30:00Z")),
        ("2026-03-29T01:00:00Z", None),
        ("2026-10-25T00:15:00Z", Some("2026-10-25T00:30:00Z")),
        ("2026-10-25T00:45:00Z", None),
        ("2026-10-25T01:15:00Z", None),
    ] {
        assert_eq!(
            quiet_until(&short, None, time(now)),
            until.map(time),
            "{now}"
        );
    }
}

#[test]
fn an_invitation_waits_for_the_end_unless_only_the_row_gets_the_link() {
    let settings = surveys(json!({
        "quiet_hours": {"from": "21:00", "to": "09:00", "time_zone": "Europe/Madrid"}
    }));
    let night = time("2026-11-22T22:00:00Z");
    let by_mail = of_person(&rule(json!({})), &settings, &person(), None, night);
    let morning = time("2026-11-23T08:00:00Z");
    assert_eq!(by_mail, Verdict::Wait(morning, "the quiet hours"));
    let into_row = rule(json!({"send": {"column": "new_link"}}));
    let told = of_person(&into_row, &settings, &person(), None, night);
    assert!(matches!(told, Verdict::Go(_)), "{told:?}");
}

proptest! {
    #[test]
    fn the_end_lies_ahead_and_within_a_day_and_is_not_quiet_itself(
        second in 1_700_000_000_i64..2_000_000_000,
        from in 18_u8..24,
        to in 5_u8..12,
        zone in prop::sample::select(vec!["Europe/Madrid", "Europe/Lisbon", "Atlantic/Azores", "America/Sao_Paulo"]),
    ) {
        let night = hours(&format!("{from}:00"), &format!("{to:02}:15"), zone);
        let now = Timestamp::from_second(second).unwrap();
        if let Some(until) = quiet_until(&night, None, now) {
            prop_assert!(until > now && until.duration_since(now) < SignedDuration::from_hours(25));
            prop_assert_eq!(quiet_until(&night, None, until), None);
        }
    }
}
