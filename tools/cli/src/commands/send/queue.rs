//! Messages to a function's queue.

use serde_json::json;

use super::function_of;
use crate::arguments::SendArgs;
use crate::aws::Aws;
use crate::environment::{Environment, of_function};
use crate::queues::refused;
use crate::report::count;
use crate::{Error, Report};

/// Puts each body on the queue as a message of its own.
pub(super) async fn send(arguments: &SendArgs, bodies: &[String]) -> Result<Report, Error> {
    let (queue_url, environment) = destination(arguments)?;
    let what = format!("{} to {queue_url}", count(bodies.len(), "message"));
    let mut told =
        json!({ "queue_url": queue_url, "messages": bodies.len(), "dry_run": arguments.dry_run });
    if arguments.dry_run {
        return Ok(Report::fine(format!("{what}\nnot sent (dry run)"), told));
    }
    let queues = Aws::of(environment).await.queues();
    let mut ids = Vec::new();
    for body in bodies {
        let sent = queues
            .send_message()
            .queue_url(&queue_url)
            .message_body(body)
            .send()
            .await;
        let sent =
            sent.map_err(|error| refused(&queue_url, "the message", "--queue-url", &error))?;
        ids.push(sent.message_id.unwrap_or_default());
    }
    let lines: Vec<String> = ids.iter().map(|id| format!("  {id}")).collect();
    told["message_ids"] = ids.into();
    Ok(Report::fine(format!("{what}\n{}", lines.join("\n")), told))
}

/// The queue that is named, with the account that the process knows; else the sandbox's queue of the function.
fn destination(arguments: &SendArgs) -> Result<(String, Environment), Error> {
    if let Some(queue_url) = &arguments.queue_url {
        return Ok((queue_url.clone(), Environment::chosen(&arguments.sandbox)?));
    }
    let environment = match arguments.sandbox.port {
        Some(_) => Some(Environment::chosen(&arguments.sandbox)?),
        None => Environment::noted_sandbox(),
    };
    let Some(function) = function_of(&arguments.file) else {
        let what = format!(
            "{} lies in no folder named after a function: its queue is not known.",
            arguments.file.display()
        );
        return Err(Error::with_mend(what, "Give --queue-url."));
    };
    let mut noted = of_function(function, "--queue-url")?;
    let queue_url = noted.remove("CXLOOP_QUEUE_URL");
    let queue_url = queue_url.ok_or_else(|| {
        Error::with_mend(
            format!("The function {function} has no queue in the sandbox."),
            "Give --queue-url.",
        )
    })?;
    Ok((queue_url, environment.unwrap_or(Environment::Process)))
}
