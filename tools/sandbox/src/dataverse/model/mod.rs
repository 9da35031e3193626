//! The tables that the organisation has, read from the project's own model files.
//!
//! One JSON file describes one table: its columns with type, length and read-only marks, the choices with their labels, the
//! lookups with their exact navigation names and the collections that point back. Nothing in the Web API code knows a table
//! by heart except where a table has behaviour of its own (cases, queue items, duplicate rules).

mod file;

use std::collections::HashMap;

pub use file::ModelError;
use serde::Deserialize;

/// Position of a table in its [`Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TableId(pub(crate) u16);

/// Position of a column in its table.
pub(crate) type ColumnId = usize;

/// Every table of an organisation.
#[derive(Debug)]
pub struct Model {
    tables: Vec<Table>,
    by_set: HashMap<String, TableId>,
    by_name: HashMap<String, TableId>,
}

/// One table.
#[derive(Debug)]
pub(crate) struct Table {
    /// Logical name, for example `incident`.
    pub(crate) name: String,
    /// Entity set name used in addresses, for example `incidents`.
    pub(crate) set: String,
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
    /// Column that the default duplicate rule compares.
    pub(crate) duplicates_by: Option<ColumnId>,
    pub(crate) autonumber: Option<Autonumber>,
    pub(crate) columns: Vec<Column>,
    pub(crate) collections: Vec<Collection>,
    by_name: HashMap<String, ColumnId>,
    by_value_name: HashMap<String, ColumnId>,
    navigations: HashMap<String, Navigation>,
}

/// One column.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Name in answers and queries: `_x_value` for a lookup, else the column name.
    pub(crate) wire: String,
    pub(crate) kind: Kind,
    /// The server refuses a row without it (SystemRequired).
    pub(crate) required: bool,
    pub(crate) read_only: bool,
    /// Writable when the row is made and never again.
    pub(crate) create_only: bool,
    /// Searched often enough to be worth an index.
    pub(crate) indexed: bool,
}

/// What a column holds.
#[derive(Debug)]
pub(crate) enum Kind {
    /// The primary key.
    Id,
    /// Text of at most this many UTF-16 units.
    Text(usize),
    /// A whole number between both bounds.
    Whole(i64, i64),
    /// Yes or no, with the labels of both and the value of a new row.
    Flag {
        labels: [String; 2],
        default: Option<bool>,
    },
    Time,
    Day,
    Guid,
    /// A choice, a state or a status reason.
    Choice {
        role: ChoiceRole,
        options: Vec<ChoiceOption>,
        default: Option<i64>,
    },
    Lookup(Vec<Target>),
    /// The row's version number.
    Version,
}

/// Which of the three kinds of choice a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChoiceRole {
    Plain,
    State,
    Status,
}

/// One value of a choice.
#[derive(Debug)]
pub(crate) struct ChoiceOption {
    pub(crate) value: i64,
    pub(crate) label: String,
    /// For a status reason: the state that it belongs to.
    pub(crate) state: Option<i64>,
    /// For a state: the status reason that it gets when none is given.
    pub(crate) default_reason: Option<i64>,
}

/// One table that a lookup may point to, and the navigation property for it.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) navigation: String,
    pub(crate) table: TableId,
}

/// A single-valued navigation property.
#[derive(Clone, Debug)]
pub(crate) struct Navigation {
    pub(crate) column: ColumnId,
    /// More than one for `ownerid`, whose one name serves users and teams.
    pub(crate) tables: Vec<TableId>,
}

/// A collection-valued navigation property: rows of `table` whose lookup `column` points here.
#[derive(Debug)]
pub(crate) struct Collection {
    pub(crate) navigation: String,
    pub(crate) table: TableId,
    pub(crate) column: ColumnId,
    pub(crate) on_delete: OnDelete,
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

impl Model {
    /// The tables of the customer-service slice: cases and their resolutions, contacts, accounts, queues and their items, notes,
    /// users and teams.
    ///
    /// # Errors
    /// A model file contradicts itself, which the tests of this crate exclude.
    pub fn customer_service() -> Result<Self, ModelError> {
        Self::from_files(file::CUSTOMER_SERVICE)
    }

    /// Builds a model from the texts of model files, one table each.
    ///
    /// # Errors
    /// A text is no model file, names a table, column or state that none of them has, or lacks a part that tables must have.
    pub fn from_files(texts: &[&str]) -> Result<Self, ModelError> {
        file::load(texts)
    }

    pub(crate) fn table(&self, id: TableId) -> &Table {
        &self.tables[usize::from(id.0)]
    }

    pub(crate) fn by_set(&self, set: &str) -> Option<TableId> {
        self.by_set.get(set).copied()
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<TableId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = (TableId, &Table)> {
        self.tables
            .iter()
            .enumerate()
            .map(|(at, table)| (TableId(at as u16), table))
    }
}

impl Table {
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
            Kind::Choice { options, .. } => options,
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

impl Column {
    /// True for columns whose values are kept in an index: lookups, and what the model file marks.
    pub(crate) fn has_index(&self) -> bool {
        self.indexed || matches!(self.kind, Kind::Lookup(_))
    }

    /// The name of the type in OData messages.
    pub(crate) fn edm_type(&self) -> &'static str {
        match self.kind {
            Kind::Id | Kind::Guid | Kind::Lookup(_) => "Edm.Guid",
            Kind::Text(_) => "Edm.String",
            Kind::Whole(..) | Kind::Choice { .. } => "Edm.Int32",
            Kind::Version => "Edm.Int64",
            Kind::Flag { .. } => "Edm.Boolean",
            Kind::Time => "Edm.DateTimeOffset",
            Kind::Day => "Edm.Date",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_customer_service_model_holds_together() {
        let model = Model::customer_service().unwrap();
        let incident = model.table(model.by_set("incidents").unwrap());
        assert_eq!(incident.id, "incidentid");
        assert_eq!(incident.columns[incident.primary_name].name, "title");
        assert!(incident.navigation("customerid").is_none());
        assert_eq!(
            incident
                .navigation("customerid_contact")
                .unwrap()
                .tables
                .len(),
            1
        );
        assert_eq!(incident.navigation("ownerid").unwrap().tables.len(), 2);
        assert!(incident.collection("Incident_Annotation").is_some());
        assert!(incident.collection("incident_annotation").is_none());
    }

    #[test]
    fn a_lookup_to_a_table_without_a_file_is_refused_by_name() {
        let text = r#"{"table":"x","set":"xs","type_code":1,"id":"xid","name":"n","columns":[{"name":"xid","type":"id"},
            {"name":"n","type":"text","max":10},{"name":"y","type":"lookup","targets":[{"navigation":"y","table":"ghost"}]}],"collections":[]}"#;
        let error = Model::from_files(&[text]).unwrap_err();
        assert!(error.to_string().contains("ghost"), "{error}");
    }
}
