//! Merging two rows into one.
//! Source: Microsoft Learn, "Merge table rows using the Web API" and "Merge cases".

use std::sync::Arc;

use uuid::Uuid;

use super::super::access::Right;
use super::super::change;
use super::super::incident;
use super::super::model::{ColumnId, Kind, Model, Table, TableId};
use super::super::payload;
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Row};
use super::super::state;
use super::super::steps;
use super::super::value::Value;
use super::{Invocation, Parameters};

/// The tables whose rows can be merged: the state and status reason of the row that goes out, and its lookup to a parent.
const TABLES: &[(&str, (i64, i64), &str)] = &[
    ("account", (1, 2), "parentaccountid"),
    ("contact", (1, 2), "parentcustomerid"),
    ("lead", (2, 7), "parentaccountid"),
    ("incident", (incident::CANCELLED, 2000), "parentcaseid"),
];

/// Tables whose rows stay with the row that goes out: how it waited and how it ended is its own history.
const STAY: &[&str] = &["queueitem", "incidentresolution", "principalobjectaccess"];

/// `Merge`: what points to the subordinate points to the target afterwards, and the subordinate is closed.
pub(super) fn merge(organisation: &mut Organisation, call: &Invocation<'_>) -> Result<(), Refusal> {
    let model = Arc::clone(organisation.model());
    let parameters = Parameters::read(
        call,
        &[
            "Target",
            "Subordinate",
            "UpdateContent",
            "PerformParentingChecks",
        ],
    )?;
    let (table, target) = parameters.row(organisation, "Target", None)?;
    let (other, subordinate) = parameters.row(organisation, "Subordinate", None)?;
    let checks = parameters.flag_or_no("PerformParentingChecks")?;
    let described = model.table(table);
    let Some((_, out, parent)) = TABLES.iter().find(|(name, ..)| *name == described.name) else {
        return Err(Refusal::new(
            405,
            "0x80040315",
            format!("Rows of '{}' cannot be merged.", described.name),
        ));
    };
    call.caller.may(Right::Write, described)?;
    if other != table {
        return Err(Refusal::invalid_argument(
            "Only rows of the same table can be merged.",
        ));
    }
    if target == subordinate {
        return Err(Refusal::new(
            400,
            "0x80045305",
            "Merge cannot be performed on master and sub-entities that are identical.",
        ));
    }
    let row = |id: Uuid| {
        let row = organisation
            .row(table, id)
            .ok_or_else(|| Refusal::missing_row(&described.name, id))?;
        if change::is_active(described, row) {
            Ok(row.clone())
        } else {
            Err(Refusal::new(
                400,
                "0x80045304",
                "Merge cannot be performed on entity that is inactive.",
            ))
        }
    };
    let (kept, gone) = (row(target)?, row(subordinate)?);
    let parents = Parents {
        of_target: kept.get(described, parent).as_row().map(|(_, id)| id),
        of_subordinate: gone.get(described, parent).as_row().map(|(_, id)| id),
    };
    if described.name == "incident" {
        parents.check_cases(has_children(organisation, described, subordinate))?;
    } else {
        parents.check(subordinate, checks)?;
        if let Ok(content) = parameters.object("UpdateContent") {
            let changes = payload::read(organisation, table, content, call.references)?;
            // The key that names the content is of neither row.
            let changes = payload::Changes {
                id: None,
                ..changes
            };
            change::update(organisation, call.caller, table, target, &changes)?;
        }
    }
    organisation.deeper(|organisation| {
        point_elsewhere(organisation, call, &model, table, subordinate, target);
        change::as_system(
            organisation,
            call.caller,
            table,
            subordinate,
            |table_, row| {
                row.set(table_, "statecode", Value::Whole(out.0));
                row.set(table_, "statuscode", Value::Whole(out.1));
                row.set(table_, "merged", Value::Flag(true));
                row.set(table_, "masterid", Value::Row(table, target));
            },
        );
        state::after_write(organisation, call.caller, table, subordinate, Some(&gone))
    })?;
    let both = (target, subordinate);
    steps::merged(organisation, call.caller, table, both, checks);
    Ok(())
}

/// The rows above both.
struct Parents {
    of_target: Option<Uuid>,
    of_subordinate: Option<Uuid>,
}

impl Parents {
    /// A child case is merged only with a child of the same parent, and a child case cannot have children of its own.
    fn check_cases(&self, subordinate_has_children: bool) -> Result<(), Refusal> {
        match (self.of_target, self.of_subordinate) {
            (target, Some(subordinate)) if target != Some(subordinate) => Err(Refusal::new(
                400,
                "0x8003f450",
                "Child cases having different parent case associated can not be merged.",
            )),
            (Some(_), _) if subordinate_has_children => Err(Refusal::new(
                400,
                "0x8003f453",
                "Associating child cases to the existing child case is not allowed.",
            )),
            _ => Ok(()),
        }
    }

    fn check(&self, subordinate: Uuid, warn: bool) -> Result<(), Refusal> {
        if self.of_target == Some(subordinate) {
            return Err(Refusal::new(
                400,
                "0x80045300",
                "Merge could create cyclical parenting.",
            ));
        }
        match (self.of_target, self.of_subordinate) {
            (None, Some(_)) if warn => Err(Refusal::new(
                400,
                "0x80045317",
                "Merge warning: sub-entity might lose parenting",
            )),
            (Some(target), Some(other)) if warn && target != other => Err(Refusal::new(
                400,
                "0x80045316",
                "Merge warning: sub-entity will be differently parented.",
            )),
            _ => Ok(()),
        }
    }
}

fn has_children(organisation: &Organisation, table: &Table, id: Uuid) -> bool {
    table
        .collection("incident_parent_incident")
        .is_some_and(|children| {
            !organisation
                .having(children.table, children.column, &Value::Guid(id))
                .is_empty()
        })
}

/// Every lookup to `from` leads to `to` afterwards.
fn point_elsewhere(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    model: &Model,
    table: TableId,
    from: Uuid,
    to: Uuid,
) {
    for (pointing, described) in model.tables() {
        // The view over all activities follows the activities.
        if STAY.contains(&described.name.as_str()) || described.name == super::super::activity::VIEW
        {
            continue;
        }
        for column in lookups(described, table) {
            for id in organisation.having(pointing, column, &Value::Row(table, from)) {
                if pointing == table && id == to {
                    continue;
                }
                let to = Value::Row(table, to);
                change::as_system(organisation, call.caller, pointing, id, |described, row| {
                    point(described, row, column, to);
                });
            }
        }
    }
}

/// The columns of a table that callers may point to a row of `target`; those that the service fills follow them.
fn lookups(table: &Table, target: TableId) -> Vec<ColumnId> {
    let leads_there = |kind: &Kind| matches!(kind, Kind::Lookup(targets) if targets.iter().any(|found| found.table == target));
    let columns = table.columns.iter().enumerate();
    columns
        .filter(|(_, column)| {
            leads_there(&column.kind) && !column.read_only && column.name != "masterid"
        })
        .map(|(at, _)| at)
        .collect()
}

fn point(table: &Table, row: &mut Row, column: ColumnId, to: Value) {
    if table.columns[column].name == "customerid" {
        // Which of the two is filled tells the table of the customer, and that stays the same.
        for copy in ["accountid", "contactid"] {
            if !row.get(table, copy).is_null() {
                row.set(table, copy, to.clone());
            }
        }
    }
    row.set_at(column, to);
}
