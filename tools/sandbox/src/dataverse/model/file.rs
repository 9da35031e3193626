//! The form of a model file, and building a [`Model`] from several of them.

use std::collections::HashMap;

use serde::Deserialize;

use super::{
    Autonumber, ChoiceOption, ChoiceRole, Collection, Column, Kind, Model, Navigation, OnDelete,
    Table, TableId, Target,
};

/// The model files that come with the sandbox.
pub(super) const CUSTOMER_SERVICE: &[&str] = &[
    include_str!("../../../model/systemuser.json"),
    include_str!("../../../model/team.json"),
    include_str!("../../../model/queue.json"),
    include_str!("../../../model/account.json"),
    include_str!("../../../model/contact.json"),
    include_str!("../../../model/incident.json"),
    include_str!("../../../model/incidentresolution.json"),
    include_str!("../../../model/queueitem.json"),
    include_str!("../../../model/annotation.json"),
];

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
    #[serde(default)]
    read_only_when_inactive: bool,
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
    column: String,
    #[serde(default)]
    on_delete: OnDelete,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnFile {
    name: String,
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
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    create_only: bool,
    #[serde(default)]
    indexed: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindFile {
    Id,
    Text,
    Integer,
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
    let by_name: HashMap<String, TableId> = files
        .iter()
        .enumerate()
        .map(|(at, file)| (file.table.clone(), TableId(at as u16)))
        .collect();
    let by_set = files
        .iter()
        .enumerate()
        .map(|(at, file)| (file.set.clone(), TableId(at as u16)))
        .collect();
    let column_positions: Vec<HashMap<String, usize>> = files
        .iter()
        .map(|file| {
            file.columns
                .iter()
                .enumerate()
                .map(|(at, column)| (column.name.clone(), at))
                .collect()
        })
        .collect();
    let tables = files
        .into_iter()
        .map(|file| table(file, &by_name, &column_positions))
        .collect::<Result<_, _>>()?;
    Ok(Model {
        tables,
        by_set,
        by_name,
    })
}

fn table(
    file: TableFile,
    by_name: &HashMap<String, TableId>,
    positions: &[HashMap<String, usize>],
) -> Result<Table, ModelError> {
    let unknown = |what, name: &str| ModelError::Unknown {
        table: file.table.clone(),
        what,
        name: name.to_owned(),
    };
    let find = |table: &str| {
        by_name
            .get(table)
            .copied()
            .ok_or_else(|| unknown("table", table))
    };
    let at = |table: TableId, column: &str| {
        positions[usize::from(table.0)]
            .get(column)
            .copied()
            .ok_or_else(|| unknown("column", column))
    };
    let own = find(&file.table)?;
    at(own, &file.id)?;
    let primary_name = at(own, &file.name)?;
    let duplicates_by = file
        .duplicates_by
        .as_deref()
        .map(|column| at(own, column))
        .transpose()?;
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
        collections.push(Collection {
            navigation: collection.navigation.clone(),
            table,
            column: at(table, &collection.column)?,
            on_delete: collection.on_delete,
        });
    }
    let mut columns = Vec::with_capacity(file.columns.len());
    let mut navigations: HashMap<String, Navigation> = HashMap::new();
    for (position, column) in file.columns.iter().enumerate() {
        let mut targets = Vec::new();
        for target in column.targets.iter().flatten() {
            let table = find(&target.table)?;
            targets.push(Target {
                navigation: target.navigation.clone(),
                table,
            });
            navigations
                .entry(target.navigation.clone())
                .or_insert_with(|| Navigation {
                    column: position,
                    tables: Vec::new(),
                })
                .tables
                .push(table);
        }
        columns.push(self::column(column, targets));
    }
    let by_value_name = columns
        .iter()
        .enumerate()
        .map(|(at, column)| (column.wire.clone(), at))
        .collect();
    Ok(Table {
        by_name: positions[usize::from(own.0)].clone(),
        by_value_name,
        navigations,
        name: file.table,
        set: file.set,
        type_code: file.type_code,
        id: file.id,
        primary_name,
        read_only_when_inactive: file.read_only_when_inactive,
        key_without_name: file.key_without_name,
        duplicates_by,
        autonumber,
        columns,
        collections,
    })
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
    let kind = match file.kind {
        KindFile::Id => Kind::Id,
        KindFile::Text => Kind::Text(
            file.max
                .and_then(|max| usize::try_from(max).ok())
                .unwrap_or(usize::MAX),
        ),
        KindFile::Integer => Kind::Whole(
            file.min.unwrap_or(i64::from(i32::MIN)),
            file.max.unwrap_or(i64::from(i32::MAX)),
        ),
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
    let wire = if matches!(kind, Kind::Lookup(_)) {
        format!("_{}_value", file.name)
    } else {
        file.name.clone()
    };
    Column {
        name: file.name.clone(),
        wire,
        kind,
        required: file.required,
        read_only: file.read_only,
        create_only: file.create_only,
        indexed: file.indexed,
    }
}
