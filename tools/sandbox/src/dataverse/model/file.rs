//! The form of a model file, and building a [`Model`] from several of them.

use std::collections::HashMap;

use serde::Deserialize;

use super::naming;
use super::{
    Autonumber, ChoiceOption, ChoiceRole, Collection, Column, Kind, Model, OnDelete, Table,
    TableId, Target, Through,
};

/// Why model files do not make a model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A text is not in the form of a model file.
    #[error("model file {position}: {reason}")]
    Unreadable {
        /// Position of the text in the list, from 0.
        position: usize,
        /// What the JSON reader said.
        reason: serde_json::Error,
    },
    /// A file names something that no file describes.
    #[error("table {table}: {what} `{name}` is not in the model")]
    Unknown {
        /// The table whose file has the mistake.
        table: String,
        /// The kind of thing that is missing.
        what: &'static str,
        /// Its name.
        name: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    table: String,
    set: String,
    type_code: i64,
    id: String,
    name: String,
    display_collection: Option<String>,
    #[serde(default)]
    read_only_when_inactive: bool,
    #[serde(default)]
    activity: bool,
    #[serde(default)]
    key_without_name: bool,
    duplicates_by: Option<String>,
    autonumber: Option<AutonumberFile>,
    columns: Vec<ColumnFile>,
    collections: Vec<CollectionFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AutonumberFile {
    column: String,
    prefix: String,
    first: u64,
    digits: usize,
    suffix: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CollectionFile {
    navigation: String,
    table: String,
    column: Option<String>,
    through: Option<ThroughFile>,
    #[serde(default)]
    on_delete: OnDelete,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThroughFile {
    table: String,
    here: String,
    there: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnFile {
    name: String,
    label: Option<String>,
    #[serde(rename = "type")]
    kind: KindFile,
    min: Option<i64>,
    max: Option<i64>,
    labels: Option<[String; 2]>,
    default: Option<serde_json::Value>,
    choices: Option<Vec<OptionFile>>,
    targets: Option<Vec<TargetFile>>,
    #[serde(default)]
    required: bool,
    recommended: Option<Recommended>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    create_only: bool,
    #[serde(default)]
    write_only: bool,
    #[serde(default)]
    indexed: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Recommended {
    Application,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindFile {
    Id,
    Text,
    Memo,
    Integer,
    BigInt,
    Decimal,
    Money,
    Double,
    Boolean,
    DateTime,
    Date,
    Guid,
    Choice,
    State,
    Status,
    Lookup,
    Version,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionFile {
    value: i64,
    label: String,
    state: Option<i64>,
    default_reason: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetFile {
    navigation: String,
    table: String,
}

/// Reads the files and resolves every name in them.
pub(super) fn load(texts: &[&str]) -> Result<Model, ModelError> {
    let mut files = Vec::with_capacity(texts.len());
    for (position, text) in texts.iter().enumerate() {
        files.push(
            serde_json::from_str::<TableFile>(text)
                .map_err(|reason| ModelError::Unreadable { position, reason })?,
        );
    }
    let names = Names {
        tables: files
            .iter()
            .enumerate()
            .map(|(at, file)| (file.table.as_str(), TableId(at as u16)))
            .collect(),
        columns: files
            .iter()
            .map(|file| {
                file.columns
                    .iter()
                    .enumerate()
                    .map(|(at, column)| (column.name.as_str(), at))
                    .collect()
            })
            .collect(),
    };
    let mut model = Model::default();
    for file in &files {
        model.add_table(names.table(file)?);
    }
    model.add_activity_parties();
    Ok(model)
}

/// Names of tables and columns in all files.
struct Names<'f> {
    tables: HashMap<&'f str, TableId>,
    columns: Vec<HashMap<&'f str, usize>>,
}

impl Names<'_> {
    fn table(&self, file: &TableFile) -> Result<Table, ModelError> {
        let unknown = |what, name: &str| ModelError::Unknown {
            table: file.table.clone(),
            what,
            name: name.to_owned(),
        };
        let find = |table: &str| {
            self.tables
                .get(table)
                .copied()
                .ok_or_else(|| unknown("table", table))
        };
        let at = |table: TableId, column: &str| {
            self.columns[usize::from(table.0)]
                .get(column)
                .copied()
                .ok_or_else(|| unknown("column", column))
        };
        let own = find(&file.table)?;
        at(own, &file.id)?;
        let autonumber = match &file.autonumber {
            Some(number) => Some(Autonumber {
                column: at(own, &number.column)?,
                prefix: number.prefix.clone(),
                first: number.first,
                digits: number.digits,
                suffix: number.suffix,
            }),
            None => None,
        };
        let mut collections = Vec::with_capacity(file.collections.len());
        for collection in &file.collections {
            let table = find(&collection.table)?;
            let through = match &collection.through {
                Some(through) => {
                    let intersect = find(&through.table)?;
                    Some(Through {
                        table: intersect,
                        here: at(intersect, &through.here)?,
                        there: at(intersect, &through.there)?,
                    })
                }
                None => None,
            };
            let column = match (&collection.column, &through) {
                (Some(column), _) => at(table, column)?,
                (None, Some(_)) => 0,
                (None, None) => {
                    return Err(unknown("column of collection", &collection.navigation));
                }
            };
            collections.push(Collection {
                navigation: collection.navigation.clone(),
                schema: collection.navigation.clone(),
                table,
                column,
                through,
                on_delete: collection.on_delete,
            });
        }
        let mut columns = Vec::with_capacity(file.columns.len());
        for column in &file.columns {
            let mut targets = Vec::new();
            for target in column.targets.iter().flatten() {
                targets.push(Target {
                    navigation: target.navigation.clone(),
                    table: find(&target.table)?,
                });
            }
            columns.push(self::column(column, targets));
        }
        let label = naming::singular(&file.display_collection, &file.table);
        Ok(Table {
            primary_name: at(own, &file.name)?,
            duplicates_by: match &file.duplicates_by {
                Some(column) => Some(at(own, column)?),
                None => None,
            },
            schema: naming::schema(&file.table, Some(&label)),
            display_collection: file
                .display_collection
                .clone()
                .unwrap_or_else(|| label.clone()),
            label,
            activity: file.activity,
            read_only_when_inactive: file.read_only_when_inactive,
            key_without_name: file.key_without_name,
            autonumber,
            columns,
            collections,
            ..Table::named(&file.table, &file.set, file.type_code, &file.id)
        })
    }
}

fn column(file: &ColumnFile, targets: Vec<Target>) -> Column {
    let choice = |role| Kind::Choice {
        role,
        options: file
            .choices
            .iter()
            .flatten()
            .map(|option| ChoiceOption {
                value: option.value,
                label: option.label.clone(),
                state: option.state,
                default_reason: option.default_reason,
            })
            .collect(),
        default: file.default.as_ref().and_then(serde_json::Value::as_i64),
    };
    let length = || {
        file.max
            .and_then(|max| usize::try_from(max).ok())
            .unwrap_or(usize::MAX)
    };
    let bounds = |least: i64, most: i64| (file.min.unwrap_or(least), file.max.unwrap_or(most));
    let kind = match file.kind {
        KindFile::Id => Kind::Id,
        KindFile::Text | KindFile::Memo => Kind::Text(length()),
        KindFile::Integer => {
            let (min, max) = bounds(i64::from(i32::MIN), i64::from(i32::MAX));
            Kind::Whole(min, max)
        }
        KindFile::BigInt => Kind::Big,
        KindFile::Decimal | KindFile::Money => {
            let money = matches!(file.kind, KindFile::Money);
            let (min, max) = if money {
                bounds(-922_337_203_685_477, 922_337_203_685_477)
            } else {
                bounds(-100_000_000_000, 100_000_000_000)
            };
            Kind::Decimal {
                min,
                max,
                precision: if money { 4 } else { 10 },
                money,
            }
        }
        KindFile::Double => {
            let (min, max) = bounds(-100_000_000_000, 100_000_000_000);
            Kind::Float { min, max }
        }
        KindFile::Boolean => Kind::Flag {
            labels: file
                .labels
                .clone()
                .unwrap_or_else(|| ["No".to_owned(), "Yes".to_owned()]),
            default: file.default.as_ref().and_then(serde_json::Value::as_bool),
        },
        KindFile::DateTime => Kind::Time,
        KindFile::Date => Kind::Day,
        KindFile::Guid => Kind::Guid,
        KindFile::Choice => choice(ChoiceRole::Plain),
        KindFile::State => choice(ChoiceRole::State),
        KindFile::Status => choice(ChoiceRole::Status),
        KindFile::Lookup => Kind::Lookup(targets),
        KindFile::Version => Kind::Version,
    };
    Column {
        label: file.label.clone().unwrap_or_else(|| file.name.clone()),
        schema: naming::schema(&file.name, file.label.as_deref()),
        memo: matches!(file.kind, KindFile::Memo),
        required: file.required,
        recommended: file.recommended.is_some(),
        read_only: file.read_only,
        create_only: file.create_only,
        write_only: file.write_only,
        indexed: file.indexed,
        ..Column::named(&file.name, kind)
    }
}
