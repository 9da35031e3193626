//! `$batch`: many requests in one, with change sets that take effect wholly or not at all.
//! Source: Microsoft Learn, "Execute batch operations using the Web API".

mod answer;
mod read;

use std::sync::Arc;

use super::Dataverse;
use super::caller::Caller;
use super::message::{Answer, Request};
use super::metadata;
use super::payload::References;
use super::refusal::Refusal;
use super::rows::Organisation;
use super::service::{self, Service};
use super::steps::Origin;
use answer::{Done, Part};
use read::{Inner, Item};

/// The most requests in one batch.
const MOST: usize = 1000;

/// Carries out a batch. `content_type` is the header of the outer request, which names the boundary.
pub(crate) async fn answer(
    dataverse: &Dataverse,
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
            Item::Request(inner) => {
                Part::Single(single(dataverse, caller, service, inner, &mut references).await)
            }
            Item::ChangeSet(inner) => Part::ChangeSet(
                change_set(dataverse, caller, service, inner, &mut references).await,
            ),
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
async fn single(
    dataverse: &Dataverse,
    caller: &Caller,
    service: Service<'_>,
    inner: &Inner,
    references: &mut References,
) -> Done {
    let answer = match inner.request.method.as_str() {
        "GET" => tagged(caller, &inner.request, None, |caller| {
            let organisation = dataverse.reading();
            service::read(&organisation, caller, service, &inner.request, references)
        }),
        _ => {
            let references = &*references;
            dataverse
                .transaction(|organisation| {
                    write(organisation, caller, service, inner, references, None)
                })
                .await
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
async fn change_set(
    dataverse: &Dataverse,
    caller: &Caller,
    service: Service<'_>,
    inner: &[Inner],
    references: &mut References,
) -> Vec<Done> {
    let before = &*references;
    // The place of the request that is being carried out: when nothing takes effect, that one is to blame.
    let mut place = 0;
    let outcome = dataverse
        .transaction(|organisation| {
            // What a change set declares holds for the rest of the batch only if the change set took effect.
            let mut declared = before.clone();
            let mut done: Vec<Done> = Vec::with_capacity(inner.len());
            for (at, request) in inner.iter().enumerate() {
                place = at;
                let answer = in_change_set(organisation, caller, service, inner, at, &declared)?;
                remember(request, &answer, &mut declared);
                done.push(Done {
                    content_id: request.content_id.clone(),
                    answer,
                });
            }
            place = 0;
            Ok((done, declared))
        })
        .await;
    match outcome {
        Ok((done, declared)) => {
            *references = declared;
            done
        }
        Err(refusal) => {
            let failed = inner.get(place);
            let preferences = failed.map(|failed| failed.request.preferences.clone());
            vec![Done {
                content_id: failed.and_then(|failed| failed.content_id.clone()),
                answer: Answer::refused(&refusal, &preferences.unwrap_or_default()),
            }]
        }
    }
}

/// One request of a change set.
fn in_change_set(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    inner: &[Inner],
    at: usize,
    declared: &References,
) -> Result<Answer, Refusal> {
    let request = &inner[at];
    match (request.request.method.as_str(), &request.content_id) {
        ("GET", _) => Err(Refusal::bad_batch(
            "A change set may not contain GET requests.",
        )),
        (_, None) => Err(Refusal::bad_batch(
            "Content-ID header not present in a request of a change set.",
        )),
        (_, id) if inner[..at].iter().any(|earlier| earlier.content_id == *id) => Err(
            Refusal::bad_batch("Two requests of a change set have the same Content-ID."),
        ),
        _ => {
            let requests = Some(inner.len());
            write(organisation, caller, service, request, declared, requests)
        }
    }
}

/// `change_set` is the number of requests in the change set around this one.
fn write(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    inner: &Inner,
    references: &References,
    change_set: Option<usize>,
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
    if change_set.is_some()
        && inner.request.method == "DELETE"
        && metadata::Path::read(&references.resolve(&inner.request.path)?).is_some()
    {
        // What is deleted with a definition could not be brought back if a later request failed.
        return Err(Refusal::bad_batch(
            "Definitions cannot be deleted in a change set.",
        ));
    }
    tagged(caller, &inner.request, change_set, |caller| {
        service::write(organisation, caller, service, &inner.request, references)
    })
}

/// Gives the request the circumstances of its own address and headers.
fn tagged<T>(
    caller: &Caller,
    request: &Request,
    change_set: Option<usize>,
    run: impl FnOnce(&Caller) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    request.bypass.check(caller)?;
    let options = super::query::Options::read(&request.query)?;
    let tag = options.get("tag").map(str::to_owned);
    let origin = Origin {
        bypass: request.bypass.clone(),
        change_set,
        ..caller.origin.as_deref().cloned().unwrap_or_default()
    };
    run(&Caller {
        origin: Some(Arc::new(origin)),
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
