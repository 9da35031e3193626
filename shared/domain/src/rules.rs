//! Conditions in CEL over a response, and the verdict of each with its reason.
//!
//! A condition is parsed once per configuration version. A response makes one context, used for all
//! rules. What a response lacks is left out of the context, so that CEL's own logic decides whether
//! it mattered: `nps <= 6 || notification == "Detractors"` is true without an NPS when the second half is.

mod facts;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use cel::{ExecutionError, Program, Value};
use serde::{Deserialize, Serialize};

pub(crate) use facts::plain;
pub use facts::{Facts, template_values};

use crate::names::RuleName;
use crate::response::{Metric, Response};

/// What conditions and templates may speak of.
pub const VARIABLES: [&str; 18] = [
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
    "response_id",
    ABOUT,
    CRM,
    CRM_LABEL,
];

/// The row that the response is about where that is no case: `about.table` and `about.id`.
pub const ABOUT: &str = "about";
/// The columns of the customer in the CRM, by name: `crm.new_tier`. Only those named are read.
pub const CRM: &str = "crm";
/// What people see for those columns: a choice's label, a lookup's name.
pub const CRM_LABEL: &str = "crm_label";

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
    /// Parses a condition over a response and checks that it speaks only of what there is.
    pub fn parse(text: &str) -> Result<Self, ConditionProblem> {
        Self::over(text, &VARIABLES)
    }

    /// Parses a condition and checks that it speaks only of these variables.
    pub fn over(text: &str, variables: &[&str]) -> Result<Self, ConditionProblem> {
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
            .find(|name| !variables.contains(&name.as_str()))
        {
            return Err(ConditionProblem::UnknownName {
                name: name.clone(),
                known: variables.join(", "),
            });
        }
        Ok(Self {
            text: text.to_owned(),
            program,
            names,
        })
    }

    /// Holds the condition against a response.
    pub fn judge(&self, facts: &Facts) -> Judgement {
        match self.program.execute(&facts.context) {
            Ok(Value::Bool(true)) => Judgement::Matched,
            Ok(Value::Bool(false)) => Judgement::NotMatched,
            Ok(_) => Judgement::Failed {
                why: "the condition is neither true nor false".into(),
            },
            Err(error) => match self
                .names
                .iter()
                .find(|name| facts.missing.contains(name.as_str()))
            {
                Some(name) => Judgement::NotApplicable {
                    missing: name.clone(),
                },
                None => self.judgement_of(&error),
            },
        }
    }

    /// What an error of the evaluator means, in our own words: its own may quote what the customer wrote.
    fn judgement_of(&self, error: &ExecutionError) -> Judgement {
        let why = match error {
            ExecutionError::NoSuchKey(key) => {
                // A key that stands in the condition is a question's name; any other may be an answer.
                let named = self.text.contains(key.as_str());
                let missing = if named {
                    key.to_string()
                } else {
                    "answer by that name".to_owned()
                };
                return Judgement::NotApplicable { missing };
            }
            ExecutionError::NoSuchOverload(error) => error.to_string(),
            ExecutionError::UnsupportedBinaryOperator(operator, _, _) => {
                format!("the operator {operator} does not fit what stands beside it")
            }
            ExecutionError::ValuesNotComparable(_, _) => {
                "things of different kinds are compared".to_owned()
            }
            ExecutionError::FunctionError { function, .. } => {
                format!("the function {function} failed")
            }
            ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
                "it divides by zero".to_owned()
            }
            _ => "its parts do not fit what the response holds".to_owned(),
        };
        Judgement::Failed { why }
    }

    /// Whether the condition asks about the customer in the CRM.
    pub fn asks_about_the_customer(&self) -> bool {
        self.names.contains(CRM) || self.names.contains(CRM_LABEL)
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
            (ABOUT, response.about.as_ref().map(|row| row.table.as_str())),
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
            Self::NotApplicable { missing } if missing == CRM || missing == CRM_LABEL => {
                f.write_str("not applicable: no contact of the CRM is the customer")
            }
            Self::NotApplicable { missing } if missing == ABOUT => {
                f.write_str("not applicable: the response is about no row of another table")
            }
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

/// All verdicts for a person, a line each.
pub fn in_words(verdicts: &[Verdict]) -> String {
    if verdicts.is_empty() {
        return "There are no rules.".to_owned();
    }
    verdicts
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
