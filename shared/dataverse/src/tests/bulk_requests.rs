//! Many rows in one request.

use serde_json::json;
use wiremock::ResponseTemplate;

use super::{CASE, CONTACT, NOTE, Organisation, body, refusal};
use crate::{
    AlternateKey, Error, Key, Request, Row,
    bulk::{Advice, Table, advice},
};

const CONTACTS: Table<'_> = Table {
    set: "contacts",
    name: "contact",
    primary_key: "contactid",
};

fn named(name: &str) -> Row {
    Row::new().set("lastname", name)
}

#[tokio::test]
async fn rows_are_created_in_one_request_and_their_ids_come_back_in_order() {
    let organisation = Organisation::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({"Ids": [CONTACT, NOTE]}));
    organisation.answers(answer).await;

    let rows = vec![named("Bóveda"), named("Muñoz")];
    let ids = organisation
        .client
        .create_multiple(CONTACTS, rows)
        .await
        .unwrap();

    assert_eq!(ids, [CONTACT, NOTE]);
    let sent = &organisation.requests().await[0];
    assert_eq!(
        sent.url.path(),
        "/api/data/v9.2/contacts/Microsoft.Dynamics.CRM.CreateMultiple"
    );
    assert_eq!(sent.url.query(), Some("tag=cxloop"));
    let of_contact = "Microsoft.Dynamics.CRM.contact";
    assert_eq!(
        body(sent),
        json!({"Targets": [
            {"lastname": "Bóveda", "@odata.type": of_contact},
            {"lastname": "Muñoz", "@odata.type": of_contact},
        ]})
    );
}

#[tokio::test]
async fn rows_are_changed_by_id_and_upserted_by_id_or_key() {
    let organisation = Organisation::start().await;
    organisation.answers(ResponseTemplate::new(204)).await;
    let key = AlternateKey::new("externaluseridentifier", "cliente 7").unwrap();
    let update = Request::update_multiple(CONTACTS, vec![(CONTACT, named("Bóveda"))]).unwrap();
    let upsert = Request::upsert_multiple(
        CONTACTS,
        vec![(NOTE.into(), named("Muñoz")), (key.into(), named("Antas"))],
    )
    .unwrap();
    for request in [&update, &upsert] {
        organisation.client.send(request).await.unwrap();
    }
    let sent = organisation.requests().await;
    assert!(sent[0].url.path().ends_with(".UpdateMultiple"));
    assert_eq!(body(&sent[0])["Targets"][0]["contactid"], json!(CONTACT));
    assert!(sent[1].url.path().ends_with(".UpsertMultiple"));
    assert_eq!(body(&sent[1])["Targets"][0]["contactid"], json!(NOTE));
    assert_eq!(
        body(&sent[1])["Targets"][1]["@odata.id"],
        "contacts(externaluseridentifier='cliente%207')"
    );
}

#[tokio::test]
async fn an_answer_that_does_not_name_every_row_is_none() {
    for ids in [json!([CONTACT]), json!([CONTACT, 3]), json!(null)] {
        let organisation = Organisation::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(json!({"Ids": ids}));
        organisation.answers(answer).await;
        let rows = vec![named("Bóveda"), named("Muñoz")];
        let error = organisation
            .client
            .create_multiple(CONTACTS, rows)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    }
}

#[test]
fn what_the_service_would_refuse_as_a_whole_is_not_sent() {
    assert!(Request::create_multiple(CONTACTS, Vec::new()).is_err());
    let twice: Vec<(Key, Row)> = vec![(CASE.into(), named("a")), (CASE.into(), named("b"))];
    assert!(Request::upsert_multiple(CONTACTS, twice).is_err());
}

#[tokio::test]
async fn a_failed_bulk_request_is_followed_by_the_step_that_fits_its_failure() {
    let table = [
        (refusal(429, "0x80072322", ""), Advice::Repeat),
        (ResponseTemplate::new(503), Advice::Repeat),
        (refusal(403, "0x80040220", ""), Advice::Repeat),
        (refusal(413, "", ""), Advice::Halve),
        (refusal(400, "0x80044331", ""), Advice::RowByRow),
        (refusal(412, "0x80040237", ""), Advice::RowByRow),
        (refusal(404, "0x80040217", ""), Advice::RowByRow),
        (refusal(404, "0x8006088a", ""), Advice::RowByRow),
    ];
    for (answer, expected) in table {
        let organisation = Organisation::start().await;
        organisation.answers(answer).await;
        let error = organisation
            .client
            .create_multiple(CONTACTS, vec![named("Bóveda")])
            .await
            .unwrap_err();
        assert_eq!(advice(&error), expected, "{error:?}");
    }
    assert_eq!(advice(&Error::Oversized { limit_bytes: 1 }), Advice::Halve);
    let not_sendable = Request::create_multiple(CONTACTS, Vec::new()).unwrap_err();
    assert_eq!(advice(&not_sendable), Advice::Stop);
}
