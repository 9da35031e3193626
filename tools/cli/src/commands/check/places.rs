//! The names in the file that stand for something in a connected system, with their places.

mod surveys;

use std::collections::{BTreeMap, BTreeSet};

use cxloop_domain::configuration::{
    ColumnTemplate, Configuration, Mistake, members_of_condition, members_of_template,
};
use cxloop_domain::customers::HashedEmails;
use cxloop_domain::rules::{CRM, CRM_LABEL};
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

pub(super) use surveys::{ReopenNames, RuleNames};

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
        Self::at(spanned.value.clone(), &spanned.referenced, path)
    }

    fn at(name: String, place: &Location, path: String) -> Self {
        Self {
            name,
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
    /// Columns of the case that rules fill in, and with what.
    pub(super) case_columns: Vec<(Written, ColumnTemplate)>,
    /// Columns of the contact that conditions and templates read, each at the condition or template.
    pub(super) contact_columns: Vec<Written>,
    /// The column of the contact that holds the hash of its address.
    pub(super) hash_column: Option<Written>,
    /// Questions that are written back to.
    pub(super) back_questions: Vec<Written>,
    /// Columns of the case that are written back.
    pub(super) back_columns: Vec<Written>,
    /// What sends surveys.
    pub(super) surveys: Vec<RuleNames>,
    /// The column of the contact that holds their time zone.
    pub(super) time_zone: Option<Written>,
    /// Where a reopened case says so.
    pub(super) reopening: ReopenNames,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    connections: BTreeMap<String, WithQuestions>,
    #[serde(default)]
    customers: WithHashes,
    #[serde(default)]
    case_rules: Vec<WithCase>,
    #[serde(default)]
    reopen: Vec<WithQueue>,
    #[serde(default)]
    write_back: WithFields,
    #[serde(default)]
    surveys: surveys::Sending,
    #[serde(default)]
    reopen_columns: surveys::Reopening,
}

#[derive(Default, Deserialize)]
struct WithFields {
    #[serde(default)]
    fields: Vec<WithQuestion>,
}

#[derive(Deserialize)]
struct WithQuestion {
    question: Spanned<String>,
    column: Option<Spanned<String>>,
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
    case: Case,
}

#[derive(Deserialize)]
struct Case {
    title: Option<Spanned<String>>,
    description: Option<Spanned<String>>,
    priority: Option<Spanned<String>>,
    queue: Option<Spanned<String>>,
    owner: Option<Spanned<String>>,
    origin: Option<Spanned<String>>,
    #[serde(rename = "type")]
    case_type: Option<Spanned<String>>,
    #[serde(default)]
    columns: BTreeMap<String, Spanned<ColumnTemplate>>,
}

impl Case {
    fn texts(&self) -> impl Iterator<Item = (&'static str, &Spanned<String>)> {
        let all = [
            ("description", &self.description),
            ("origin", &self.origin),
            ("owner", &self.owner),
            ("priority", &self.priority),
            ("queue", &self.queue),
            ("title", &self.title),
            ("type", &self.case_type),
        ];
        all.into_iter()
            .filter_map(|(field, text)| Some((field, text.as_ref()?)))
    }
}

#[derive(Default, Deserialize)]
struct WithHashes {
    hashed_emails: Option<Spanned<HashedEmails>>,
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
    fn named_in(&mut self, text: &Spanned<String>, path: String, how: Text) {
        let place = Written::of(text, path);
        let text = place.name.clone();
        self.named_at(&place, &text, how);
    }

    /// Adds the answers and the columns of the customer that a text names, at a place.
    fn named_at(&mut self, place: &Written, text: &str, how: Text) {
        let members = |variable: &str| match how {
            Text::Condition => members_of_condition(text, variable),
            Text::Template => members_of_template(text, variable),
        };
        let written = |names: BTreeSet<String>| {
            let place = place.clone();
            names.into_iter().map(move |name| Written {
                name,
                ..place.clone()
            })
        };
        self.answers.extend(written(members("answers")));
        let mut columns = members(CRM);
        columns.extend(members(CRM_LABEL));
        self.contact_columns.extend(written(columns));
    }
}

/// The names in a file that was read without mistakes, and says what `configuration` says.
pub(super) fn names(text: &str, configuration: &Configuration) -> Names {
    let document: Document = match serde_saphyr::from_str(text) {
        Ok(document) => document,
        Err(_) => return Names::default(),
    };
    let mut found = Names::default();
    for (at, rule) in document.case_rules.iter().enumerate() {
        found.named_in(
            &rule.when,
            format!("case_rules[{at}].when"),
            Text::Condition,
        );
        for (field, value) in rule.case.texts() {
            let path = format!("case_rules[{at}].case.{field}");
            found.named_in(value, path.clone(), Text::Template);
            let written = Some(Written::of(value, path)).filter(Written::is_fixed);
            match field {
                "queue" => found.queues.extend(written),
                "owner" => found.owners.extend(written),
                _ => {}
            }
        }
        for (name, column) in &rule.case.columns {
            let path = format!("case_rules[{at}].case.columns.{name}");
            let place = Written::at(name.clone(), &column.referenced, path);
            for (_, template) in column.value.templates() {
                found.named_at(&place, template, Text::Template);
            }
            found.case_columns.push((place, column.value.clone()));
        }
    }
    if let Some(hashed) = &document.customers.hashed_emails
        && let HashedEmails::Column(column) = &hashed.value
    {
        let path = "customers.hashed_emails".to_owned();
        let written = Written::at(column.to_string(), &hashed.referenced, path);
        found.hash_column = Some(written);
    }
    for (at, threshold) in document.reopen.iter().enumerate() {
        if let Some(when) = &threshold.when {
            found.named_in(when, format!("reopen[{at}].when"), Text::Condition);
        }
        if let Some(queue) = &threshold.queue {
            let written = Written::of(queue, format!("reopen[{at}].queue"));
            found.queues.extend(Some(written).filter(Written::is_fixed));
        }
    }
    for (at, field) in document.write_back.fields.iter().enumerate() {
        let path = |key: &str| format!("write_back.fields[{at}].{key}");
        let question = Written::of(&field.question, path("question"));
        found.back_questions.push(question);
        let column = field.column.as_ref();
        let column = column.map(|column| Written::of(column, path("column")));
        found.back_columns.extend(column);
    }
    found.reopening = document.reopen_columns.names();
    if let Some(read) = &configuration.surveys {
        found.surveys = document.surveys.names(read);
        found.time_zone = document.surveys.time_zone();
    }
    for (connection, with) in &document.connections {
        if let Some(note) = &with.note {
            found.named_in(
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

    /// What these texts say does not matter here, but for the rules that send surveys.
    fn names_in(text: &str) -> Names {
        let nothing = cxloop_domain::configuration::read("connections: {}\n").unwrap();
        names(text, &nothing)
    }

    #[test]
    fn fixed_names_are_found_with_their_places_and_templates_are_not() {
        let text = "connections:\n  wxm: { kind: wxm, secret: s, questions: { nps: Recomendación, ces: \"\" } }\ncase_rules:\n  - name: a\n    when: nps <= 6\n    case: { title: t, queue: Avarías, owner: \"{{ location }}\" }\nreopen:\n  - { name: b, metric: csat, below: 3, queue: Recovery }\n";
        let names = names_in(text);
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
        let asked: Vec<_> = names_in(text)
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
