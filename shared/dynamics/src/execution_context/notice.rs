//! From a body's words to what the decisions ask for.

use std::collections::BTreeMap;

use cxloop_domain::names::ColumnName;
use cxloop_domain::record_changed::{Authorship, NamedRow, Notice, OperationIds, Record};
use jiff::Timestamp;
use uuid::Uuid;

use super::values::{Reference, Row, Value};
use super::{ExecutionContext, Values};

/// The columns by which notes, activities and queue items name the row that they belong to.
const BELONGS: [&str; 2] = ["regardingobjectid", "objectid"];

/// The table of cases, and the one of the activities that resolve them.
const CASES: &str = "incident";
const RESOLUTIONS: &str = "incidentresolution";

impl ExecutionContext {
    /// What the body says, as the decisions read it.
    pub fn notice(&self) -> Notice {
        let primary = self
            .primary_table
            .as_deref()
            .zip(self.primary_id)
            .and_then(|(table, id)| record(table, id));
        let rows = self.named_rows();
        let images = [&self.after, &self.before].into_iter().flatten();
        let about = images.flat_map(BTreeMap::values).find_map(belongs_to);
        Notice {
            message: self.message.clone(),
            organization: self.organization_id,
            primary,
            closed: self.closed_case(),
            subordinate: self.subordinate(),
            about,
            authorship: self.authorship(),
            operation: OperationIds {
                operation: self.operation_id,
                request: self.request_id,
                step: self.step,
                is_asynchronous: self.is_asynchronous,
            },
            happened_at: self.happened_at(),
            is_stripped: self.is_stripped(),
            rows,
        }
    }

    fn parameter(&self, name: &str) -> Option<&Value> {
        self.input.as_ref().and_then(|input| found(input, name))
    }

    /// The rows of `Target`, `Targets` or `EntityMoniker`. New rows may have their ids in the output only.
    fn named_rows(&self) -> Vec<NamedRow> {
        let output = |name: &str| self.output.as_ref().and_then(|output| found(output, name));
        if let Some(many) = self.parameter("Targets") {
            let ids: Vec<Option<Uuid>> = match output("Ids") {
                Some(Value::List(ids)) => ids.iter().map(Value::id).collect(),
                _ => Vec::new(),
            };
            return self.rows_of(many, &ids);
        }
        let one = self
            .parameter("Target")
            .or_else(|| self.parameter("EntityMoniker"));
        let id = output("id").and_then(Value::id);
        one.map(|one| self.rows_of(one, &[id])).unwrap_or_default()
    }

    fn rows_of(&self, value: &Value, ids: &[Option<Uuid>]) -> Vec<NamedRow> {
        let id = |at: usize, own: Option<Uuid>| own.or_else(|| ids.get(at).copied().flatten());
        let row = |(at, row): (usize, &Row)| self.named_row(row, id(at, row.id));
        let reference = |(at, reference): (usize, &Reference)| {
            self.named_row(&bare(reference), id(at, reference.id))
        };
        match value {
            Value::Row(one) => vec![row((0, one))],
            Value::Rows(many) => many.iter().enumerate().map(row).collect(),
            Value::Reference(one) => vec![reference((0, one))],
            Value::References(many) => many.iter().enumerate().map(reference).collect(),
            _ => Vec::new(),
        }
    }

    fn named_row(&self, row: &Row, id: Option<Uuid>) -> NamedRow {
        let table = row.table.as_deref().or(self.primary_table.as_deref());
        let names = row
            .columns
            .keys()
            .filter_map(|name| ColumnName::parse(name.as_str()).ok());
        NamedRow {
            record: table.zip(id).and_then(|(table, id)| record(table, id)),
            columns: names.collect(),
            about: belongs_to(row),
        }
    }

    /// The case in a resolution.
    fn closed_case(&self) -> Option<Record> {
        let Some(Value::Row(resolution)) = self.parameter("IncidentResolution") else {
            return None;
        };
        match found(&resolution.columns, "incidentid")? {
            Value::Reference(case) => record(case.table.as_deref().unwrap_or(CASES), case.id?),
            other => record(CASES, other.id()?),
        }
    }

    /// The row that was merged into the target. No public page shows this parameter in a webhook, so each of its known forms is taken.
    fn subordinate(&self) -> Option<Record> {
        let names = ["Subordinate", "SubordinateId", "SubordinateReference"];
        let value = names.iter().find_map(|name| self.parameter(name))?;
        let table = match value {
            Value::Row(row) => row.table.as_deref(),
            Value::Reference(reference) => reference.table.as_deref(),
            _ => None,
        };
        record(table.or(self.primary_table.as_deref())?, value.id()?)
    }

    fn authorship(&self) -> Authorship {
        let tag = |context: &Self| {
            let tag = found(&context.shared, "tag").and_then(Value::text);
            tag.is_some_and(Authorship::is_own_tag)
        };
        Authorship {
            is_tagged: self.with_parents().any(tag),
            initiating_user: self.initiating_user,
            user: self.user,
            modified_by: self.written("modifiedby").and_then(Value::id),
        }
    }

    /// When the row was written, as it says itself, else when the message was made: for an asynchronous step that is later,
    /// and servers outside of UTC are known to shift it by their offset.
    fn happened_at(&self) -> Option<Timestamp> {
        let of_row = self.written("modifiedon").and_then(Value::moment);
        of_row.or(self.created_on)
    }

    /// What was written to a column of the one target.
    fn written(&self, column: &str) -> Option<&Value> {
        match self.parameter("Target")? {
            Value::Row(row) => found(&row.columns, column),
            _ => None,
        }
    }
}

fn found<'v>(values: &'v Values, name: &str) -> Option<&'v Value> {
    let exact = values.get(name);
    exact.or_else(|| {
        let mut all = values.iter();
        all.find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

fn bare(reference: &Reference) -> Row {
    Row {
        table: reference.table.clone(),
        id: reference.id,
        ..Row::default()
    }
}

/// The row that a note, an activity, a queue item or a resolution belongs to.
fn belongs_to(row: &Row) -> Option<Record> {
    let is_resolution = row.table.as_deref() == Some(RESOLUTIONS);
    let resolved = is_resolution.then_some("incidentid");
    let mut columns = BELONGS.into_iter().chain(resolved);
    columns.find_map(|column| match found(&row.columns, column)? {
        Value::Reference(reference) => record(reference.table.as_deref()?, reference.id?),
        _ => None,
    })
}

fn record(table: &str, id: Uuid) -> Option<Record> {
    let table = ColumnName::parse(table).ok()?;
    Some(Record { table, id })
}
