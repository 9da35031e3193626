//! The exact request of each operation, and what its good answer is read to.

use serde_json::json;
use wiremock::ResponseTemplate;

use super::{CASE, CONTACT, Organisation, body, header};
use crate::{Call, Condition, Direction, Error, Etag, Filter, Query, Request, Row};

fn json_answer(status: u16, body: serde_json::Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

#[tokio::test]
async fn a_row_is_read_with_the_documented_headers_and_without_a_tag() {
    let organisation = Organisation::start().await;
    organisation
        .answers(json_answer(
            200,
            json!({
                "@odata.context": "x", "@odata.etag": "W/\"71\"", "incidentid": CASE,
                "title": "Non volverei: a atención foi pésima", "statecode": 1, "merged": false,
                "_customerid_value": CONTACT,
                "_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname": "contact",
                "prioritycode@OData.Community.Display.V1.FormattedValue": "Alta",
                "createdon": "2026-09-01T10:00:00Z",
                "customerid_contact": {"contactid": CONTACT, "fullname": "Xoán Peña"},
                "Incident_Annotation": [{"annotationid": CASE}],
            }),
        ))
        .await;

    let query = Query::new()
        .select(["title", "statecode"])
        .expand(
            "Incident_Annotation",
            Query::new()
                .select(["subject"])
                .filter(Filter::eq("subject", "d'o"))
                .top(3),
        )
        .with_annotations();
    let record = organisation
        .client
        .get("incidents", CASE, &query)
        .await
        .unwrap();

    assert_eq!(
        record.text("title"),
        Some("Non volverei: a atención foi pésima")
    );
    assert_eq!(record.whole("statecode"), Some(1));
    assert_eq!(record.boolean("merged"), Some(false));
    assert_eq!(record.id("incidentid"), Some(CASE));
    assert_eq!(record.lookup("customerid"), Some(CONTACT));
    assert_eq!(record.lookup_table("customerid"), Some("contact"));
    assert_eq!(record.label("prioritycode"), Some("Alta"));
    assert_eq!(
        record.moment("createdon"),
        Some("2026-09-01T10:00:00Z".parse().unwrap())
    );
    assert_eq!(record.etag().unwrap().as_str(), "W/\"71\"");
    assert_eq!(
        record
            .related("customerid_contact")
            .unwrap()
            .text("fullname"),
        Some("Xoán Peña")
    );
    assert_eq!(record.related_rows("Incident_Annotation").len(), 1);
    let sent = &organisation.requests().await[0];
    assert_eq!(sent.method.as_str(), "GET");
    assert_eq!(sent.url.path(), format!("/api/data/v9.2/incidents({CASE})"));
    let options: Vec<(String, String)> = sent.url.query_pairs().into_owned().collect();
    assert_eq!(
        options,
        [
            ("$select".to_owned(), "title,statecode".to_owned()),
            (
                "$expand".to_owned(),
                "Incident_Annotation($select=subject;$filter=subject eq 'd''o';$top=3)".to_owned(),
            ),
        ]
    );
    assert_eq!(header(sent, "accept"), "application/json");
    assert_eq!(header(sent, "odata-version"), "4.0");
    assert_eq!(header(sent, "odata-maxversion"), "4.0");
    assert_eq!(header(sent, "if-none-match"), "null");
    assert_eq!(header(sent, "authorization"), "Bearer token");
    assert_eq!(header(sent, "prefer"), "odata.include-annotations=\"*\"");
    assert_eq!(header(sent, "content-type"), "(none)");
}

#[tokio::test]
async fn a_plus_in_an_address_reaches_the_service_as_a_plus() {
    let organisation = Organisation::start().await;
    organisation
        .answers(json_answer(200, json!({"value": [], "@odata.count": 0})))
        .await;

    let filter = Filter::eq("emailaddress1", "ana+sol&mar#1@example.com")
        .or(Filter::eq("mobilephone", "+34 600 000 001"))
        .and(Filter::eq("statecode", 0));
    let query = Query::new()
        .filter(filter)
        .orderby("createdon", Direction::Descending)
        .top(2)
        .count();
    let page = organisation.client.list("contacts", &query).await.unwrap();

    assert!(page.rows.is_empty() && page.next_link.is_none());
    assert_eq!(page.count, Some(0));
    let raw = organisation.requests().await[0]
        .url
        .query()
        .unwrap()
        .to_owned();
    assert!(raw.contains("ana%2Bsol%26mar%231%40example.com"), "{raw}");
    assert!(raw.contains("%2B34%20600"), "{raw}");
    assert!(!raw.contains('+'), "{raw}");
    assert!(
        raw.contains("&%24orderby=createdon%20desc&")
            || raw.contains("&$orderby=createdon%20desc&")
    );
}

#[tokio::test]
async fn a_row_is_created_under_its_own_id_and_only_when_it_is_not_there() {
    let organisation = Organisation::start().await;
    let url = format!("https://contoso.crm4.dynamics.com/api/data/v9.2/incidents({CASE})");
    organisation
        .answers(ResponseTemplate::new(204).insert_header("OData-EntityId", url.as_str()))
        .await;

    let row = Row::new()
        .set("title", "Não resolveram a avaria")
        .set("prioritycode", 1)
        .set_some("description", None::<&str>)
        .bind("customerid_contact", "contacts", CONTACT);
    let answer = organisation
        .client
        .create_with_id("incidents", CASE, row)
        .await
        .unwrap();

    assert_eq!(answer.row_id(), Some(CASE));
    assert_eq!((answer.status, answer.body), (204, None));
    let sent = &organisation.requests().await[0];
    assert_eq!(sent.method.as_str(), "PATCH");
    assert_eq!(sent.url.path(), format!("/api/data/v9.2/incidents({CASE})"));
    assert_eq!(sent.url.query(), Some("tag=cxloop"));
    assert_eq!(header(sent, "if-none-match"), "*");
    assert_eq!(header(sent, "if-match"), "(none)");
    assert_eq!(
        header(sent, "content-type"),
        "application/json; charset=utf-8"
    );
    assert_eq!(
        body(sent),
        json!({
            "title": "Não resolveram a avaria",
            "prioritycode": 1,
            "customerid_contact@odata.bind": format!("/contacts({CONTACT})"),
        })
    );
}

#[tokio::test]
async fn the_ticket_number_comes_back_with_the_write_that_asks_for_it() {
    let organisation = Organisation::start().await;
    organisation
        .answers(
            json_answer(
                201,
                json!({"@odata.etag": "W/\"9\"", "ticketnumber": "CAS-01042-B7M9Z3"}),
            )
            .insert_header("Preference-Applied", "return=representation"),
        )
        .await;

    let request = Request::create_with_id("incidents", CASE, Row::new().set("title", "Avaría"))
        .returning(["ticketnumber"])
        .detecting_duplicates();
    let answer = organisation.client.send(&request).await.unwrap();

    assert_eq!(
        answer.record().unwrap().text("ticketnumber"),
        Some("CAS-01042-B7M9Z3")
    );
    assert_eq!(answer.etag, Some(Etag::new("W/\"9\"").unwrap()));
    let sent = &organisation.requests().await[0];
    assert_eq!(header(sent, "prefer"), "return=representation");
    assert_eq!(header(sent, "mscrm.suppressduplicatedetection"), "false");
    let options: Vec<_> = sent.url.query_pairs().into_owned().collect();
    assert_eq!(
        options[0],
        ("$select".to_owned(), "ticketnumber".to_owned())
    );
    assert_eq!(options[1], ("tag".to_owned(), "cxloop".to_owned()));
}

#[tokio::test]
async fn a_change_carries_the_version_that_was_read() {
    let organisation = Organisation::start().await;
    organisation.answers(ResponseTemplate::new(204)).await;

    let unchanged = Condition::Unchanged(Etag::new("W/\"4711\"").unwrap());
    let reactivated = Row::new().set("statecode", 0).set("statuscode", 1);
    organisation
        .client
        .update("incidents", CASE, &unchanged, reactivated)
        .await
        .unwrap();
    organisation
        .client
        .update("incidents", CASE, &Condition::Exists, Row::new())
        .await
        .unwrap();
    organisation
        .client
        .delete("incidents", CASE, &Condition::Exists)
        .await
        .unwrap();

    let sent = organisation.requests().await;
    assert_eq!(header(&sent[0], "if-match"), "W/\"4711\"");
    assert_eq!(body(&sent[0]), json!({"statecode": 0, "statuscode": 1}));
    assert_eq!(header(&sent[1], "if-match"), "*");
    assert_eq!(
        (sent[2].method.as_str(), header(&sent[2], "if-match")),
        ("DELETE", "*")
    );
    assert!(
        sent.iter()
            .all(|request| request.url.query() == Some("tag=cxloop"))
    );
}

#[tokio::test]
async fn bound_actions_carry_the_full_name_and_unbound_ones_do_not() {
    let organisation = Organisation::start().await;
    organisation
        .answers(json_answer(200, json!({"QueueItemId": CONTACT})))
        .await;

    let target = Row::new()
        .of_table("incident")
        .set("incidentid", CASE.to_string());
    let add = Call::bound(
        "queues",
        CONTACT,
        "AddToQueue",
        Row::new().set("Target", target),
    );
    let result = organisation.client.execute(add).await.unwrap().unwrap();
    let close = Call::unbound("CloseIncident", Row::new().set("Status", 5));
    organisation.client.execute(close).await.unwrap();

    assert_eq!(result["QueueItemId"], json!(CONTACT));
    let sent = organisation.requests().await;
    assert_eq!(
        sent[0].url.path(),
        format!("/api/data/v9.2/queues({CONTACT})/Microsoft.Dynamics.CRM.AddToQueue")
    );
    assert_eq!(sent[0].method.as_str(), "POST");
    assert_eq!(
        body(&sent[0])["Target"]["@odata.type"],
        "Microsoft.Dynamics.CRM.incident"
    );
    assert_eq!(sent[1].url.path(), "/api/data/v9.2/CloseIncident");
}

#[tokio::test]
async fn following_pages_repeat_the_page_size_and_stay_in_the_organisation() {
    let organisation = Organisation::start().await;
    let next = format!(
        "{}/api/data/v9.2/contacts?$skiptoken=%3Ccookie%20pagenumber=%222%22%3E",
        organisation.server.uri()
    );
    organisation
        .answers(json_answer(
            200,
            json!({"value": [{"contactid": CONTACT}], "@odata.nextLink": next}),
        ))
        .await;

    let query = Query::new().page_size(50);
    let page = organisation.client.list("contacts", &query).await.unwrap();
    let link = page.next_link.unwrap();
    organisation.client.next_page(&link, &query).await.unwrap();
    let elsewhere = organisation
        .client
        .next_page("https://example.com/api/data/v9.2/x", &query)
        .await;
    let outside = format!("{}/other", organisation.server.uri());
    let outside = organisation.client.next_page(&outside, &query).await;

    assert!(
        matches!(elsewhere, Err(Error::NotSendable { .. })),
        "{elsewhere:?}"
    );
    assert!(
        matches!(outside, Err(Error::NotSendable { .. })),
        "{outside:?}"
    );
    let sent = organisation.requests().await;
    assert_eq!(sent.len(), 2);
    assert!(
        sent.iter()
            .all(|request| header(request, "prefer") == "odata.maxpagesize=50")
    );
    assert_eq!(
        sent[1].url.query(),
        Some("$skiptoken=%3Ccookie%20pagenumber=%222%22%3E")
    );
}
