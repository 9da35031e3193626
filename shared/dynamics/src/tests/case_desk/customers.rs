//! Finding and creating customers.

use cxloop_domain::cases::{ContactDraft, CustomerKeys};
use cxloop_domain::customers::{CustomerSearch, FoundBy, HashSearch, hashed_address};
use cxloop_domain::names::ColumnName;
use cxloop_ports::{CaseDesk, Remedy, Written};
use serde_json::json;
use uuid::{Uuid, uuid};
use wiremock::ResponseTemplate;

use super::{
    CONTACT, Organisation, answer_batch, answer_reads, answer_writes, desk, exists, gone,
    last_batch, row, rows,
};
use crate::tests::body;

const OTHER: Uuid = uuid!("11111111-2222-4333-8444-555555555555");

fn keys(external_id: Option<&str>, email: Option<&str>, phone: Option<&str>) -> CustomerSearch {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    CustomerSearch::by(CustomerKeys {
        external_id: owned(external_id),
        email: owned(email),
        phone: owned(phone),
        email_hash: None,
    })
}

/// Who is found: the key and the contacts, newest first.
async fn found(
    organisation: &Organisation,
    search: &CustomerSearch,
) -> Option<(FoundBy, Vec<Uuid>)> {
    let found = desk(organisation).find_customer(search).await.unwrap()?;
    let contacts = found.contacts.iter().map(|contact| contact.id);
    Some((found.by, contacts.collect()))
}

#[tokio::test]
async fn all_keys_are_asked_for_in_one_request_and_the_surest_wins() {
    let organisation = Organisation::start().await;
    answer_batch(
        &organisation,
        200,
        &[
            rows(json!([{"contactid": CONTACT, "externaluseridentifier": "C-17"}])),
            rows(json!([{"contactid": OTHER, "emailaddress1": "ana@example.com"}])),
            rows(json!([])),
        ],
    )
    .await;

    let wanted = keys(Some("C-17"), Some("ana@example.com"), Some("+34600000001"));
    let found = found(&organisation, &wanted).await;

    assert_eq!(found, Some((FoundBy::ExternalId, vec![CONTACT])));
    assert_eq!(organisation.requests().await.len(), 1);
    let sent: Vec<String> = last_batch(&organisation)
        .await
        .into_iter()
        .map(|(line, _)| line)
        .collect();
    let asked = |place: usize| {
        let url = reqwest::Url::parse("http://x")
            .unwrap()
            .join(&sent[place]["GET ".len()..])
            .unwrap();
        url.query_pairs()
            .find(|(name, _)| name == "$filter")
            .unwrap()
            .1
            .into_owned()
    };
    assert_eq!(
        asked(0),
        "(statecode eq 0 and externaluseridentifier eq 'C-17')"
    );
    assert!(asked(1).contains("emailaddress2 eq 'ana@example.com'"));
    assert!(asked(2).contains("mobilephone eq '+34600000001'"));
    assert!(asked(2).contains("mobilephone eq '0034600000001'"));
    assert!(sent[0].contains("createdon%20desc"), "{}", sent[0]);
}

#[tokio::test]
async fn the_newest_exact_match_in_the_surest_column_is_the_customer() {
    let organisation = Organisation::start().await;
    answer_batch(
        &organisation,
        200,
        &[rows(json!([
            // What a wildcard or an accent-blind comparison lets through.
            {"contactid": OTHER, "emailaddress1": "anaXcosta@example.com"},
            {"contactid": OTHER, "emailaddress2": "ana_costa@example.com"},
            {"contactid": CONTACT, "emailaddress1": " Ana_Costa@Example.com"},
            {"contactid": OTHER, "emailaddress1": "ana_costa@example.com"},
        ]))],
    )
    .await;
    let wanted = keys(None, Some("ana_costa@example.com"), None);
    assert_eq!(
        found(&organisation, &wanted).await,
        Some((FoundBy::Email, vec![CONTACT, OTHER])),
        "both have it, the newest first"
    );
}

#[tokio::test]
async fn a_phone_is_compared_by_its_digits() {
    let organisation = Organisation::start().await;
    answer_batch(
        &organisation,
        200,
        &[rows(json!([
            {"contactid": OTHER, "telephone1": "+34600000001"},
            {"contactid": CONTACT, "mobilephone": "0034600000001"},
        ]))],
    )
    .await;
    let wanted = keys(None, None, Some("+34600000001"));
    assert_eq!(
        found(&organisation, &wanted).await,
        Some((FoundBy::Phone, vec![CONTACT]))
    );
}

#[tokio::test]
async fn nobody_is_found_without_keys_or_without_a_match() {
    let organisation = Organisation::start().await;
    assert_eq!(
        desk(&organisation)
            .find_customer(&keys(None, None, None))
            .await,
        Ok(None)
    );
    assert_eq!(
        desk(&organisation)
            .find_customer(&keys(Some(" "), None, Some("non")))
            .await,
        Ok(None)
    );
    assert!(organisation.requests().await.is_empty());

    answer_batch(&organisation, 200, &[rows(json!([]))]).await;
    assert_eq!(
        desk(&organisation)
            .find_customer(&keys(Some("X"), None, None))
            .await,
        Ok(None)
    );
}

#[tokio::test]
async fn a_search_that_fails_finds_nobody_and_says_so() {
    let organisation = Organisation::start().await;
    organisation.answers(ResponseTemplate::new(502)).await;
    let failure = desk(&organisation)
        .find_customer(&keys(Some("X"), None, None))
        .await
        .unwrap_err();
    assert_eq!(failure.remedy, Remedy::Retry);
}

#[tokio::test]
async fn a_hash_is_looked_for_among_those_who_had_the_address_and_columns_come_along() {
    let organisation = Organisation::start().await;
    answer_batch(
        &organisation,
        200,
        &[rows(json!([
            {"contactid": OTHER, "emailaddress1": "outra@example.com", "cxl_tier": 1},
            {
                "contactid": CONTACT, "emailaddress2": "Antia@Example.com",
                "cxl_tier": 2, "cxl_tier@OData.Community.Display.V1.FormattedValue": "Ouro", "cxl_empty": null,
                "_parentcustomerid_value": OTHER,
                "_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname": "account",
            },
        ]))],
    )
    .await;
    let column = |name: &str| name.parse::<ColumnName>().unwrap();
    let search = CustomerSearch {
        keys: CustomerKeys {
            email_hash: hashed_address("sha384", "antia@example.com"),
            ..CustomerKeys::default()
        },
        hashes: HashSearch::Among(vec![CONTACT, OTHER]),
        columns: [column("cxl_tier"), column("cxl_empty")].into(),
    };
    let found = desk(&organisation).find_customer(&search).await.unwrap();
    let found = found.unwrap();
    assert_eq!((found.by, found.contacts.len()), (FoundBy::EmailHash, 1));
    let contact = &found.contacts[0];
    assert_eq!((contact.id, contact.account), (CONTACT, Some(OTHER)));
    assert_eq!(contact.columns.len(), 1);
    assert_eq!(contact.columns["cxl_tier"].value, 2);
    assert_eq!(contact.columns["cxl_tier"].label.as_deref(), Some("Ouro"));

    let sent = last_batch(&organisation).await;
    let line = &sent[0].0;
    assert!(
        line.contains("cxl_tier") && line.contains("cxl_empty"),
        "{line}"
    );
    assert!(!line.contains("fullname"), "nothing else is read: {line}");
}

#[tokio::test]
async fn a_column_may_hold_the_hash_with_or_without_its_algorithm() {
    let organisation = Organisation::start().await;
    let hash = hashed_address("sha512", "antia@example.com").unwrap();
    let bare = hash["sha512:".len()..].to_uppercase();
    let answer = rows(json!([
        {"contactid": CONTACT, "cxl_hash": bare},
        {"contactid": OTHER, "cxl_hash": hash},
    ]));
    answer_batch(&organisation, 200, &[answer]).await;
    let search = CustomerSearch {
        keys: CustomerKeys {
            email_hash: Some(hash),
            ..CustomerKeys::default()
        },
        hashes: HashSearch::Column("cxl_hash".parse().unwrap()),
        ..CustomerSearch::default()
    };
    assert_eq!(
        found(&organisation, &search).await,
        Some((FoundBy::EmailHash, vec![CONTACT, OTHER]))
    );
}

fn contact() -> ContactDraft {
    ContactDraft {
        id: CONTACT,
        first_name: Some("Uxía".to_owned()),
        last_name: "Núñez".repeat(20),
        email: Some("uxia@example.com".to_owned()),
        phone: Some("+34600000001".to_owned()),
        external_id: Some("x".repeat(51)),
    }
}

#[tokio::test]
async fn a_contact_is_created_with_what_fits_its_columns() {
    let organisation = Organisation::start().await;
    answer_writes(&organisation, "contacts", ResponseTemplate::new(204)).await;

    let written = desk(&organisation)
        .create_contact(&contact())
        .await
        .unwrap();

    assert_eq!(written, Written::Now);
    let sent = body(&organisation.requests().await[0]);
    let last_name = sent["lastname"].as_str().unwrap();
    assert_eq!(last_name.chars().count(), 50);
    assert!(last_name.starts_with("NúñezNúñez") && last_name.ends_with('…'));
    assert_eq!(sent["emailaddress1"], "uxia@example.com");
    assert_eq!(sent["mobilephone"], "+34600000001");
    assert!(sent.get("externaluseridentifier").is_none());
}

#[tokio::test]
async fn two_responses_of_one_customer_make_one_contact() {
    let organisation = Organisation::start().await;
    answer_writes(&organisation, "contacts", exists()).await;
    answer_reads(
        &organisation,
        "contacts",
        row(json!({"contactid": CONTACT})),
    )
    .await;
    assert_eq!(
        desk(&organisation).create_contact(&contact()).await,
        Ok(Written::Before)
    );
}

#[tokio::test]
async fn a_conflict_with_a_contact_of_others_is_parked() {
    let organisation = Organisation::start().await;
    answer_writes(&organisation, "contacts", exists()).await;
    answer_reads(&organisation, "contacts", gone()).await;
    let failure = desk(&organisation)
        .create_contact(&contact())
        .await
        .unwrap_err();
    assert_eq!(failure.remedy, Remedy::Park);
}
