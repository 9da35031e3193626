//! `$select`: which columns an answer holds.
//! Source: Microsoft Learn, "Select columns using OData".

use super::super::model::{ColumnId, Kind, Table};
use super::super::refusal::Refusal;
use super::expand::Expand;

/// The selected columns; all of them when the option is absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Select(Option<Vec<ColumnId>>);

impl Select {
    /// Reads a list of columns; an unknown or wrongly cased name is refused.
    /// Source: Microsoft Learn, "Troubleshoot Dataverse Web API client errors".
    pub(crate) fn read(table: &Table, text: &str) -> Result<Self, Refusal> {
        let mut columns = Vec::new();
        for name in text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            if name == "*" {
                return Ok(Self(None));
            }
            let column = table
                .wire(name)
                .ok_or_else(|| Refusal::unknown_property(name, &table.name))?;
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        Ok(Self(Some(columns)))
    }

    /// The columns to write: the chosen ones, the primary key, the currency of money and the whole of addresses.
    /// Source: Microsoft Learn, "Retrieve a table row using the Web API" (retrieve specific properties).
    pub(crate) fn columns(&self, table: &Table) -> Vec<ColumnId> {
        let Some(chosen) = &self.0 else {
            return (0..table.columns.len()).collect();
        };
        let mut columns = chosen.clone();
        let mut add = |name: &str| {
            if let Some(column) = table.column(name)
                && !columns.contains(&column)
            {
                columns.push(column);
            }
        };
        for column in chosen.iter().map(|at| &table.columns[*at]) {
            if matches!(column.kind, Kind::Decimal { money: true, .. }) {
                add("transactioncurrencyid");
            }
            if column.name.starts_with("address")
                && let Some((address, _)) = column.name.split_once('_')
            {
                add(&format!("{address}_composite"));
            }
        }
        add(&table.id);
        columns
    }

    /// The names that the context address lists, for example `title,customerid_contact(fullname)`; empty when it lists none.
    pub(crate) fn names(&self, table: &Table, expands: &[Expand]) -> String {
        let columns = self.0.iter().flatten();
        let mut names: Vec<String> = columns
            .map(|column| table.columns[*column].wire.clone())
            .collect();
        names.extend(expands.iter().map(Expand::context));
        names.join(",")
    }
}
