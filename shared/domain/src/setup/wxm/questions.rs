//! Hidden questions, which no customer sees and programs fill in.

use crate::configuration::QuestionMap;

use super::super::{Line, Mark, Plan};

/// What the answer to a question is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionKind {
    /// A text.
    Text,
    /// A whole number.
    Number,
}

impl QuestionKind {
    /// What the platform calls it. Source: the vendor's public Android and R clients (`displayType`).
    pub fn display_type(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Number => "Number",
        }
    }
}

/// A question to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionWanted {
    /// The tag by which it is found.
    pub tag: String,
    /// What it says in reports.
    pub text: String,
    /// What its answer is.
    pub kind: QuestionKind,
}

/// A question of the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuestionFound {
    /// Its id.
    pub id: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether no customer sees it.
    pub hidden: bool,
    /// Whether it is out of use.
    pub retired: bool,
}

/// One change of an account's questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionAction {
    /// Makes a question.
    Add(QuestionWanted),
    /// Takes the question with this id back into use.
    Revive(String),
    /// Takes it out of use; what was answered to it is kept.
    Retire(String),
    /// Deletes it with its answers.
    Delete(String),
}

/// What comes back from a case besides its id: tag, text and kind. Times are whole minutes.
const WRITTEN_BACK: [(&str, &str, QuestionKind); 8] = [
    ("CASE_TICKET", "Case number", QuestionKind::Text),
    ("CASE_STATUS", "Status of the case", QuestionKind::Text),
    ("CASE_CAUSE", "Root cause of the case", QuestionKind::Text),
    ("CASE_OWNER", "Owner of the case", QuestionKind::Text),
    ("CASE_RESOLUTION", "What was done", QuestionKind::Text),
    (
        "TIME_TO_FIRST_RESPONSE",
        "Minutes to the first response",
        QuestionKind::Number,
    ),
    (
        "TIME_TO_CLOSE",
        "Minutes to the resolution",
        QuestionKind::Number,
    ),
    (
        "REOPEN_COUNT",
        "How often the case was reopened",
        QuestionKind::Number,
    ),
];

/// The hidden questions that a connection needs: the one that says which case a response is about, and those that are
/// written back.
pub fn questions(map: &QuestionMap) -> Vec<QuestionWanted> {
    let wanted = |tag: &str, text: &str, kind| QuestionWanted {
        tag: tag.to_owned(),
        text: text.to_owned(),
        kind,
    };
    let mut all = vec![wanted(
        &map.case_id,
        "Case that the response is about",
        QuestionKind::Text,
    )];
    all.extend(WRITTEN_BACK.map(|(tag, text, kind)| wanted(tag, text, kind)));
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|question| {
        !question.tag.trim().is_empty() && seen.insert(question.tag.to_lowercase())
    });
    all
}

/// The difference, a line for each question.
pub fn question_plan(wanted: &[QuestionWanted], found: &[QuestionFound]) -> Plan<QuestionAction> {
    let lines = wanted.iter().map(|wanted| {
        let what = format!("hidden question {}", wanted.tag);
        let (hidden, shown) = tagged(found, &wanted.tag);
        if shown.iter().any(|question| !question.retired) {
            return Line::idle(Mark::Conflict, what).because(
                "customers see a question with this tag and could fill it in; take the tag off it or hide it",
            );
        }
        if hidden.iter().any(|question| !question.retired) {
            return Line::idle(Mark::There, what);
        }
        match hidden.first() {
            Some(retired) => Line::new(Mark::Change, what, vec![QuestionAction::Revive(retired.id.clone())])
                .because("it is taken back into use"),
            None => Line::new(Mark::Create, what, vec![QuestionAction::Add(wanted.clone())]),
        }
    });
    Plan {
        lines: lines.collect(),
    }
}

/// What takes the questions away again: they go out of use and keep their answers, unless these may go too.
pub fn question_removal(
    wanted: &[QuestionWanted],
    found: &[QuestionFound],
    with_data: bool,
) -> Plan<QuestionAction> {
    let mut lines = Vec::new();
    for wanted in wanted {
        for question in tagged(found, &wanted.tag).0 {
            let what = format!("hidden question {}", wanted.tag);
            lines.push(match (with_data, question.retired) {
                (true, _) => Line::new(
                    Mark::Remove,
                    what,
                    vec![QuestionAction::Delete(question.id.clone())],
                ),
                (false, true) => Line::idle(Mark::Left, what)
                    .because("out of use; --with-data deletes it with its answers"),
                (false, false) => Line::new(
                    Mark::Remove,
                    what,
                    vec![QuestionAction::Retire(question.id.clone())],
                )
                .because("it goes out of use and keeps its answers"),
            });
        }
    }
    Plan { lines }
}

/// The questions with a tag, in any case of letters: the hidden ones and the others.
fn tagged<'f>(
    found: &'f [QuestionFound],
    tag: &str,
) -> (Vec<&'f QuestionFound>, Vec<&'f QuestionFound>) {
    let same = |own: &String| own.trim().to_lowercase() == tag.trim().to_lowercase();
    found
        .iter()
        .filter(|question| question.tags.iter().any(same))
        .partition(|question| question.hidden)
}
