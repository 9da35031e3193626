//! Opening a case and adding a note, each harmless twice.

use cxloop_domain::cases::{
    CaseDraft, CaseType, CustomerRef, NoteDraft, Origin, OwnerRef, Priority, QueuePlacement,
};
use cxloop_ports::{CaseDesk, OpenedCase, Remedy, Written};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{
    CASE, CONTACT, NOTE, Organisation, QUEUE, QUEUE_ITEM, answer_batch, answer_reads,
    answer_writes, change_set, connection_name, desk, error, exists, gone, last_batch, refusal,
    row, single,
};

fn note() -> NoteDraft {
    NoteDraft {
        id: NOTE,
        subject: "Resposta ao inquérito".to_owned(),
        text: "Não resolveram a avaria".to_owned(),
    }
}

pub(super) fn draft() -> CaseDraft {
    CaseDraft {
        id: CASE,
        title: "Xoán Peña puntuou 3".to_owned(),
        description: Some("Non volverei: a atención foi pésima".to_owned()),
        priority: Some(Priority::High),
        origin: Some(Origin::Web),
        case_type: Some(CaseType::Problem),
        columns: std::collections::BTreeMap::new(),
        customer: CustomerRef::Contact(CONTACT),
        parent: None,
        owner: Some(OwnerRef::Team(QUEUE)),
        queue: Some(QueuePlacement {
            item: QUEUE_ITEM,
            queue: QUEUE,
        }),
        note: note(),
    }
}

pub(super) fn opened() -> String {
    change_set(&[
        (
            1,
            201,
            json!({"incidentid": CASE, "ticketnumber": "CAS-01042-B7M9Z3"}),
        ),
        (2, 204, Value::Null),
        (3, 204, Value::Null),
    ])
}

#[tokio::test]
async fn a_case_is_opened_with_its_note_and_its_place_in_the_queue_at_once() {
    let organisation = Organisation::start().await;
    answer_batch(&organisation, 200, &[opened()]).await;

    let opened = desk(&organisation).open_case(&draft()).await.unwrap();

    let ticket = "CAS-01042-B7M9Z3".to_owned();
    assert_eq!(
        opened,
        OpenedCase {
            ticket,
            written: Written::Now
        }
    );
    assert_eq!(organisation.requests().await.len(), 1);
    let sent = last_batch(&organisation).await;
    assert_eq!(
        sent,
        [
            (
                format!("PATCH /api/data/v9.2/incidents({CASE})?$select=ticketnumber&tag=cxloop"),
                Some(json!({
                    "title": "Xoán Peña puntuou 3",
                    "description": "Non volverei: a atención foi pésima",
                    "prioritycode": 1, "caseorigincode": 3, "casetypecode": 2, "routecase": false,
                    "customerid_contact@odata.bind": format!("/contacts({CONTACT})"),
                    "ownerid@odata.bind": format!("/teams({QUEUE})"),
                })),
            ),
            (
                format!("PATCH /api/data/v9.2/annotations({NOTE})?tag=cxloop"),
                Some(json!({
                    "subject": "Resposta ao inquérito", "notetext": "Não resolveram a avaria",
                    "objectid_incident@odata.bind": format!("/incidents({CASE})"),
                })),
            ),
            (
                format!("PATCH /api/data/v9.2/queueitems({QUEUE_ITEM})?tag=cxloop"),
                Some(json!({
                    "queueid@odata.bind": format!("/queues({QUEUE})"),
                    "objectid_incident@odata.bind": format!("/incidents({CASE})"),
                })),
            ),
        ]
    );
}

#[tokio::test]
async fn what_a_rule_leaves_open_is_left_to_the_crm() {
    let organisation = Organisation::start().await;
    answer_batch(
        &organisation,
        200,
        &[change_set(&[
            (1, 201, json!({"ticketnumber": "CAS-1"})),
            (2, 204, Value::Null),
        ])],
    )
    .await;
    let draft = CaseDraft {
        description: None,
        priority: None,
        origin: None,
        case_type: None,
        customer: CustomerRef::Account(CONTACT),
        owner: None,
        queue: None,
        ..draft()
    };

    desk(&organisation).open_case(&draft).await.unwrap();

    let sent = last_batch(&organisation).await;
    assert_eq!(sent.len(), 2);
    assert_eq!(
        sent[0].1,
        Some(json!({
            "title": "Xoán Peña puntuou 3",
            "customerid_account@odata.bind": format!("/accounts({CONTACT})"),
        }))
    );
}

#[tokio::test]
async fn a_case_for_an_inactive_queue_is_opened_without_it_and_left_to_the_routing_of_the_crm() {
    let organisation = Organisation::start().await;
    let words = "Cannot add items to an inactive queue.";
    let refused = change_set(&[(3, 400, error("0x80040521", words))]);
    answer_batch(&organisation, 400, &[refused]).await;
    let done = change_set(&[
        (1, 201, json!({"ticketnumber": "CAS-1"})),
        (2, 204, Value::Null),
    ]);
    answer_batch(&organisation, 200, &[done]).await;

    let opened = desk(&organisation).open_case(&draft()).await.unwrap();

    assert_eq!(
        (opened.ticket.as_str(), opened.written),
        ("CAS-1", Written::Now)
    );
    let sent = last_batch(&organisation).await;
    assert_eq!(sent.len(), 2, "{sent:?}");
    let (case, note) = (sent[0].1.as_ref().unwrap(), sent[1].1.as_ref().unwrap());
    assert_eq!(case.get("routecase"), None);
    let text = note["notetext"].as_str().unwrap();
    assert!(
        text.contains("stands in no queue") && text.ends_with("Não resolveram a avaria"),
        "{text}"
    );
}

#[tokio::test]
async fn a_second_attempt_finds_the_case_of_the_first() {
    let organisation = Organisation::start().await;
    let conflict = change_set(&[(1, 412, error("0x80040237", "exists"))]);
    answer_batch(&organisation, 400, &[conflict]).await;
    answer_reads(
        &organisation,
        "incidents",
        row(json!({"ticketnumber": "CAS-7"})),
    )
    .await;

    let opened = desk(&organisation).open_case(&draft()).await.unwrap();

    assert_eq!(
        opened,
        OpenedCase {
            ticket: "CAS-7".to_owned(),
            written: Written::Before
        }
    );
}

#[tokio::test]
async fn a_conflict_without_our_case_is_parked_and_not_taken_for_done() {
    let organisation = Organisation::start().await;
    let conflict = change_set(&[(2, 412, error("0x80040237", "exists"))]);
    answer_batch(&organisation, 400, &[conflict]).await;
    answer_reads(&organisation, "incidents", gone()).await;

    let failure = desk(&organisation).open_case(&draft()).await.unwrap_err();

    assert_eq!(failure.remedy, Remedy::Park);
    assert!(
        failure
            .message
            .starts_with("Could not open the case with its note"),
        "{failure}"
    );
}

#[tokio::test]
async fn duplicate_detection_is_no_proof_that_the_case_is_there() {
    let organisation = Organisation::start().await;
    let conflict = change_set(&[(1, 412, error("0x80040333", "a duplicate exists"))]);
    answer_batch(&organisation, 400, &[conflict]).await;

    let failure = desk(&organisation).open_case(&draft()).await.unwrap_err();

    assert_eq!(failure.remedy, Remedy::Park);
    assert_eq!(
        failure.message,
        "Dynamics refused to open the case: a duplicate exists"
    );
    assert_eq!(organisation.requests().await.len(), 1);
}

#[tokio::test]
async fn a_refused_column_is_parked_with_the_words_of_dynamics_and_kept_out_of_the_log() {
    let organisation = Organisation::start().await;
    let words = "Could not find a property named 'cor' on type 'incident'.";
    answer_batch(
        &organisation,
        400,
        &[change_set(&[(1, 400, error("0x80048d19", words))])],
    )
    .await;

    let failure = desk(&organisation).open_case(&draft()).await.unwrap_err();

    assert_eq!(failure.remedy, Remedy::Park);
    assert_eq!(
        failure.message,
        format!("Dynamics refused to open the case: {words}")
    );
    assert_eq!(
        failure.detail,
        "open the case: Dynamics refused the request; status 400, 0x80048d19"
    );
}

#[tokio::test]
async fn a_missing_queue_or_customer_is_parked_and_not_decided_again() {
    let organisation = Organisation::start().await;
    let missing = change_set(&[(
        3,
        404,
        error("0x80040217", "queue With Id = 7d3a Does Not Exist"),
    )]);
    answer_batch(&organisation, 400, &[missing]).await;
    let failure = desk(&organisation).open_case(&draft()).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Park);
    assert!(failure.message.contains("in its queue"), "{failure}");
}

#[tokio::test]
async fn a_wait_closes_the_connection_until_a_moment_of_our_clock() {
    let organisation = Organisation::start().await;
    let throttled = refusal(429, "0x80072322", "").insert_header("Retry-After", "60");
    organisation.answers(throttled).await;

    let failure = desk(&organisation).open_case(&draft()).await.unwrap_err();

    let until = jiff::Timestamp::from_second(1_790_000_060).unwrap();
    assert_eq!(
        failure.remedy,
        Remedy::WaitUntil {
            connection: connection_name(),
            until
        }
    );
}

#[tokio::test]
async fn outages_are_tried_again_and_missing_privileges_are_for_a_person_to_mend() {
    let broken = single(503, &Value::Null);
    for (answer, remedy) in [
        (ResponseTemplate::new(503), Remedy::Retry),
        (
            ResponseTemplate::new(200).set_body_raw("<html>", "text/html"),
            Remedy::Retry,
        ),
        (
            ResponseTemplate::new(200).set_body_raw(broken, "multipart/mixed; boundary=x"),
            Remedy::Retry,
        ),
        (
            refusal(403, "0x80040220", "missing prvCreateIncident"),
            Remedy::Mend,
        ),
        (refusal(401, "", ""), Remedy::Mend),
    ] {
        let organisation = Organisation::start().await;
        organisation.answers(answer).await;
        let failure = desk(&organisation).open_case(&draft()).await.unwrap_err();
        assert_eq!(failure.remedy, remedy, "{failure:?}");
    }
}

#[tokio::test]
async fn a_ticket_number_that_was_left_out_is_read() {
    let organisation = Organisation::start().await;
    let silent = change_set(&[
        (1, 204, Value::Null),
        (2, 204, Value::Null),
        (3, 204, Value::Null),
    ]);
    answer_batch(&organisation, 200, &[silent]).await;
    answer_reads(
        &organisation,
        "incidents",
        row(json!({"ticketnumber": "CAS-8"})),
    )
    .await;
    let opened = desk(&organisation).open_case(&draft()).await.unwrap();
    assert_eq!(
        opened,
        OpenedCase {
            ticket: "CAS-8".to_owned(),
            written: Written::Now
        }
    );
}

#[tokio::test]
async fn a_note_is_added_once() {
    let organisation = Organisation::start().await;
    answer_writes(&organisation, "annotations", exists()).await;
    answer_reads(
        &organisation,
        "annotations",
        row(json!({"annotationid": NOTE})),
    )
    .await;
    let written = desk(&organisation).add_note(CASE, &note()).await.unwrap();
    assert_eq!(written, Written::Before);

    let organisation = Organisation::start().await;
    answer_writes(&organisation, "annotations", ResponseTemplate::new(204)).await;
    let written = desk(&organisation).add_note(CASE, &note()).await.unwrap();
    assert_eq!(written, Written::Now);

    let organisation = Organisation::start().await;
    answer_writes(&organisation, "annotations", exists()).await;
    answer_reads(&organisation, "annotations", gone()).await;
    let failure = desk(&organisation)
        .add_note(CASE, &note())
        .await
        .unwrap_err();
    assert_eq!(failure.remedy, Remedy::Park);
}
