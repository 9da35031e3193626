//! What is to be done so that an organisation is as it was before.

use super::super::address::host;
use super::super::{Line, Mark, Plan};
use super::found::{EndpointFound, Found};
use super::plan::NOT_MADE_BY_SETUP;
use super::{Action, EndpointWanted, PREFIX, PUBLISHER, SOLUTION, columns, keys, tables};

const HOLDS_DATA: &str = "its rows hold data; --with-data removes it with them";

/// What removes what [`plan`](super::plan()) made, last made first. Columns and tables stay, and with them the solution that
/// they belong to, unless their data may go. What others made stays, and so does an endpoint of another deployment with its
/// steps.
pub fn removal(wanted: &EndpointWanted, found: &Found, with_data: bool) -> Plan<Action> {
    let mut lines = telling(wanted, found);
    for wanted in keys() {
        let there = found
            .tables
            .get(wanted.table)
            .is_some_and(|table| table.keys.contains_key(wanted.name));
        if there {
            let remove = Action::RemoveKey {
                table: wanted.table,
                key: wanted.name.to_owned(),
            };
            let what = format!("key {} of {}", wanted.name, wanted.table);
            lines.push(Line::new(Mark::Remove, what, vec![remove]));
        }
    }
    let before_data = lines.len();
    for column in columns().iter().rev() {
        let goes_with_its_table = tables().iter().any(|table| table.name == column.table);
        let kind = found
            .tables
            .get(column.table)
            .and_then(|table| table.columns.get(column.name));
        // One of another type is not ours.
        if !goes_with_its_table && kind.is_some_and(|kind| kind == column.kind.type_name()) {
            let what = format!("column {} of {}", column.name, column.table);
            lines.push(data(what, Action::RemoveColumn(column), with_data));
        }
    }
    for table in tables()
        .iter()
        .rev()
        .filter(|table| found.tables.contains_key(table.name))
    {
        lines.push(data(
            format!("table {}", table.name),
            Action::RemoveTable(table),
            with_data,
        ));
    }
    let left = lines[before_data..]
        .iter()
        .any(|line| line.mark == Mark::Left);
    let container = |what: String, action: Action| match left {
        true => Line::idle(Mark::Left, what).because("what stays belongs to it"),
        false => Line::new(Mark::Remove, what, vec![action]),
    };
    if let Some(id) = found.solution {
        lines.push(container(
            format!("solution {SOLUTION}"),
            Action::RemoveSolution(id),
        ));
    }
    if let Some((id, prefix)) = &found.publisher {
        let what = format!("publisher {PUBLISHER}");
        lines.push(if prefix.eq_ignore_ascii_case(PREFIX) {
            container(what, Action::RemovePublisher(*id))
        } else {
            Line::idle(Mark::Left, what).because(format!(
                "its prefix is {prefix} and not {PREFIX}, so it is not ours"
            ))
        });
    }
    Plan { lines }
}

/// The steps and the endpoint that they tell.
fn telling(wanted: &EndpointWanted, found: &Found) -> Vec<Line<Action>> {
    let elsewhere = found
        .endpoint
        .as_ref()
        .and_then(|endpoint| elsewhere(wanted, endpoint));
    let mut lines = Vec::new();
    for step in &found.steps {
        let what = format!("step {}", step.name);
        lines.push(match &elsewhere {
            _ if !wanted.has_made(step) => Line::idle(Mark::Left, what).because(NOT_MADE_BY_SETUP),
            Some(why) => Line::idle(Mark::Left, what).because(why),
            None => Line::new(Mark::Remove, what, vec![Action::RemoveStep(step.id)]),
        });
    }
    let Some(endpoint) = &found.endpoint else {
        return lines;
    };
    let what = format!("webhook {}", endpoint.url);
    let line = if let Some(why) = elsewhere {
        Line::idle(Mark::Left, what).because(why)
    } else if lines.iter().any(|line| line.mark == Mark::Left) {
        // Dynamics deletes no endpoint that has steps.
        Line::idle(Mark::Left, what).because("steps that setup did not make tell it")
    } else {
        Line::new(
            Mark::Remove,
            what,
            vec![Action::RemoveEndpoint(endpoint.id)],
        )
    };
    lines.push(line);
    lines
}

/// Why an endpoint is another deployment's, where somebody says which one is ours.
fn elsewhere(wanted: &EndpointWanted, endpoint: &EndpointFound) -> Option<String> {
    let (ours, theirs) = (host(&wanted.url), host(&endpoint.url));
    let other = !ours.is_empty() && !theirs.eq_ignore_ascii_case(ours);
    other.then(|| format!("it tells {theirs} and not {ours}, so it is another deployment's"))
}

fn data(what: String, action: Action, with_data: bool) -> Line<Action> {
    if with_data {
        Line::new(Mark::Remove, what, vec![action])
    } else {
        Line::idle(Mark::Left, what).because(HOLDS_DATA)
    }
}
