//! Rows of any table, for surveys that a change of one sends.
//!
//! Source: Microsoft Learn, "Retrieve a table row using the Web API" and "Update and delete table rows using the Web API".

mod consent;
mod person;
mod tables;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::configuration::Applied;
use cxloop_domain::names::{ColumnName, ConnectionName};
use cxloop_domain::record_changed::Record;
use cxloop_domain::survey_trigger::{Consent, ConsentAsked, Person, SeenRow};
use cxloop_ports::{CrmRowDesks, CrmRows, Failure};

use super::{DynamicsCaseDesk, DynamicsCaseDesks, columns, record};
use crate::{Condition, Error, Query, Record as Read, Row};

pub(super) use tables::{Tables, address};

/// Counts up with each change of a row. Source: Microsoft Learn, "Optimistic concurrency" (RowVersion).
const VERSION: &str = "versionnumber";

#[async_trait]
impl CrmRows for DynamicsCaseDesk {
    async fn row(
        &self,
        record: &Record,
        columns: &BTreeSet<ColumnName>,
    ) -> Result<Option<SeenRow>, Failure> {
        let table = address(self, record.table.as_str()).await?;
        let doing = format!("read a row of {}", record.table);
        let query = Query::new()
            .select(columns.iter().map(ColumnName::as_str))
            .select(Some(VERSION).filter(|version| !columns.iter().any(|c| c.as_str() == *version)))
            .with_annotations();
        let read = match self
            .client()
            .await?
            .get(&table.set, record.id, &query)
            .await
        {
            Ok(row) => seen(record, columns, &row),
            Err(Error::NotFound(_)) => return Ok(None),
            Err(error) => Err(error),
        };
        match read {
            Ok(row) => Ok(Some(row)),
            Err(error) => Err(self.fail(&doing, &error).await),
        }
    }

    async fn person(
        &self,
        record: &Record,
        time_zone: Option<&ColumnName>,
    ) -> Result<Option<Person>, Failure> {
        person::read(self, record, time_zone).await
    }

    async fn consent(&self, asked: &ConsentAsked) -> Result<Consent, Failure> {
        consent::read(self, asked).await
    }

    async fn write_text(
        &self,
        record: &Record,
        column: &ColumnName,
        text: &str,
    ) -> Result<(), Failure> {
        let table = address(self, record.table.as_str()).await?;
        let doing = format!("write {column} of a row of {}", record.table);
        let client = self.client().await?;
        let query = Query::new().select([column.as_str()]);
        let written = match client.get(&table.set, record.id, &query).await {
            Ok(row) if row.text(column.as_str()) == Some(text) => return Ok(()),
            Ok(_) => {
                let row = Row::new().set(column.as_str(), text);
                client
                    .update(&table.set, record.id, &Condition::Exists, row)
                    .await
            }
            Err(error) => Err(error),
        };
        match written {
            Ok(_) => Ok(()),
            Err(error) => Err(self.fail(&doing, &error).await),
        }
    }
}

impl CrmRowDesks for DynamicsCaseDesks {
    fn rows(&self, applied: &Applied) -> Result<(ConnectionName, Arc<dyn CrmRows>), Failure> {
        let (name, desk) = self.dynamics_desk(applied)?;
        Ok((name, desk))
    }
}

fn seen(record: &Record, wanted: &BTreeSet<ColumnName>, row: &Read) -> Result<SeenRow, Error> {
    let version = row
        .whole(VERSION)
        .and_then(|version| u64::try_from(version).ok());
    let names = wanted.iter().map(ColumnName::as_str);
    let read = names
        .clone()
        .filter_map(|name| Some((name.to_owned(), columns::read(row, name)?)));
    let tables = names.filter_map(|name| {
        let table = row.lookup_table(lookup_of(name)?)?.parse().ok()?;
        Some((name.to_owned(), table))
    });
    Ok(SeenRow {
        record: record.clone(),
        row_version: version
            .or_else(|| record::version(row))
            .ok_or_else(|| Error::unavailable("the row has no version"))?,
        columns: read.collect(),
        tables: tables.collect(),
    })
}

/// The column of a lookup that is read as `_name_value`.
fn lookup_of(name: &str) -> Option<&str> {
    name.strip_prefix('_')?.strip_suffix("_value")
}

/// A text of a row without the space around it; `None` when nothing is left.
fn text(row: &Read, column: &str) -> Option<String> {
    let text = row.text(column)?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
