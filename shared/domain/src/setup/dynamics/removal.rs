//! What is to be done so that an organisation is as it was before.

use super::super::{Line, Mark, Plan};
use super::found::Found;
use super::{Action, PUBLISHER, SOLUTION, columns, keys, tables};

const HOLDS_DATA: &str = "its rows hold data; --with-data removes it with them";

/// What removes what [`plan`](super::plan) made, last made first. Columns and tables stay, and with them the solution that
/// they belong to, unless their data may go.
pub fn removal(found: &Found, with_data: bool) -> Plan<Action> {
    let mut lines: Vec<Line<Action>> = found
        .steps
        .iter()
        .map(|step| {
            let remove = vec![Action::RemoveStep(step.id)];
            Line::new(Mark::Remove, format!("step {}", step.name), remove)
        })
        .collect();
    if let Some(endpoint) = &found.endpoint {
        let remove = vec![Action::RemoveEndpoint(endpoint.id)];
        lines.push(Line::new(
            Mark::Remove,
            format!("webhook {}", endpoint.url),
            remove,
        ));
    }
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
    if let Some((id, _)) = &found.publisher {
        lines.push(container(
            format!("publisher {PUBLISHER}"),
            Action::RemovePublisher(*id),
        ));
    }
    Plan { lines }
}

fn data(what: String, action: Action, with_data: bool) -> Line<Action> {
    if with_data {
        Line::new(Mark::Remove, what, vec![action])
    } else {
        Line::idle(Mark::Left, what).because(HOLDS_DATA)
    }
}
