//! Reading a case and reopening it.

use cxloop_domain::cases::{CaseState, CustomerRef, NoteDraft, QueuePlacement, Reopening};
use cxloop_ports::{CaseDesk, Remedy, ReopenOutcome};
use serde_json::{Value, json};

use super::{
    CASE, CONTACT, NOTE, Organisation, QUEUE, QUEUE_ITEM, answer_batch, answer_reads, change_set,
    desk, error, gone, last_batch, refusal, row,
};

fn reopening() -> Reopening {
    Reopening {
        case: CASE,
        etag: "W/\"71\"".to_owned(),
        note: NoteDraft {
            id: NOTE,
            subject: "Reaberto".to_owned(),
            text: "A avaría segue: 1 de 5".to_owned(),
        },
        queue: Some(QueuePlacement {
            item: QUEUE_ITEM,
            queue: QUEUE,
        }),
        columns: std::collections::BTreeMap::new(),
    }
}

fn done(parts: u32) -> String {
    let parts: Vec<_> = (1..=parts).map(|id| (id, 204, Value::Null)).collect();
    change_set(&parts)
}

fn a_case(columns: Value) -> Value {
    let mut case = json!({
        "@odata.etag": "W/\"71\"", "incidentid": CASE, "title": "Avaría", "ticketnumber": "CAS-1",
        "statecode": 1, "statuscode": 5, "merged": false, "modifiedon": "2026-09-03T12:00:00Z",
        "_customerid_value": CONTACT,
        "_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname": "contact",
        "Incident_IncidentResolutions": [
            {"createdon": "2026-09-02T08:00:00Z", "statecode": 1},
            {"createdon": "2026-08-01T08:00:00Z", "statecode": 2},
        ],
        "Incident_QueueItem": [{"enteredon": "2026-09-01T08:00:00Z", "_queueid_value": QUEUE}],
    });
    case.as_object_mut()
        .unwrap()
        .extend(columns.as_object().unwrap().clone());
    case
}

#[tokio::test]
async fn a_case_is_read_with_its_closure_and_its_queue_in_one_request() {
    let organisation = Organisation::start().await;
    answer_reads(&organisation, "incidents", row(a_case(json!({})))).await;

    let facts = desk(&organisation).read_case(CASE).await.unwrap().unwrap();

    assert_eq!(facts.etag, "W/\"71\"");
    assert_eq!(facts.state, CaseState::Resolved);
    assert_eq!(
        (facts.ticket.as_str(), facts.title.as_str()),
        ("CAS-1", "Avaría")
    );
    assert_eq!(facts.customer, Some(CustomerRef::Contact(CONTACT)));
    assert_eq!(facts.queue, Some(QUEUE));
    assert_eq!(
        facts.resolved_at,
        Some("2026-09-02T08:00:00Z".parse().unwrap())
    );
    let requests = organisation.requests().await;
    assert_eq!(requests.len(), 1);
    let expand = requests[0]
        .url
        .query_pairs()
        .find(|(name, _)| name == "$expand")
        .unwrap()
        .1;
    assert_eq!(
        expand,
        "Incident_IncidentResolutions($select=createdon,statecode;$orderby=createdon desc;$top=1),\
         Incident_QueueItem($select=enteredon,_queueid_value;$orderby=enteredon desc;$top=1)"
    );
}

#[tokio::test]
async fn states_and_closures_are_told_apart() {
    let moment = |text: &str| Some(text.parse::<jiff::Timestamp>().unwrap());
    let by_activity = moment("2026-09-02T08:00:00Z");
    let table = [
        (
            json!({"statecode": 0, "statuscode": 1}),
            CaseState::Active,
            by_activity,
        ),
        (
            json!({"statecode": 2, "statuscode": 6}),
            CaseState::Cancelled,
            by_activity,
        ),
        (
            json!({"statecode": 2, "statuscode": 2000}),
            CaseState::Merged,
            by_activity,
        ),
        (
            json!({"statecode": 2, "statuscode": 6, "merged": true}),
            CaseState::Merged,
            by_activity,
        ),
        // Closed without a resolution: by hand, after an earlier one was cancelled or never.
        (
            json!({"Incident_IncidentResolutions": []}),
            CaseState::Resolved,
            moment("2026-09-03T12:00:00Z"),
        ),
        (
            json!({"Incident_IncidentResolutions": [{"createdon": "2026-08-01T08:00:00Z", "statecode": 2}]}),
            CaseState::Resolved,
            moment("2026-09-03T12:00:00Z"),
        ),
        (
            json!({"statecode": 0, "Incident_IncidentResolutions": [], "Incident_QueueItem": []}),
            CaseState::Active,
            None,
        ),
    ];
    for (columns, state, resolved_at) in table {
        let organisation = Organisation::start().await;
        answer_reads(&organisation, "incidents", row(a_case(columns.clone()))).await;
        let facts = desk(&organisation).read_case(CASE).await.unwrap().unwrap();
        assert_eq!(
            (facts.state, facts.resolved_at),
            (state, resolved_at),
            "{columns}"
        );
    }
}

#[tokio::test]
async fn a_case_is_gone_only_when_dynamics_says_so() {
    let organisation = Organisation::start().await;
    answer_reads(&organisation, "incidents", gone()).await;
    assert_eq!(desk(&organisation).read_case(CASE).await, Ok(None));

    let organisation = Organisation::start().await;
    answer_reads(
        &organisation,
        "incidents",
        wiremock::ResponseTemplate::new(404),
    )
    .await;
    assert_eq!(
        desk(&organisation)
            .read_case(CASE)
            .await
            .unwrap_err()
            .remedy,
        Remedy::Retry
    );

    let organisation = Organisation::start().await;
    let unknown = refusal(
        404,
        "0x8006088a",
        "Resource not found for the segment 'incidents'.",
    );
    answer_reads(&organisation, "incidents", unknown).await;
    assert_eq!(
        desk(&organisation)
            .read_case(CASE)
            .await
            .unwrap_err()
            .remedy,
        Remedy::Park
    );
}

#[tokio::test]
async fn a_case_is_reopened_state_first_and_alone_under_the_version_read() {
    let organisation = Organisation::start().await;
    answer_batch(&organisation, 200, &[done(3)]).await;

    let outcome = desk(&organisation).reopen(&reopening()).await.unwrap();

    assert_eq!(outcome, ReopenOutcome::Reopened);
    let sent = last_batch(&organisation).await;
    assert_eq!(
        sent[0].0,
        format!("PATCH /api/data/v9.2/incidents({CASE})?tag=cxloop")
    );
    assert_eq!(sent[0].1, Some(json!({"statecode": 0, "statuscode": 1})));
    assert!(sent[1].0.contains(&format!("annotations({NOTE})")));
    assert!(sent[2].0.contains(&format!("queueitems({QUEUE_ITEM})")));
    let batch = String::from_utf8(organisation.requests().await[0].body.clone()).unwrap();
    assert!(batch.contains("\r\nIf-Match: W/\"71\"\r\n"), "{batch}");
}

#[tokio::test]
async fn our_note_tells_a_repeat_from_a_change_by_others() {
    for (status, code) in [
        (412, "0x80060882"),
        (412, "0x80040237"),
        (404, "0x80040217"),
        (412, ""),
    ] {
        for (answer, outcome) in [
            (
                row(json!({"annotationid": NOTE})),
                ReopenOutcome::AlreadyDone,
            ),
            (gone(), ReopenOutcome::Changed),
        ] {
            let organisation = Organisation::start().await;
            let words = "The version of the existing record doesn't match … Does Not Exist";
            let failed = change_set(&[(1, status, error(code, words))]);
            answer_batch(&organisation, 400, &[failed]).await;
            answer_reads(&organisation, "annotations", answer).await;
            assert_eq!(
                desk(&organisation).reopen(&reopening()).await,
                Ok(outcome),
                "{status} {code}"
            );
        }
    }
}

#[tokio::test]
async fn a_case_that_already_stands_in_a_queue_stays_there() {
    let organisation = Organisation::start().await;
    let queued = change_set(&[(3, 400, error("0x80040526", "active queue item exists"))]);
    answer_batch(&organisation, 400, &[queued]).await;
    answer_batch(&organisation, 200, &[done(2)]).await;

    let outcome = desk(&organisation).reopen(&reopening()).await.unwrap();

    assert_eq!(outcome, ReopenOutcome::Reopened);
    assert_eq!(last_batch(&organisation).await.len(), 2);
    assert_eq!(organisation.requests().await.len(), 2);
}

#[tokio::test]
async fn a_case_whose_queue_is_not_active_any_more_is_reopened_without_it_and_the_note_says_so() {
    let organisation = Organisation::start().await;
    let words = "Cannot add items to an inactive queue.";
    let refused = change_set(&[(3, 400, error("0x80040521", words))]);
    answer_batch(&organisation, 400, &[refused]).await;
    answer_batch(&organisation, 200, &[done(2)]).await;

    let outcome = desk(&organisation).reopen(&reopening()).await.unwrap();

    assert_eq!(outcome, ReopenOutcome::Reopened);
    let sent = last_batch(&organisation).await;
    assert_eq!(sent.len(), 2, "{sent:?}");
    let note = sent[1].1.as_ref().unwrap()["notetext"].as_str().unwrap();
    assert!(
        note.contains("stands in no queue") && note.ends_with("A avaría segue: 1 de 5"),
        "{note}"
    );
    let requests = organisation.requests().await;
    let batch = String::from_utf8(requests[1].body.clone()).unwrap();
    assert!(batch.contains("\r\nIf-Match: W/\"71\"\r\n"), "{batch}");
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn a_refused_reopening_is_parked_and_a_broken_one_tried_again() {
    for (status, code, remedy) in [
        (400, "0x80048408", Remedy::Park),
        (400, "0x80040265", Remedy::Park),
        (500, "0x80044150", Remedy::Retry),
        (403, "0x80040220", Remedy::Mend),
    ] {
        let organisation = Organisation::start().await;
        let failed = change_set(&[(1, status, error(code, "non"))]);
        answer_batch(&organisation, 400, &[failed]).await;
        let failure = desk(&organisation).reopen(&reopening()).await.unwrap_err();
        assert_eq!(failure.remedy, remedy, "{status} {code}");
    }
}
