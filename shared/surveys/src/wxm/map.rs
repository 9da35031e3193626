//! From the platform's answer and its questions to a response in normal form.

use std::collections::BTreeMap;

use cxloop_domain::configuration::{QuestionMap, believes_cases_of};
use cxloop_domain::names::ResponseKey;
use cxloop_domain::record_changed::Record;
use cxloop_domain::response::{
    Answer as NormalAnswer, Customer, Email, Measured, Metric, Response,
};
use cxloop_domain::score::{Scale, Score};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;
use uuid::Uuid;

use super::questions::Questions;
use super::wire::{Answer, Given, Question};

/// One given answer and its question, where that is known.
struct Joined<'a> {
    given: &'a Given,
    question: Option<&'a Question>,
}

/// The response, or what about the answer makes it unusable.
pub(super) fn response(
    key: ResponseKey,
    answer: &Answer,
    questions: &Questions,
    map: &QuestionMap,
    case_surveys: &[String],
) -> Result<Response, &'static str> {
    let submitted_at = answer
        .response_date_time
        .as_deref()
        .and_then(time)
        .ok_or("its responseDateTime is no time")?;
    let mut joined: Vec<Joined<'_>> = answer
        .responses
        .iter()
        .map(|given| Joined {
            given,
            question: questions.get(&given.question_id),
        })
        .collect();
    joined.sort_by_key(|j| j.question.and_then(|q| q.sequence).unwrap_or(i64::MAX));
    let text = |label: &str| carrying(&joined, label).find_map(Joined::text);
    let personal = |label: &str| text(label).filter(|value| !is_hash(value));
    let customer = Customer {
        name: personal(&map.name),
        email: carrying(&joined, &map.email)
            .filter_map(Joined::text)
            .find_map(|value| Email::read(&value)),
        phone: personal(&map.phone),
        external_id: personal(&map.external_id),
    };
    let labels = [
        (Metric::Nps, &map.nps),
        (Metric::Csat, &map.csat),
        (Metric::Ces, &map.ces),
    ];
    let metrics: BTreeMap<Metric, Measured> = labels
        .into_iter()
        .filter_map(|(metric, label)| {
            Some((metric, carrying(&joined, label).find_map(Joined::measured)?))
        })
        .collect();
    Ok(Response {
        key,
        survey: answer.location_id.clone(),
        submitted_at,
        language: None,
        channel: answer
            .survey_client
            .clone()
            .filter(|channel| !channel.trim().is_empty()),
        location: text(&map.location),
        customer,
        comment: text(&map.comment),
        metrics,
        about_case: believes_cases_of(case_surveys, &answer.location_id)
            .then(|| id(&joined, &map.case_id))
            .flatten(),
        about: about(&joined, map),
        invitation: id(&joined, &map.invitation),
        link: None,
        answers: joined.into_iter().map(Joined::into_answer).collect(),
    })
}

/// What stands in the questions with a label that only a program fills. One that the customer or the staff can fill is not
/// believed, whatever it holds.
fn program_filled<'a>(
    joined: &'a [Joined<'a>],
    label: &str,
) -> impl Iterator<Item = String> + use<'a> {
    carrying(joined, label)
        .filter(|j| j.question.is_some_and(|q| q.api_fill))
        .filter_map(Joined::text)
}

/// The row of another table that the response is about; for a case there is a question of its own.
fn about(joined: &[Joined<'_>], map: &QuestionMap) -> Option<Record> {
    program_filled(joined, &map.about)
        .find_map(|value| value.parse().ok().filter(|row: &Record| !row.is_case()))
}

/// The first id in the questions with a label that only a program fills.
fn id(joined: &[Joined<'_>], label: &str) -> Option<Uuid> {
    program_filled(joined, label)
        .find_map(|value| Uuid::try_parse(&value).ok().filter(|id| !id.is_nil()))
}

/// The answers to questions with a tag, then those with a short label. An empty label carries nothing.
fn carrying<'a>(
    joined: &'a [Joined<'a>],
    label: &str,
) -> impl Iterator<Item = &'a Joined<'a>> + use<'a> {
    let label = label.trim().to_lowercase();
    let by_note = label.clone();
    let tagged = joined.iter().filter(move |j| {
        j.question.is_some_and(|q| {
            !label.is_empty() && q.tags.iter().any(|tag| tag.trim().to_lowercase() == label)
        })
    });
    let noted = joined.iter().filter(move |j| {
        let note = j.question.and_then(|q| q.note.as_deref());
        note.is_some_and(|note| !by_note.is_empty() && note.trim().to_lowercase() == by_note)
    });
    tagged.chain(noted)
}

impl Joined<'_> {
    /// The answer as text, from the field that the question's kind says.
    fn text(&self) -> Option<String> {
        if self.question.is_some_and(Question::is_numeric) {
            self.given.number_as_text()
        } else {
            self.given.text()
        }
    }

    /// The answer as a score. A number outside the question's own scale is no answer: 0 stands where a
    /// question of 1 to 5 was left out.
    fn measured(&self) -> Option<Measured> {
        let question = self.question?;
        let score = if question.is_numeric() {
            self.number()?
        } else {
            self.given.text()?.parse().ok()?
        };
        let scale = question
            .bounds()
            .map(|(lowest, highest)| Scale::whole(lowest, highest));
        let possible = scale.is_none_or(|scale| (scale.lowest..=scale.highest).contains(&score));
        possible.then_some(Measured { score, scale })
    }

    fn number(&self) -> Option<Score> {
        let number = self.given.number_input.clone()?;
        serde_json::from_value(Value::Number(number)).ok()
    }

    fn into_answer(self) -> NormalAnswer {
        let numeric = match self.question {
            Some(question) => question.is_numeric(),
            // A question that is not active any more: its kind is not known, and a text is worth more than a 0.
            None => self.given.text().is_none(),
        };
        NormalAnswer {
            question_id: self.given.question_id.clone(),
            question: self
                .given
                .question_text
                .clone()
                .or_else(|| self.question.and_then(|q| q.text.clone())),
            text: if numeric { None } else { self.given.text() },
            number: if numeric { self.number() } else { None },
            tags: self.question.map(|q| q.tags.clone()).unwrap_or_default(),
            program_filled: self.question.is_some_and(|q| q.api_fill),
        }
    }
}

/// Whether the platform was set to hash this value: a hash is nobody's name, phone or number.
fn is_hash(text: &str) -> bool {
    matches!(Email::read(text), Some(Email::Hashed(_)))
}

/// ISO 8601; without a zone it is UTC.
///
/// Source: Webex Experience Management developer documentation, "General".
fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        civil
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    })
}
