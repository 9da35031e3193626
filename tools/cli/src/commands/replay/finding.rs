//! Which events stand for what is to be run again.

use std::collections::BTreeSet;

use cxloop_domain::configuration::Connection;
use cxloop_domain::events::{ResponseHinted, ResponseReceived};
use cxloop_domain::loops::{LoopHistory, Replay};
use cxloop_domain::names::{InboxId, LoopId, ResponseKey};
use cxloop_domain::record_changed::{Heard, Origin};
use cxloop_dynamics::execution_context::hear;
use cxloop_ports::{BodyKind, Configurations, Inbox, InboxItem, Loops, Responses, SurveyPlatforms};
use cxloop_store::Store;
use cxloop_surveys::Platforms;

use super::{Again, Event};
use crate::Error;
use crate::arguments::ReplayArgs;
use crate::aws::clock;

/// The version of the event's shape that is published here.
const VERSION: u32 = 1;

/// Stands for the kept webhook where that is not known any more. It is looked up nowhere in the course of a replay.
const NO_WEBHOOK: &str = "replayed-by-a-person";

/// Finds what the arguments ask for.
pub(super) async fn find(store: &Store, arguments: &ReplayArgs) -> Result<Vec<Again>, Error> {
    if let Some(response) = &arguments.response {
        return of_response(store, response).await;
    }
    if let Some(inbox_id) = &arguments.inbox {
        return of_inbox(store, inbox_id).await;
    }
    if let Some(id) = &arguments.loop_id {
        let history = store
            .load_loop(id)
            .await?
            .ok_or_else(|| missing(format!("There is no loop {id}.")))?;
        return Ok(failed_in(&history));
    }
    all_failed(store, arguments.limit).await
}

/// `Store` has a `load` for each of several roles; these name the one that is meant.
trait Named {
    async fn load_loop(&self, id: &LoopId) -> Result<Option<LoopHistory>, Error>;
}

impl Named for Store {
    async fn load_loop(&self, id: &LoopId) -> Result<Option<LoopHistory>, Error> {
        Ok(Loops::load(self, id).await?)
    }
}

/// The response under every name that it was announced under, because rules may ask for the name.
async fn of_response(store: &Store, response: &ResponseKey) -> Result<Vec<Again>, Error> {
    let stored = Responses::load(store, response).await?;
    let stored = stored.ok_or_else(|| {
        missing(format!(
            "The response {response} is not known, or has expired."
        ))
    })?;
    let of_loop = store.of_response(response).await?;
    let history = match &of_loop {
        Some(id) => store.load_loop(id).await?,
        None => None,
    };
    let inbox_id = history
        .as_ref()
        .and_then(|history| webhook_of(history, response));
    let inbox_id = inbox_id.unwrap_or_else(|| {
        NO_WEBHOOK
            .parse()
            .expect("a constant within the rule of inbox ids")
    });
    let mut names: Vec<String> = stored.notifications.iter().cloned().collect();
    if names.is_empty() {
        names.push(String::new());
    }
    let events = names.into_iter().map(|notification| {
        let event = ResponseReceived {
            version: VERSION,
            response: response.clone(),
            notification,
            kind: stored.response.kind(),
            inbox_id: inbox_id.clone(),
            replay: true,
        };
        Again {
            event: Event::Received(event),
            of_loop: of_loop.clone(),
            trace: None,
        }
    });
    Ok(events.collect())
}

/// The webhook that a response came with, where a step of its loop tells.
fn webhook_of(history: &LoopHistory, response: &ResponseKey) -> Option<InboxId> {
    history.steps.iter().find_map(|step| match &step.replay {
        Some(Replay::Received(event)) if event.response == *response => {
            Some(event.inbox_id.clone())
        }
        _ => None,
    })
}

async fn of_inbox(store: &Store, inbox_id: &InboxId) -> Result<Vec<Again>, Error> {
    let item = Inbox::load(store, inbox_id).await?;
    let item = item.ok_or_else(|| {
        missing(format!(
            "The webhook {inbox_id} is not known, or has expired."
        ))
    })?;
    if item.kind == BodyKind::Change {
        return changes_in(store, item).await;
    }
    let of_loop = loop_of(store, &item).await;
    let event = ResponseHinted {
        connection: item.connection,
        inbox_id: item.id,
    };
    Ok(vec![Again {
        event: Event::Hinted(event),
        of_loop,
        trace: item.trace,
    }])
}

/// The changes that a kept body of the CRM tells of, by the configuration and the reading of now.
async fn changes_in(store: &Store, item: InboxItem) -> Result<Vec<Again>, Error> {
    let trace = item.trace;
    let tells_nothing = |why: &str| {
        let what = format!("The webhook {} tells of no change: {why}.", item.id);
        Error::Refused { what, mend: None }
    };
    let applied = store.current().await?;
    let connections = &applied.configuration.connections;
    let Some(Connection::Dynamics(connection)) = connections.get(&item.connection) else {
        return Err(tells_nothing("its connection is none of kind dynamics"));
    };
    let origin = Origin {
        connection: item.connection.clone(),
        inbox_id: item.id.clone(),
        accepted_at: item.accepted_at,
    };
    match hear(&item.body, connection, &origin) {
        Ok(Heard::Changes(changes)) => Ok(changes
            .into_iter()
            .map(|change| Again {
                event: Event::Changed(Box::new(change)),
                of_loop: None,
                trace,
            })
            .collect()),
        Ok(Heard::PassedOver(reason)) => Err(tells_nothing(reason.as_str())),
        Ok(Heard::OtherOrganization) => Err(tells_nothing("it comes from another organisation")),
        Err(unreadable) => Err(tells_nothing(&unreadable.reason)),
    }
}

/// The loop of the response that a kept body names. A body that cannot be read, or whose connection is gone, has none.
async fn loop_of(store: &Store, item: &InboxItem) -> Option<LoopId> {
    let applied = store.current().await.ok()?;
    let http = cxloop_lambda_kit::http_client().ok()?;
    let platforms = Platforms::new(http, std::sync::Arc::new(NoSecrets), clock());
    let platform = platforms.platform(&applied, &item.connection).ok()?;
    let hint = platform.parse(&item.body).ok()?;
    let key = ResponseKey::new(item.connection.clone(), hint.response);
    store.of_response(&key).await.ok()?
}

/// Reading a body asks nobody, so that no secret is needed.
struct NoSecrets;

#[async_trait::async_trait]
impl cxloop_ports::Secrets for NoSecrets {
    async fn field(
        &self,
        secret: &str,
        _: &str,
    ) -> Result<secrecy::SecretString, cxloop_ports::Failure> {
        Err(cxloop_ports::Failure::mend(
            format!("Secret {secret} is not given."),
            "",
        ))
    }

    async fn forget(&self, _: &str) {}
}

/// What failed in a loop, each event once.
fn failed_in(history: &LoopHistory) -> Vec<Again> {
    let mut found: Vec<Again> = Vec::new();
    for step in &history.steps {
        let event = match &step.replay {
            None => continue,
            Some(Replay::Hinted(event)) => Event::Hinted(event.clone()),
            Some(Replay::Received(event)) => Event::Received(ResponseReceived {
                replay: true,
                ..event.clone()
            }),
            Some(Replay::Changed(event)) => Event::Changed(Box::new(event.clone())),
            Some(Replay::Invitation(event)) => Event::Invitation(event.clone()),
        };
        let again = Again {
            event,
            of_loop: Some(history.head.id.clone()),
            trace: step.references.trace,
        };
        let is_known = |known: &Again| known.event == again.event && known.of_loop == again.of_loop;
        if !found.iter().any(is_known) {
            found.push(again);
        }
    }
    found
}

/// What failed in the loops that have failed, and the webhooks that were put aside and belong to none of them.
async fn all_failed(store: &Store, limit: usize) -> Result<Vec<Again>, Error> {
    let mut found = Vec::new();
    for head in store.failed(limit).await? {
        if let Some(history) = store.load_loop(&head.id).await? {
            found.extend(failed_in(&history));
        }
    }
    let known: BTreeSet<InboxId> = found
        .iter()
        .filter_map(|again| match &again.event {
            Event::Hinted(event) => Some(event.inbox_id.clone()),
            Event::Received(_) | Event::Changed(_) | Event::Invitation(_) => None,
        })
        .collect();
    for body in store.parked(limit).await? {
        match body.kind {
            _ if known.contains(&body.id) => {}
            BodyKind::Response => found.push(Again {
                event: Event::Hinted(ResponseHinted {
                    connection: body.connection,
                    inbox_id: body.id,
                }),
                of_loop: None,
                trace: None,
            }),
            // One that still tells of nothing stays where it is.
            BodyKind::Change => found.extend(of_inbox(store, &body.id).await.unwrap_or_default()),
        }
    }
    Ok(found)
}

fn missing(what: String) -> Error {
    Error::Refused {
        what,
        mend: Some("`cxloop replay --failed --dry-run` lists what failed.".to_owned()),
    }
}
