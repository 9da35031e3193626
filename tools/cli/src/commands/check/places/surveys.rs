//! The names in what sends surveys, and in where a reopened case says so, with their places.

use std::collections::BTreeSet;

use cxloop_domain::configuration::{
    PersonPath, SendBy, SurveyRule, Surveys, members_of_condition, members_of_template,
};
use cxloop_domain::survey_trigger::columns_of;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::Written;

/// The names in a rule that sends surveys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands::check) struct RuleNames {
    /// The table.
    pub(in crate::commands::check) table: Written,
    /// The column that is watched.
    pub(in crate::commands::check) column: Written,
    /// The values that it had before and that it reaches.
    pub(in crate::commands::check) values: Vec<Written>,
    /// The columns that are read beside it, each where it is named.
    pub(in crate::commands::check) read: Vec<Written>,
    /// The lookup that leads to the person, where the rule names one.
    pub(in crate::commands::check) person: Option<Written>,
    /// The column that the link is written to.
    pub(in crate::commands::check) link: Option<Written>,
    /// The connection of the survey platform.
    pub(in crate::commands::check) connection: String,
    /// The questionnaire.
    pub(in crate::commands::check) questionnaire: Written,
    /// The questions that are filled in before.
    pub(in crate::commands::check) prefill: Vec<Written>,
}

/// The columns of a case that a reopening is written into.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::commands::check) struct ReopenNames {
    /// When.
    pub(in crate::commands::check) reopened_on: Option<Written>,
    /// By which response.
    pub(in crate::commands::check) response: Option<Written>,
}

#[derive(Default, Deserialize)]
pub(super) struct Sending {
    #[serde(default)]
    rules: Vec<Rule>,
    quiet_hours: Option<Quiet>,
}

#[derive(Deserialize)]
struct Quiet {
    time_zone_column: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct Rule {
    table: Spanned<String>,
    column: Spanned<String>,
    #[serde(default)]
    from: Vec<Spanned<String>>,
    to: Vec<Spanned<String>>,
    when: Option<Spanned<String>>,
    person: Option<Spanned<PersonPath>>,
    survey: Survey,
    send: Spanned<SendBy>,
}

#[derive(Deserialize)]
struct Survey {
    connection: String,
    questionnaire: Spanned<String>,
    #[serde(default)]
    prefill: Vec<Filled>,
}

#[derive(Deserialize)]
struct Filled {
    question: Spanned<String>,
    value: Spanned<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct Reopening {
    reopened_on: Option<Spanned<String>>,
    response: Option<Spanned<String>>,
}

impl Reopening {
    pub(super) fn names(&self) -> ReopenNames {
        let written = |field: &str, name: &Option<Spanned<String>>| {
            let path = format!("reopen_columns.{field}");
            name.as_ref().map(|name| Written::of(name, path))
        };
        ReopenNames {
            reopened_on: written("reopened_on", &self.reopened_on),
            response: written("response", &self.response),
        }
    }
}

impl Sending {
    /// The column of a contact that holds their time zone.
    pub(super) fn time_zone(&self) -> Option<Written> {
        let column = self.quiet_hours.as_ref()?.time_zone_column.as_ref()?;
        let path = "surveys.quiet_hours.time_zone_column".to_owned();
        Some(Written::of(column, path))
    }

    /// The names of each rule, in the order of the file; `read` is what the file says.
    pub(super) fn names(&self, read: &Surveys) -> Vec<RuleNames> {
        let rules = self.rules.iter().zip(&read.rules).enumerate();
        rules
            .map(|(at, (rule, read))| rule.names(read, &format!("surveys.rules[{at}]")))
            .collect()
    }
}

impl Rule {
    fn names(&self, read: &SurveyRule, at: &str) -> RuleNames {
        let written =
            |text: &Spanned<String>, field: &str| Written::of(text, format!("{at}.{field}"));
        let lists = [("from", &self.from), ("to", &self.to)];
        let values = lists.into_iter().flat_map(|(field, values)| {
            let values = values.iter().enumerate();
            values.map(move |(place, value)| (format!("{field}[{place}]"), value))
        });
        let person = self.person.as_ref().and_then(|person| match &person.value {
            PersonPath::Lookup(column) => {
                let path = format!("{at}.person.lookup");
                Some(Written::at(column.to_string(), &person.referenced, path))
            }
            _ => None,
        });
        let link = match &self.send.value {
            SendBy::Column(column) => {
                let path = format!("{at}.send.column");
                Some(Written::at(column.to_string(), &self.send.referenced, path))
            }
            _ => None,
        };
        let survey = &self.survey;
        let prefill = survey.prefill.iter().enumerate().map(|(place, filled)| {
            written(
                &filled.question,
                &format!("survey.prefill[{place}].question"),
            )
        });
        RuleNames {
            table: written(&self.table, "table"),
            column: written(&self.column, "column"),
            values: values
                .map(|(field, value)| written(value, &field))
                .collect(),
            read: self.read(read, at),
            person,
            link,
            connection: survey.connection.clone(),
            questionnaire: written(&survey.questionnaire, "survey.questionnaire"),
            prefill: prefill.collect(),
        }
    }

    /// The columns that texts name, each at its text, and those that follow from how the person is found.
    fn read(&self, rule: &SurveyRule, at: &str) -> Vec<Written> {
        let mut found: Vec<Written> = Vec::new();
        let mut add = |place: Written, members: BTreeSet<String>| {
            found.extend(members.into_iter().map(|name| Written {
                name,
                ..place.clone()
            }));
        };
        let both = |members: fn(&str, &str) -> BTreeSet<String>, text: &str| {
            let mut all = members(text, "row");
            all.extend(members(text, "label"));
            all
        };
        if let Some(when) = &self.when {
            let place = Written::of(when, format!("{at}.when"));
            add(place, both(members_of_condition, &when.value));
        }
        for (index, filled) in self.survey.prefill.iter().enumerate() {
            let path = format!("{at}.survey.prefill[{index}].value");
            let place = Written::of(&filled.value, path);
            add(place, both(members_of_template, &filled.value.value));
        }
        for (field, text, _) in self.send.value.templates() {
            let path = format!("{at}.send.{field}");
            let place = Written::at(String::new(), &self.send.referenced, path);
            add(place, both(members_of_template, text));
        }
        let person = match &self.person {
            Some(person) => {
                let path = format!("{at}.person");
                Written::at(String::new(), &person.referenced, path)
            }
            None => Written::of(&self.table, at.to_owned()),
        };
        let elsewhere = |name: &str| {
            let link = matches!(&rule.send, SendBy::Column(column) if column.as_str() == name);
            let lookup =
                matches!(&rule.person, PersonPath::Lookup(column) if column.as_str() == name);
            name == rule.column.as_str() || link || lookup
        };
        let named: BTreeSet<String> = found.iter().map(|written| written.name.clone()).collect();
        let further = columns_of(&[rule]).into_iter().map(String::from);
        let further = further.filter(|name| !named.contains(name) && !elsewhere(name));
        found.extend(further.map(|name| Written {
            name,
            ..person.clone()
        }));
        found
    }
}
