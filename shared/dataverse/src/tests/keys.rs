//! Rows named by alternate keys, upserts in every answer, references between rows.

use proptest::prelude::*;
use serde_json::json;
use wiremock::ResponseTemplate;

use super::{CASE, CONTACT, NOTE, Organisation, body, header};
use crate::{AlternateKey, Condition, Error, Etag, Literal, Query, Request, Row, Written};

fn key(value: &str) -> AlternateKey {
    AlternateKey::new("cxl_responseid", value).unwrap()
}

#[tokio::test]
async fn a_row_is_addressed_by_an_alternate_key_of_several_columns() {
    let organisation = Organisation::start().await;
    organisation.answers(ResponseTemplate::new(204)).await;
    let several = key("resposta d'onte nº 1")
        .and("cxl_year", 2_026)
        .unwrap()
        .and("_cxl_contact_value", CONTACT)
        .unwrap();

    let row = Row::new().set("cxl_score", 3);
    organisation
        .client
        .upsert("cxl_responses", several, row)
        .await
        .unwrap();

    let sent = &organisation.requests().await[0];
    assert_eq!(
        sent.url.path(),
        format!(
            "/api/data/v9.2/cxl_responses(cxl_responseid='resposta%20d%27%27onte%20n%C2%BA%201',cxl_year=2026,_cxl_contact_value={CONTACT})"
        )
    );
    assert_eq!(sent.method.as_str(), "PATCH");
    assert_eq!(
        (header(sent, "if-match"), header(sent, "if-none-match")),
        ("(none)", "(none)")
    );
}

#[test]
fn a_key_that_the_service_cannot_find_is_refused_before_it_is_sent() {
    for character in [
        '/', '<', '>', '*', '%', '&', ':', '\\', '?', '+', '\n', '\0',
    ] {
        let value = format!("wxm{character}1");
        let refused = AlternateKey::new("cxl_responseid", value.as_str());
        assert!(
            matches!(refused, Err(Error::NotSendable { .. })),
            "{character:?}"
        );
    }
    assert!(AlternateKey::new("cxl_responseid", Literal::Null).is_err());
    let mut many = key("1");
    for column in 2..=16 {
        many = many.and(&format!("c{column}"), column).unwrap();
    }
    assert!(many.and("c17", 17).is_err());
}

#[tokio::test]
async fn an_upsert_says_created_or_updated_only_when_the_row_was_asked_for() {
    let address =
        "https://contoso.crm4.dynamics.com/api/data/v9.2/cxl_responses(cxl_responseid='a')";
    let quiet = || ResponseTemplate::new(204).insert_header("OData-EntityId", address);
    let loud =
        |status| ResponseTemplate::new(status).set_body_json(json!({"cxl_responseid": CASE}));
    for (answer, written) in [
        (quiet(), Written::Unknown),
        (loud(201), Written::Created),
        (loud(200), Written::Updated),
    ] {
        let organisation = Organisation::start().await;
        organisation.answers(answer).await;
        let request =
            Request::upsert("cxl_responses", key("a"), Row::new()).returning(["cxl_responseid"]);
        let answer = organisation.client.send(&request).await.unwrap();
        assert_eq!(answer.written(), written);
        assert_eq!(answer.row_id(), None, "a key is not an id");
    }
}

#[tokio::test]
async fn a_row_of_the_services_choosing_is_known_by_the_answer() {
    let organisation = Organisation::start().await;
    let address = organisation.address(&format!("contacts({CONTACT})"));
    let answer = ResponseTemplate::new(204).insert_header("OData-EntityId", address.as_str());
    organisation.answers(answer).await;
    let row = Row::new()
        .set("lastname", "Bóveda")
        .with_related(
            "parentcustomerid_account",
            Row::new().set("name", "Conservas"),
        )
        .with_related_rows("Contact_Tasks", vec![Row::new().set("subject", "Chamar")])
        .bind("cxl_response", "cxl_responses", key("a"));

    let id = organisation.client.create("contacts", row).await.unwrap();

    assert_eq!(id, CONTACT);
    let sent = &organisation.requests().await[0];
    assert_eq!(
        (sent.method.as_str(), sent.url.path()),
        ("POST", "/api/data/v9.2/contacts")
    );
    assert_eq!(
        body(sent),
        json!({
            "lastname": "Bóveda",
            "parentcustomerid_account": {"name": "Conservas"},
            "Contact_Tasks": [{"subject": "Chamar"}],
            "cxl_response@odata.bind": "/cxl_responses(cxl_responseid='a')",
        })
    );
}

#[tokio::test]
async fn an_unchanged_row_is_not_read_again() {
    let organisation = Organisation::start().await;
    let known = Etag::new("W/\"71\"").unwrap();
    organisation.answers_once(ResponseTemplate::new(304)).await;
    let changed = ResponseTemplate::new(200).set_body_json(json!({"title": "Avaría"}));
    organisation.answers(changed).await;
    let query = Query::new().select(["title"]);

    let read = async || {
        let client = &organisation.client;
        client
            .get_if_changed("incidents", CASE, &known, &query)
            .await
    };
    assert_eq!(read().await.unwrap(), None);
    let row = read().await.unwrap().unwrap();

    assert_eq!(row.text("title"), Some("Avaría"));
    let sent = &organisation.requests().await[0];
    let all: Vec<_> = sent.headers.get_all("if-none-match").iter().collect();
    assert_eq!(all, ["W/\"71\""]);
}

#[tokio::test]
async fn rows_are_tied_and_untied() {
    let organisation = Organisation::start().await;
    organisation.answers(ResponseTemplate::new(204)).await;
    let requests = [
        Request::associate(
            "lists",
            CASE,
            "listcontact_association",
            "contacts",
            CONTACT,
        ),
        Request::disassociate("lists", CASE, "listcontact_association", CONTACT),
        Request::clear_reference("incidents", CASE, "primarycontactid"),
        Request::delete("annotations", NOTE, &Condition::Exists),
    ];
    for request in &requests {
        organisation.client.send(request).await.unwrap();
    }

    let sent = organisation.requests().await;
    let lines: Vec<String> = sent
        .iter()
        .map(|sent| format!("{} {}", sent.method, sent.url.path()))
        .collect();
    assert_eq!(
        lines,
        [
            format!("POST /api/data/v9.2/lists({CASE})/listcontact_association/$ref"),
            format!("DELETE /api/data/v9.2/lists({CASE})/listcontact_association({CONTACT})/$ref"),
            format!("DELETE /api/data/v9.2/incidents({CASE})/primarycontactid/$ref"),
            format!("DELETE /api/data/v9.2/annotations({NOTE})"),
        ]
    );
    assert_eq!(
        body(&sent[0]),
        json!({"@odata.id": format!("/contacts({CONTACT})")})
    );
}

proptest! {
    #[test]
    fn no_value_breaks_out_of_a_key(value in ".*") {
        if let Ok(key) = AlternateKey::new("c", value.as_str()) {
            let path = crate::Key::from(key).to_string();
            let inside = path.strip_prefix("c='").unwrap().strip_suffix('\'').unwrap();
            prop_assert!(inside.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
        }
    }
}
