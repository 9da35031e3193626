//! Messages that a queue gave up, sent to it again.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::Message;
use clap::ValueEnum;
use cxloop_domain::events::{Event as _, ResponseHinted, ResponseReceived};
use serde_json::{Value, json};

use crate::arguments::{ReplayArgs, WorkQueue};
use crate::aws::Aws;
use crate::environment::{Environment, of_function};
use crate::queues::refused;
use crate::report::count;
use crate::{Error, Report};

/// The options that name the queues where no sandbox tells them.
const OPTIONS: &str = "--dead-letter-url and --to-queue-url";

/// The most messages that one request brings. Source: Amazon SQS API Reference, "ReceiveMessage".
const AT_ONCE: usize = 10;

/// How long nobody else sees a message that was read here, in seconds: enough to send and delete ten.
const HIDDEN_SECONDS: i32 = 60;

/// How long a request waits for messages, in seconds. Without a wait only some of the queue's servers are asked, and a
/// queue that holds messages may seem empty. Source: Amazon SQS Developer Guide, "Amazon SQS short and long polling".
const WAIT_SECONDS: i32 = 1;

/// Dead letters and the queue that gave them up.
struct Route {
    from: String,
    to: String,
}

/// What a message is about: the event's name and ids, never more.
struct About {
    event: Option<&'static str>,
    ids: Value,
    told: String,
}

/// Sends the dead letters to their queues again.
pub(super) async fn run(arguments: &ReplayArgs) -> Result<Report, Error> {
    let (routes, environment) = routes(arguments)?;
    let queues = Aws::of(environment).await.queues();
    let mut lines = Vec::new();
    let mut told = Vec::new();
    for route in &routes {
        let messages = receive(&queues, &route.from, arguments.limit).await?;
        for message in &messages {
            let about = about(message);
            lines.push(about.told);
            told.push(json!({
                "message_id": message.message_id, "event": about.event, "ids": about.ids, "to": route.to,
            }));
            if !arguments.dry_run {
                move_back(&queues, route, message).await?;
            }
        }
        if arguments.dry_run {
            show_again(&queues, &route.from, &messages).await;
        }
    }
    lines.push(match (lines.len(), arguments.dry_run) {
        (0, _) => "no dead letters: there is nothing to send again".to_owned(),
        (number, true) => format!(
            "{} would be sent again (dry run: nothing was done)",
            count(number, "message")
        ),
        (number, false) => format!("{} sent again", count(number, "message")),
    });
    Ok(Report::fine(
        lines.join("\n"),
        json!({ "dry_run": arguments.dry_run, "messages": told }),
    ))
}

/// The queues that are named, with the account that the process knows; else those of the sandbox.
fn routes(arguments: &ReplayArgs) -> Result<(Vec<Route>, Environment), Error> {
    if let (Some(from), Some(to)) = (&arguments.dead_letter_url, &arguments.to_queue_url) {
        let route = Route {
            from: from.clone(),
            to: to.clone(),
        };
        return Ok((vec![route], Environment::chosen(&arguments.sandbox)?));
    }
    let environment = match arguments.sandbox.port {
        Some(_) => Some(Environment::chosen(&arguments.sandbox)?),
        None => Environment::noted_sandbox(),
    };
    let wanted = arguments
        .queue
        .map_or_else(|| WorkQueue::value_variants().to_vec(), |queue| vec![queue]);
    let routes = wanted.into_iter().map(|queue| noted(queue.function()));
    Ok((
        routes.collect::<Result<_, _>>()?,
        environment.unwrap_or(Environment::Process),
    ))
}

fn noted(function: &str) -> Result<Route, Error> {
    let mut noted = of_function(function, OPTIONS)?;
    let mut take = |name: &str| {
        noted.remove(name).ok_or_else(|| {
            Error::with_mend(
                format!("The sandbox has not noted {name} of {function}."),
                format!("Start it anew, or give {OPTIONS}."),
            )
        })
    };
    Ok(Route {
        from: take("CXLOOP_DEAD_LETTERS_URL")?,
        to: take("CXLOOP_QUEUE_URL")?,
    })
}

/// At most `limit` messages, which nobody else sees for a minute.
async fn receive(queues: &Client, url: &str, limit: usize) -> Result<Vec<Message>, Error> {
    let mut found = Vec::new();
    while found.len() < limit {
        let wanted = (limit - found.len()).min(AT_ONCE);
        let answer = queues
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(i32::try_from(wanted).expect("at most ten"))
            .visibility_timeout(HIDDEN_SECONDS)
            .wait_time_seconds(WAIT_SECONDS)
            .send()
            .await
            .map_err(|error| refused(url, "to be read", "--dead-letter-url", &error))?;
        let messages = answer.messages.unwrap_or_default();
        if messages.is_empty() {
            break;
        }
        found.extend(messages);
    }
    Ok(found)
}

/// Sends first and deletes then: what is interrupted between the two is there twice, which does no harm, and never lost.
async fn move_back(queues: &Client, route: &Route, message: &Message) -> Result<(), Error> {
    queues
        .send_message()
        .queue_url(&route.to)
        .message_body(message.body.as_deref().unwrap_or_default())
        .send()
        .await
        .map_err(|error| refused(&route.to, "the message", "--to-queue-url", &error))?;
    queues
        .delete_message()
        .queue_url(&route.from)
        .receipt_handle(message.receipt_handle.as_deref().unwrap_or_default())
        .send()
        .await
        .map_err(|error| {
            let what = "to delete a message that was sent again";
            refused(&route.from, what, "--dead-letter-url", &error)
        })?;
    Ok(())
}

/// Lets others see what was only looked at. What this fails for is seen again after a minute by itself.
async fn show_again(queues: &Client, url: &str, messages: &[Message]) {
    for message in messages {
        let _by_itself = queues
            .change_message_visibility()
            .queue_url(url)
            .receipt_handle(message.receipt_handle.as_deref().unwrap_or_default())
            .visibility_timeout(0)
            .send()
            .await;
    }
}

fn about(message: &Message) -> About {
    let envelope: Value =
        serde_json::from_str(message.body.as_deref().unwrap_or_default()).unwrap_or_default();
    let detail = envelope["detail"].clone();
    let known =
        match envelope["detail-type"].as_str() {
            Some(ResponseHinted::NAME) => serde_json::from_value::<ResponseHinted>(detail)
                .ok()
                .map(|event| {
                    let told = format!(
                        "{}: webhook {} of {}",
                        ResponseHinted::NAME,
                        event.inbox_id,
                        event.connection
                    );
                    let ids = json!({ "connection": event.connection, "inbox_id": event.inbox_id });
                    (ResponseHinted::NAME, ids, told)
                }),
            Some(ResponseReceived::NAME) => serde_json::from_value::<ResponseReceived>(detail)
                .ok()
                .map(|event| {
                    let told = format!("{}: response {}", ResponseReceived::NAME, event.response);
                    let ids = json!({ "response": event.response, "inbox_id": event.inbox_id });
                    (ResponseReceived::NAME, ids, told)
                }),
            _ => None,
        };
    match known {
        Some((name, ids, told)) => About {
            event: Some(name),
            ids,
            told,
        },
        None => About {
            event: None,
            ids: Value::Null,
            told: format!(
                "message {}: no event that can be read",
                message.message_id.as_deref().unwrap_or("without id")
            ),
        },
    }
}
