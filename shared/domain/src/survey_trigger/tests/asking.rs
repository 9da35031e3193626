//! Whether a person may be asked.

use proptest::prelude::*;

use super::*;
use crate::configuration::{Channel, Exclusion, PersonPath};

const NOON: &str = "2026-11-22T12:00:00Z";

fn asked(rule: &SurveyRule, settings: Value, person: &Person) -> Verdict<Chosen> {
    let settings = surveys(settings);
    of_person(rule, &settings, person, None, time(NOON))
}

fn reason(verdict: Verdict<Chosen>) -> Option<NotSent> {
    match verdict {
        Verdict::Not(reason) => Some(reason),
        Verdict::Go(_) => None,
        Verdict::Wait(until, why) => panic!("it waits until {until} for {why}"),
    }
}

fn by_sms() -> SurveyRule {
    rule(json!({"send": {"sms": {"text": "{{ link }}"}}}))
}

#[test]
fn consent_means_what_the_purpose_says() {
    use Consent::{NotSet, OptedIn, OptedOut};
    let purpose = || "opinion".to_owned();
    let out = || Some(NotSent::OptedOut { purpose: purpose() });
    let not_in = || Some(NotSent::NotOptedIn { purpose: purpose() });
    for (enforcement, consent, expected) in [
        ("restrictive", Some(OptedIn), None),
        ("restrictive", Some(OptedOut), out()),
        ("restrictive", Some(NotSet), not_in()),
        ("restrictive", None, not_in()),
        ("non_restrictive", Some(OptedIn), None),
        ("non_restrictive", Some(OptedOut), out()),
        ("non_restrictive", Some(NotSet), None),
        ("non_restrictive", None, None),
        ("disabled", Some(OptedIn), None),
        ("disabled", Some(OptedOut), None),
        ("disabled", None, None),
    ] {
        let settings = surveys(json!({"purposes": {"opinion": {"enforcement": enforcement}}}));
        let rule = rule(json!({"purpose": "opinion"}));
        let verdict = of_person(&rule, &settings, &person(), consent, time(NOON));
        assert_eq!(reason(verdict), expected, "{enforcement} {consent:?}");
        let address = Address::Email("antia@example.com".to_owned());
        let needed = consent_needed(&rule, &settings, &address);
        assert_eq!(needed.is_some(), enforcement != "disabled", "{enforcement}");
    }
}

#[test]
fn a_rule_without_a_purpose_reads_no_consent_and_needs_none() {
    let settings = surveys(json!({"purposes": {"opinion": {"enforcement": "restrictive"}}}));
    let address = Address::Email("antia@example.com".to_owned());
    assert_eq!(consent_needed(&rule(json!({})), &settings, &address), None);
    let refused = Some(Consent::OptedOut);
    let verdict = of_person(&rule(json!({})), &settings, &person(), refused, time(NOON));
    assert_eq!(reason(verdict), None);
}

#[test]
fn the_flags_of_the_persons_row_forbid_their_channel_and_no_other() {
    let forbids = |set: &dyn Fn(&mut DoNot)| {
        let mut person = person();
        set(&mut person.do_not);
        person
    };
    let says = |column: &str| {
        Some(NotSent::DoNot {
            column: column.to_owned(),
        })
    };
    let email = forbids(&|flags| flags.email = true);
    let bulk = forbids(&|flags| flags.bulk_email = true);
    let phone = forbids(&|flags| flags.phone = true);
    let by_mail = rule(json!({}));
    assert_eq!(
        reason(asked(&by_mail, json!({}), &email)),
        says("donotemail")
    );
    assert_eq!(
        reason(asked(&by_mail, json!({}), &bulk)),
        says("donotbulkemail")
    );
    assert_eq!(reason(asked(&by_mail, json!({}), &phone)), None);
    assert_eq!(
        reason(asked(&by_sms(), json!({}), &phone)),
        says("donotphone")
    );
    assert_eq!(reason(asked(&by_sms(), json!({}), &email)), None);
}

#[test]
fn a_person_without_a_usable_address_is_not_asked() {
    let by_mail = rule(json!({}));
    for email in [None, Some(""), Some("  "), Some("non ten")] {
        let nobody = Person {
            email: email.map(str::to_owned),
            ..person()
        };
        let expected = Some(NotSent::NoAddress {
            channel: Channel::Email,
        });
        assert_eq!(
            reason(asked(&by_mail, json!({}), &nobody)),
            expected,
            "{email:?}"
        );
    }
    for (phone, expected) in [
        (
            None,
            NotSent::NoAddress {
                channel: Channel::Sms,
            },
        ),
        (
            Some(" "),
            NotSent::NoAddress {
                channel: Channel::Sms,
            },
        ),
        (Some("986 000 111"), NotSent::UnusableNumber),
    ] {
        let nobody = Person {
            phone: phone.map(str::to_owned),
            ..person()
        };
        assert_eq!(
            reason(asked(&by_sms(), json!({}), &nobody)),
            Some(expected),
            "{phone:?}"
        );
    }
    let inactive = Person {
        is_inactive: true,
        ..person()
    };
    assert_eq!(
        reason(asked(&by_mail, json!({}), &inactive)),
        Some(NotSent::Inactive)
    );
}

#[test]
fn the_companys_own_people_are_left_out_unless_the_rule_takes_them() {
    let account = Uuid::from_u128(500);
    let settings = json!({"employee_domains": ["Contoso.com", "@fabrikam.gal"], "internal_accounts": [account]});
    let of = |email: &str, account: Option<Uuid>, table: &str| Person {
        record: Some(Record {
            table: table.parse().unwrap(),
            id: CONTACT,
        }),
        email: Some(email.to_owned()),
        account,
        ..person()
    };
    let (employees, internal) = (Some(Exclusion::Employees), Some(Exclusion::Internal));
    for (person, expected) in [
        (of("iria@contoso.com", None, "contact"), employees),
        (of("iria@GL.Contoso.com ", None, "contact"), employees),
        (of("iria@fabrikam.gal", None, "contact"), employees),
        (of("iria@notcontoso.com", None, "contact"), None),
        (of("contoso.com@example.com", None, "contact"), None),
        (of("iria@example.com", Some(account), "contact"), internal),
        (of("iria@example.com", Some(CONTACT), "contact"), None),
        (of("iria@example.com", None, "systemuser"), internal),
    ] {
        let told = reason(asked(&rule(json!({})), settings.clone(), &person));
        let expected = expected.map(|by| NotSent::Excluded { by });
        assert_eq!(told, expected, "{person:?}");
        let everybody = rule(json!({"exclude": []}));
        assert_eq!(
            reason(asked(&everybody, settings.clone(), &person)),
            None,
            "{person:?}"
        );
    }
}

#[test]
fn who_is_counted_is_the_row_and_else_the_address() {
    let Verdict::Go(chosen) = asked(&rule(json!({})), json!({}), &person()) else {
        panic!("the person may be asked");
    };
    assert_eq!(chosen.counted_as, Some(CONTACT.to_string()));
    let written = Person {
        record: None,
        ..person()
    };
    let Verdict::Go(chosen) = asked(&rule(json!({})), json!({}), &written) else {
        panic!("the person may be asked");
    };
    assert_eq!(chosen.counted_as.as_deref(), Some("antia@example.com"));
}

#[test]
fn a_row_leads_to_its_person() {
    let mut row = row(
        1,
        json!({
            "_customerid_value": CONTACT.to_string(),
            "new_email": " iria@example.com ",
            "new_name": ["Iria", "Iria Fernández"],
        }),
    );
    let contact = Record {
        table: "contact".parse().unwrap(),
        id: CONTACT,
    };
    assert_eq!(
        person_of(&PersonPath::Customer, &row),
        PersonAsked::Row(contact.clone())
    );
    assert_eq!(
        person_of(&PersonPath::Itself, &row),
        PersonAsked::Row(record("incident"))
    );
    assert_eq!(person_of(&PersonPath::Owner, &row), PersonAsked::Nobody);
    let driver: PersonPath =
        serde_json::from_value(json!({"lookup": "_new_driver_value"})).unwrap();
    assert_eq!(person_of(&driver, &row), PersonAsked::Nobody);
    let id = row.columns["_customerid_value"].clone();
    row.columns.insert("_new_driver_value".to_owned(), id);
    row.tables
        .insert("_new_driver_value".to_owned(), "contact".parse().unwrap());
    assert_eq!(person_of(&driver, &row), PersonAsked::Row(contact));
    let written: PersonPath = serde_json::from_value(json!({"written": {
        "email": "{{ row.new_email }}", "name": "{{ label.new_name }}", "phone": "{{ row.new_phone }}",
    }}))
    .unwrap();
    let expected = Person {
        email: Some("iria@example.com".to_owned()),
        name: Some("Iria Fernández".to_owned()),
        ..Person::default()
    };
    assert_eq!(person_of(&written, &row), PersonAsked::Written(expected));
}

#[test]
fn a_number_is_read_as_people_write_it_when_it_says_its_country() {
    for (written, expected) in [
        ("+34 986 000 111", Some("+34986000111")),
        ("0034 986-000-111", Some("+34986000111")),
        ("+351 (21) 000.0000", Some("+351210000000")),
        ("+44 (0)20 7946 0018", Some("+442079460018")),
        ("+34\u{a0}986\u{a0}000\u{a0}111", Some("+34986000111")),
        ("986 000 111", None),
        ("+34 986", None),
        ("+0 986 000 111", None),
        ("+34 986 000 111 ext. 2", None),
        ("+1234567890123456", None),
        ("teléfono", None),
        ("", None),
    ] {
        assert_eq!(phone_number(written).as_deref(), expected, "{written:?}");
    }
}

proptest! {
    #[test]
    fn a_number_that_is_used_is_a_plus_and_seven_to_fifteen_digits(
        written in prop_oneof![".{0,40}", "[+0-9 ()./-]{0,24}", "\\+[0-9 ]{6,20}", "00[0-9-]{6,20}"],
    ) {
        if let Some(number) = phone_number(&written) {
            let digits = number.strip_prefix('+').unwrap();
            prop_assert!((7..=15).contains(&digits.len()), "{number}");
            prop_assert!(digits.bytes().all(|digit| digit.is_ascii_digit()), "{number}");
            prop_assert_eq!(phone_number(&number), Some(number.clone()), "it stays what it is");
        }
    }
}
