//! What the queues of a stack hold.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::stack::Stack;

/// The outputs of the queues that work passes through, in that order. Each step hands its result on before its own message
/// is deleted, so whoever looks at them in this order never misses a message between two queues.
const WORK: [&str; 5] = [
    "IntakeQueueUrl",
    "CaseQueueUrl",
    "ReopenQueueUrl",
    "WriteBackQueueUrl",
    "SurveyQueueUrl",
];

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Ready to be taken.
    pub visible: u64,
    /// Being worked on, or failed and not yet due again.
    pub in_flight: u64,
    /// Sent with a delay that has not passed.
    pub delayed: u64,
}

impl Depth {
    /// Whether the queue holds nothing at all.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// The queues of a stack by their names in the template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Depths(pub BTreeMap<String, Depth>);

impl fmt::Display for Depths {
    /// The queues that hold something, or `empty`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (queue, depth) in self.0.iter().filter(|(_, depth)| !depth.is_empty()) {
            write!(
                f,
                "{separator}{queue} {}+{}+{}",
                depth.visible, depth.in_flight, depth.delayed
            )?;
            separator = ", ";
        }
        if separator.is_empty() {
            f.write_str("empty")
        } else {
            Ok(())
        }
    }
}

impl Stack {
    /// Whether no work is waiting, being done or postponed. Dead letters do not count: nobody works on them.
    ///
    /// # Errors
    /// When the emulator does not answer or the template has no work queues.
    pub async fn idle(&self) -> Result<bool> {
        for queue in WORK {
            if !self.depth(self.output(queue)?).await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What every queue holds whose address is an output of the stack (`…QueueUrl`, `…DeadLettersUrl`).
    ///
    /// # Errors
    /// When the emulator does not answer.
    pub async fn depths(&self) -> Result<Depths> {
        let mut depths = BTreeMap::new();
        for (name, url) in self.outputs() {
            if let Some(queue) = queue_of(name) {
                depths.insert(queue.to_owned(), self.depth(url).await?);
            }
        }
        Ok(Depths(depths))
    }

    async fn depth(&self, url: &str) -> Result<Depth> {
        let arguments = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
        let answer = self
            .api
            .call("sqs", "AmazonSQS.GetQueueAttributes", &arguments)
            .await?;
        read_depth(&answer["Attributes"])
            .with_context(|| format!("what {url} holds cannot be read"))
    }
}

/// The queue that an output is the address of; other outputs are addresses too.
fn queue_of(output: &str) -> Option<&str> {
    let name = output.strip_suffix("Url")?;
    ["Queue", "DeadLetters"]
        .iter()
        .any(|kind| name.ends_with(kind))
        .then_some(name)
}

/// The counts among a queue's attributes. Source: Amazon SQS API Reference, "GetQueueAttributes".
fn read_depth(attributes: &Value) -> Result<Depth> {
    let count = |name: &str| -> Result<u64> {
        let value = attributes[name]
            .as_str()
            .with_context(|| format!("there is no {name}"))?;
        value
            .parse()
            .with_context(|| format!("{name} is no number"))
    };
    Ok(Depth {
        visible: count("ApproximateNumberOfMessages")?,
        in_flight: count("ApproximateNumberOfMessagesNotVisible")?,
        delayed: count("ApproximateNumberOfMessagesDelayed")?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Depth, Depths, queue_of, read_depth};

    #[test]
    fn only_outputs_of_queues_are_asked_what_they_hold() {
        assert_eq!(queue_of("CaseQueueUrl"), Some("CaseQueue"));
        assert_eq!(queue_of("CaseDeadLettersUrl"), Some("CaseDeadLetters"));
        assert_eq!(queue_of("WxmWebhookUrl"), None);
        assert_eq!(queue_of("ConsoleUrl"), None);
        assert_eq!(queue_of("TableName"), None);
    }

    #[test]
    fn a_postponed_message_keeps_a_queue_from_being_empty() {
        let attributes = json!({
            "ApproximateNumberOfMessages": "0",
            "ApproximateNumberOfMessagesNotVisible": "0",
            "ApproximateNumberOfMessagesDelayed": "1",
        });
        let depth = read_depth(&attributes).unwrap();
        assert_eq!(
            depth,
            Depth {
                delayed: 1,
                ..Depth::default()
            }
        );
        assert!(!depth.is_empty());
    }

    #[test]
    fn attributes_without_a_count_are_an_error_and_not_an_empty_queue() {
        assert!(read_depth(&json!({ "ApproximateNumberOfMessages": "0" })).is_err());
    }

    #[test]
    fn depths_name_only_the_queues_that_hold_something() {
        let holding = Depth {
            visible: 1,
            in_flight: 2,
            delayed: 3,
        };
        let depths = Depths(
            [
                ("Case".to_owned(), holding),
                ("Reopen".to_owned(), Depth::default()),
            ]
            .into(),
        );
        assert_eq!(depths.to_string(), "Case 1+2+3");
        assert_eq!(Depths::default().to_string(), "empty");
    }
}
