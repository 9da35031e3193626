//! Kinds of columns and the limits of their values.
//! Source: Microsoft Learn, "Column data types" and "Update and delete table rows using the Web API".

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::organisation::{AGENT, Answer, IRIA, Organisation, RECOVERY};

fn case(title: &str) -> Value {
    json!({"title": title, "customerid_contact@odata.bind": format!("/contacts({IRIA})")})
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

#[tokio::test]
async fn a_case_needs_a_customer_also_after_a_change() {
    let organisation = Organisation::start().await;
    organisation
        .post("incidents", json!({"title": "x"}))
        .await
        .is_refused(400, "0x80044410");
    let id = organisation.open_case("x").await;
    organisation
        .patch(
            &format!("incidents({id})"),
            json!({"customerid_contact": null}),
        )
        .await
        .is_refused(400, "0x80044410");
}

#[tokio::test]
async fn text_longer_than_its_column_is_refused_and_length_counts_utf16_units() {
    let organisation = Organisation::start().await;
    assert_eq!(
        organisation
            .post("incidents", case(&"ñ".repeat(200)))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    let answer = organisation.post("incidents", case(&"ñ".repeat(201))).await;
    answer.is_refused(400, "0x80044331");
    assert!(
        answer
            .text
            .contains("exceeded the maximum allowed length of '200'")
    );
    organisation
        .post("incidents", case(&"😡".repeat(101)))
        .await
        .is_refused(400, "0x80044331");
}

#[tokio::test]
async fn choices_types_and_states_must_be_valid() {
    let organisation = Organisation::start().await;
    organisation
        .post("incidents", with(case("x"), "prioritycode", json!(9)))
        .await
        .is_refused(400, "0x8004431a");
    organisation
        .post("incidents", with(case("x"), "prioritycode", json!("High")))
        .await
        .is_refused(400, "0x80048d19");
    organisation
        .post("incidents", with(case("x"), "isescalated", json!("yes")))
        .await
        .is_refused(400, "0x80048d19");
    organisation
        .post("incidents", with(case("x"), "statuscode", json!(5)))
        .await
        .is_refused(400, "0x80048408");
    organisation
        .post("incidents", with(case("x"), "statecode", json!(1)))
        .await
        .is_refused(400, "0x80048408");
}

#[tokio::test]
async fn a_ticket_number_may_be_given_and_never_changed() {
    let organisation = Organisation::start().await;
    let id = organisation
        .post(
            "incidents",
            with(case("x"), "ticketnumber", json!("CAS-77")),
        )
        .await
        .key();
    assert_eq!(
        organisation
            .get(&format!("incidents({id})?$select=ticketnumber"))
            .await
            .json()["ticketnumber"],
        "CAS-77"
    );
    organisation
        .patch(
            &format!("incidents({id})"),
            json!({"ticketnumber": "CAS-78"}),
        )
        .await
        .is_refused(400, "0x80040203");
}

#[tokio::test]
async fn names_owners_and_notes_are_filled_by_the_service() {
    let organisation = Organisation::start().await;
    let contact = organisation
        .post(
            "contacts",
            json!({"firstname": "Uxía", "lastname": "Caamaño"}),
        )
        .await
        .key();
    assert_eq!(
        organisation
            .get(&format!("contacts({contact})"))
            .await
            .json()["fullname"],
        "Uxía Caamaño"
    );
    organisation
        .patch(&format!("contacts({contact})"), json!({"firstname": null}))
        .await;
    assert_eq!(
        organisation
            .get(&format!("contacts({contact})"))
            .await
            .json()["fullname"],
        "Caamaño"
    );
    let id = organisation
        .post(
            "incidents",
            with(
                case("x"),
                "ownerid@odata.bind",
                json!(format!("systemusers({AGENT})")),
            ),
        )
        .await
        .key();
    let row = organisation
        .get(&format!(
            "incidents({id})?$select=_ownerid_value,_owninguser_value,_owningteam_value"
        ))
        .await
        .json();
    assert_eq!(
        (
            &row["_ownerid_value"],
            &row["_owninguser_value"],
            &row["_owningteam_value"]
        ),
        (&json!(AGENT), &json!(AGENT), &Value::Null)
    );
    let note = json!({"subject": "Resposta", "notetext": "Não resolveram a avaria", "objectid_incident@odata.bind": format!("{}/api/data/v9.2/incidents({id})", organisation.root)});
    let note = organisation.post("annotations", note).await.key();
    let row = organisation
        .get(&format!("annotations({note})"))
        .await
        .json();
    assert_eq!(
        (&row["objecttypecode"], &row["isdocument"], &row["notetext"]),
        (
            &json!("incident"),
            &json!(false),
            &json!("Não resolveram a avaria")
        )
    );
}

#[tokio::test]
async fn a_single_property_is_written_emptied_and_read() {
    let organisation = Organisation::start().await;
    let path = format!("queues({RECOVERY})/description");
    let put = Answer::of(
        organisation
            .request(Method::PUT, &path)
            .json(&json!({"value": "Recuperación"})),
    )
    .await;
    assert_eq!(put.status, StatusCode::NO_CONTENT);
    assert_eq!(
        organisation.get(&path).await.json()["value"],
        "Recuperación"
    );
    assert_eq!(
        Answer::of(organisation.request(Method::DELETE, &path))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(organisation.get(&path).await.status, StatusCode::NO_CONTENT);
}
