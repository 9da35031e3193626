//! How often one person is asked.

use proptest::prelude::*;

use super::*;
use crate::configuration::Cap;

fn cap(invitations: u32, within: &str) -> Cap {
    serde_json::from_value(json!({"invitations": invitations, "within": within})).unwrap()
}

#[test]
fn a_person_who_was_asked_often_enough_is_told_when_they_may_be_asked_again() {
    let (one, two, three) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    let cap = cap(2, "1d");
    let asked = reserved(cap, &Asked::default(), one, after(0)).unwrap();
    let asked = reserved(cap, &asked, two, after(3_600)).unwrap();
    assert_eq!(
        reserved(cap, &asked, three, after(7_200)),
        Err(after(86_400))
    );
    assert_eq!(
        reserved(cap, &asked, two, after(7_200)).unwrap(),
        asked,
        "a repeat takes no second place"
    );
    let freed = released(&asked, one);
    assert!(reserved(cap, &freed, three, after(7_200)).is_ok());
    assert!(reserved(cap, &asked, three, after(86_400)).is_ok());
}

#[test]
fn a_cap_that_was_lowered_waits_until_enough_places_are_free() {
    let mut asked = Asked::default();
    for n in 0..4_u8 {
        let at = after(i64::from(n) * 60);
        asked = reserved(cap(9, "1d"), &asked, Uuid::from_u128(u128::from(n)), at).unwrap();
    }
    let again = reserved(cap(2, "1d"), &asked, Uuid::from_u128(99), after(300));
    assert_eq!(again, Err(after(2 * 60 + 86_400)));
}

#[test]
fn a_person_is_one_in_any_spelling_and_no_address_stands_in_the_key() {
    let key = cap_key("Antia@Example.com");
    assert_eq!(key, cap_key("antia@example.com"));
    assert!(!key.contains("antia"), "{key}");
    assert_ne!(key, cap_key("iria@example.com"));
}

proptest! {
    #[test]
    fn nobody_is_asked_more_often_than_the_cap_within_any_stretch_of_its_length(
        most in 1_u32..5,
        hours in 1_u32..50,
        tries in prop::collection::vec((0_u128..12, 0_i64..90_000, any::<bool>()), 1..60),
    ) {
        let cap = cap(most, &format!("{hours}h"));
        let within = i64::from(hours) * 3_600;
        let mut asked = Asked::default();
        let mut sent: Vec<(u128, i64)> = Vec::new();
        let mut now = 0;
        for (id, later, repeat) in tries {
            now += later;
            let id = if repeat { sent.last().map_or(id, |(last, _)| *last) } else { id };
            let had = asked.times.clone();
            match reserved(cap, &asked, Uuid::from_u128(id), after(now)) {
                Ok(next) => {
                    if next.times.iter().any(|place| place.0 == Uuid::from_u128(id) && !had.contains(place)) {
                        sent.push((id, now));
                    }
                    asked = next;
                }
                Err(until) => {
                    prop_assert!(until > after(now));
                    prop_assert!(reserved(cap, &asked, Uuid::from_u128(id), until).is_ok(), "the moment is right");
                }
            }
            prop_assert!(asked.times.len() <= usize::try_from(most).unwrap());
        }
        for (_, end) in &sent {
            let recent = sent.iter().filter(|(_, at)| at <= end && end - at < within).count();
            prop_assert!(recent <= usize::try_from(most).unwrap(), "{recent} in {hours} h");
        }
    }
}
