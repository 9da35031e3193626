//! The account's settings, in which notification rules stand.
//!
//! They are written back as a whole, so that every member which is not ours is kept as its bytes came: a number or an escape
//! that we would write otherwise stays what it was.
//!
//! Sources: Webex Experience Management developer documentation, "Real-time push"; the vendor's public .NET client for the
//! members of a rule.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use super::super::address::host;
use super::super::{Line, Mark, Plan};

/// The name of the rule that setup makes, and by which removal knows it.
pub const RULE: &str = "cxloop";

/// The settings of an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(BTreeMap<String, Box<RawValue>>);

/// Settings that are no object with a list of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the settings are no object with a list of notifications")]
pub struct UnreadableSettings;

/// Where every response is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleWanted {
    /// The address, with its token.
    pub url: String,
    /// What all addresses of the connection begin with, so that one with an older token is known.
    pub without_token: String,
}

impl RuleWanted {
    /// Whether an address is one of this connection, whatever its token: `wxm2` is another one than `wxm`.
    fn covers(&self, address: &str) -> bool {
        address
            .strip_prefix(&self.without_token)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// A rule that tells us of responses.
#[derive(Debug, Clone, PartialEq)]
pub struct TellingRule {
    /// Its name, which stands in what it sends.
    pub name: String,
    /// The platform's filter that chooses the responses.
    pub filter: Map<String, Value>,
}

/// A rule, as far as it decides whether we are told.
struct Rule {
    name: String,
    email: String,
    of_all: bool,
    /// What chooses the responses that it tells of, one by one; `None` when it tells in another way, or by what is not
    /// understood.
    chosen: Option<Map<String, Value>>,
    raw: Box<RawValue>,
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// When they are no object, or their rules no list of objects.
    pub fn read(text: &str) -> Result<Self, UnreadableSettings> {
        let settings: Self = serde_json::from_str(text).map_err(|_| UnreadableSettings)?;
        settings.rules()?;
        Ok(settings)
    }

    /// The settings as they are sent.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("settings are plain JSON")
    }

    /// The member with the rules, in the platform's own spelling.
    fn member(&self) -> String {
        let found = self
            .0
            .keys()
            .find(|key| key.eq_ignore_ascii_case("notifications"));
        found.cloned().unwrap_or_else(|| "notifications".to_owned())
    }

    fn rules(&self) -> Result<Vec<Rule>, UnreadableSettings> {
        let Some(list) = self
            .0
            .get(&self.member())
            .filter(|list| list.get() != "null")
        else {
            return Ok(Vec::new());
        };
        let list: Vec<Box<RawValue>> =
            serde_json::from_str(list.get()).map_err(|_| UnreadableSettings)?;
        list.into_iter().map(Rule::read).collect()
    }

    /// The rules that tell an address of ours of single responses at once, with what chooses these. A rule that is limited to
    /// days of the week or to some questions is left out: what exactly it tells is not documented.
    ///
    /// # Errors
    /// [`UnreadableSettings`] when their rules are none.
    pub fn telling(
        &self,
        is_ours: impl Fn(&str) -> bool,
    ) -> Result<Vec<TellingRule>, UnreadableSettings> {
        let ours = self
            .rules()?
            .into_iter()
            .filter(|rule| is_ours(&rule.email));
        let telling = |rule: Rule| {
            Some(TellingRule {
                name: rule.name,
                filter: rule.chosen?,
            })
        };
        Ok(ours.filter_map(telling).collect())
    }

    fn with_rules(&self, rules: Vec<Box<RawValue>>) -> Self {
        let mut changed = self.clone();
        let list = to_raw_value(&rules).expect("rules are plain JSON");
        changed.0.insert(self.member(), list);
        changed
    }
}

impl Rule {
    fn read(raw: Box<RawValue>) -> Result<Self, UnreadableSettings> {
        let members: Map<String, Value> =
            serde_json::from_str(raw.get()).map_err(|_| UnreadableSettings)?;
        let member = |name: &str| {
            members
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map_or(&Value::Null, |(_, value)| value)
        };
        let text = |name: &str| member(name).as_str().unwrap_or_default().trim().to_owned();
        let is_open = |name: &str| says_nothing(member(name));
        let mode = text("mode");
        let at_once = mode.is_empty() || mode.eq_ignore_ascii_case("RealTime");
        let filter = member("conditionalFilter").as_object().cloned();
        let chosen = (at_once && is_open("days") && is_open("onlyQuestions"))
            .then(|| limited(filter.unwrap_or_default(), member("location")))
            .flatten();
        let of_all = at_once
            && ["conditionalFilter", "days", "location", "onlyQuestions"]
                .into_iter()
                .all(is_open);
        Ok(Self {
            name: text("name"),
            email: text("email"),
            of_all,
            chosen,
            raw,
        })
    }

    /// The same rule with other members; all else is kept as it came.
    fn with(&self, members: &[(&str, Value)]) -> Box<RawValue> {
        let mut kept: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(self.raw.get()).expect("the rule was read before");
        for (name, value) in members {
            let key = kept
                .keys()
                .find(|key| key.eq_ignore_ascii_case(name))
                .cloned();
            let value = to_raw_value(value).expect("a value is plain JSON");
            kept.insert(key.unwrap_or_else(|| (*name).to_owned()), value);
        }
        to_raw_value(&kept).expect("a rule is plain JSON")
    }
}

/// A filter that is limited to a rule's own questionnaires too. `None` when it then chooses nothing.
fn limited(mut filter: Map<String, Value>, locations: &Value) -> Option<Map<String, Value>> {
    let Some(locations) = locations.as_array().filter(|list| !list.is_empty()) else {
        return Some(filter);
    };
    let key = filter
        .keys()
        .find(|key| key.eq_ignore_ascii_case("location"));
    let key = key.cloned().unwrap_or_else(|| "location".to_owned());
    let both = match filter.get(&key).and_then(Value::as_array) {
        Some(own) if !own.is_empty() => {
            let both = own.iter().filter(|one| locations.contains(one));
            both.cloned().collect()
        }
        _ => locations.clone(),
    };
    if both.is_empty() {
        return None;
    }
    filter.insert(key, Value::Array(both));
    Some(filter)
}

/// Whether a member of a rule chooses nothing: a filter whose members are all empty chooses every response.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(says_nothing),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// What makes a rule tell us of every response at once.
fn open(url: &str) -> [(&'static str, Value); 6] {
    [
        ("email", json!(url)),
        ("mode", json!("RealTime")),
        ("conditionalFilter", Value::Null),
        ("days", json!([])),
        ("location", json!([])),
        ("onlyQuestions", json!([])),
    ]
}

/// The difference, and the settings with it carried out. The settings are read again right before they are written: what
/// somebody else changed meanwhile is kept.
///
/// # Errors
/// [`UnreadableSettings`] when their rules are none.
pub fn rule_plan(
    wanted: &RuleWanted,
    found: &Settings,
) -> Result<(Plan<()>, Settings), UnreadableSettings> {
    let rules = found.rules()?;
    let told = rules
        .iter()
        .any(|rule| rule.email == wanted.url && rule.of_all);
    let is_older = |rule: &Rule| {
        rule.email != wanted.url && wanted.covers(&rule.email) && rule.email != wanted.without_token
    };
    let own = (!told).then(|| {
        rules.iter().position(|rule| {
            rule.name == RULE
                && (rule.email == wanted.url
                    || is_older(rule)
                    || is_ours_elsewhere(&rule.email, wanted))
        })
    });
    let mut lines = Vec::new();
    let mut after = Vec::new();
    for (place, rule) in rules.iter().enumerate() {
        let what = format!("notification {}", rule.name);
        if own == Some(Some(place)) {
            let change = Line::new(Mark::Change, what, vec![()]);
            let change = change.because("it tells our webhook of every response at once");
            lines.push(if wanted.covers(&rule.email) {
                change
            } else {
                change.because(format!("until now it told {}", host(&rule.email)))
            });
            after.push(rule.with(&open(&wanted.url)));
        } else if is_older(rule) {
            let change = Line::new(Mark::Change, what, vec![()]);
            lines.push(change.because("it gets the token of today"));
            after.push(rule.with(&[("email", json!(wanted.url))]));
        } else {
            if rule.email == wanted.url {
                lines.push(Line::idle(Mark::There, what));
            }
            after.push(rule.raw.clone());
        }
    }
    // A rule of all responses with an older token gets today's and then does what is wanted.
    let mended = rules.iter().any(|rule| is_older(rule) && rule.of_all);
    if !told && !mended && own == Some(None) {
        lines.push(Line::new(
            Mark::Create,
            format!("notification {RULE}"),
            vec![()],
        ));
        after.push(new_rule(&wanted.url));
    }
    Ok((Plan { lines }, found.with_rules(after)))
}

/// Whether an address is one of the same connection at another deployment of ours.
fn is_ours_elsewhere(email: &str, wanted: &RuleWanted) -> bool {
    let path = wanted
        .without_token
        .find("/webhooks/")
        .map(|at| &wanted.without_token[at..]);
    path.is_some_and(|path| email.contains(&format!("{path}/")))
}

fn new_rule(url: &str) -> Box<RawValue> {
    let mut rule = Map::new();
    rule.insert("name".to_owned(), json!(RULE));
    for (name, value) in open(url) {
        rule.insert(name.to_owned(), value);
    }
    rule.insert("additionalRecipients".to_owned(), json!([]));
    rule.insert("messageSubject".to_owned(), Value::Null);
    rule.insert("messageContent".to_owned(), Value::Null);
    rule.insert("logNotification".to_owned(), json!(true));
    to_raw_value(&rule).expect("a rule is plain JSON")
}

/// What removes the rule that setup made. Rules of other names that tell us stay: people made them.
///
/// # Errors
/// [`UnreadableSettings`] when their rules are none.
pub fn rule_removal(
    wanted: &RuleWanted,
    found: &Settings,
) -> Result<(Plan<()>, Settings), UnreadableSettings> {
    let mut lines = Vec::new();
    let mut after = Vec::new();
    for rule in found.rules()? {
        let ours = wanted.covers(&rule.email);
        let what = format!("notification {}", rule.name);
        if ours && rule.name == RULE {
            lines.push(Line::new(Mark::Remove, what, vec![()]));
            continue;
        }
        if ours {
            lines.push(Line::idle(Mark::Left, what).because("a person made it"));
        } else if rule.name == RULE && is_ours_elsewhere(&rule.email, wanted) {
            let why = format!(
                "it tells {}, which is another deployment",
                host(&rule.email)
            );
            lines.push(Line::idle(Mark::Left, what).because(why));
        }
        after.push(rule.raw);
    }
    Ok((Plan { lines }, found.with_rules(after)))
}
