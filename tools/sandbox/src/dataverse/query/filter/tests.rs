use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::super::super::company;
use super::super::super::model::Model;
use super::super::super::rows::Organisation;
use super::super::super::value::Value;
use super::super::Reading;
use super::super::page::{self, Cut};
use super::super::{Options, Query};
use super::{Comparison, Filter, Operand, read};

fn organisation() -> Organisation {
    let mut organisation = Organisation::new(Arc::new(Model::customer_service().unwrap()));
    let now = Timestamp::from_second(1_780_000_000).unwrap();
    company::add_application_user(&mut organisation, now);
    company::add(&mut organisation, now);
    organisation
}

fn reading(organisation: &Organisation) -> Reading<'_> {
    Reading {
        organisation,
        user: company::APPLICATION_USER,
        now: Timestamp::from_second(1_780_000_000).unwrap(),
        caller: None,
    }
}

fn filter(organisation: &Organisation, set: &str, text: &str) -> Option<Filter> {
    let table = organisation.model().by_set(set).unwrap();
    read(reading(organisation), table, text, Some(&HashMap::new())).ok()
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "([a-z_/ ]{0,8}|eq|and|not|or|contains|\\(|\\)|,|'|[0-9.e-]{1,8}|ñ|null| |Account_Tasks/any\\(t:|t/subject|Microsoft.Dynamics.CRM.(In|LastXDays|Between)\\(|PropertyName='name'|PropertyValues?=|\\[|\\]|\"|@p){0,30}") {
        let organisation = organisation();
        let _ = filter(&organisation, "accounts", &text);
    }

    #[test]
    fn a_quoted_value_never_leaves_its_quotes(value in "\\PC{0,40}") {
        let organisation = organisation();
        let text = format!("title eq '{}'", value.replace('\'', "''"));
        let filter = filter(&organisation, "incidents", &text).unwrap();
        let same = matches!(filter, Filter::Compare(_, Comparison::Equal, Operand::Value(Value::Text(read))) if *read == *value);
        prop_assert!(same);
    }
}

#[test]
fn and_binds_stronger_than_or_and_endless_filters_are_refused() {
    let organisation = organisation();
    let read = |text: &str| filter(&organisation, "incidents", text);
    let both = read("statecode eq 0 or statecode eq 1 and merged eq true").unwrap();
    assert!(matches!(both, Filter::Or(all) if matches!(all[..], [_, Filter::And(_)])));
    assert!(read(&"(".repeat(5000)).is_none());
    assert!(read(&vec!["true"; 5000].join(" and ")).is_none());
    assert!(read(&format!("{} true", "not ".repeat(5000))).is_none());
    let nested = "Incident_Annotation/any(n:".repeat(200);
    assert!(read(&nested).is_none());
}

#[test]
fn equality_finds_its_rows_over_indexes_and_everything_else_looks_at_all_of_them() {
    let organisation = organisation();
    let candidates = |set: &str, text: &str| {
        let found = filter(&organisation, set, text)
            .unwrap()
            .candidates(&organisation);
        found.map(|found| found.len())
    };
    for (text, expected) in [
        ("emailaddress1 eq 'IRIA.fernandez@example.com'", Some(1)),
        ("contactid eq 5a4db0c5-0005-4000-8000-000000000001", Some(1)),
        (
            "_parentcustomerid_value eq 5a4db0c5-0004-4000-8000-000000000001",
            Some(1),
        ),
        (
            "parentcustomerid_account/accountid eq 5a4db0c5-0004-4000-8000-000000000001",
            Some(1),
        ),
        ("statecode eq 0 and emailaddress1 eq 'nada'", Some(0)),
        (
            "emailaddress1 eq 'a' or emailaddress1 eq 'antia.souto@example.com'",
            Some(1),
        ),
        (
            "Microsoft.Dynamics.CRM.In(PropertyName='emailaddress1',PropertyValues=['a','joao.simoes@example.com'])",
            Some(1),
        ),
        ("emailaddress1 eq 'a' or jobtitle eq 'b'", None),
        ("not (emailaddress1 eq 'a')", None),
        ("contains(emailaddress1,'iria')", None),
    ] {
        assert_eq!(candidates("contacts", text), expected, "{text}");
    }
    let any = "contact_customer_accounts/any(c:c/emailaddress1 eq 'ines.conceicao@example.com')";
    assert_eq!(candidates("accounts", any), Some(1));
}

#[test]
fn a_page_by_key_looks_no_further_than_its_end() {
    let organisation = organisation();
    let contacts = organisation.model().by_set("contacts").unwrap();
    let looked_at = |options: &str, page_size: usize| {
        let options = Options::read(options).unwrap();
        let query = Query::read(reading(&organisation), contacts, &options).unwrap();
        let cut = Cut {
            page_size: Some(page_size),
            count: true,
        };
        let counted = page::page(&organisation, contacts, &query, None, cut).unwrap();
        let cut = Cut {
            page_size: Some(page_size),
            count: false,
        };
        let page = page::page(&organisation, contacts, &query, None, cut).unwrap();
        let ids: Vec<Uuid> = page.rows.iter().map(|(id, _)| *id).collect();
        assert_eq!(
            ids,
            counted.rows.iter().map(|(id, _)| *id).collect::<Vec<_>>()
        );
        (counted.total, page.total)
    };
    assert_eq!(looked_at("$select=fullname", 2), (6, 3));
    assert_eq!(looked_at("$orderby=fullname", 2), (6, 6));
}
