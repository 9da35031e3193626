//! Batch answers, each part attributed to its request.

use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use jiff::Timestamp;
use proptest::prelude::*;

use super::{CASE, CONTACT, NOTE};
use crate::{
    Action, Condition, Error, Query, Request, Row, ServiceCode,
    batch::{Batch, ChangeSet, Outcome, read},
    classify,
};

fn three_writes() -> ChangeSet {
    ChangeSet::new()
        .request(Request::create_with_id("incidents", CASE, Row::new()).returning(["ticketnumber"]))
        .request(Request::create_with_id("annotations", NOTE, Row::new()))
        .request(Request::update(
            "contacts",
            CONTACT,
            &Condition::Exists,
            Row::new(),
        ))
}

fn read_contact() -> Request {
    Request::get("contacts", CONTACT, &Query::new())
}

fn judged(batch: &Batch, status: u16, body: &str) -> Result<Vec<Outcome>, Error> {
    judged_as(
        "multipart/mixed; boundary=batchresponse_1",
        batch,
        status,
        body.as_bytes(),
    )
}

fn judged_as(
    content_type: &'static str,
    batch: &Batch,
    status: u16,
    body: &[u8],
) -> Result<Vec<Outcome>, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    read(batch, status, &headers, body, Timestamp::UNIX_EPOCH)
}

/// A part of a batch answer, or of a change set within it.
fn part(boundary: &str, content_id: Option<u32>, message: &str) -> String {
    let id = content_id
        .map(|id| format!("Content-ID: {id}\n"))
        .unwrap_or_default();
    format!(
        "--{boundary}\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n{id}\n{message}\n"
    )
}

fn change_set(parts: &[String]) -> String {
    format!(
        "--batchresponse_1\nContent-Type: multipart/mixed; boundary=changesetresponse_2\n\n{}--changesetresponse_2--\n",
        parts.concat()
    )
}

fn whole(groups: &[String]) -> String {
    format!("{}--batchresponse_1--\n", groups.concat()).replace('\n', "\r\n")
}

fn refused(status: u16, code: &str) -> String {
    format!(
        "HTTP/1.1 {status} No\nREQ_ID: 1\nContent-Type: application/json; odata.metadata=minimal\nRetry-After: 12\nOData-Version: 4.0\n\n{{\"error\":{{\"code\":\"{code}\",\"message\":\"A avaría\"}}}}"
    )
}

fn done() -> String {
    format!(
        "HTTP/1.1 204 No Content\nOData-Version: 4.0\nOData-EntityId: https://contoso/annotations({NOTE})\n\n"
    )
}

fn created() -> String {
    "HTTP/1.1 201 Created\nContent-Type: application/json; odata.metadata=minimal\nPreference-Applied: return=representation\n\n{\"@odata.etag\":\"W/\\\"5\\\"\",\"ticketnumber\":\"CAS-1\",\"title\":\"Avaría\"}".to_owned()
}

#[test]
fn a_change_set_and_a_read_come_back_in_order() {
    let batch = Batch::from(three_writes()).request(read_contact());
    let body = whole(&[
        change_set(&[
            part("changesetresponse_2", Some(1), &created()),
            part("changesetresponse_2", Some(2), &done()),
            part("changesetresponse_2", Some(3), &done()),
        ]),
        part(
            "batchresponse_1",
            None,
            "HTTP/1.1 200 OK\nContent-Type: application/json; odata.metadata=minimal; odata.streaming=true\n\n{\"fullname\":\"Uxía Muñoz\"}",
        ),
    ]);
    for body in [body.clone(), body.replace("\r\n", "\n")] {
        let outcomes = judged(&batch, 200, &body).unwrap();
        let [Outcome::Done(writes), Outcome::Done(reads)] = outcomes.as_slice() else {
            panic!("{outcomes:?}")
        };
        assert_eq!(writes[0].record().unwrap().text("title"), Some("Avaría"));
        assert_eq!(writes[0].etag.as_ref().unwrap().as_str(), "W/\"5\"");
        assert_eq!((writes[1].status, writes[1].row_id()), (204, Some(NOTE)));
        assert_eq!(
            reads[0].record().unwrap().text("fullname"),
            Some("Uxía Muñoz")
        );
    }
}

#[test]
fn answers_of_a_change_set_in_another_order_find_their_requests() {
    let body = whole(&[change_set(&[
        part("changesetresponse_2", Some(3), &done()),
        part("changesetresponse_2", Some(1), &created()),
        part("changesetresponse_2", Some(2), &done()),
    ])]);
    let outcomes = judged(&three_writes().into(), 200, &body).unwrap();
    let Outcome::Done(answers) = &outcomes[0] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(
        answers
            .iter()
            .map(|answer| answer.status)
            .collect::<Vec<_>>(),
        [201, 204, 204]
    );
}

#[test]
fn a_failed_change_set_names_the_part_that_failed() {
    let batch = Batch::new()
        .request(read_contact())
        .change_set(three_writes())
        .request(read_contact());
    let answered = part(
        "batchresponse_1",
        None,
        "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{}",
    );
    // The second write of the change set is the third request of the batch.
    let failed = change_set(&[part(
        "changesetresponse_2",
        Some(3),
        &refused(412, "0x80040237"),
    )]);
    let outcomes = judged(&batch, 400, &whole(&[answered, failed])).unwrap();

    assert!(matches!(outcomes[0], Outcome::Done(_)));
    let Outcome::Failed { part, error } = &outcomes[1] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(*part, Some(1));
    assert_eq!(classify(error).action, Action::LookForOurRow);
    assert_eq!(
        error.detail().unwrap().code,
        Some(ServiceCode::DUPLICATE_RECORD)
    );
    assert_eq!(error.detail().unwrap().message, "A avaría");
    assert_eq!(outcomes[2], Outcome::NotRun);
    assert!(outcomes[2].clone().into_result().is_err());
}

#[test]
fn a_failure_that_names_no_part_is_not_laid_on_the_first() {
    let alone = part("batchresponse_1", None, &refused(412, "0x80060882"));
    let nested = change_set(&[part(
        "changesetresponse_2",
        None,
        &refused(412, "0x80060882"),
    )]);
    for failed in [alone, nested] {
        let outcomes = judged(&three_writes().into(), 400, &whole(&[failed])).unwrap();
        let Outcome::Failed { part, error } = &outcomes[0] else {
            panic!("{outcomes:?}")
        };
        assert_eq!(*part, None);
        assert!(matches!(error, Error::VersionMismatch(_)));
    }
}

#[test]
fn a_throttled_part_keeps_its_wait() {
    let body = whole(&[part("batchresponse_1", None, &refused(429, "0x80072326"))]);
    let outcomes = judged(&Batch::new().request(read_contact()), 400, &body).unwrap();
    let Outcome::Failed {
        part: Some(0),
        error,
    } = &outcomes[0]
    else {
        panic!("{outcomes:?}")
    };
    assert_eq!(classify(error).action, Action::WaitUntil { seconds: 12 });
}

#[test]
fn a_batch_that_could_not_be_read_is_one_error() {
    let body = br#"{"error":{"code":"0x80048d19","message":"Stream was not readable."}}"#;
    let error = judged_as("application/json", &three_writes().into(), 400, body).unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    let error = judged_as("text/html", &three_writes().into(), 200, b"<html>").unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
}

#[test]
fn every_cut_of_an_answer_is_noticed() {
    let body = whole(&[change_set(&[
        part("changesetresponse_2", Some(1), &created()),
        part("changesetresponse_2", Some(2), &done()),
        part("changesetresponse_2", Some(3), &done()),
    ])]);
    let batch = three_writes().into();
    assert!(judged(&batch, 200, &body).is_ok());
    // The last line break, and nothing else, may be missing.
    for end in 0..body.len() - 2 {
        let Some(cut) = body.get(..end) else { continue };
        let error = judged(&batch, 200, cut).unwrap_err();
        assert!(
            matches!(error, Error::Unavailable { .. }),
            "{end}: {error:?}"
        );
    }
}

#[test]
fn answers_that_do_not_fit_the_batch_are_not_guessed_at() {
    let two = whole(&[change_set(&[
        part("changesetresponse_2", Some(1), &created()),
        part("changesetresponse_2", Some(2), &done()),
    ])]);
    let too_many = whole(&[
        part("batchresponse_1", None, &done()),
        part("batchresponse_1", None, &done()),
    ]);
    let no_http = whole(&[part("batchresponse_1", None, "FTP/1.1 204")]);
    let none = whole(&[]);
    let alone = Batch::new().request(read_contact());
    for (batch, status, body) in [
        (three_writes().into(), 200, two),
        (alone.clone(), 200, too_many),
        (alone.clone(), 200, no_http),
        (alone.clone(), 200, none),
        (alone, 400, whole(&[part("batchresponse_1", None, &done())])),
    ] {
        let error = judged(&batch, status, &body).unwrap_err();
        assert!(
            matches!(error, Error::Unavailable { .. }),
            "{body}: {error:?}"
        );
    }
}

#[test]
fn a_quoted_boundary_and_odd_cases_are_understood() {
    let body = whole(&[part("batchresponse_1", None, &done())]);
    let content_type = "Multipart/Mixed; charset=utf-8; Boundary=\"batchresponse_1\"";
    let batch = Batch::new().request(Request::create_with_id("annotations", NOTE, Row::new()));
    let outcomes = judged_as(content_type, &batch, 200, body.as_bytes()).unwrap();
    assert!(matches!(outcomes[0], Outcome::Done(_)));
}

proptest! {
    #[test]
    fn the_reader_survives_any_bytes(body: Vec<u8>, status in 100_u16..600) {
        let _ = judged_as("multipart/mixed; boundary=b", &three_writes().into(), status, &body);
    }

    #[test]
    fn the_reader_survives_bytes_that_look_like_an_answer(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "--batchresponse_1", "--batchresponse_1--", "--c", "--c--", "\r\n", "\n", "\r", ":",
                "Content-Type: multipart/mixed; boundary=c", "Content-Type: application/http",
                "Content-ID: 1", "Content-ID: 99999999999999999999", "HTTP/1.1 204 No Content",
                "HTTP/1.1 400 Bad", "HTTP/1.1", "{\"error\":", "é", "\0", " ",
                "Content-Type: multipart/mixed; boundary=batchresponse_1",
            ]),
            0..40,
        ),
        status in prop::sample::select(vec![200_u16, 400, 500]),
    ) {
        let _ = judged(&three_writes().into(), status, &pieces.concat());
    }
}
