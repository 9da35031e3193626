//! Faults that a test orders: which requests of which stand-in go wrong, how, and how often.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// The stand-ins that a fault may name; another name is refused, because it would silently never happen.
pub const TARGETS: &[&str] = &["dynamics", "wxm", "sms"];

/// The stand-ins that send notifications; a webhook fault for another would never happen either.
const SENDERS: &[&str] = &["dynamics", "wxm"];

/// Where a connection is cut, seen from the effect of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DropAt {
    /// The request never reaches the stand-in: nothing happened.
    Before,
    /// The stand-in did the work and the caller never learns of it.
    After,
}

/// What becomes of a notification that a stand-in sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookFault {
    /// It is never sent, and does not count as a failure of the receiver.
    Drop,
    /// It is sent twice, both at the same time.
    Double,
    /// It is held back until the next one has been delivered, or two seconds when no other follows.
    Reorder,
    /// Its letters are spoilt: UTF-8 is read as Windows-1252. Only Dynamics is known for it.
    Garble,
}

/// One ordered fault, as JSON: `{"target":"dynamics","match":"/incidents","status":429,"retry_after":2,"times":3}`.
///
/// Exactly one of `status`, `drop` and `webhook` is given, or `delay_ms` alone; `delay_ms` may also
/// accompany `status` and `drop`. Unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// The stand-in that misbehaves, one of [`TARGETS`].
    pub target: String,
    /// Text looked for in "METHOD path" of the request and of every request inside its batch; for webhooks
    /// in "POST url". Empty matches everything.
    #[serde(default, rename = "match")]
    pub pattern: String,
    /// Answer with this status instead of doing anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Seconds for the `Retry-After` header that goes with `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Milliseconds to wait before anything else happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Cut the connection without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop: Option<DropAt>,
    /// What happens to a notification that the stand-in sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookFault>,
    /// How often the fault still happens; 1 unless given.
    #[serde(default = "once")]
    pub times: u32,
}

/// Refuses a target that is no stand-in, naming those that are.
pub(super) fn check_target(target: &str) -> Result<(), String> {
    if TARGETS.contains(&target) {
        return Ok(());
    }
    let known = TARGETS.join(", ");
    Err(format!(
        "unknown target `{target}`, expected one of: {known}"
    ))
}

fn once() -> u32 {
    1
}

/// What a matching rule does to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Milliseconds to wait first.
    pub delay_ms: u64,
    /// Status and seconds of `Retry-After` to answer with, instead of reaching the stand-in.
    pub answer: Option<(u16, Option<u64>)>,
    /// Whether and where the connection is cut.
    pub drop: Option<DropAt>,
}

impl FaultRule {
    /// Says what is wrong with the rule, in words for the person who ordered it.
    ///
    /// # Errors
    /// The first mistake found: unknown target, no effect, contradicting effects, impossible numbers.
    pub fn validate(&self) -> Result<(), String> {
        check_target(&self.target)?;
        if self.webhook.is_some() && !SENDERS.contains(&self.target.as_str()) {
            return Err(format!(
                "`{}` sends no notifications, so `webhook` goes only with: {}",
                self.target,
                SENDERS.join(", ")
            ));
        }
        if self.webhook == Some(WebhookFault::Garble) && self.target != "dynamics" {
            return Err("`garble` goes only with: dynamics".into());
        }
        let effects = [
            self.status.is_some(),
            self.drop.is_some(),
            self.webhook.is_some(),
        ];
        match effects.iter().filter(|given| **given).count() {
            0 if self.delay_ms.is_none() => {
                return Err(
                    "say what should happen: `status`, `delay_ms`, `drop` or `webhook`".into(),
                );
            }
            0 | 1 => {}
            _ => return Err("`status`, `drop` and `webhook` exclude each other".into()),
        }
        if self.webhook.is_some() && self.delay_ms.is_some() {
            return Err("`delay_ms` does not go with `webhook`".into());
        }
        if self.retry_after.is_some() && self.status.is_none() {
            return Err("`retry_after` needs a `status` to go with".into());
        }
        if self
            .status
            .is_some_and(|status| !(200..=599).contains(&status))
        {
            return Err("`status` must be between 200 and 599".into());
        }
        if self.times == 0 {
            return Err("`times` must be at least 1".into());
        }
        Ok(())
    }

    fn hits(&self, target: &str, lines: &[String]) -> bool {
        self.target == target && lines.iter().any(|line| line.contains(&self.pattern))
    }
}

/// The faults that still stand, shared by all stand-ins of one sandbox. Clones share the same list.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Vec<FaultRule>>>,
}

impl Faults {
    /// No faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule behind those that stand already.
    ///
    /// # Errors
    /// What is wrong with the rule, see [`FaultRule::validate`].
    pub fn add(&self, rule: FaultRule) -> Result<(), String> {
        rule.validate()?;
        self.rules().push(rule);
        Ok(())
    }

    /// The rules that still stand, in the order in which they are tried, with the times that are left.
    pub fn standing(&self) -> Vec<FaultRule> {
        self.rules().clone()
    }

    /// Forgets all rules.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// Takes the first fault that stands for a request, using up one of its times.
    ///
    /// `lines` are the "METHOD path" of the request and of the requests inside its batch.
    pub fn take(&self, target: &str, lines: &[String]) -> Option<Fault> {
        let rule = self.take_rule(|rule| rule.webhook.is_none() && rule.hits(target, lines))?;
        Some(Fault {
            delay_ms: rule.delay_ms.unwrap_or(0),
            answer: rule.status.map(|status| (status, rule.retry_after)),
            drop: rule.drop,
        })
    }

    /// Takes the first fault that stands for a notification which a stand-in is about to send to `url`.
    pub fn take_webhook(&self, target: &str, url: &str) -> Option<WebhookFault> {
        let lines = [format!("POST {url}")];
        self.take_rule(|rule| rule.webhook.is_some() && rule.hits(target, &lines))?
            .webhook
    }

    fn take_rule(&self, wanted: impl Fn(&FaultRule) -> bool) -> Option<FaultRule> {
        let mut rules = self.rules();
        let position = rules.iter().position(wanted)?;
        let rule = rules[position].clone();
        if rule.times > 1 {
            rules[position].times -= 1;
        } else {
            rules.remove(position);
        }
        Some(rule)
    }

    fn rules(&self) -> MutexGuard<'_, Vec<FaultRule>> {
        // The list is valid between any two statements, so a panic elsewhere leaves nothing half done.
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: &str) -> Result<FaultRule, String> {
        let rule: FaultRule = serde_json::from_str(json).map_err(|error| error.to_string())?;
        rule.validate().map(|()| rule)
    }

    fn lines(line: &str) -> Vec<String> {
        vec![line.to_owned()]
    }

    #[test]
    fn a_fault_happens_as_often_as_ordered_and_then_no_more() {
        let faults = Faults::new();
        faults
            .add(rule(r#"{"target":"wxm","match":"GET /api","status":503,"times":2}"#).unwrap())
            .unwrap();
        let asked = lines("GET /api/Settings");
        assert!(faults.take("wxm", &asked).is_some());
        assert_eq!(faults.standing()[0].times, 1);
        assert!(
            faults.take("dynamics", &asked).is_none(),
            "another target is not touched"
        );
        assert!(faults.take("wxm", &lines("POST /api/Settings")).is_none());
        assert!(faults.take("wxm", &asked).is_some());
        assert!(faults.take("wxm", &asked).is_none());
    }

    #[test]
    fn webhook_faults_and_request_faults_do_not_take_each_other() {
        let faults = Faults::new();
        faults
            .add(rule(r#"{"target":"wxm","webhook":"double"}"#).unwrap())
            .unwrap();
        assert!(faults.take("wxm", &lines("POST /api/Answers")).is_none());
        let url = "http://127.0.0.1/webhooks/wxm";
        assert_eq!(faults.take_webhook("wxm", url), Some(WebhookFault::Double));
        assert_eq!(faults.take_webhook("wxm", url), None);
    }

    #[test]
    fn a_mistaken_rule_is_refused_with_words_that_help() {
        let refused = |json: &str| rule(json).expect_err(json);
        assert!(refused(r#"{"target":"wxm","staus":503}"#).contains("unknown field `staus`"));
        assert!(
            refused(r#"{"target":"vmx","status":503}"#).contains("expected one of: dynamics, wxm")
        );
        assert!(refused(r#"{"target":"wxm","webhook":"garble"}"#).contains("only with: dynamics"));
        assert!(refused(r#"{"target":"wxm"}"#).contains("say what should happen"));
        assert!(refused(r#"{"target":"wxm","status":503,"drop":"after"}"#).contains("exclude"));
        assert!(
            refused(r#"{"target":"wxm","drop":"after","retry_after":1}"#).contains("retry_after")
        );
        assert!(refused(r#"{"target":"wxm","status":503,"times":0}"#).contains("at least 1"));
        assert!(refused(r#"{"target":"wxm","drop":"during"}"#).contains("unknown variant"));
    }
}
