//! `$select`: which columns an answer holds.

use super::super::model::{ColumnId, Table};
use super::super::refusal::Refusal;

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
            columns.push(
                table
                    .wire(name)
                    .ok_or_else(|| Refusal::unknown_property(name, &table.name))?,
            );
        }
        Ok(Self(Some(columns)))
    }

    /// The columns to write, always with the primary key.
    pub(crate) fn columns(&self, table: &Table) -> Vec<ColumnId> {
        match &self.0 {
            None => (0..table.columns.len()).collect(),
            Some(chosen) => {
                let key = table.column(&table.id);
                let mut columns: Vec<ColumnId> = chosen.clone();
                columns.extend(key.filter(|key| !chosen.contains(key)));
                columns
            }
        }
    }

    /// The names that the context address lists, for example `title,ticketnumber`; `None` without the option.
    pub(crate) fn names(&self, table: &Table) -> Option<String> {
        let columns = self.0.as_ref()?;
        Some(
            columns
                .iter()
                .map(|column| table.columns[*column].wire.as_str())
                .collect::<Vec<_>>()
                .join(","),
        )
    }
}
