//! What must hold of a configuration beyond its shape.

mod answers;
mod columns;
mod surveys;
mod write_back;

use std::collections::BTreeSet;

use super::{CaseRule, Configuration, Connection, Customers, Threshold};
use crate::cases::{CaseType, Origin, Priority};
use crate::customers::Several;
use crate::names::ColumnName;
use crate::response::Metric;
use crate::rules;
use crate::score::Score;
use crate::texts::{self, Vocabulary};

pub use answers::{
    answers_of_condition, answers_of_template, members_of_condition, members_of_template,
};

/// A broken rule, at a path such as `case_rules[0].when`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where in the document.
    pub path: String,
    /// What is wrong and what was expected.
    pub text: String,
}

/// Everything that is wrong with a configuration that has the right shape.
pub fn check(configuration: &Configuration) -> Vec<Problem> {
    let mut found = Vec::new();
    connections(configuration, &mut found);
    customers(&configuration.customers, &mut found);
    let mut names = BTreeSet::new();
    for (index, rule) in configuration.case_rules.iter().enumerate() {
        let path = format!("case_rules[{index}]");
        if !names.insert(rule.name.clone()) {
            report(
                &mut found,
                &path,
                "name",
                format!("the rule name {} is taken by an earlier rule", rule.name),
            );
        }
        case_rule(rule, &path, &mut found);
    }
    for (index, threshold) in configuration.reopen.iter().enumerate() {
        let path = format!("reopen[{index}]");
        if !names.insert(threshold.name.clone()) {
            report(
                &mut found,
                &path,
                "name",
                format!(
                    "the name {} is taken by an earlier rule or threshold",
                    threshold.name
                ),
            );
        }
        reopening(threshold, &path, &mut found);
    }
    if let Some(write_back) = &configuration.write_back {
        write_back::check(write_back, configuration.dynamics().is_some(), &mut found);
    }
    if let Some(surveys) = &configuration.surveys {
        surveys::check(configuration, surveys, &mut names, &mut found);
    }
    let acts = !configuration.case_rules.is_empty() || !configuration.reopen.is_empty();
    if acts && configuration.dynamics().is_none() {
        report(
            &mut found,
            "connections",
            "",
            "rules need a connection of kind dynamics to open cases in".into(),
        );
    }
    found
}

fn report(found: &mut Vec<Problem>, path: &str, field: &str, text: String) {
    let path = if field.is_empty() {
        path.to_owned()
    } else {
        format!("{path}.{field}")
    };
    found.push(Problem { path, text });
}

fn connections(configuration: &Configuration, found: &mut Vec<Problem>) {
    let mut dynamics = 0;
    for (name, connection) in &configuration.connections {
        let path = format!("connections.{name}");
        if connection.secret().trim().is_empty() {
            report(
                found,
                &path,
                "secret",
                "expected the name of a secret, such as cxloop/wxm".into(),
            );
        }
        match connection {
            Connection::Wxm(wxm) => {
                address(&wxm.url, &path, "url", found);
                address(&wxm.survey_url, &path, "survey_url", found);
                template(&wxm.note, Vocabulary::Noted, &path, "note", found);
            }
            Connection::Standard(_) => {}
            Connection::Dynamics(connection) => {
                dynamics += 1;
                if dynamics > 1 {
                    report(
                        found,
                        &path,
                        "kind",
                        "only one connection of kind dynamics is supported".into(),
                    );
                }
                address(&connection.url, &path, "url", found);
                if let Some(token_url) = &connection.token_url {
                    address(token_url, &path, "token_url", found);
                }
            }
        }
    }
}

/// An address must be https; plain http is for loopback, where the stand-ins are.
fn address(url: &str, path: &str, field: &str, found: &mut Vec<Problem>) {
    let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
        .iter()
        .any(|p| {
            url.strip_prefix(p)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        });
    let secure = url
        .strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    if !(secure || loopback) {
        report(
            found,
            path,
            field,
            format!("{url:?} is not an address: expected https://host (http only for 127.0.0.1)"),
        );
    }
}

fn case_rule(rule: &CaseRule, path: &str, found: &mut Vec<Problem>) {
    condition(&rule.when, path, "when", found);
    let case = &rule.case;
    let at = format!("{path}.case");
    customer_columns(&members_of_condition_both(&rule.when), path, "when", found);
    if case.title.trim().is_empty() {
        report(found, &at, "title", "a case needs a title".into());
    }
    for (field, value) in case.templates() {
        template(value, Vocabulary::Response, &at, &field, found);
        let mut named = members_of_template(value, rules::CRM);
        named.extend(members_of_template(value, rules::CRM_LABEL));
        customer_columns(&named, &at, &field, found);
    }
    columns::check(&case.columns, &at, found);
    choice(
        case.priority.as_deref(),
        Priority::NAMES,
        &at,
        "priority",
        found,
    );
    choice(case.origin.as_deref(), Origin::NAMES, &at, "origin", found);
    choice(
        case.case_type.as_deref(),
        CaseType::NAMES,
        &at,
        "type",
        found,
    );
}

fn reopening(threshold: &Threshold, path: &str, found: &mut Vec<Problem>) {
    if let Some(when) = &threshold.when {
        condition(when, path, "when", found);
        if !members_of_condition_both(when).is_empty() {
            let problem = "columns of the customer are known to case rules only";
            report(found, path, "when", problem.into());
        }
    }
    let highest = match threshold.metric {
        Metric::Nps => 10,
        Metric::Csat | Metric::Ces => 100,
    };
    if threshold.below <= Score::whole(0) || threshold.below > Score::whole(highest) {
        report(
            found,
            path,
            "below",
            format!("expected a number above 0 and up to {highest}"),
        );
    }
}

fn members_of_condition_both(condition: &str) -> BTreeSet<String> {
    let mut named = members_of_condition(condition, rules::CRM);
    named.extend(members_of_condition(condition, rules::CRM_LABEL));
    named
}

/// The names go into a request, so they must be names.
fn customer_columns(named: &BTreeSet<String>, path: &str, field: &str, found: &mut Vec<Problem>) {
    for name in named {
        if let Err(problem) = ColumnName::parse(name.as_str()) {
            report(found, path, field, problem.to_string());
        }
    }
}

fn customers(customers: &Customers, found: &mut Vec<Problem>) {
    if customers.several == Several::Otherwise && customers.otherwise.is_none() {
        report(
            found,
            "customers",
            "several",
            "several: otherwise needs customers.otherwise".into(),
        );
    }
}

fn condition(text: &str, path: &str, field: &str, found: &mut Vec<Problem>) {
    if let Err(problem) = rules::Condition::parse(text) {
        report(found, path, field, problem.to_string());
    }
}

fn template(text: &str, vocabulary: Vocabulary, path: &str, field: &str, found: &mut Vec<Problem>) {
    if let Err(problem) = texts::check(text, vocabulary) {
        report(found, path, field, problem.to_string());
    }
}

/// A value without template marks must be one of the names; with marks it is known only at run time.
fn choice(value: Option<&str>, names: &[&str], path: &str, field: &str, found: &mut Vec<Problem>) {
    let Some(value) = value else { return };
    let fixed = !value.contains("{{") && !value.contains("{%");
    if fixed && !names.iter().any(|n| n.eq_ignore_ascii_case(value.trim())) {
        report(
            found,
            path,
            field,
            format!("{value:?} is not one of {}", names.join(", ")),
        );
    }
}
