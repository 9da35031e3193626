//! Hidden questions, which no customer sees and programs fill in.

use std::collections::BTreeSet;

use crate::configuration::{Computed, FieldMapping, QuestionMap, TimeUnit, WriteBack};

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
    /// The tag by which it is found, and which is its short label too, the mark of setup.
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
    /// Its short label, which is the tag where setup made it.
    pub note: String,
    /// Whether no customer sees it.
    pub hidden: bool,
    /// Whether it is out of use.
    pub retired: bool,
}

impl QuestionFound {
    fn has_tag(&self, tag: &str) -> bool {
        self.tags.iter().any(|own| is_same(own, tag))
    }

    /// Whether setup made it, which gives a question its tag as short label too.
    fn is_made_for(&self, tag: &str) -> bool {
        self.has_tag(tag) && is_same(&self.note, tag)
    }
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

/// The hidden questions that a connection needs: the one that says which case a response is about; where surveys are sent
/// over it, those that say which invitation was answered and which row of another table it is about; and those that the
/// configuration writes back into.
pub fn questions(
    map: &QuestionMap,
    sends_surveys: bool,
    write_back: Option<&WriteBack>,
) -> Vec<QuestionWanted> {
    let text = |tag: &str, text: &str| QuestionWanted {
        tag: tag.trim().to_owned(),
        text: text.to_owned(),
        kind: QuestionKind::Text,
    };
    let case_id = text(&map.case_id, "Case that the response is about");
    let of_invitations = [
        text(&map.invitation, "Invitation that the response answers"),
        text(&map.about, "Row that the response is about"),
    ];
    let fields = write_back.into_iter().flat_map(|it| &it.fields);
    let mut all: Vec<QuestionWanted> = [case_id]
        .into_iter()
        .chain(of_invitations.into_iter().filter(|_| sends_surveys))
        .chain(fields.map(written_into))
        .collect();
    let mut seen = BTreeSet::new();
    all.retain(|question| !question.tag.is_empty() && seen.insert(question.tag.to_lowercase()));
    all
}

/// The question that a value of a case is written into.
fn written_into(field: &FieldMapping) -> QuestionWanted {
    let text = match (field.computed, &field.column) {
        (Some(computed), _) => in_words(computed, field.unit),
        (None, Some(column)) => format!("Column {column} of the case"),
        (None, None) => "Value of the case".to_owned(),
    };
    QuestionWanted {
        tag: field.question.trim().to_owned(),
        text,
        kind: match field.computed {
            Some(_) => QuestionKind::Number,
            None => QuestionKind::Text,
        },
    }
}

fn in_words(computed: Computed, unit: Option<TimeUnit>) -> String {
    let unit = match unit {
        Some(TimeUnit::Seconds) => "Seconds",
        Some(TimeUnit::Minutes) => "Minutes",
        Some(TimeUnit::Hours) => "Hours",
        Some(TimeUnit::Days) => "Days",
        None => "Time",
    };
    match computed {
        Computed::TimeToFirstResponse => format!("{unit} to the first response"),
        Computed::TimeToClose => format!("{unit} until the case was closed"),
        Computed::ReopenCount => "How often the case was reopened".to_owned(),
    }
}

/// The difference, a line for each question.
pub fn question_plan(wanted: &[QuestionWanted], found: &[QuestionFound]) -> Plan<QuestionAction> {
    let lines = wanted.iter().map(|wanted| {
        let what = format!("hidden question {}", wanted.tag);
        let (hidden, shown) = called(found, &wanted.tag);
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

/// What takes the questions away again that setup made: they go out of use and keep their answers, unless these may go too.
/// Questions without its mark are somebody else's and stay.
pub fn question_removal(
    wanted: &[QuestionWanted],
    found: &[QuestionFound],
    with_data: bool,
) -> Plan<QuestionAction> {
    let mut lines = Vec::new();
    for wanted in wanted {
        for question in called(found, &wanted.tag).0 {
            let what = format!("hidden question {}", wanted.tag);
            if !question.is_made_for(&wanted.tag) {
                lines.push(Line::idle(Mark::Left, what).because("setup did not make it"));
                continue;
            }
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

/// The hidden questions of a name, which is an id, a tag or a short label in any case of letters, and the shown ones with it
/// as their tag.
fn called<'f>(
    found: &'f [QuestionFound],
    name: &str,
) -> (Vec<&'f QuestionFound>, Vec<&'f QuestionFound>) {
    let hidden = |question: &&QuestionFound| {
        question.hidden
            && (question.has_tag(name)
                || is_same(&question.note, name)
                || is_same(&question.id, name))
    };
    let shown = |question: &&QuestionFound| !question.hidden && question.has_tag(name);
    (
        found.iter().filter(hidden).collect(),
        found.iter().filter(shown).collect(),
    )
}

fn is_same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}
