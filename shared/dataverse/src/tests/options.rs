//! Options of a request, functions, the hook for headers of the caller's own.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use http::HeaderValue;
use serde_json::json;
use wiremock::ResponseTemplate;

use super::{CASE, CONTACT, NOTE, Organisation, header, refusal};
use crate::{
    Bypassed, Function, Query, Request, Row, WhoAmI,
    batch::{Batch, Outcome},
};

#[tokio::test]
async fn each_option_is_the_documented_header() {
    let organisation = Organisation::start().await;
    organisation.answers(ResponseTemplate::new(204)).await;
    let request = Request::create("cxl_responses", Row::new())
        .returning(["cxl_score"])
        .with_annotations()
        .detecting_duplicates()
        .bypassing(Bypassed::All)
        .without_flows()
        .on_behalf_of(CONTACT)
        .in_solution("cxloop");
    organisation.client.send(&request).await.unwrap();
    for logic in [Bypassed::Synchronous, Bypassed::Asynchronous] {
        let request = Request::create("cxl_responses", Row::new()).bypassing(logic);
        organisation.client.send(&request).await.unwrap();
    }

    let sent = organisation.requests().await;
    let all: Vec<_> = sent[0].headers.get_all("prefer").iter().collect();
    assert_eq!(
        all,
        ["return=representation,odata.include-annotations=\"*\""]
    );
    let expected = [
        ("mscrm.suppressduplicatedetection", "false"),
        (
            "mscrm.bypassbusinesslogicexecution",
            "CustomSync,CustomAsync",
        ),
        ("mscrm.suppresscallbackregistrationexpanderjob", "true"),
        ("callerobjectid", &CONTACT.to_string()),
        ("mscrm.solutionuniquename", "cxloop"),
    ];
    for (name, value) in expected {
        assert_eq!(header(&sent[0], name), value);
    }
    let bypassed = |place: usize| header(&sent[place], "mscrm.bypassbusinesslogicexecution");
    assert_eq!((bypassed(1), bypassed(2)), ("CustomSync", "CustomAsync"));
}

#[tokio::test]
async fn parameters_of_functions_travel_as_aliases() {
    let organisation = Organisation::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({"Total": 3}));
    organisation.answers(answer).await;
    let count = Function::unbound("RetrieveTotalRecordCount")
        .with_json("EntityNames", &json!(["account", "contact"]))
        .with("Palabra", "d'Antas & Núñez");
    let bound = Function::bound("systemusers", CONTACT, "RetrieveUserPrivileges");
    let of_set = Function::bound_to_set("accounts", "Formatted").with("From", NOTE);

    for function in [&count, &bound, &of_set] {
        let found = organisation.client.evaluate(function).await.unwrap();
        assert_eq!(found.whole("Total"), Some(3));
    }

    let sent = organisation.requests().await;
    assert_eq!(
        sent[0].url.path(),
        "/api/data/v9.2/RetrieveTotalRecordCount(EntityNames=@p1,Palabra=@p2)"
    );
    let options: Vec<(String, String)> = sent[0].url.query_pairs().into_owned().collect();
    assert_eq!(
        options,
        [
            ("@p1".to_owned(), "[\"account\",\"contact\"]".to_owned()),
            ("@p2".to_owned(), "'d''Antas & Núñez'".to_owned()),
        ]
    );
    assert_eq!(
        sent[1].url.path(),
        format!(
            "/api/data/v9.2/systemusers({CONTACT})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges"
        )
    );
    assert_eq!(
        sent[2].url.path(),
        "/api/data/v9.2/accounts/Microsoft.Dynamics.CRM.Formatted(From=@p1)"
    );
}

#[tokio::test]
async fn who_we_are_is_one_small_request() {
    let organisation = Organisation::start().await;
    let answer = json!({"UserId": CONTACT, "BusinessUnitId": NOTE, "OrganizationId": CASE});
    organisation
        .answers(ResponseTemplate::new(200).set_body_json(answer))
        .await;
    let found = organisation.client.who_am_i().await.unwrap();
    let expected = WhoAmI {
        user: CONTACT,
        business_unit: NOTE,
        organization: CASE,
    };
    assert_eq!(found, expected);
    let sent = &organisation.requests().await[0];
    assert_eq!(sent.url.path(), "/api/data/v9.2/WhoAmI");
    assert_eq!(sent.url.query(), None);
}

#[tokio::test]
async fn aggregates_and_fetchxml_are_options_like_others() {
    let organisation = Organisation::start().await;
    organisation.answers(super::page(json!([]), None)).await;
    let apply = Query::new().apply("groupby((statuscode),aggregate($count as casos))");
    let fetch = Query::new().fetch_xml("<fetch top=\"3\"><entity name=\"incident\"/></fetch>");
    for query in [apply, fetch] {
        organisation.client.list("incidents", &query).await.unwrap();
    }
    let sent = organisation.requests().await;
    let option = |place: usize| sent[place].url.query_pairs().next().unwrap().1.into_owned();
    assert_eq!(
        option(0),
        "groupby((statuscode),aggregate($count as casos))"
    );
    assert_eq!(
        option(1),
        "<fetch top=\"3\"><entity name=\"incident\"/></fetch>"
    );
}

#[tokio::test]
async fn a_hook_adds_headers_to_every_request_but_never_changes_who_asks() {
    let organisation = Organisation::start().await;
    organisation.answers(super::page(json!([]), None)).await;
    let counted = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&counted);
    let client = organisation.client.clone().with_header_hook(Arc::new(
        move |headers: &mut http::HeaderMap| {
            let number = counter.fetch_add(1, Ordering::SeqCst);
            headers.insert("x-ms-client-request-id", HeaderValue::from(number));
            headers.insert("authorization", HeaderValue::from_static("Bearer other"));
        },
    ));

    client.list("contacts", &Query::new()).await.unwrap();
    let batch = Batch::new().request(Request::list("contacts", &Query::new()));
    let _ = client.batch(&batch).await;

    let sent = organisation.requests().await;
    assert_eq!(header(&sent[0], "x-ms-client-request-id"), "0");
    assert_eq!(header(&sent[1], "x-ms-client-request-id"), "1");
    for request in &sent {
        let all: Vec<_> = request.headers.get_all("authorization").iter().collect();
        assert_eq!(all, ["Bearer token"]);
    }
    assert_eq!(counted.load(Ordering::SeqCst), 2, "not for the token");
}

#[tokio::test]
async fn the_services_id_of_a_request_is_kept_with_its_answer_and_with_its_error() {
    let organisation = Organisation::start().await;
    let done = ResponseTemplate::new(204).insert_header("x-ms-service-request-id", "a-1");
    organisation.answers_once(done).await;
    let refused = refusal(400, "0x80044331", "longo").insert_header("REQ_ID", "b-2");
    organisation.answers(refused).await;
    let request = Request::create("contacts", Row::new());

    let answer = organisation.client.send(&request).await.unwrap();
    let error = organisation.client.send(&request).await.unwrap_err();

    assert_eq!(answer.request_id.as_deref(), Some("a-1"));
    assert_eq!(error.detail().unwrap().request_id.as_deref(), Some("b-2"));
}

#[tokio::test]
async fn a_batch_that_goes_on_has_an_outcome_for_every_request() {
    let organisation = Organisation::start().await;
    let gone = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n{\"error\":{\"code\":\"0x80040217\",\"message\":\"\"}}";
    let found = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"value\":[]}";
    let part =
        |message: &str| format!("--b\r\nContent-Type: application/http\r\n\r\n{message}\r\n");
    let body = format!("{}{}--b--\r\n", part(gone), part(found));
    let answer = ResponseTemplate::new(200).set_body_raw(body, "multipart/mixed; boundary=b");
    organisation.answers(answer).await;
    let read = Request::list("contacts", &Query::new());
    let batch = Batch::new()
        .request(read.clone())
        .request(read)
        .continuing();

    let outcomes = organisation.client.batch(&batch).await.unwrap();

    assert!(matches!(outcomes[0], Outcome::Failed { .. }));
    assert!(matches!(outcomes[1], Outcome::Done(_)));
    let sent = &organisation.requests().await[0];
    assert_eq!(header(sent, "prefer"), "odata.continue-on-error");
}
