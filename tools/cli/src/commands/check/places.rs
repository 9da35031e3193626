//! The names in the file that stand for something in a connected system, with their places.

use std::collections::BTreeMap;

use cxloop_domain::configuration::{Mistake, answers_of_condition, answers_of_template};
use serde::Deserialize;
use serde_saphyr::Spanned;

/// A name as written, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The name.
    pub(super) name: String,
    /// Where in the document, such as `case_rules[0].case.queue`.
    pub(super) path: String,
    line: u64,
    column: u64,
}

impl Written {
    fn of(spanned: &Spanned<String>, path: String) -> Self {
        let place = &spanned.referenced;
        Self {
            name: spanned.value.clone(),
            path,
            line: place.line().max(1),
            column: place.column().max(1),
        }
    }

    /// Its place as `line:column`.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.line, self.column)
    }

    /// Whether it is a name already and not a template that becomes one later.
    fn is_fixed(&self) -> bool {
        !["{{", "{%", "{#"]
            .iter()
            .any(|mark| self.name.contains(mark))
            && !self.name.trim().is_empty()
    }

    /// A mistake at this place.
    pub(super) fn mistake(&self, problem: impl Into<String>) -> Mistake {
        Mistake {
            line: self.line,
            column: self.column,
            path: self.path.clone(),
            problem: problem.into(),
        }
    }
}

/// The names that can be looked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Queues of the CRM.
    pub(super) queues: Vec<Written>,
    /// Users and teams of the CRM.
    pub(super) owners: Vec<Written>,
    /// Tags and short labels of survey questions, by connection; only those that the file spells out.
    pub(super) questions: BTreeMap<String, Vec<Written>>,
    /// Answers that conditions and templates ask for, each at the condition or template.
    pub(super) answers: Vec<Written>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    connections: BTreeMap<String, WithQuestions>,
    #[serde(default)]
    case_rules: Vec<WithCase>,
    #[serde(default)]
    reopen: Vec<WithQueue>,
}

#[derive(Deserialize)]
struct WithQuestions {
    #[serde(default)]
    questions: BTreeMap<String, Spanned<String>>,
    note: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct WithCase {
    when: Spanned<String>,
    case: BTreeMap<String, Option<Spanned<String>>>,
}

#[derive(Deserialize)]
struct WithQueue {
    queue: Option<Spanned<String>>,
    when: Option<Spanned<String>>,
}

/// How a text names answers.
#[derive(Clone, Copy)]
enum Text {
    Condition,
    Template,
}

impl Names {
    fn answers_of(&mut self, text: &Spanned<String>, path: String, how: Text) {
        let names = match how {
            Text::Condition => answers_of_condition(&text.value),
            Text::Template => answers_of_template(&text.value),
        };
        let place = Written::of(text, path);
        self.answers.extend(names.into_iter().map(|name| Written {
            name,
            ..place.clone()
        }));
    }
}

/// The names in a file that was read without mistakes.
pub(super) fn names(text: &str) -> Names {
    let document: Document = match serde_saphyr::from_str(text) {
        Ok(document) => document,
        Err(_) => return Names::default(),
    };
    let mut found = Names::default();
    for (at, rule) in document.case_rules.iter().enumerate() {
        found.answers_of(
            &rule.when,
            format!("case_rules[{at}].when"),
            Text::Condition,
        );
        for (field, value) in &rule.case {
            let Some(value) = value else { continue };
            let path = format!("case_rules[{at}].case.{field}");
            found.answers_of(value, path.clone(), Text::Template);
            let written = Some(Written::of(value, path)).filter(Written::is_fixed);
            match field.as_str() {
                "queue" => found.queues.extend(written),
                "owner" => found.owners.extend(written),
                _ => {}
            }
        }
    }
    for (at, threshold) in document.reopen.iter().enumerate() {
        if let Some(when) = &threshold.when {
            found.answers_of(when, format!("reopen[{at}].when"), Text::Condition);
        }
        if let Some(queue) = &threshold.queue {
            let written = Written::of(queue, format!("reopen[{at}].queue"));
            found.queues.extend(Some(written).filter(Written::is_fixed));
        }
    }
    for (connection, with) in &document.connections {
        if let Some(note) = &with.note {
            found.answers_of(
                note,
                format!("connections.{connection}.note"),
                Text::Template,
            );
        }
        let labels = with.questions.iter();
        let labels = labels.map(|(key, label)| {
            Written::of(label, format!("connections.{connection}.questions.{key}"))
        });
        // An empty label says that there is no such question.
        let labels: Vec<Written> = labels
            .filter(|label| !label.name.trim().is_empty())
            .collect();
        if !labels.is_empty() {
            found.questions.insert(connection.clone(), labels);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_names_are_found_with_their_places_and_templates_are_not() {
        let text = "connections:\n  wxm: { kind: wxm, secret: s, questions: { nps: Recomendación, ces: \"\" } }\ncase_rules:\n  - name: a\n    when: nps <= 6\n    case: { title: t, queue: Avarías, owner: \"{{ location }}\" }\nreopen:\n  - { name: b, metric: csat, below: 3, queue: Recovery }\n";
        let names = names(text);
        let queues: Vec<_> = names
            .queues
            .iter()
            .map(|q| q.mistake("x").to_string())
            .collect();
        assert_eq!(
            queues,
            [
                "6:30: case_rules[0].case.queue: x",
                "8:47: reopen[0].queue: x"
            ]
        );
        assert_eq!(names.owners, []);
        let labels: Vec<_> = names.questions["wxm"]
            .iter()
            .map(|q| (q.name.as_str(), q.path.as_str()))
            .collect();
        assert_eq!(labels, [("Recomendación", "connections.wxm.questions.nps")]);
    }

    #[test]
    fn the_answers_that_rules_ask_for_are_found_where_they_are_asked() {
        let text = "connections: {}\ncase_rules:\n  - name: a\n    when: answers.nota <= 6\n    case: { title: \"{{ answers.zona }}\", queue: ~ }\nreopen:\n  - { name: b, metric: csat, below: 3, when: '\"prazo\" in answers' }\n";
        let asked: Vec<_> = names(text)
            .answers
            .iter()
            .map(|a| a.mistake(a.name.as_str()).to_string())
            .collect();
        assert_eq!(
            asked,
            [
                "4:11: case_rules[0].when: nota",
                "5:20: case_rules[0].case.title: zona",
                "7:46: reopen[0].when: prazo"
            ]
        );
    }
}
