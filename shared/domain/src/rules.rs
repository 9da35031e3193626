//! Conditions in CEL over a response, and the verdict of each with its reason.
//!
//! A condition is parsed once per configuration version. A response makes one context, used for all
//! rules. What a response lacks is left out of the context, so that CEL's own logic decides whether
//! it mattered: `nps <= 6 || notification == "Detractors"` is true without an NPS when the second half is.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use cel::{Context, ExecutionError, Program, Value};
use serde::{Deserialize, Serialize};

use crate::names::RuleName;
use crate::response::{Metric, Response};
use crate::score::Score;

/// What conditions and templates may speak of.
pub const VARIABLES: [&str; 14] = [
    "nps",
    "csat",
    "ces",
    "notification",
    "survey",
    "location",
    "language",
    "channel",
    "comment",
    "customer",
    "answers",
    "submitted_at",
    "link",
    "connection",
];

/// Why a condition cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionProblem {
    /// It is no CEL.
    #[error("the condition cannot be read at character {column}: {text}")]
    Syntax {
        /// Where in the condition, from 1.
        column: u64,
        /// What the parser says.
        text: String,
    },
    /// It speaks of something that no response has.
    #[error("the condition names {name:?}; known are {known}")]
    UnknownName {
        /// The name.
        name: String,
        /// What it could have been.
        known: String,
    },
}

/// A parsed condition.
#[derive(Debug)]
pub struct Condition {
    text: String,
    program: Program,
    names: BTreeSet<String>,
}

impl Condition {
    /// Parses a condition and checks that it speaks only of what there is.
    pub fn parse(text: &str) -> Result<Self, ConditionProblem> {
        let program = Program::compile(text).map_err(|errors| {
            let first = errors.errors.first();
            ConditionProblem::Syntax {
                column: first.map_or(1, |e| u64::try_from(e.pos.1).unwrap_or(1).max(1)),
                text: first.map_or_else(|| "it is empty".to_owned(), |e| e.msg.clone()),
            }
        })?;
        let bound = bound_names(text);
        let names: BTreeSet<String> = program
            .references()
            .variables()
            .into_iter()
            .filter(|name| !name.starts_with('@') && !bound.contains(*name))
            .map(str::to_owned)
            .collect();
        if let Some(name) = names
            .iter()
            .find(|name| !VARIABLES.contains(&name.as_str()))
        {
            return Err(ConditionProblem::UnknownName {
                name: name.clone(),
                known: VARIABLES.join(", "),
            });
        }
        Ok(Self {
            text: text.to_owned(),
            program,
            names,
        })
    }

    /// The condition as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Holds the condition against a response.
    pub fn judge(&self, facts: &Facts) -> Judgement {
        match self.program.execute(&facts.context) {
            Ok(Value::Bool(true)) => Judgement::Matched,
            Ok(Value::Bool(false)) => Judgement::NotMatched,
            Ok(_) => Judgement::Failed {
                why: "the condition is neither true nor false".into(),
            },
            Err(error) => {
                let missing = self
                    .names
                    .iter()
                    .find(|name| facts.missing.contains(name.as_str()));
                match (missing, &error) {
                    (Some(name), _) => Judgement::NotApplicable {
                        missing: name.clone(),
                    },
                    (None, ExecutionError::NoSuchKey(key)) => Judgement::NotApplicable {
                        missing: key.to_string(),
                    },
                    (None, error) => Judgement::Failed {
                        why: error.to_string().chars().take(200).collect(),
                    },
                }
            }
        }
    }

    /// The values that the condition looked at, without what identifies a person.
    pub fn looked_at(&self, response: &Response, notification: &str) -> String {
        let mut seen = Vec::new();
        for metric in Metric::ALL {
            if self.names.contains(metric.name()) {
                let value = response
                    .score(metric)
                    .map_or_else(|| "none".to_owned(), |s| s.to_string());
                seen.push(format!("{metric} = {value}"));
            }
        }
        let texts = [
            ("notification", Some(notification)),
            ("survey", Some(response.survey.as_str())),
            ("location", response.location.as_deref()),
            ("language", response.language.as_deref()),
            ("channel", response.channel.as_deref()),
        ];
        for (name, value) in texts {
            if self.names.contains(name) {
                seen.push(format!(
                    "{name} = {}",
                    value.map_or_else(|| "none".to_owned(), |v| format!("{v:?}"))
                ));
            }
        }
        seen.join(", ")
    }
}

/// The loop variables of CEL's macros (`answers.exists(a, …)`), which are no names of the response.
fn bound_names(text: &str) -> BTreeSet<String> {
    let mut bound = BTreeSet::new();
    for macro_name in [".all(", ".exists(", ".exists_one(", ".map(", ".filter("] {
        for (at, _) in text.match_indices(macro_name) {
            let rest = text[at + macro_name.len()..].trim_start();
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            if rest[name.len()..].trim_start().starts_with(',') {
                bound.insert(name);
            }
        }
    }
    bound
}

/// The outcome of holding one condition against one response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Judgement {
    /// It is true.
    Matched,
    /// It is false.
    NotMatched,
    /// The response lacks what it asks about.
    NotApplicable {
        /// The name of what is lacking.
        missing: String,
    },
    /// It could not be evaluated.
    Failed {
        /// What the evaluator says.
        why: String,
    },
    /// An earlier rule had matched, so this one was not looked at.
    NotReached {
        /// The rule that won.
        winner: String,
    },
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matched => f.write_str("matched"),
            Self::NotMatched => f.write_str("did not match"),
            Self::NotApplicable { missing } => {
                write!(f, "not applicable: the response has no {missing}")
            }
            Self::Failed { why } => write!(f, "could not be evaluated: {why}"),
            Self::NotReached { winner } => write!(f, "not looked at: {winner} had matched"),
        }
    }
}

/// A rule or threshold, what it looked at, and what came of it: the why and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The rule.
    pub rule: RuleName,
    /// The values it looked at, such as `nps = 3`.
    pub looked_at: String,
    /// What came of it.
    #[serde(flatten)]
    pub judgement: Judgement,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rule, self.judgement)?;
        if self.looked_at.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.looked_at)
        }
    }
}

/// All verdicts in one sentence each, for a person.
pub fn in_words(verdicts: &[Verdict]) -> String {
    if verdicts.is_empty() {
        return "There are no rules.".to_owned();
    }
    verdicts
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// A response as conditions see it: one context for all rules.
pub struct Facts {
    context: Context<'static, 'static>,
    missing: BTreeSet<&'static str>,
}

impl Facts {
    /// The facts of a response, announced under a notification name.
    pub fn of(response: &Response, notification: &str) -> Self {
        let mut context = Context::default();
        let mut missing = BTreeSet::new();
        for metric in Metric::ALL {
            match response.score(metric) {
                Some(score) => context.add_variable_from_value(metric.name(), number(score)),
                None => {
                    missing.insert(metric.name());
                }
            }
        }
        let optional: [(&'static str, Option<&str>); 5] = [
            ("location", response.location.as_deref()),
            ("language", response.language.as_deref()),
            ("channel", response.channel.as_deref()),
            ("comment", response.comment.as_deref()),
            ("link", response.link.as_deref()),
        ];
        for (name, value) in optional {
            match value {
                Some(value) => context.add_variable_from_value(name, value),
                None => {
                    missing.insert(name);
                }
            }
        }
        context.add_variable_from_value("notification", notification);
        context.add_variable_from_value("survey", response.survey.as_str());
        context.add_variable_from_value("connection", response.key.connection.as_str());
        context.add_variable_from_value("submitted_at", response.submitted_at.to_string());
        context.add_variable_from_value("customer", customer(response));
        context.add_variable_from_value("answers", answers(response));
        Self { context, missing }
    }
}

fn number(score: Score) -> Value {
    match score.as_whole() {
        Some(whole) => Value::Int(whole),
        None => Value::Float(f64::from(score.hundredths()) / 100.0),
    }
}

fn customer(response: &Response) -> HashMap<String, Value> {
    let customer = &response.customer;
    let email = customer.email.as_ref().and_then(|e| e.address());
    [
        ("name", customer.name.as_deref()),
        ("email", email),
        ("phone", customer.phone.as_deref()),
        ("external_id", customer.external_id.as_deref()),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|v| (name.to_owned(), Value::from(v))))
    .collect()
}

/// Answers by question id and by each tag in lower case.
fn answers(response: &Response) -> HashMap<String, Value> {
    let mut map = HashMap::new();
    for answer in &response.answers {
        let value = match (answer.number, answer.text.as_deref()) {
            (Some(score), _) => number(score),
            (None, Some(text)) => Value::from(text),
            (None, None) => continue,
        };
        for tag in &answer.tags {
            map.entry(tag.to_lowercase())
                .or_insert_with(|| value.clone());
        }
        map.insert(answer.question_id.clone(), value);
    }
    map
}

/// What templates see: the same names as conditions, as JSON.
pub fn template_values(response: &Response, notification: &str) -> serde_json::Value {
    let mut answers = serde_json::Map::new();
    for answer in &response.answers {
        let value = match (answer.number, answer.text.as_deref()) {
            (Some(score), _) => serde_json::json!(score),
            (None, Some(text)) => text.into(),
            (None, None) => continue,
        };
        for tag in &answer.tags {
            answers
                .entry(tag.to_lowercase())
                .or_insert_with(|| value.clone());
        }
        answers.insert(answer.question_id.clone(), value);
    }
    let customer = &response.customer;
    let mut values = serde_json::json!({
        "notification": notification,
        "survey": response.survey,
        "connection": response.key.connection,
        "location": response.location,
        "language": response.language,
        "channel": response.channel,
        "comment": response.comment,
        "link": response.link,
        "submitted_at": response.submitted_at,
        "customer": {
            "name": customer.name,
            "email": customer.email.as_ref().and_then(|e| e.address()),
            "phone": customer.phone,
            "external_id": customer.external_id,
        },
        "answers": answers,
    });
    for metric in Metric::ALL {
        if let Some(score) = response.score(metric) {
            values[metric.name()] = serde_json::json!(score);
        }
    }
    without_nulls(&mut values);
    values
}

/// A null would be written as `none`; what is not there must be undefined, which is written as nothing.
fn without_nulls(value: &mut serde_json::Value) {
    if let Some(map) = value.as_object_mut() {
        map.retain(|_, v| !v.is_null());
        map.values_mut().for_each(without_nulls);
    }
}

#[cfg(test)]
mod tests;
