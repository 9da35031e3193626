//! What must hold of the columns that a rule fills in.

use std::collections::BTreeMap;

use super::{Problem, report};
use crate::configuration::{ColumnTemplate, LookupTemplate, TypedColumn};
use crate::names::ColumnName;

/// Columns that have a key of their own, or that only Dataverse or an agent sets.
const TAKEN: &[(&str, &str)] = &[
    ("title", "title"),
    ("description", "description"),
    ("prioritycode", "priority"),
    ("caseorigincode", "origin"),
    ("casetypecode", "type"),
    ("ownerid", "owner"),
    ("customerid", "customers"),
];
const NOT_OURS: &[&str] = &["incidentid", "statecode", "statuscode", "ticketnumber"];

pub(super) fn check(
    columns: &BTreeMap<ColumnName, ColumnTemplate>,
    at: &str,
    found: &mut Vec<Problem>,
) {
    for (name, column) in columns {
        let field = format!("columns.{name}");
        if let Some((_, key)) = TAKEN.iter().find(|(taken, _)| *taken == name.as_str()) {
            let problem = format!("{name} is set by the key {key}");
            report(found, at, &field, problem);
        }
        if NOT_OURS.contains(&name.as_str()) {
            report(found, at, &field, format!("{name} is not set by a rule"));
        }
        if let ColumnTemplate::Typed(TypedColumn::Lookup(lookup)) = column
            && let Some(problem) = problem_of(lookup)
        {
            report(found, at, &format!("{field}.lookup"), problem.to_owned());
        }
    }
}

fn problem_of(lookup: &LookupTemplate) -> Option<&'static str> {
    match (&lookup.id, &lookup.key, &lookup.value) {
        (Some(_), None, None) | (None, Some(_), Some(_)) => None,
        (None, None, None) => Some("expected id, or key and value"),
        (None, ..) => Some("key and value go together"),
        (Some(_), ..) => Some("expected either id, or key and value"),
    }
}
