//! `cxloop replay`: responses that run again.

mod dead_letters;
mod finding;

use cxloop_domain::events::{Outgoing, ResponseHinted, ResponseReceived};
use cxloop_domain::loops::{Actor, References, Step, StepKind};
use cxloop_domain::names::{InboxId, LoopId};
use cxloop_domain::record_changed::RecordChanged;
use cxloop_domain::survey_trigger::InvitationDue;
use cxloop_domain::trace::TraceId;
use cxloop_ports::{Bus, Inbox, Loops};
use cxloop_store::Store;
use serde_json::{Value, json};

use crate::arguments::ReplayArgs;
use crate::aws::{Aws, clock};
use crate::environment::Environment;
use crate::report::count;
use crate::{Error, Report};

/// One event to publish again, and the loop that it belongs to where one has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Again {
    event: Event,
    of_loop: Option<LoopId>,
    /// The trace that it goes on under, where one is known here. A hint without one goes on under its body's.
    trace: Option<TraceId>,
}

impl Again {
    fn outgoing(&self) -> Outgoing {
        match &self.event {
            Event::Hinted(event) => Outgoing::traced(event, self.trace),
            Event::Received(event) => Outgoing::traced(event, self.trace),
            Event::Changed(event) => Outgoing::traced(event.as_ref(), self.trace),
            Event::Invitation(event) => Outgoing::traced(event, self.trace),
        }
    }

    /// The kept body that nobody looks at any more once this is published: whoever acts on a change reads the row.
    fn done_with(&self) -> Option<&InboxId> {
        match &self.event {
            Event::Changed(event) => event.inbox_id.as_ref(),
            Event::Hinted(_) | Event::Received(_) | Event::Invitation(_) => None,
        }
    }
}

/// What is published again.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    Hinted(ResponseHinted),
    Received(ResponseReceived),
    Changed(Box<RecordChanged>),
    Invitation(InvitationDue),
}

impl Event {
    fn told(&self) -> String {
        match self {
            Self::Hinted(event) => format!(
                "webhook {} of {}: its response is fetched again",
                event.inbox_id, event.connection
            ),
            Self::Received(event) if event.notification.is_empty() => {
                format!(
                    "response {}: the rules are held against it again",
                    event.response
                )
            }
            Self::Received(event) => {
                format!(
                    "response {}, announced under {:?}: the rules are held against it again",
                    event.response, event.notification
                )
            }
            Self::Changed(event) => format!(
                "row {} of {}: it is told again that it changed",
                event.record.id, event.record.table
            ),
            Self::Invitation(event) => {
                format!("invitation {}: it is decided on again", event.invitation)
            }
        }
    }
}

pub(crate) async fn run(arguments: &ReplayArgs) -> Result<Report, Error> {
    if arguments.dead_letters {
        return dead_letters::run(arguments).await;
    }
    let aws = Aws::of(Environment::chosen(&arguments.sandbox)?).await;
    let store = aws.store(arguments.table.as_deref())?;
    // Asked for before anything is done, so that a missing bus leaves nothing half done.
    let bus = if arguments.dry_run {
        None
    } else {
        Some(aws.bus(arguments.bus.as_deref())?)
    };
    let found = finding::find(&store, arguments).await?;
    if let Some(bus) = &bus {
        publish(&store, bus, &found).await?;
    }
    Ok(told(&found, arguments.dry_run))
}

async fn publish(store: &Store, bus: &dyn Bus, found: &[Again]) -> Result<(), Error> {
    let now = clock().now();
    let mut recorded: Vec<&LoopId> = Vec::new();
    for again in found {
        bus.publish(&again.outgoing()).await?;
        let Some(id) = again.of_loop.as_ref().filter(|id| !recorded.contains(id)) else {
            continue;
        };
        let step = Step {
            key: format!("replayed/{now}"),
            what: StepKind::Replayed,
            at: now,
            actor: Actor::Operator,
            text: "It was sent to be done again, from the command line.".to_owned(),
            link: None,
            replay: None,
            references: References::default(),
        };
        store.record(id, &[step]).await?;
        recorded.push(id);
    }
    for id in found.iter().filter_map(Again::done_with) {
        store.unpark(id).await?;
    }
    Ok(())
}

fn told(found: &[Again], dry_run: bool) -> Report {
    let mut lines: Vec<String> = found.iter().map(|again| again.event.told()).collect();
    lines.push(match (found.len(), dry_run) {
        (0, _) => "nothing had failed: there is nothing to run again".to_owned(),
        (number, true) => format!(
            "{} would be published (dry run: nothing was done)",
            count(number, "event")
        ),
        (number, false) => format!("{} published", count(number, "event")),
    });
    let events: Vec<Value> = found
        .iter()
        .map(|again| {
            let outgoing = again.outgoing();
            let detail: Value = serde_json::from_str(&outgoing.detail).expect("a detail is JSON");
            json!({ "name": outgoing.name, "detail": detail, "loop": again.of_loop })
        })
        .collect();
    Report::fine(
        lines.join("\n"),
        json!({ "dry_run": dry_run, "events": events }),
    )
}
