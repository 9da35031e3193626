//! Notification rules, which are the platform's webhooks.
//!
//! Sources: Webex Experience Management developer documentation, "Real-time push"; the vendor's closed-loop
//! template; the .NET client for the fields of a rule.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Answer;
use super::asked::{Asked, Refused};
use super::filter::FilterBy;
use super::key_case::{fold_keys, get, pascal_keys};
use super::{Wxm, wire_time};

/// In which of its two documented shapes a notification is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NotificationStyle {
    /// Keys inside `answer` begin with a capital, as on the documentation's page, and not as in the vendor's
    /// template.
    pub pascal_case: bool,
    /// The answer's id is left out, as on the documentation's page.
    pub without_id: bool,
}

/// A rule as far as it decides who is told.
#[derive(Debug, Clone)]
pub(super) struct NotificationRule {
    name: String,
    filter: FilterBy,
    url: String,
    real_time: bool,
    /// Days of the week as .NET counts them, Sunday 0 to Saturday 6; every day when empty.
    days: Vec<i8>,
    location: Vec<String>,
    subject: Option<String>,
    log: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GivenRule {
    name: String,
    #[serde(default)]
    conditional_filter: Value,
    email: Option<String>,
    mode: Option<String>,
    days: Option<Vec<i8>>,
    only_questions: Option<Vec<String>>,
    location: Option<Vec<String>>,
    message_subject: Option<String>,
    log_notification: Option<bool>,
}

/// One line of the account's own log of notifications, a backstop for those that were never delivered.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoggedNotification {
    id: String,
    user: String,
    #[serde(with = "wire_time")]
    date_time: Option<Timestamp>,
    subject: String,
    response_location: Option<String>,
    response_id: String,
    archived: bool,
}

/// The rules of a settings object.
pub(super) fn read_rules(settings: &Value) -> Result<Vec<NotificationRule>, String> {
    let rules = settings
        .as_object()
        .and_then(|settings| get(settings, "notifications"));
    match rules {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(rules)) => rules.iter().map(read_rule).collect(),
        Some(_) => Err("`notifications` is not a list".to_owned()),
    }
}

fn read_rule(rule: &Value) -> Result<NotificationRule, String> {
    let given: GivenRule = serde_json::from_value(fold_keys(rule.clone()))
        .map_err(|error| format!("notification rule: {error}"))?;
    let days = given.days.unwrap_or_default();
    if days.iter().any(|day| !(0..=6).contains(day)) {
        return Err(format!(
            "notification rule `{}`: `days` are 0 (Sunday) to 6",
            given.name
        ));
    }
    // What it leaves out of an answer is not documented, so none is sent that the platform would send otherwise.
    if given.only_questions.is_some_and(|only| !only.is_empty()) {
        return Err(format!(
            "notification rule `{}`: `onlyQuestions` is not evaluated by this stand-in",
            given.name
        ));
    }
    let real_time = given
        .mode
        .is_none_or(|mode| mode.eq_ignore_ascii_case("RealTime"));
    Ok(NotificationRule {
        filter: FilterBy::read(given.conditional_filter)?,
        name: given.name,
        url: given.email.unwrap_or_default(),
        real_time,
        days,
        location: given.location.unwrap_or_default(),
        subject: given.message_subject,
        log: given.log_notification.unwrap_or(true),
    })
}

impl NotificationRule {
    fn wants(&self, answer: &Answer, now: Timestamp) -> bool {
        let here = answer.location_id.as_deref().unwrap_or_default();
        let today = now
            .to_zoned(TimeZone::UTC)
            .weekday()
            .to_sunday_zero_offset();
        self.real_time
            && (self.days.is_empty() || self.days.contains(&today))
            && (self.location.is_empty()
                || self
                    .location
                    .iter()
                    .any(|one| one.eq_ignore_ascii_case(here)))
            && self.filter.chooses(answer)
    }

    /// Only web addresses are notified here; the platform also knows e-mail addresses and its own schemes.
    fn is_webhook(&self) -> bool {
        self.url.starts_with("http://") || self.url.starts_with("https://")
    }
}

impl Wxm {
    /// Tells a new answer to everybody whose rule chooses it.
    pub(super) fn notify(&self, answer: &Answer) {
        let now = self.now();
        let mut state = self.state();
        // Settings are refused when their rules cannot be read, so there is nothing to report here.
        let rules = read_rules(&state.settings).unwrap_or_default();
        let mut outgoing = Vec::new();
        for rule in rules.iter().filter(|rule| rule.wants(answer, now)) {
            if rule.log {
                let logged = LoggedNotification {
                    id: state.next_id(now),
                    user: answer.user.clone(),
                    date_time: Some(now),
                    subject: rule.subject.clone().unwrap_or_else(|| rule.name.clone()),
                    response_location: answer.location_id.clone(),
                    response_id: answer.id.clone(),
                    archived: false,
                };
                state.logged.push(logged);
            }
            if rule.is_webhook() && !state.is_stopped(&rule.url) {
                outgoing.push((
                    rule.url.clone(),
                    body_of(rule, answer, state.notification_style),
                ));
            }
        }
        drop(state);
        for (url, body) in outgoing {
            self.deliver(url, body);
        }
    }
}

/// `POST /api/loggednotifications` with a FilterBy, of which times, places and `archived` can be asked; newest first.
pub(super) fn logged(wxm: &Wxm, asked: &Asked) -> Result<Value, Refused> {
    let filter = if asked.body.is_empty() {
        Value::Null
    } else {
        asked.value()?
    };
    let filter = FilterBy::read(filter)
        .and_then(FilterBy::only_time_and_place)
        .map_err(Refused::bad)?;
    let state = wxm.state();
    let mut chosen: Vec<&LoggedNotification> = state
        .logged
        .iter()
        .filter(|one| {
            let location = one.response_location.as_deref();
            filter.chooses_event(one.date_time, location, one.archived)
        })
        .collect();
    if !filter.oldest_first() {
        chosen.reverse();
    }
    Ok(json!(chosen))
}

fn body_of(rule: &NotificationRule, answer: &Answer, style: NotificationStyle) -> Value {
    let mut answer = json!(answer);
    if let (true, Some(fields)) = (style.without_id, answer.as_object_mut()) {
        fields.remove("id");
    }
    if style.pascal_case {
        answer = pascal_keys(answer);
    }
    json!({"notification": rule.name, "answer": answer})
}
