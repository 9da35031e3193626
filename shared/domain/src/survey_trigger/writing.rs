//! The words of an invitation, and what its survey is filled in with.

use serde_json::{Value, json};
use uuid::Uuid;

use super::deciding::Draft;
use super::row::{LINK, PERSON};
use crate::configuration::{QuestionMap, SendBy, SurveyRule};
use crate::texts::{self, TemplateProblem};

/// A question that is filled in before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefilled {
    /// The tag, short label or id of the question.
    pub question: String,
    /// What stands in it.
    pub text: String,
    /// Whether the survey is of no use without it: the id of the case that it is about.
    pub is_needed: bool,
}

/// The words of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The subject, where there is one. One line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
}

fn values(draft: &Draft, link: Option<&str>) -> Value {
    let mut values = draft.row.values();
    let person = &draft.person;
    values[PERSON] = json!({});
    for (name, value) in [
        ("name", &person.name),
        ("email", &person.email),
        ("phone", &person.phone),
    ] {
        if let Some(value) = value {
            values[PERSON][name] = json!(value);
        }
    }
    if let Some(link) = link {
        values[LINK] = json!(link);
    }
    values
}

/// What the survey of an invitation is filled in with: the answer comes back with the row that it is about, and with the
/// invitation. `questions` are those of the survey's connection; one without a name is not filled in.
pub fn prefills(
    rule: &SurveyRule,
    draft: &Draft,
    invitation: Uuid,
    questions: &QuestionMap,
) -> Result<Vec<Prefilled>, TemplateProblem> {
    let values = values(draft, None);
    let record = &draft.row.record;
    let row = if record.is_case() {
        (&questions.case_id, record.id.to_string(), true)
    } else {
        (&questions.about, record.to_string(), false)
    };
    let invitation = (&questions.invitation, invitation.to_string(), false);
    let mut filled: Vec<Prefilled> = [row, invitation]
        .into_iter()
        .filter(|(question, _, _)| !question.trim().is_empty())
        .map(|(question, text, is_needed)| Prefilled {
            question: question.clone(),
            text,
            is_needed,
        })
        .collect();
    for prefill in &rule.survey.prefill {
        let text = texts::fill(&prefill.value, &values)?.trim().to_owned();
        if !text.is_empty() {
            filled.push(Prefilled {
                question: prefill.question.clone(),
                text,
                is_needed: false,
            });
        }
    }
    Ok(filled)
}

/// The words of the message of an invitation, with the survey's address in them.
pub fn words(rule: &SurveyRule, draft: &Draft, link: &str) -> Result<Words, TemplateProblem> {
    let values = values(draft, Some(link));
    let one_line = |template: &str| {
        let filled = texts::fill(template, &values)?;
        Ok(filled.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    Ok(match &rule.send {
        SendBy::Platform(message) => Words {
            subject: one_line(&message.subject)?,
            ..Words::default()
        },
        SendBy::Email(message) => Words {
            subject: one_line(&message.subject)?,
            text: texts::fill(&message.text, &values)?,
            html: match &message.html {
                Some(html) => Some(texts::fill_html(html, &values)?),
                None => None,
            },
        },
        SendBy::Sms(message) => Words {
            text: texts::fill(&message.text, &values)?,
            ..Words::default()
        },
        SendBy::Column(_) => Words::default(),
    })
}
