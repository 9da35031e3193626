//! A response as conditions and as templates see it, under the same names.

use std::collections::{BTreeSet, HashMap};

use cel::{Context, Value};

use super::{ABOUT, CRM, CRM_LABEL};
use crate::columns::CrmColumns;
use crate::record_changed::Record;
use crate::response::{Metric, Response};
use crate::score::Score;

/// A response as conditions see it: one context for all rules.
pub struct Facts {
    pub(super) context: Context<'static, 'static>,
    pub(super) missing: BTreeSet<&'static str>,
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
        context.add_variable_from_value("response_id", response.key.response.as_str());
        context.add_variable_from_value("submitted_at", response.submitted_at.to_string());
        context.add_variable_from_value("customer", customer(response));
        context.add_variable_from_value("answers", answers(response));
        match &response.about {
            Some(row) => context.add_variable_from_value(ABOUT, about(row)),
            None => {
                missing.insert(ABOUT);
            }
        }
        missing.extend([CRM, CRM_LABEL]);
        Self { context, missing }
    }

    /// Facts that are variables with members each.
    pub fn named<const N: usize>(variables: [(&'static str, HashMap<String, Value>); N]) -> Self {
        let mut context = Context::default();
        for (name, members) in variables {
            context.add_variable_from_value(name, members);
        }
        Self {
            context,
            missing: BTreeSet::new(),
        }
    }

    /// The same facts with what is known of the customer in the CRM.
    #[must_use]
    pub fn knowing(mut self, customer: Option<&CrmColumns>) -> Self {
        let Some(columns) = customer else {
            return self;
        };
        let values: HashMap<String, Value> = columns
            .iter()
            .filter_map(|(name, column)| Some((name.clone(), plain(&column.value)?)))
            .collect();
        let labels: HashMap<String, Value> = columns
            .iter()
            .filter_map(|(name, column)| {
                Some((name.clone(), Value::from(column.label.as_deref()?)))
            })
            .collect();
        for (variable, members) in [(CRM, values), (CRM_LABEL, labels)] {
            self.context.add_variable_from_value(variable, members);
            self.missing.remove(variable);
        }
        self
    }
}

/// A value of a column; `None` for what no column holds.
pub(crate) fn plain(value: &serde_json::Value) -> Option<Value> {
    match value {
        serde_json::Value::Bool(value) => Some(Value::Bool(*value)),
        serde_json::Value::String(text) => Some(Value::from(text.as_str())),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(Value::Int(whole)),
            None => number.as_f64().map(Value::Float),
        },
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
            None
        }
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

fn about(row: &Record) -> HashMap<String, Value> {
    HashMap::from([
        ("table".to_owned(), Value::from(row.table.as_str())),
        ("id".to_owned(), Value::from(row.id.to_string())),
    ])
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
pub fn template_values(
    response: &Response,
    notification: &str,
    crm: Option<&CrmColumns>,
) -> serde_json::Value {
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
        "response_id": response.key.response,
        "location": response.location,
        "language": response.language,
        "channel": response.channel,
        "comment": response.comment,
        "link": response.link,
        "submitted_at": response.submitted_at,
        (ABOUT): response.about,
        "customer": {
            "name": customer.name,
            "email": customer.email.as_ref().and_then(|e| e.address()),
            "phone": customer.phone,
            "external_id": customer.external_id,
        },
        "answers": answers,
    });
    if let Some(columns) = crm {
        for (name, column) in columns {
            values[CRM][name] = column.value.clone();
            values[CRM_LABEL][name] = serde_json::json!(column.label);
        }
    }
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
