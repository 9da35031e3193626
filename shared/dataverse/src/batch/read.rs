//! The answer to a batch, each part attributed to its request.

use http::HeaderMap;
use jiff::Timestamp;

use super::{Batch, Group, Outcome, multipart};
use crate::{
    answer::{self, Answer, judge},
    error::Error,
};

/// The judged answer of one part and the `Content-ID` that it echoes.
struct Judged {
    content_id: Option<usize>,
    result: Result<Answer, Error>,
}

/// Reads the answer. A batch with a failed request is answered 400, still as multipart, and ends
/// at that request; a batch that could not be read at all is answered with a plain error.
///
/// Whether the parts before a failed stand-alone request are repeated in the 400 is not
/// documented; they are taken to be, and repeating a batch of idempotent writes is harmless.
pub(crate) fn read(
    batch: &Batch,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<Outcome>, Error> {
    let Some(boundary) = multipart::boundary(headers) else {
        return Err(match judge(status, headers, body, now) {
            Ok(_) => Error::unavailable("the answer to a batch is not multipart"),
            Err(error) => error,
        });
    };
    let parts = multipart::parts(body, &boundary).ok_or_else(half_a_body)?;
    let mut parts = parts.into_iter();
    let mut outcomes = Vec::with_capacity(batch.groups().len());
    let mut first_content_id = 1;
    let mut ended = false;
    for group in batch.groups() {
        let outcome = match parts.next() {
            None if ended => Outcome::NotRun,
            None => return Err(half_a_body()),
            Some(part) => {
                let answers = judged(&part, now)?;
                outcome_of(group, first_content_id, answers)?
            }
        };
        ended |= !batch.continues() && !matches!(outcome, Outcome::Done(_));
        first_content_id += group.requests().len();
        outcomes.push(outcome);
    }
    let failed = outcomes
        .iter()
        .any(|outcome| !matches!(outcome, Outcome::Done(_)));
    if parts.next().is_some() || (status >= 400 && !failed) {
        return Err(Error::unavailable("the answer does not fit the batch"));
    }
    Ok(outcomes)
}

/// The answers that a part holds: one, or those of a change set.
fn judged(part: &multipart::Part<'_>, now: Timestamp) -> Result<Vec<Judged>, Error> {
    match multipart::boundary(&part.headers) {
        None => Ok(vec![judge_part(part, now)?]),
        Some(boundary) => multipart::parts(part.content, &boundary)
            .ok_or_else(half_a_body)?
            .iter()
            .map(|part| judge_part(part, now))
            .collect(),
    }
}

fn judge_part(part: &multipart::Part<'_>, now: Timestamp) -> Result<Judged, Error> {
    let message = multipart::message(part.content)
        .ok_or_else(|| Error::unavailable("a part of the batch answer is not an HTTP answer"))?;
    // Seen in either place: among the part's headers and among those of the answer inside.
    let content_id = [&part.headers, &message.headers]
        .into_iter()
        .find_map(|headers| headers.get("Content-ID"))
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Ok(Judged {
        content_id,
        result: answer::judge(message.status, &message.headers, message.body, now),
    })
}

fn outcome_of(
    group: &Group,
    first_content_id: usize,
    answers: Vec<Judged>,
) -> Result<Outcome, Error> {
    let requests = group.requests().len();
    let count = answers.len();
    let place = |content_id: Option<usize>| {
        content_id?
            .checked_sub(first_content_id)
            .filter(|place| *place < requests)
    };
    let mut placed: Vec<Option<Answer>> = vec![None; requests];
    for (order, Judged { content_id, result }) in answers.into_iter().enumerate() {
        match result {
            Ok(answer) => {
                let slot = placed
                    .get_mut(place(content_id).unwrap_or(order))
                    .ok_or_else(half_a_body)?;
                *slot = Some(answer);
            }
            Err(error) => {
                // Without an echoed id the order tells only if all requests were answered; the
                // usual form is the failed one alone.
                let by_order = (requests == 1 || count == requests).then_some(order);
                let part = place(content_id).or(by_order);
                return Ok(Outcome::Failed { part, error });
            }
        }
    }
    match placed.into_iter().collect::<Option<Vec<_>>>() {
        Some(answers) => Ok(Outcome::Done(answers)),
        None => Err(half_a_body()),
    }
}

fn half_a_body() -> Error {
    Error::unavailable("the answer to the batch is not complete")
}
