//! One table: its columns, its navigation properties, its alternate keys.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use super::super::value::Value;
use super::column::{ChoiceOption, ChoiceRole, Column, Kind};
use super::key::AlternateKey;
use super::{ColumnId, TableId};

/// One table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Logical name, for example `incident`.
    pub(crate) name: String,
    /// The name with the capitals of its maker.
    pub(crate) schema: String,
    /// Entity set name used in addresses, for example `incidents`.
    pub(crate) set: String,
    /// What people call one row.
    pub(crate) label: String,
    /// What people call several rows.
    pub(crate) display_collection: String,
    /// Number that `objecttypecode` columns hold for this table.
    pub(crate) type_code: i64,
    /// Name of the primary key column.
    pub(crate) id: String,
    /// Column whose text stands for the row in lookups.
    pub(crate) primary_name: ColumnId,
    /// Rows out of the first state accept only state changes.
    pub(crate) read_only_when_inactive: bool,
    /// Addresses name a row by the value of its key alone, never as `set(key=value)`.
    pub(crate) key_without_name: bool,
    /// Its rows are activities.
    pub(crate) activity: bool,
    /// Made over the metadata endpoints.
    pub(crate) custom: bool,
    /// Holds nothing but the pairs of a many-to-many relationship.
    pub(crate) intersect: bool,
    /// Column that the default duplicate rule compares.
    pub(crate) duplicates_by: Option<ColumnId>,
    pub(crate) autonumber: Option<Autonumber>,
    pub(crate) columns: Vec<Column>,
    pub(crate) collections: Vec<Collection>,
    pub(crate) keys: Vec<AlternateKey>,
    /// Columns that have an index.
    pub(crate) indexed: Vec<ColumnId>,
    pub(super) defaults: Arc<[(u16, Value)]>,
    pub(super) by_name: HashMap<String, ColumnId>,
    pub(super) by_value_name: HashMap<String, ColumnId>,
    pub(super) navigations: HashMap<String, Navigation>,
}

/// A single-valued navigation property.
#[derive(Clone, Debug)]
pub(crate) struct Navigation {
    pub(crate) column: ColumnId,
    /// More than one for `ownerid`, whose one name serves users and teams.
    pub(crate) tables: Vec<TableId>,
}

/// A collection-valued navigation property: rows of `table` whose lookup `column` points here, or that are joined with rows of
/// this table `through` another.
#[derive(Clone, Debug)]
pub(crate) struct Collection {
    pub(crate) navigation: String,
    /// Schema name of the relationship, which is the navigation's name unless whoever made it chose another.
    pub(crate) schema: String,
    pub(crate) table: TableId,
    /// Without meaning for a many-to-many relationship.
    pub(crate) column: ColumnId,
    pub(crate) through: Option<Through>,
    pub(crate) on_delete: OnDelete,
}

/// The table of pairs behind a many-to-many relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Through {
    pub(crate) table: TableId,
    /// Its column with the key of the row that the navigation starts from.
    pub(crate) here: ColumnId,
    /// Its column with the key of the row that the navigation leads to.
    pub(crate) there: ColumnId,
}

/// What becomes of the rows of a collection when the row that they point to is deleted.
/// Source: Microsoft Learn, "Configure table relationship cascading behavior".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnDelete {
    /// They lose their link.
    #[default]
    RemoveLink,
    /// They are deleted too.
    Cascade,
    /// As long as there are any, the row cannot be deleted.
    Restrict,
}

/// How a table numbers its rows: prefix, running number, dash, suffix.
#[derive(Clone, Debug)]
pub(crate) struct Autonumber {
    pub(crate) column: ColumnId,
    pub(crate) prefix: String,
    pub(crate) first: u64,
    pub(crate) digits: usize,
    pub(crate) suffix: usize,
}

impl Table {
    /// A table with nothing said about it but its names.
    pub(crate) fn named(name: &str, set: &str, type_code: i64, id: &str) -> Self {
        Self {
            name: name.to_owned(),
            schema: name.to_owned(),
            set: set.to_owned(),
            label: name.to_owned(),
            display_collection: set.to_owned(),
            type_code,
            id: id.to_owned(),
            primary_name: 0,
            read_only_when_inactive: false,
            key_without_name: false,
            activity: false,
            custom: false,
            intersect: false,
            duplicates_by: None,
            autonumber: None,
            columns: Vec::new(),
            collections: Vec::new(),
            keys: Vec::new(),
            indexed: Vec::new(),
            defaults: Arc::default(),
            by_name: HashMap::new(),
            by_value_name: HashMap::new(),
            navigations: HashMap::new(),
        }
    }

    /// Makes anew what follows from the columns.
    pub(super) fn link(&mut self) {
        let columns = || self.columns.iter().enumerate();
        self.by_name = columns()
            .map(|(at, column)| (column.name.clone(), at))
            .collect();
        self.by_value_name = columns()
            .map(|(at, column)| (column.wire.clone(), at))
            .collect();
        self.indexed = columns()
            .filter(|(_, column)| column.has_index())
            .map(|(at, _)| at)
            .collect();
        let mut navigations: HashMap<String, Navigation> = HashMap::new();
        for (at, column) in columns() {
            let Kind::Lookup(targets) = &column.kind else {
                continue;
            };
            for target in targets {
                navigations
                    .entry(target.navigation.clone())
                    .or_insert_with(|| Navigation {
                        column: at,
                        tables: Vec::new(),
                    })
                    .tables
                    .push(target.table);
            }
        }
        self.navigations = navigations;
        self.defaults = self.default_values().into();
    }

    fn default_values(&self) -> Vec<(u16, Value)> {
        let mut values = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            let value = match &column.kind {
                Kind::Flag {
                    default: Some(flag),
                    ..
                } => Value::Flag(*flag),
                Kind::Choice {
                    default: Some(number),
                    role: ChoiceRole::Plain,
                    ..
                } => Value::Whole(*number),
                Kind::Choice {
                    role: ChoiceRole::State,
                    options,
                    ..
                } => match options.first() {
                    Some(first) => Value::Whole(first.value),
                    None => continue,
                },
                Kind::Choice {
                    role: ChoiceRole::Status,
                    ..
                } => match self.first_state().and_then(|state| state.default_reason) {
                    Some(reason) => Value::Whole(reason),
                    None => continue,
                },
                _ => continue,
            };
            values.push((at as u16, value));
        }
        values
    }

    fn first_state(&self) -> Option<&ChoiceOption> {
        self.by_name
            .get("statecode")
            .and_then(|at| self.options(*at).first())
    }

    /// The values that a new row has before anything is set, in the order of the columns.
    pub(crate) fn defaults(&self) -> Arc<[(u16, Value)]> {
        Arc::clone(&self.defaults)
    }

    /// The column with this logical name.
    pub(crate) fn column(&self, name: &str) -> Option<ColumnId> {
        self.by_name.get(name).copied()
    }

    /// The column that answers and queries call so (`_x_value` for lookups).
    pub(crate) fn wire(&self, name: &str) -> Option<ColumnId> {
        self.by_value_name.get(name).copied()
    }

    /// The single-valued navigation property with exactly this name.
    pub(crate) fn navigation(&self, name: &str) -> Option<&Navigation> {
        self.navigations.get(name)
    }

    /// The collection-valued navigation property with exactly this name.
    pub(crate) fn collection(&self, name: &str) -> Option<&Collection> {
        self.collections
            .iter()
            .find(|collection| collection.navigation == name)
    }

    /// The options of a choice column; empty for every other.
    pub(crate) fn options(&self, column: ColumnId) -> &[ChoiceOption] {
        match &self.columns[column].kind {
            Kind::Choice { options, .. } | Kind::Choices { options } => options,
            _ => &[],
        }
    }

    /// The label of a choice value.
    pub(crate) fn choice_label(&self, column: ColumnId, value: i64) -> Option<&str> {
        self.options(column)
            .iter()
            .find(|option| option.value == value)
            .map(|option| option.label.as_str())
    }
}
