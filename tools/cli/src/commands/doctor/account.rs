//! What lies in our own AWS account: the configuration in force, secrets and queues.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use cxloop_domain::configuration::Connection;
use cxloop_domain::doctor::{expiry, queue};
use cxloop_domain::setup::secret::OF_DYNAMICS;
use cxloop_domain::sweep::EXPIRES_FIELD;
use cxloop_ports::Configurations as _;
use secrecy::ExposeSecret;

use super::Patient;
use super::findings::Findings;
use crate::aws::{Aws, clock};

const NO_TABLE: &str = "give --table or CXLOOP_TABLE, or --sandbox";

fn names_a_table(patient: &Patient<'_>) -> bool {
    let place = &patient.arguments.place;
    place.table.is_some() || patient.configured.environment.get("CXLOOP_TABLE").is_some()
}

/// Whether the file is what the functions work by.
pub(super) async fn configuration(patient: &Patient<'_>) -> Findings {
    let check = "configuration";
    let mut findings = Findings::default();
    if !names_a_table(patient) {
        findings.warning(check, "not compared with the one in force", NO_TABLE);
        return findings;
    }
    let aws = Aws::of(patient.configured.environment.clone()).await;
    let place = &patient.arguments.place;
    let applied = match aws.store(place.table.as_deref()) {
        Ok(store) => store.current().await,
        Err(error) => {
            findings.failed(check, error.to_string(), NO_TABLE);
            return findings;
        }
    };
    match (applied, &patient.configured.file) {
        (Err(failure), _) => findings.trouble(check, &failure, "cxloop apply"),
        (Ok(applied), None) => {
            findings.ok(check, format!("version {} is in force", applied.version))
        }
        (Ok(applied), Some(file)) => {
            let file = file.display();
            if applied.configuration == patient.configured.configuration {
                findings.ok(
                    check,
                    format!("version {} is in force, as in {file}", applied.version),
                );
            } else {
                let told = format!(
                    "{file} is not what is in force (version {})",
                    applied.version
                );
                findings.warning(check, told, &format!("cxloop apply {file}"));
            }
        }
    }
    findings
}

/// Whether every secret has its fields, and for how long they are good.
pub(super) async fn secrets(patient: &Patient<'_>) -> Findings {
    let mut findings = Findings::default();
    for (name, connection) in &patient.configured.configuration.connections {
        let secret = connection.secret();
        let check = format!("{name} secret");
        let fields: &[&str] = match connection {
            Connection::Wxm(_) => &["username", "password", "webhook_token"],
            Connection::Standard(_) => &["webhook_secret"],
            Connection::Dynamics(_) => {
                &["tenant", "client_id", "client_secret", OF_DYNAMICS.current]
            }
        };
        let mut complete = true;
        for field in fields {
            if let Err(failure) = patient.secrets.field(secret, field).await {
                complete = false;
                let mend = match (connection, *field) {
                    (Connection::Dynamics(_), "webhook_secret") => {
                        "cxloop setup dynamics".to_owned()
                    }
                    (Connection::Wxm(_), "webhook_token") => "cxloop setup wxm".to_owned(),
                    _ => format!(
                        "aws secretsmanager put-secret-value --secret-id {secret} --secret-string file://…, with the field {field}"
                    ),
                };
                findings.trouble(&check, &failure, &mend);
            }
        }
        if complete {
            findings.ok(&check, format!("{secret} has its fields"));
        }
        if let Ok(expires) = patient.secrets.field(secret, EXPIRES_FIELD).await {
            let judged = expiry(expires.expose_secret(), clock().now());
            let mend = format!("make a new client secret and put it, with its day, into {secret}");
            findings.judged(
                &format!("{name} secret expiry"),
                judged,
                "is far off",
                &mend,
            );
        }
    }
    findings
}

/// Whether work is done, and nothing was given up.
pub(super) async fn queues(patient: &Patient<'_>) -> Findings {
    let mut findings = Findings::default();
    if !names_a_table(patient) {
        findings.warning("queues", "not looked at", NO_TABLE);
        return findings;
    }
    let queues = Aws::of(patient.configured.environment.clone())
        .await
        .queues();
    let stack = &patient.arguments.stack;
    let listed = queues
        .list_queues()
        .queue_name_prefix(format!("{stack}-"))
        .max_results(100)
        .send()
        .await;
    let urls = match listed {
        Ok(listed) => listed.queue_urls.unwrap_or_default(),
        Err(_) => {
            findings.unreachable(
                "queues",
                "the list of queues is not to be had",
                Some("are there credentials that may list queues?"),
            );
            return findings;
        }
    };
    if urls.is_empty() {
        let told = format!("no queue begins with {stack}-");
        findings.failed(
            "queues",
            told,
            "name the stack: cxloop doctor --stack NAME; else make deploy",
        );
    }
    for url in urls {
        let name = url.rsplit('/').next().unwrap_or(&url).to_owned();
        let check = format!("queue {name}");
        let Some(messages) = messages(&queues, &url).await else {
            findings.unreachable(&check, "does not say how many messages it holds", None);
            continue;
        };
        let part = name.strip_prefix(&format!("{stack}-")).unwrap_or(&name);
        let work = part.strip_suffix("-dead-letters");
        let is_dead = work.is_some() || ["unrouted", "undelivered"].contains(&part);
        let mend = match (work, patient.configured.environment.sandbox()) {
            (Some(work), Some(_)) => format!("cxloop replay --dead-letters --queue {work}"),
            (Some(_), None) => {
                let to = url.strip_suffix("-dead-letters").unwrap_or(&url);
                format!("cxloop replay --dead-letters --dead-letter-url {url} --to-queue-url {to}")
            }
            (None, _) => "read them and see docs/operations.md".to_owned(),
        };
        findings.judged(&check, queue(is_dead, messages), told(messages), &mend);
    }
    findings
}

fn told(messages: u64) -> String {
    match messages {
        0 => "empty".to_owned(),
        some => format!("{some} waiting"),
    }
}

/// How many messages there are, the hidden and the delayed ones too. Source: Amazon SQS API Reference,
/// "GetQueueAttributes".
async fn messages(queues: &Client, url: &str) -> Option<u64> {
    let counted = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let asked = queues
        .get_queue_attributes()
        .queue_url(url)
        .set_attribute_names(Some(counted.to_vec()));
    let attributes = asked.send().await.ok()?.attributes?;
    let number = |name| {
        attributes
            .get(name)
            .and_then(|number: &String| number.parse::<u64>().ok())
    };
    let seen = number(&counted[0])?;
    Some(seen + counted[1..].iter().filter_map(number).sum::<u64>())
}
