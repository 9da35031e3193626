//! The log that keeps an organisation in a file: one line for every row that a commit left behind or removed, for every
//! request that changed definitions, and for every running number. A line is written whole before the answer goes out.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::super::decimal::Decimal;
use super::super::model::{Kind, Model, Table, TableId};
use super::super::value::Value;
use super::{Deleted, Operation, Organisation, Row};

/// Why an organisation cannot be kept in a file.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file cannot be read or written.
    #[error("the file of the organisation: {0}")]
    File(#[from] io::Error),
    /// A line in the middle of the file is not one that the sandbox wrote.
    #[error("line {line} of the organisation's file: {reason}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What the JSON reader said.
        reason: serde_json::Error,
    },
}

/// A request that changed definitions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DefinitionWrite {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Json,
    pub(crate) at: Timestamp,
}

/// One line of the log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Record {
    Row {
        table: String,
        id: Uuid,
        version: u64,
        values: Map<String, Json>,
    },
    Gone {
        table: String,
        id: Uuid,
        at: i64,
        /// The version under which the deletion is told to those who follow changes; 0 when the line does not say.
        #[serde(default)]
        version: u64,
    },
    Number {
        table: String,
        next: u64,
    },
    Definition(DefinitionWrite),
}

/// An open log.
pub(super) struct Log {
    file: File,
}

impl Log {
    /// Writes whole lines. After a failure the file is cut to what it was, so that the next line does not follow half a line.
    fn append(&mut self, text: &[u8]) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let before = self.file.metadata()?.len();
        let written = self.file.write_all(text);
        if written.is_err()
            && let Err(error) = self.file.set_len(before)
        {
            tracing::error!(%error, "half a line may stand at the end of the organisation's file");
        }
        written
    }
}

/// Reads the log, leaves out what later lines replace, and opens it for more. A last line without its end is what a process
/// left that was killed while it wrote; nobody was answered for it.
pub(crate) fn open(path: &Path) -> Result<(Vec<Record>, File), LogError> {
    let mut records = Vec::new();
    let mut whole = 0;
    let there = match File::open(path) {
        Ok(file) => Some(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        // An organisation that cannot be read must not be taken for one that is not there, and be written over.
        Err(error) => return Err(error.into()),
    };
    if let Some(file) = there {
        let mut reader = BufReader::new(file);
        // A line that was cut may end inside a letter, so that lines are bytes until they are known to be whole.
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            whole += 1;
            let record = serde_json::from_slice(&line).map_err(|reason| LogError::Line {
                line: whole,
                reason,
            })?;
            records.push(record);
            line.clear();
        }
    }
    let mut seen = HashSet::new();
    let mut kept: Vec<Record> = Vec::with_capacity(records.len());
    for record in records.into_iter().rev() {
        let of_row = match &record {
            Record::Row { table, id, .. } | Record::Gone { table, id, .. } => {
                Some((table.clone(), *id))
            }
            Record::Number { table, .. } => Some((table.clone(), Uuid::nil())),
            Record::Definition(_) => None,
        };
        if of_row.is_none_or(|row| seen.insert(row)) {
            kept.push(record);
        }
    }
    kept.reverse();
    let fresh = path.with_extension("new");
    let mut text = Vec::new();
    for record in &kept {
        append(&mut text, record);
    }
    std::fs::write(&fresh, text)?;
    std::fs::rename(&fresh, path)?;
    let file = OpenOptions::new().append(true).open(path)?;
    Ok((kept, file))
}

fn append(text: &mut Vec<u8>, record: &Record) {
    if serde_json::to_writer(&mut *text, record).is_ok() {
        text.push(b'\n');
    }
}

impl Organisation {
    /// Writes down what every commit from now on changes.
    pub(crate) fn log_to(&mut self, file: File) {
        self.log = Some(Log { file });
    }

    /// Remembers a request that changed definitions, for the log.
    pub(crate) fn remember_definition(&mut self, write: DefinitionWrite) {
        if self.log.is_some() {
            self.definitions.push(write);
        }
    }

    pub(super) fn log_changes(&mut self) -> io::Result<()> {
        let Some(mut log) = self.log.take() else {
            return Ok(());
        };
        let mut text = Vec::new();
        for write in self.definitions.drain(..) {
            append(&mut text, &Record::Definition(write));
        }
        let model = std::sync::Arc::clone(&self.model);
        let mut done = HashSet::new();
        for write in &self.pending {
            let Some(table) = model.by_name(&write.table) else {
                continue;
            };
            if !done.insert((table, write.id)) {
                continue;
            }
            let described = model.table(table);
            match self.row(table, write.id) {
                Some(row) => append(&mut text, &record(&model, described, write.id, row)),
                None => append(
                    &mut text,
                    &Record::Gone {
                        table: write.table.clone(),
                        id: write.id,
                        at: write.at.as_second(),
                        version: self.version_of_deletion(table, write.id),
                    },
                ),
            }
            if write.operation == Operation::Create
                && let Some(next) = self.numbers.get(&table)
            {
                append(
                    &mut text,
                    &Record::Number {
                        table: write.table.clone(),
                        next: *next,
                    },
                );
            }
        }
        let written = log.append(&text);
        if let Err(error) = &written {
            tracing::error!(%error, "a change of the organisation was not written to its file");
        }
        self.log = Some(log);
        written
    }

    fn version_of_deletion(&self, table: TableId, id: Uuid) -> u64 {
        let latest = self.store(table).deleted.iter().rev();
        latest
            .into_iter()
            .find(|deleted| deleted.id == id)
            .map_or(self.version, |deleted| deleted.version)
    }

    /// Puts a row back as the log has it, past all rules.
    pub(crate) fn restore(&mut self, record: &Record) {
        let model = std::sync::Arc::clone(&self.model);
        match record {
            Record::Row {
                table,
                id,
                version,
                values,
            } => {
                let Some(table) = model.by_name(table) else {
                    return;
                };
                let described = model.table(table);
                let mut row = Row::with_defaults(described);
                for column in 0..described.columns.len() {
                    let stored = values.get(&described.columns[column].name);
                    let value = stored
                        .and_then(|json| value_of(&model, &described.columns[column].kind, json));
                    row.set_at(column, value.unwrap_or(Value::Null));
                }
                row.version = *version;
                row.settle();
                self.version = self.version.max(*version);
                self.exchange(table, *id, Some(row));
            }
            Record::Gone {
                table,
                id,
                at,
                version,
            } => {
                let Some(table) = model.by_name(table) else {
                    return;
                };
                self.exchange(table, *id, None);
                self.version = self.version.max(*version);
                let gone = Deleted {
                    version: *version,
                    id: *id,
                    at_seconds: *at,
                };
                for table in [Some(table), model.activity_view(table)]
                    .into_iter()
                    .flatten()
                {
                    self.stores[usize::from(table.0)].note_deletion(gone);
                }
            }
            Record::Number { table, next } => {
                if let Some(table) = model.by_name(table) {
                    self.numbers.insert(table, *next);
                }
            }
            Record::Definition(_) => {}
        }
    }
}

fn record(model: &Model, table: &Table, id: Uuid, row: &Row) -> Record {
    let values = row.values().map(|(column, value)| {
        let json = match value {
            Value::Row(target, id) => Json::String(format!("{}:{id}", model.table(*target).name)),
            Value::Decimal(number) => Json::String(number.to_string()),
            Value::Many(values) => Json::from(values.to_vec()),
            other => other.to_json(),
        };
        (table.columns[column].name.clone(), json)
    });
    Record::Row {
        table: table.name.clone(),
        id,
        version: row.version,
        values: values.collect(),
    }
}

fn value_of(model: &Model, kind: &Kind, json: &Json) -> Option<Value> {
    let text = || json.as_str();
    match kind {
        Kind::Text(_) => text().map(Value::text),
        Kind::Whole(..) | Kind::Choice { .. } | Kind::Big | Kind::Version => {
            json.as_i64().map(Value::Whole)
        }
        Kind::Decimal { .. } => text().and_then(Decimal::parse).map(Value::Decimal),
        Kind::Float { .. } => json.as_f64().map(Value::Float),
        Kind::Flag { .. } => json.as_bool().map(Value::Flag),
        Kind::Time => text()?.parse().ok().map(Value::Time),
        Kind::Day => text()?.parse().ok().map(Value::Day),
        Kind::Guid | Kind::Id => text()?.parse().ok().map(Value::Guid),
        Kind::Choices { .. } => {
            let values: Option<Vec<i64>> = json.as_array()?.iter().map(Json::as_i64).collect();
            values.map(|values| Value::Many(values.into()))
        }
        Kind::Lookup(_) => {
            let (table, id) = text()?.split_once(':')?;
            let table: TableId = model.by_name(table)?;
            Some(Value::Row(table, id.parse().ok()?))
        }
    }
}
