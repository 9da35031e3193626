//! Rows of any table, people and consent.

use std::collections::BTreeSet;

use cxloop_domain::names::ColumnName;
use cxloop_domain::record_changed::Record;
use cxloop_domain::survey_trigger::{Address, Consent, ConsentAsked};
use cxloop_ports::{ChangedPage, ChangedRecords, CrmRows, Remedy};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Organisation, answer_reads, answer_writes, desk, gone, row};
use crate::tests::refusal;

const ID: Uuid = Uuid::from_u128(0x0d);
const LABEL: &str = "@OData.Community.Display.V1.FormattedValue";
const TABLE: &str = "@Microsoft.Dynamics.CRM.lookuplogicalname";

fn name(text: &str) -> ColumnName {
    text.parse().unwrap()
}

fn record(table: &str) -> Record {
    Record {
        table: name(table),
        id: ID,
    }
}

fn columns(names: &[&str]) -> BTreeSet<ColumnName> {
    names.iter().map(|text| name(text)).collect()
}

fn rows(rows: Value) -> wiremock::ResponseTemplate {
    row(json!({ "value": rows }))
}

fn device() -> wiremock::ResponseTemplate {
    rows(json!([{
        "LogicalName": "new_device", "EntitySetName": "new_devices", "PrimaryIdAttribute": "new_deviceid"
    }]))
}

/// The query of each request so far whose path ends so, with its escapes undone.
async fn asked(organisation: &Organisation, path: &str) -> Vec<String> {
    let requests = organisation.requests().await;
    let of_path = requests
        .iter()
        .filter(|request| request.url.path().ends_with(path));
    of_path
        .map(|request| {
            let pairs = request.url.query_pairs();
            let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
            pairs.join("&")
        })
        .collect()
}

#[tokio::test]
async fn a_row_of_a_companys_own_table_is_read_with_labels_and_the_tables_of_its_lookups() {
    let organisation = Organisation::start().await;
    answer_reads(&organisation, "EntityDefinitions", device()).await;
    let read = json!({
        "@odata.etag": "W/\"12\"", "versionnumber": 4711, "new_deviceid": ID,
        "statuscode": 3, format!("statuscode{LABEL}"): "Avariado", "new_note": null,
        "_new_driver_value": Uuid::from_u128(5), format!("_new_driver_value{LABEL}"): "Brais",
        format!("_new_driver_value{TABLE}"): "contact"
    });
    answer_reads(&organisation, "new_devices", row(read)).await;
    let desk = desk(&organisation);
    let wanted = columns(&["statuscode", "_new_driver_value", "new_note"]);
    for _ in 0..2 {
        let seen = desk.row(&record("new_device"), &wanted).await;
        let seen = seen.unwrap().unwrap();
        assert_eq!(seen.row_version, 4711);
        let status = &seen.columns["statuscode"];
        assert_eq!(status.label.as_deref(), Some("Avariado"));
        assert!(!seen.columns.contains_key("new_note"));
        let driver = seen.lookup("_new_driver_value").unwrap();
        assert_eq!(driver.table, name("contact"));
        assert_eq!(driver.id, Uuid::from_u128(5));
    }
    let definitions = asked(&organisation, "EntityDefinitions").await;
    assert_eq!(definitions.len(), 1, "believed for a while");
    let reads = asked(&organisation, &format!("new_devices({ID})")).await;
    assert_eq!(
        reads[0],
        "$select=_new_driver_value,new_note,statuscode,versionnumber"
    );
    organisation.pass(600);
    desk.row(&record("new_device"), &wanted).await.unwrap();
    assert_eq!(asked(&organisation, "EntityDefinitions").await.len(), 2);
}

#[tokio::test]
async fn a_table_or_column_that_is_not_there_is_named_and_a_row_that_is_gone_is_none() {
    let organisation = Organisation::start().await;
    answer_reads(&organisation, "EntityDefinitions", rows(json!([]))).await;
    let unknown =
        "Could not find a property named 'new_nada' on type 'Microsoft.Dynamics.CRM.lead'.";
    answer_reads(&organisation, "leads", refusal(400, "0x80060888", unknown)).await;
    answer_reads(&organisation, "incidents", gone()).await;
    let desk = desk(&organisation);
    for (table, named) in [("new_inexistente", "new_inexistente"), ("lead", "new_nada")] {
        let failure = desk
            .row(&record(table), &columns(&["new_nada"]))
            .await
            .unwrap_err();
        assert_eq!(failure.remedy, Remedy::Park);
        assert!(failure.message.contains(named), "{failure:?}");
    }
    let nothing = desk.row(&record("incident"), &BTreeSet::new()).await;
    assert_eq!(nothing, Ok(None));
}

fn person(more: Value) -> Value {
    let mut person = json!({
        "contactid": ID, "fullname": " Iria Núñez ", "emailaddress1": " ", "emailaddress2": "iria@example.com",
        "mobilephone": null, "telephone2": "+34 986 000 201", "telephone1": "+34 986 000 999",
        "donotemail": false, "donotbulkemail": true, "donotphone": false, "statecode": 0,
        "_parentcustomerid_value": Uuid::from_u128(7), format!("_parentcustomerid_value{TABLE}"): "account",
        "new_timezone": "Atlantic/Canary"
    });
    let fields = person.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    person
}

#[tokio::test]
async fn a_contact_has_its_first_addresses_its_refusals_its_account_and_its_time_zone() {
    let organisation = Organisation::start().await;
    answer_reads(&organisation, "contacts", row(person(json!({})))).await;
    let desk = desk(&organisation);
    let zone = name("new_timezone");
    let read = desk.person(&record("contact"), Some(&zone)).await;
    let read = read.unwrap().unwrap();
    assert_eq!(read.name.as_deref(), Some("Iria Núñez"));
    assert_eq!(read.email.as_deref(), Some("iria@example.com"));
    assert_eq!(read.phone.as_deref(), Some("+34 986 000 201"));
    assert!(read.do_not.bulk_email && !read.do_not.email && !read.do_not.phone);
    assert_eq!(read.account, Some(Uuid::from_u128(7)));
    assert_eq!(read.time_zone.as_deref(), Some("Atlantic/Canary"));
    desk.person(&record("contact"), None).await.unwrap();
    let queries = asked(&organisation, &format!("contacts({ID})")).await;
    assert!(queries[0].contains("new_timezone") && !queries[1].contains("new_timezone"));
}

#[tokio::test]
async fn an_account_is_its_primary_contact_in_one_request_and_inactive_with_it() {
    let contact = Uuid::from_u128(9);
    let account = |state: i64, primary: Value| {
        row(json!({ "accountid": ID, "statecode": state, "primarycontactid": primary }))
    };
    let primary = |state: i64| person(json!({ "contactid": contact, "statecode": state }));
    for (answer, expected) in [
        (account(0, primary(0)), Some(false)),
        (account(1, primary(0)), Some(true)),
        (account(0, primary(1)), Some(true)),
        (account(0, Value::Null), None),
    ] {
        let organisation = Organisation::start().await;
        answer_reads(&organisation, "accounts", answer).await;
        let read = desk(&organisation).person(&record("account"), None).await;
        let read = read.unwrap();
        assert_eq!(read.as_ref().map(|person| person.is_inactive), expected);
        if let Some(person) = read {
            assert_eq!(person.record.unwrap().id, contact);
            assert_eq!(person.account, Some(ID), "they are asked for this account");
        }
        assert_eq!(organisation.requests().await.len(), 1);
    }
}

#[tokio::test]
async fn a_lead_at_its_end_can_be_asked_and_a_disabled_user_cannot() {
    let organisation = Organisation::start().await;
    let lead = json!({ "statecode": 1, "_parentaccountid_value": Uuid::from_u128(7) });
    answer_reads(&organisation, "leads", row(person(lead))).await;
    let user = json!({
        "fullname": "Uxía", "internalemailaddress": "uxia@example.com", "mobilephone": "+34600000001",
        "isdisabled": true
    });
    answer_reads(&organisation, "systemusers", row(user)).await;
    let desk = desk(&organisation);
    let zone = name("new_timezone");
    let lead = desk.person(&record("lead"), Some(&zone)).await.unwrap();
    let lead = lead.unwrap();
    assert!(!lead.is_inactive && lead.do_not.bulk_email);
    assert_eq!(lead.account, Some(Uuid::from_u128(7)));
    let user = desk.person(&record("systemuser"), None).await.unwrap();
    let user = user.unwrap();
    assert!(user.is_inactive && !user.do_not.email);
    assert_eq!(user.email.as_deref(), Some("uxia@example.com"));
    let nobody = desk.person(&record("opportunity"), None).await;
    assert_eq!(nobody, Ok(None));
    let queries = asked(&organisation, &format!("leads({ID})")).await;
    assert!(!queries[0].contains("new_timezone"), "a column of contacts");
}

fn consent_of(address: Address, purpose: Option<Uuid>) -> ConsentAsked {
    ConsentAsked { address, purpose }
}

#[tokio::test]
async fn of_several_rows_of_consent_a_refusal_counts_first_and_rows_of_others_do_not() {
    let said = |address: &str, value: i64| json!({ "msdynmkt_contactpointvalue": address, "msdynmkt_value": value });
    let (out, yes, unset) = (534_120_002, 534_120_001, 534_120_000);
    let email = || Address::Email("iria@example.com".to_owned());
    let phone = || Address::Phone("+34600000201".to_owned());
    for (asked_of, answer, expected) in [
        (email(), json!([]), Consent::NotSet),
        (
            email(),
            json!([said("IRIA@example.com", yes), said("iria@example.com", out)]),
            Consent::OptedOut,
        ),
        (
            email(),
            json!([
                said("Iria@example.com ", yes),
                said("iria@example.com", unset)
            ]),
            Consent::OptedIn,
        ),
        (
            email(),
            json!([said("íria@example.com", out)]),
            Consent::NotSet,
        ),
        (
            phone(),
            json!([said("0034600000201", out)]),
            Consent::OptedOut,
        ),
        (phone(), json!([said("34600000201", yes)]), Consent::OptedIn),
    ] {
        let organisation = Organisation::start().await;
        let set = "msdynmkt_contactpointconsent4s";
        answer_reads(&organisation, set, rows(answer.clone())).await;
        let purpose = Some(Uuid::from_u128(3));
        let asks = consent_of(asked_of.clone(), purpose);
        let read = desk(&organisation).consent(&asks).await;
        assert_eq!(read, Ok(expected), "{answer}");
        let query = asked(&organisation, set).await.remove(0);
        assert!(query.contains("_msdynmkt_topicid_value eq null"), "{query}");
        assert!(query.contains(&format!(
            "_msdynmkt_purposeid_value eq {}",
            Uuid::from_u128(3)
        )));
        let channel = match asked_of {
            Address::Email(_) => "msdynmkt_contactpointtype eq 534120000",
            Address::Phone(_) => "msdynmkt_contactpointtype eq 534120001",
        };
        assert!(query.contains(channel), "{query}");
    }
}

#[tokio::test]
async fn an_organisation_that_keeps_no_consent_is_asked_once_in_ten_minutes_and_a_refused_one_is_no_such()
 {
    let organisation = Organisation::start().await;
    let missing = "Resource not found for the segment 'msdynmkt_contactpointconsent4s'.";
    let set = "msdynmkt_contactpointconsent4s";
    answer_reads(&organisation, set, refusal(404, "0x8006088a", missing)).await;
    let first = desk(&organisation);
    let asks = consent_of(Address::Email("iria@example.com".to_owned()), None);
    for _ in 0..3 {
        assert_eq!(first.consent(&asks).await, Ok(Consent::NotSet));
    }
    assert_eq!(asked(&organisation, set).await.len(), 1);
    organisation.pass(600);
    assert_eq!(first.consent(&asks).await, Ok(Consent::NotSet));
    assert_eq!(asked(&organisation, set).await.len(), 2);

    let closed = Organisation::start().await;
    let denied = refusal(
        403,
        "0x80040220",
        "Principal user is missing prvRead privilege",
    );
    answer_reads(&closed, set, denied).await;
    let failure = desk(&closed).consent(&asks).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Mend, "nobody is asked on a guess");
}

#[tokio::test]
async fn a_text_is_written_into_a_row_that_is_there_and_not_twice() {
    let organisation = Organisation::start().await;
    let link = "https://enquisas.example.com/s/abc";
    let read = row(json!({ "cxl_surveylink": link }));
    answer_reads(&organisation, "opportunities", read).await;
    answer_writes(
        &organisation,
        "opportunities",
        wiremock::ResponseTemplate::new(204),
    )
    .await;
    let desk = desk(&organisation);
    let (won, column) = (record("opportunity"), name("cxl_surveylink"));
    desk.write_text(&won, &column, link).await.unwrap();
    assert_eq!(organisation.requests().await.len(), 1, "it stands there");
    desk.write_text(&won, &column, "outra").await.unwrap();
    let requests = organisation.requests().await;
    let write = requests.last().unwrap();
    assert_eq!(write.method.as_str(), "PATCH");
    assert_eq!(write.headers["If-Match"], "*");
    assert!(
        write
            .url
            .query_pairs()
            .any(|(key, value)| key == "tag" && value == "cxloop")
    );
    assert_eq!(
        super::super::body(write),
        json!({ "cxl_surveylink": "outra" })
    );

    let empty = Organisation::start().await;
    answer_reads(&empty, "opportunities", gone()).await;
    let failure = super::desk(&empty).write_text(&won, &column, link).await;
    assert_eq!(failure.unwrap_err().remedy, Remedy::Park);
}

#[tokio::test]
async fn the_changes_of_any_table_are_read_by_its_own_address() {
    use cxloop_domain::changed_records::{Reading, What};
    let organisation = Organisation::start().await;
    answer_reads(&organisation, "EntityDefinitions", device()).await;
    let found = rows(json!([
        { "new_deviceid": ID, "versionnumber": 7, "modifiedon": "2026-11-22T10:00:00Z" }
    ]));
    answer_reads(&organisation, "new_devices", found).await;
    let began_at = "2026-11-22T10:05:00Z".parse().unwrap();
    let reading = Reading {
        began_at,
        what: What::ChangedSince(began_at),
        next: None,
    };
    let page = desk(&organisation)
        .page(&name("new_device"), &reading)
        .await;
    let Ok(ChangedPage::Rows(found, _)) = page else {
        panic!("{page:?}")
    };
    assert_eq!((found[0].id, found[0].version), (ID, Some(7)));
    assert_eq!(found[0].about, None);
    let query = asked(&organisation, "new_devices").await.remove(0);
    assert!(
        query.contains("modifiedon ge") && query.contains("new_deviceid asc"),
        "{query}"
    );
}
