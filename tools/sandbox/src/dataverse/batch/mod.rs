//! `$batch`: many requests in one, with change sets that take effect wholly or not at all.
//! Source: Microsoft Learn, "Execute batch operations using the Web API".

mod answer;
mod read;

use super::caller::Caller;
use super::message::{Answer, Request};
use super::metadata;
use super::payload::References;
use super::refusal::Refusal;
use super::rows::Organisation;
use super::service::{self, Service};
use answer::{Done, Part};
use read::{Inner, Item};

/// The most requests in one batch.
const MOST: usize = 1000;

/// Carries out a batch. `content_type` is the header of the outer request, which names the boundary.
pub(crate) fn answer(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    request: &Request,
    content_type: &str,
) -> Result<Answer, Refusal> {
    let boundary = read::boundary(content_type).ok_or_else(|| {
        Refusal::bad_batch("The Content-Type of a batch must be 'multipart/mixed' with a boundary.")
    })?;
    let items = read::read(&request.body, &boundary)?;
    let requests: usize = items
        .iter()
        .map(|item| {
            if let Item::ChangeSet(inner) = item {
                inner.len()
            } else {
                1
            }
        })
        .sum();
    if requests > MOST {
        return Err(Refusal::bad_batch(format!(
            "The batch holds {requests} requests; at most {MOST} are allowed."
        )));
    }
    let go_on = request.preferences.continue_on_error;
    let mut references = References::at(service, caller.now);
    let mut parts = Vec::with_capacity(items.len());
    let mut failed = false;
    for item in &items {
        let part = match item {
            Item::Request(inner) => Part::Single(single(
                organisation,
                caller,
                service,
                inner,
                &mut references,
            )),
            Item::ChangeSet(inner) => Part::ChangeSet(change_set(
                organisation,
                caller,
                service,
                inner,
                &mut references,
            )),
        };
        failed = part.failed();
        parts.push(part);
        if failed && !go_on {
            break;
        }
    }
    Ok(
        answer::write(if failed && !go_on { 400 } else { 200 }, &parts)
            .applying(&request.preferences),
    )
}

/// A request on its own: it takes effect at once, whatever becomes of the others.
fn single(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    inner: &Inner,
    references: &mut References,
) -> Done {
    let answer = match inner.request.method.as_str() {
        "GET" => tagged(caller, &inner.request, |caller| {
            service::read(organisation, caller, service, &inner.request, references)
        }),
        _ => {
            let before = organisation.savepoint();
            let answer = write(organisation, caller, service, inner, references, false);
            if answer.is_err() {
                organisation.roll_back(before);
            }
            organisation.commit().and(answer)
        }
    };
    let answer =
        answer.unwrap_or_else(|refusal| Answer::refused(&refusal, &inner.request.preferences));
    remember(inner, &answer, references);
    Done {
        content_id: inner.content_id.clone(),
        answer,
    }
}

/// Every request of a change set, or the one that failed.
fn change_set(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    inner: &[Inner],
    references: &mut References,
) -> Vec<Done> {
    let before = organisation.savepoint();
    // What a change set declares holds for the rest of the batch only if the change set took effect.
    let mut declared = references.clone();
    let mut done: Vec<Done> = Vec::with_capacity(inner.len());
    for request in inner {
        let answer = match (request.request.method.as_str(), &request.content_id) {
            ("GET", _) => Err(Refusal::bad_batch(
                "A change set may not contain GET requests.",
            )),
            (_, None) => Err(Refusal::bad_batch(
                "Content-ID header not present in a request of a change set.",
            )),
            (_, id) if done.iter().any(|earlier| earlier.content_id == *id) => Err(
                Refusal::bad_batch("Two requests of a change set have the same Content-ID."),
            ),
            _ => write(organisation, caller, service, request, &declared, true),
        };
        match answer {
            Ok(answer) => {
                remember(request, &answer, &mut declared);
                done.push(Done {
                    content_id: request.content_id.clone(),
                    answer,
                });
            }
            Err(refusal) => {
                organisation.roll_back(before);
                return vec![Done {
                    content_id: request.content_id.clone(),
                    answer: Answer::refused(&refusal, &request.request.preferences),
                }];
            }
        }
    }
    if let Err(refusal) = organisation.commit() {
        return vec![Done {
            content_id: inner.first().and_then(|first| first.content_id.clone()),
            answer: Answer::from(refusal),
        }];
    }
    *references = declared;
    done
}

fn write(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    inner: &Inner,
    references: &References,
    in_change_set: bool,
) -> Result<Answer, Refusal> {
    if let Some(refusal) = &inner.unreadable {
        return Err(refusal.clone());
    }
    if references
        .resolve(&inner.request.path)?
        .starts_with("$batch")
    {
        return Err(Refusal::bad_batch("A batch may not contain another batch."));
    }
    if in_change_set
        && inner.request.method == "DELETE"
        && metadata::Path::read(&references.resolve(&inner.request.path)?).is_some()
    {
        // What is deleted with a definition could not be brought back if a later request failed.
        return Err(Refusal::bad_batch(
            "Definitions cannot be deleted in a change set.",
        ));
    }
    tagged(caller, &inner.request, |caller| {
        service::write(organisation, caller, service, &inner.request, references)
    })
}

/// Gives the request the circumstances of its own address and headers.
fn tagged<T>(
    caller: &Caller,
    request: &Request,
    run: impl FnOnce(&Caller) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    request.bypass.check(caller)?;
    let options = super::query::Options::read(&request.query)?;
    let tag = options.get("tag").map(str::to_owned);
    run(&Caller {
        tag: tag.or_else(|| caller.tag.clone()),
        detect_duplicates: request.detect_duplicates,
        ..caller.clone()
    })
}

/// Lets later requests call the row `$1`.
fn remember(inner: &Inner, answer: &Answer, references: &mut References) {
    let Some(content_id) = &inner.content_id else {
        return;
    };
    let Some(path) = &answer.row else { return };
    references.declare(content_id.clone(), path.clone());
}
