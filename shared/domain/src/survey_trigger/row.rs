//! A row of any table, as rules look at it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cel::Value;
use serde_json::json;

use crate::columns::{CrmColumn, CrmColumns};
use crate::configuration::{
    Exclusion, PersonPath, SendBy, SurveyRule, Surveys, members_of_condition, members_of_template,
};
use crate::names::ColumnName;
use crate::record_changed::Record;
use crate::rules::{Condition, ConditionProblem, Facts, Judgement};
use crate::texts::{self, TemplateProblem};

/// The row's columns, in conditions and templates.
pub(super) const ROW: &str = "row";
/// What people see for them.
pub(super) const LABEL: &str = "label";
/// The person who is asked, in templates.
pub(super) const PERSON: &str = "person";
/// The address of the survey, in the words of a message.
pub(super) const LINK: &str = "link";

/// A row as the CRM has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRow {
    /// Which row.
    pub record: Record,
    /// Counts up with each change of the row.
    pub row_version: u64,
    /// The columns that were asked for and are not empty. A lookup's table stands in [`SeenRow::tables`].
    pub columns: CrmColumns,
    /// The tables that lookups among them lead into, by the column's name.
    pub tables: BTreeMap<String, ColumnName>,
}

impl SeenRow {
    /// What a column holds, as a text: `1`, `true`, an id. `None` when it is empty.
    pub fn text(&self, column: &str) -> Option<String> {
        Some(text_of(self.columns.get(column)?))
    }

    /// The row that a lookup leads to.
    pub fn lookup(&self, column: &str) -> Option<Record> {
        Some(Record {
            table: self.tables.get(column)?.clone(),
            id: self.text(column)?.parse().ok()?,
        })
    }

    /// Whether a column holds one of these values, given as values or as the labels that people see.
    pub(super) fn is_one_of(&self, column: &ColumnName, wanted: &[String]) -> bool {
        is_one_of(self.columns.get(column.as_str()), wanted)
    }

    /// What templates see of it.
    pub(super) fn values(&self) -> serde_json::Value {
        let mut row = serde_json::Map::new();
        let mut labels = serde_json::Map::new();
        for (name, column) in &self.columns {
            row.insert(name.clone(), column.value.clone());
            let label = column.label.as_ref();
            let shown = label.map_or_else(|| column.value.clone(), |label| json!(label));
            labels.insert(name.clone(), shown);
        }
        json!({ ROW: row, LABEL: labels })
    }

    fn facts(&self) -> Facts {
        let columns = self.columns.iter();
        let row: HashMap<String, Value> = columns
            .clone()
            .filter_map(|(name, column)| Some((name.clone(), crate::rules::plain(&column.value)?)))
            .collect();
        let labels: HashMap<String, Value> = columns
            .filter_map(|(name, column)| {
                Some((name.clone(), Value::from(column.label.as_deref()?)))
            })
            .collect();
        Facts::named([(ROW, row), (LABEL, labels)])
    }
}

fn text_of(held: &CrmColumn) -> String {
    match &held.value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether what a column holds is one of these values, given as values or as the labels that people see.
pub(super) fn is_one_of(held: Option<&CrmColumn>, wanted: &[String]) -> bool {
    let Some(held) = held else { return false };
    let (text, label) = (text_of(held), held.label.as_deref());
    let same = |label: &str, wanted: &str| label.trim().to_lowercase() == wanted.to_lowercase();
    wanted.iter().any(|wanted| {
        let wanted = wanted.trim();
        wanted == text || label.is_some_and(|label| same(label, wanted))
    })
}

/// Holds a rule's condition against a row; a rule without one is met.
pub fn holds(rule: &SurveyRule, row: &SeenRow) -> Judgement {
    let Some(when) = &rule.when else {
        return Judgement::Matched;
    };
    match Condition::over(when, &[ROW, LABEL]) {
        Ok(condition) => condition.judge(&row.facts()),
        Err(problem) => Judgement::Failed {
            why: problem.to_string(),
        },
    }
}

/// What is wrong with a condition over a row.
pub fn problem_of_condition(text: &str) -> Option<ConditionProblem> {
    Condition::over(text, &[ROW, LABEL]).err()
}

/// What is wrong with a template over a row, and over the person and the link where it may name them.
pub fn problem_of_template(text: &str, person: bool, link: bool) -> Option<TemplateProblem> {
    let mut known = vec![ROW, LABEL];
    known.extend(person.then_some(PERSON));
    known.extend(link.then_some(LINK));
    texts::check_names(text, &known).err()
}

/// The columns that the rules of a table need, for one request that serves them all.
pub fn columns_of(rules: &[&SurveyRule]) -> BTreeSet<ColumnName> {
    let mut named = BTreeSet::new();
    for rule in rules {
        named.insert(rule.column.to_string());
        let mut templates: Vec<&str> = Vec::new();
        templates.extend(rule.send.templates().iter().map(|(_, text, _)| *text));
        templates.extend(rule.survey.prefill.iter().map(|fill| fill.value.as_str()));
        match &rule.person {
            PersonPath::Customer => {
                named.insert("_customerid_value".to_owned());
            }
            PersonPath::PrimaryContact => {
                named.insert("_primarycontactid_value".to_owned());
            }
            PersonPath::Owner => {
                named.insert("_ownerid_value".to_owned());
            }
            PersonPath::Lookup(column) => {
                named.insert(column.to_string());
            }
            PersonPath::Itself => {}
            PersonPath::Written(person) => {
                let written = [&person.email, &person.phone, &person.name];
                templates.extend(written.into_iter().filter_map(|text| text.as_deref()));
            }
        }
        for variable in [ROW, LABEL] {
            if let Some(when) = &rule.when {
                named.extend(members_of_condition(when, variable));
            }
            for template in &templates {
                named.extend(members_of_template(template, variable));
            }
        }
        if rule.table.as_str() == "incident" && rule.exclude.contains(&Exclusion::Merged) {
            named.insert("merged".to_owned());
        }
        if rule.exclude.contains(&Exclusion::AgentOpened) {
            named.insert("_createdby_value".to_owned());
        }
        if let SendBy::Column(column) = &rule.send {
            named.insert(column.to_string());
        }
    }
    named
        .into_iter()
        .filter_map(|name| ColumnName::parse(name).ok())
        .collect()
}

/// The tables whose rows rules watch.
pub fn tables(surveys: &Surveys) -> BTreeSet<ColumnName> {
    surveys
        .rules
        .iter()
        .map(|rule| rule.table.clone())
        .collect()
}
