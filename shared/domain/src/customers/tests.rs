use super::*;

fn contact(id: u128, account: Option<u128>) -> FoundContact {
    FoundContact {
        id: Uuid::from_u128(id),
        account: account.map(Uuid::from_u128),
        ..FoundContact::default()
    }
}

fn found(contacts: &[FoundContact]) -> Found {
    Found {
        by: FoundBy::Email,
        contacts: contacts.to_vec(),
    }
}

fn customers(several: Several, otherwise: Option<u128>) -> Customers {
    Customers {
        several,
        otherwise: otherwise.map(|id| CustomerRef::Account(Uuid::from_u128(id))),
        ..Customers::default()
    }
}

#[test]
fn a_single_contact_is_the_customer_and_needs_no_words() {
    let one = found(&[contact(1, None)]);
    for several in [Several::Newest, Several::Account, Several::Otherwise] {
        let chosen = choose(&one, &customers(several, Some(9))).unwrap();
        assert_eq!(chosen.customer, CustomerRef::Contact(Uuid::from_u128(1)));
        assert_eq!((chosen.stand_in, chosen.why), (false, None));
    }
    assert_eq!(choose(&found(&[]), &Customers::default()), None);
}

#[test]
fn of_several_the_policy_takes_one_and_says_so() {
    let contact_1 = CustomerRef::Contact(Uuid::from_u128(1));
    let account = |id| CustomerRef::Account(Uuid::from_u128(id));
    let colleagues = [contact(1, Some(7)), contact(2, Some(7))];
    let strangers = [contact(1, Some(7)), contact(2, None), contact(3, Some(7))];
    let table = [
        (
            &colleagues[..],
            Several::Newest,
            None,
            contact_1.clone(),
            "2 active contacts have this e-mail address. The newest",
        ),
        (
            &colleagues,
            Several::Account,
            None,
            account(7),
            "The account that they all belong to",
        ),
        (
            &strangers,
            Several::Account,
            Some(9),
            account(9),
            "3 active contacts have this e-mail address and do not belong to one account. The customer for such cases",
        ),
        (
            &strangers,
            Several::Account,
            None,
            contact_1.clone(),
            "do not belong to one account. The newest",
        ),
        (
            &strangers,
            Several::Otherwise,
            Some(9),
            account(9),
            "The customer for such cases",
        ),
    ];
    for (contacts, several, otherwise, customer, words) in table {
        let found = found(contacts);
        let chosen = choose(&found, &customers(several, otherwise)).unwrap();
        assert_eq!(chosen.customer, customer, "{several:?} {otherwise:?}");
        assert_eq!(chosen.stand_in, customer == account(9));
        let why = chosen.why.unwrap();
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn an_address_is_hashed_in_lower_case_as_platforms_do() {
    // Source: NIST, "Secure Hash Standard" example values.
    assert_eq!(
        hashed_address("sha256", " ABC ").unwrap(),
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    let accented = hashed_address("sha512", "ANTÍA@Example.com").unwrap();
    assert_eq!(
        accented,
        hashed_address("sha512", "antía@example.com").unwrap()
    );
    assert_eq!(accented.len(), "sha512:".len() + 128);
    assert_eq!(hashed_address("md5", "antía@example.com"), None);
    assert_eq!(algorithm_of(&accented), Some("sha512"));
    assert_eq!(algorithm_of("antía"), None);
}
