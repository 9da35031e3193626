//! The texts of notes and follow-up cases.

use crate::cases::{
    DESCRIPTION_CHARS, NOTE_SUBJECT_CHARS, NOTE_TEXT_CHARS, NoteDraft, TITLE_CHARS,
};
use crate::configuration::Threshold;
use crate::identity;
use crate::response::Response;
use crate::texts;

/// `CSAT 1 of 5`, of the metric that the threshold looks at.
pub(super) fn rating(response: &Response, threshold: &Threshold) -> String {
    let label = threshold.metric.label();
    match response.metrics.get(&threshold.metric) {
        Some(measured) => match measured.scale {
            Some(scale) => format!("{label} {} of {}", measured.score, scale.highest),
            None => format!("{label} {}", measured.score),
        },
        None => format!("{label} not given"),
    }
}

fn reason(response: &Response, threshold: &Threshold) -> String {
    format!(
        "{} is below {} (threshold {})",
        rating(response, threshold),
        threshold.below,
        threshold.name
    )
}

fn words(response: &Response) -> String {
    response
        .comment
        .as_deref()
        .map_or_else(String::new, |words| {
            format!("\n\nThe customer wrote:\n{}", words.trim())
        })
}

fn note_draft(response: &Response, threshold: &Threshold, subject: &str, text: &str) -> NoteDraft {
    NoteDraft {
        id: identity::note(&response.key, &threshold.name),
        subject: texts::fit(&texts::one_line(subject), NOTE_SUBJECT_CHARS).0,
        text: texts::fit(text, NOTE_TEXT_CHARS).0,
    }
}

/// The note on the case itself.
pub(super) fn note(
    response: &Response,
    threshold: &Threshold,
    what: &str,
    why: Option<&str>,
) -> NoteDraft {
    let because = reason(response, threshold);
    let not = why.map_or_else(String::new, |why| {
        format!(" It was not reopened, because {why}.")
    });
    let subject = format!("{what}: {}", rating(response, threshold));
    let answered = format!(
        "Survey {} on {}, response {}.",
        response.survey, response.submitted_at, response.key.response
    );
    note_draft(
        response,
        threshold,
        &subject,
        &format!("{what}: {because}.{not}\n{answered}{}", words(response)),
    )
}

/// The note on a follow-up case: names the old ticket.
pub(super) fn follow_up_note(
    response: &Response,
    threshold: &Threshold,
    ticket: Option<&str>,
    why: &str,
) -> NoteDraft {
    let old = ticket.unwrap_or("an earlier case");
    let subject = format!("Follow-up of {old}");
    let text = format!(
        "Follow-up of {old}, which could not be reopened, because {why}.\n{}.{}",
        reason(response, threshold),
        words(response)
    );
    note_draft(response, threshold, &subject, &text)
}

/// The title of a follow-up case.
pub(super) fn follow_up_title(ticket: Option<&str>, title: Option<&str>) -> String {
    let text = match (ticket, title) {
        (Some(ticket), Some(title)) => format!("Follow-up of {ticket}: {title}"),
        (Some(ticket), None) => format!("Follow-up of {ticket}"),
        (None, _) => "Follow-up of an earlier case".to_owned(),
    };
    texts::fit(&texts::one_line(&text), TITLE_CHARS).0
}

/// The description of a follow-up case: the customer's words, or the rating.
pub(super) fn description(response: &Response) -> String {
    let text = response.comment.clone().unwrap_or_else(|| {
        crate::response_to_case::score_in_words(response)
            .unwrap_or_else(|| "No words were given.".to_owned())
    });
    texts::fit(&text, DESCRIPTION_CHARS).0
}
