//! Filling a rule's texts in for a response, and making them fit their columns.

use std::collections::BTreeMap;

use crate::cases::{
    CaseType, DESCRIPTION_CHARS, NOTE_SUBJECT_CHARS, NOTE_TEXT_CHARS, NoteDraft, Origin, Priority,
    TITLE_CHARS,
};
use crate::columns::{ColumnValue, CrmColumns};
use crate::configuration::CaseRule;
use crate::identity;
use crate::names::{ColumnName, RuleName};
use crate::response::{Metric, Response};
use crate::rules::template_values;
use crate::texts;

use super::{Refused, columns};

/// A rule's case with its texts filled in; queue and owner are still names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The rule.
    pub rule: RuleName,
    /// The title, fitting its column.
    pub title: String,
    /// The description, fitting its column.
    pub description: Option<String>,
    /// Urgency.
    pub priority: Option<Priority>,
    /// Where it came from.
    pub origin: Option<Origin>,
    /// What sort of matter.
    pub case_type: Option<CaseType>,
    /// Further columns; choices may still be labels.
    pub columns: BTreeMap<ColumnName, ColumnValue>,
    /// Name of the queue.
    pub queue: Option<String>,
    /// Name of the owner.
    pub owner: Option<String>,
    /// The note that goes with the case: the answers in full, and what was cut elsewhere.
    pub note: NoteDraft,
    /// Template of the note on the response.
    pub response_note: Option<String>,
}

/// Fills a rule in for a response and what is known of its customer.
pub fn draft(
    rule: &CaseRule,
    response: &Response,
    notification: &str,
    response_note: Option<&str>,
    customer: Option<&CrmColumns>,
) -> Result<Draft, Refused> {
    let values = template_values(response, notification, customer);
    let parked = |reason: String| Refused {
        rule: rule.name.clone(),
        reason,
    };
    let refused = |field: &str, reason: String| parked(format!("{field}: {reason}"));
    let fill = |field: &str, template: &str| {
        texts::fill(template, &values).map_err(|problem| refused(field, problem.to_string()))
    };
    let fill_some = |field: &str, template: &Option<String>| -> Result<Option<String>, Refused> {
        let filled = template.as_deref().map(|t| fill(field, t)).transpose()?;
        Ok(filled
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty()))
    };
    let case = &rule.case;
    let full_title = texts::one_line(&fill("title", &case.title)?);
    let (title, title_cut) = texts::fit(&full_title, TITLE_CHARS);
    if title.is_empty() {
        return Err(refused(
            "title",
            "the template gives an empty title for this response".to_owned(),
        ));
    }
    let full_description = fill_some("description", &case.description)?;
    let (description, description_cut) = match &full_description {
        Some(text) => {
            let (text, cut) = texts::fit(text, DESCRIPTION_CHARS);
            (Some(text), cut)
        }
        None => (None, false),
    };
    let mut cut = Vec::new();
    if title_cut {
        cut.push(("Title in full", full_title.as_str()));
    }
    if let (true, Some(text)) = (description_cut, &full_description) {
        cut.push(("Description in full", text.as_str()));
    }
    Ok(Draft {
        rule: rule.name.clone(),
        title,
        description,
        priority: choice(
            "priority",
            fill_some("priority", &case.priority)?,
            Priority::by_name,
            Priority::NAMES,
        )
        .map_err(&parked)?,
        origin: choice(
            "origin",
            fill_some("origin", &case.origin)?,
            Origin::by_name,
            Origin::NAMES,
        )
        .map_err(&parked)?,
        case_type: choice(
            "type",
            fill_some("type", &case.case_type)?,
            CaseType::by_name,
            CaseType::NAMES,
        )
        .map_err(&parked)?,
        columns: columns::filled(&case.columns, &values).map_err(&parked)?,
        queue: fill_some("queue", &case.queue)?,
        owner: fill_some("owner", &case.owner)?,
        note: note(rule, response, &cut),
        response_note: response_note.map(str::to_owned),
    })
}

/// The value that a filled-in text names. The text itself may hold the customer's words, so it is not repeated.
fn choice<T>(
    field: &str,
    text: Option<String>,
    by_name: fn(&str) -> Option<T>,
    names: &[&str],
) -> Result<Option<T>, String> {
    text.map(|text| {
        by_name(&text).ok_or_else(|| {
            format!(
                "{field}: what the template gives for this response is not one of {}",
                names.join(", ")
            )
        })
    })
    .transpose()
}

/// The note on the case: score, words and every answer, so that the agent needs no second system.
fn note(rule: &CaseRule, response: &Response, cut: &[(&str, &str)]) -> NoteDraft {
    let mut text = format!(
        "Survey {} on {}, response {}.",
        response.survey, response.submitted_at, response.key.response
    );
    if let Some(location) = &response.location {
        text.push_str(&format!("\nLocation: {location}"));
    }
    if let Some(link) = &response.link {
        text.push_str(&format!("\n{link}"));
    }
    text.push('\n');
    for answer in response.answers.iter().filter(|a| !a.program_filled) {
        let value = match (answer.number, answer.text.as_deref()) {
            (Some(number), _) => number.to_string(),
            (None, Some(text)) if !text.trim().is_empty() => text.trim().to_owned(),
            _ => continue,
        };
        let question = answer
            .question
            .as_deref()
            .or(answer.tags.first().map(String::as_str))
            .unwrap_or(&answer.question_id);
        text.push_str(&format!("\n{question}: {value}"));
    }
    for (what, full) in cut {
        text.push_str(&format!("\n\n{what}:\n{full}"));
    }
    let subject = match score_in_words(response) {
        Some(score) => format!("{score} in {} (rule {})", response.survey, rule.name),
        None => format!("Response to {} (rule {})", response.survey, rule.name),
    };
    NoteDraft {
        id: identity::note(&response.key, &rule.name),
        subject: texts::fit(&texts::one_line(&subject), NOTE_SUBJECT_CHARS).0,
        text: texts::fit(&text, NOTE_TEXT_CHARS).0,
    }
}

/// The deciding score of a response for people: `NPS 3`, or `CSAT 1 of 5` where the scale is known to begin above zero.
pub fn score_in_words(response: &Response) -> Option<String> {
    let (metric, measured) = Metric::ALL
        .iter()
        .find_map(|m| response.metrics.get(m).map(|v| (m, v)))?;
    let of = match (metric, measured.scale) {
        (Metric::Csat | Metric::Ces, Some(scale)) => format!(" of {}", scale.highest),
        _ => String::new(),
    };
    Some(format!("{} {}{of}", metric.label(), measured.score))
}
