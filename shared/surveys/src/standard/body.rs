//! The generic body of a signed webhook.
//!
//! ```json
//! {
//!   "type": "response.submitted",
//!   "timestamp": "2026-03-02T10:00:00Z",
//!   "data": {
//!     "id": "r-2041",
//!     "survey": "workshop-visit",
//!     "submitted_at": "2026-03-02T09:58:12Z",
//!     "language": "gl",
//!     "channel": "web",
//!     "location": "Vigo",
//!     "comment": "Non volverei: a atención foi pésima",
//!     "link": "https://surveys.example.com/responses/r-2041",
//!     "customer": { "name": "Antía Freire", "email": "antia@example.com", "phone": "+34 986 000 111", "external_id": "C-77" },
//!     "answers": [
//!       { "question_id": "q1", "question": "Recomendaríanos?", "number": 3, "tags": ["NPS"] },
//!       { "question_id": "q2", "question": "Por que?", "text": "Non volverei: a atención foi pésima" }
//!     ],
//!     "metrics": { "nps": 3, "csat": { "score": 2, "lowest": 1, "highest": 5 } },
//!     "case_id": "0dba3ac2-4d0c-5b52-9a6b-4ad7b9b3d1b5"
//!   }
//! }
//! ```
//!
//! `type`, `data.id`, `data.survey` and one of `timestamp` and `data.submitted_at` are required; everything else
//! may be left out or null, and unknown keys are ignored. Times are RFC 3339. A metric is a number, or an object
//! with its scale. `case_id` says that the response is about that case, `about` (`lead/` and the id) that it is about a row of
//! another table, and `invitation` which invitation it answers; they are believed because the body is signed.

use std::collections::BTreeMap;

use cxloop_domain::names::{ConnectionName, ResponseId, ResponseKey};
use cxloop_domain::record_changed::Record;
use cxloop_domain::response::{Answer, Customer, Email, Measured, Metric, Response};
use cxloop_domain::score::{Scale, Score};
use cxloop_ports::Unparsable;
use serde_json::Value;
use uuid::Uuid;

use super::reader::{Reader, unparsable};

/// The one `type` that is a response.
pub const TYPE: &str = "response.submitted";

/// Reads the body of a verified sender.
///
/// # Errors
/// [`Unparsable`] names the place, what was expected and what kind of value is there; never the content.
pub fn response(connection: &ConnectionName, body: &[u8]) -> Result<Response, Unparsable> {
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        unparsable(format!(
            "the body is no JSON (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    let root = Reader::root(&value)?;
    let kind = root.required_text("type")?;
    if kind != TYPE {
        return Err(unparsable(format!("type: expected {TYPE}, found another")));
    }
    let data = root.required_object("data")?;
    let id = data.required_text("id")?;
    let id = ResponseId::parse(id).map_err(|_| {
        data.wrong(
            "id",
            "1 to 200 characters of A-Z, a-z, 0-9 and . _ - ~ : @ + =",
        )
    })?;
    let submitted_at = match data.time("submitted_at")? {
        Some(time) => time,
        None => root.time("timestamp")?.ok_or_else(|| {
            data.wrong(
                "submitted_at",
                "a time such as 2026-03-02T09:58:12Z, here or in timestamp",
            )
        })?,
    };
    Ok(Response {
        key: ResponseKey::new(connection.clone(), id),
        survey: data.required_text("survey")?,
        submitted_at,
        language: data.text("language")?,
        channel: data.text("channel")?,
        location: data.text("location")?,
        customer: customer(&data)?,
        comment: data.text("comment")?,
        answers: data
            .objects("answers")?
            .iter()
            .map(answer)
            .collect::<Result<_, _>>()?,
        metrics: metrics(&data)?,
        about_case: uuid(&data, "case_id", "the id of a case, a UUID")?,
        about: about(&data)?,
        invitation: uuid(&data, "invitation", "the id of an invitation, a UUID")?,
        link: link(&data)?,
    })
}

fn customer(data: &Reader<'_>) -> Result<Customer, Unparsable> {
    let Some(customer) = data.object("customer")? else {
        return Ok(Customer::default());
    };
    Ok(Customer {
        name: customer.text("name")?,
        // A mistyped address must not keep a complaint away, so it counts as none.
        email: customer.text("email")?.as_deref().and_then(Email::read),
        phone: customer.text("phone")?,
        external_id: customer.text("external_id")?,
    })
}

fn answer(answer: &Reader<'_>) -> Result<Answer, Unparsable> {
    Ok(Answer {
        question_id: answer.required_text("question_id")?,
        question: answer.text("question")?,
        text: answer.text("text")?,
        number: answer.score("number")?,
        tags: answer.texts("tags")?,
        program_filled: answer.flag("program_filled")?,
    })
}

fn metrics(data: &Reader<'_>) -> Result<BTreeMap<Metric, Measured>, Unparsable> {
    let mut found = BTreeMap::new();
    let Some(metrics) = data.object("metrics")? else {
        return Ok(found);
    };
    for metric in Metric::ALL {
        if let Some(measured) = measured(&metrics, metric)? {
            found.insert(metric, measured);
        }
    }
    Ok(found)
}

fn measured(metrics: &Reader<'_>, metric: Metric) -> Result<Option<Measured>, Unparsable> {
    let name = metric.name();
    let (score, given) = if metrics.is_object(name) {
        let measured = metrics.required_object(name)?;
        let score = measured
            .score("score")?
            .ok_or_else(|| measured.wrong("score", "a number"))?;
        let scale = match (measured.score("lowest")?, measured.score("highest")?) {
            (Some(lowest), Some(highest)) if lowest < highest => Some(Scale { lowest, highest }),
            (None, None) => None,
            _ => {
                return Err(
                    measured.wrong("lowest", "a number below highest, or neither of the two")
                );
            }
        };
        (score, scale)
    } else {
        match metrics.score(name)? {
            Some(score) => (score, None),
            None => return Ok(None),
        }
    };
    let scale = given.or_else(|| usual_scale(metric));
    if scale.is_some_and(|scale| !(scale.lowest..=scale.highest).contains(&score)) {
        return Err(metrics.wrong(name, "a score on its scale"));
    }
    Ok(Some(Measured { score, scale }))
}

/// Only NPS has one scale everywhere: 0 to 10.
fn usual_scale(metric: Metric) -> Option<Scale> {
    match metric {
        Metric::Nps => Some(Scale {
            lowest: Score::whole(0),
            highest: Score::whole(10),
        }),
        Metric::Csat | Metric::Ces => None,
    }
}

fn uuid(
    data: &Reader<'_>,
    name: &'static str,
    expected: &'static str,
) -> Result<Option<Uuid>, Unparsable> {
    let Some(text) = data.text(name)? else {
        return Ok(None);
    };
    let id = Uuid::try_parse(&text).ok().filter(|id| !id.is_nil());
    id.map(Some).ok_or_else(|| data.wrong(name, expected))
}

fn about(data: &Reader<'_>) -> Result<Option<Record>, Unparsable> {
    let Some(text) = data.text("about")? else {
        return Ok(None);
    };
    let row = text.parse().ok().filter(|row: &Record| !row.is_case());
    row.map(Some).ok_or_else(|| {
        let expected = "a table and the id of a row, such as lead/4b1cbe1f-6f5c-4b60-9f0b-5a4c7c6f1d11; a case stands in case_id";
        data.wrong("about", expected)
    })
}

/// Only web addresses: the link is shown to people, and a `javascript:` one would run in their page.
fn link(data: &Reader<'_>) -> Result<Option<String>, Unparsable> {
    let Some(text) = data.text("link")? else {
        return Ok(None);
    };
    let lower = text.to_ascii_lowercase();
    let fine = (lower.starts_with("https://") || lower.starts_with("http://"))
        && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    if fine {
        Ok(Some(text))
    } else {
        Err(data.wrong("link", "an address that begins with https:// or http://"))
    }
}
