//! What bodies of writes may hold.
//! Source: Microsoft Learn, "Create a table row using the Web API"
//! and "Associate and disassociate table rows using the Web API".

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::organisation::{ACCOUNT, Answer, IRIA, NOWHERE, Organisation};

fn case(title: &str) -> Value {
    json!({"title": title, "customerid_contact@odata.bind": format!("/contacts({IRIA})")})
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

#[tokio::test]
async fn a_create_answers_204_with_the_address_of_the_row() {
    let organisation = Organisation::start().await;
    let answer = organisation
        .post("incidents", case("Non volverei: a atención foi pésima"))
        .await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    assert_eq!(
        answer.header("odata-entityid"),
        format!(
            "{}/api/data/v9.2/incidents({})",
            organisation.root,
            answer.key()
        )
    );
    let row = organisation
        .get(&format!("incidents({})", answer.key()))
        .await
        .json();
    assert_eq!(row["title"], "Non volverei: a atención foi pésima");
    assert_eq!(
        (
            &row["_customerid_value"],
            &row["_contactid_value"],
            &row["_accountid_value"]
        ),
        (&json!(IRIA), &json!(IRIA), &Value::Null)
    );
    assert_eq!(
        (&row["statecode"], &row["statuscode"], &row["prioritycode"]),
        (&json!(0), &json!(1), &json!(2))
    );
    assert_eq!(row["createdon"], "2026-05-28T20:26:40Z");
    let ticket = row["ticketnumber"].as_str().unwrap();
    assert!(
        ticket.starts_with("CAS-01001-") && ticket.len() == 16,
        "{ticket}"
    );
}

#[tokio::test]
async fn a_create_that_prefers_the_representation_answers_201_with_the_selected_columns() {
    let organisation = Organisation::start().await;
    let request = organisation.request(
        Method::POST,
        "incidents?$select=ticketnumber&$expand=customerid_contact($select=fullname)",
    );
    let answer = Answer::of(
        request
            .header("Prefer", "return=representation")
            .json(&case("x")),
    )
    .await;
    assert_eq!(
        (
            answer.status,
            answer.header("preference-applied"),
            answer.header("odata-entityid")
        ),
        (StatusCode::CREATED, "return=representation", "")
    );
    let body = answer.json();
    assert!(
        body["@odata.context"]
            .as_str()
            .unwrap()
            .ends_with("/$metadata#incidents(ticketnumber,customerid_contact(fullname))/$entity"),
        "{body}"
    );
    assert!(body["@odata.etag"].as_str().unwrap().starts_with("W/\""));
    assert!(body["incidentid"].is_string() && body.get("title").is_none());
    assert_eq!(
        body["customerid_contact"]["fullname"],
        "Iria Fernández Núñez"
    );
}

#[tokio::test]
async fn navigation_names_are_exact_and_wrong_ones_are_refused() {
    let organisation = Organisation::start().await;
    for name in [
        "customerid",
        "CustomerId_contact",
        "customerid_lead",
        "Incident_Annotation",
    ] {
        let body =
            json!({"title": "x", format!("{name}@odata.bind"): format!("/contacts({IRIA})")});
        let answer = organisation.post("incidents", body).await;
        answer.is_refused(400, "0x80048d19");
        assert!(
            answer
                .text
                .contains(&format!("An undeclared property '{name}'")),
            "{}",
            answer.text
        );
    }
    let crossed =
        json!({"title": "x", "customerid_contact@odata.bind": format!("/accounts({ACCOUNT})")});
    organisation
        .post("incidents", crossed)
        .await
        .is_refused(400, "0x80048d19");
}

#[tokio::test]
async fn lookups_cannot_be_written_by_their_column() {
    let organisation = Organisation::start().await;
    organisation
        .post("incidents", json!({"title": "x", "customerid": IRIA}))
        .await
        .is_refused(400, "0x0");
    organisation
        .post(
            "incidents",
            with(case("x"), "_primarycontactid_value", json!(IRIA)),
        )
        .await
        .is_refused(400, "0x80048d19");
    organisation
        .post(
            "incidents",
            with(case("x"), "primarycontactid", json!(IRIA)),
        )
        .await
        .is_refused(400, "0x80048d19");
}

#[tokio::test]
async fn an_undeclared_property_is_refused_by_its_name() {
    let organisation = Organisation::start().await;
    let answer = organisation
        .post("incidents", with(case("x"), "Title", json!("x")))
        .await;
    answer.is_refused(400, "0x0");
    assert!(
        answer.text.contains(
            "Invalid property 'Title' was found in entity 'Microsoft.Dynamics.CRM.incident'"
        ),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_misspelt_annotation_is_refused_and_those_of_the_service_itself_come_back_unharmed() {
    let organisation = Organisation::start().await;
    for name in ["ownerid@odata.Bind", "ownerid@odata.bin", "title@nota"] {
        let body = with(case("x"), name, json!("/systemusers(1)"));
        organisation
            .post("incidents", body)
            .await
            .is_refused(400, "0x80048d19");
    }
    let mut body = case("x");
    for (name, value) in [
        ("@odata.type", "Microsoft.Dynamics.CRM.incident"),
        ("@odata.etag", "W/\"1\""),
        ("createdon@odata.type", "#DateTimeOffset"),
        (
            "prioritycode@OData.Community.Display.V1.FormattedValue",
            "Normal",
        ),
    ] {
        body[name] = json!(value);
    }
    let answer = organisation.post("incidents", body).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
}

#[tokio::test]
async fn binding_a_missing_row_answers_404() {
    let organisation = Organisation::start().await;
    let answer = organisation
        .post(
            "incidents",
            json!({"title": "x", "customerid_contact@odata.bind": format!("/contacts({NOWHERE})")}),
        )
        .await;
    answer.is_refused(404, "0x80040217");
    assert!(
        answer
            .text
            .contains(&format!("contact With Id = {NOWHERE} Does Not Exist"))
    );
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let organisation = Organisation::start().await;
    let answer = Answer::of(
        organisation
            .request(Method::POST, "incidents")
            .header("Content-Type", "application/json")
            .body("{\"title\":"),
    )
    .await;
    answer.is_refused(400, "0x80048d19");
}

#[tokio::test]
async fn deleting_a_case_takes_its_notes_along_and_a_second_time_answers_404() {
    let organisation = Organisation::start().await;
    let id = organisation.open_case("x").await;
    let note = organisation
        .post(
            "annotations",
            json!({"notetext": "x", "objectid_incident@odata.bind": format!("incidents({id})")}),
        )
        .await
        .key();
    assert_eq!(
        Answer::of(organisation.request(Method::DELETE, &format!("incidents({id})")))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    organisation
        .get(&format!("annotations({note})"))
        .await
        .is_refused(404, "0x80040217");
    Answer::of(organisation.request(Method::DELETE, &format!("incidents({id})")))
        .await
        .is_refused(404, "0x80040217");
}
