//! The tables that the organisation has, read from the project's own model files and changed over the metadata endpoints.
//!
//! One JSON file describes one table: its columns with type, length and read-only marks, the choices with their labels, the
//! lookups with their exact navigation names and the collections that point back. Nothing in the Web API code knows a table
//! by heart except where a table has behaviour of its own (cases, queue items, duplicate rules).

mod column;
mod file;
mod files;
mod key;
pub(crate) mod naming;
mod table;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

pub(crate) use column::{ChoiceOption, ChoiceRole, Column, Kind, Target};
pub use file::ModelError;
pub(crate) use key::{AlternateKey, IndexStatus};
pub(crate) use table::{Autonumber, Collection, Navigation, OnDelete, Table, Through};

/// Position of a table in its [`Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TableId(pub(crate) u16);

/// Position of a column in its table.
pub(crate) type ColumnId = usize;

/// Every table of an organisation. Copies share the descriptions of all tables that neither of them changed since.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// A place stays taken after its table was deleted, because rows hold positions.
    tables: Vec<Arc<Table>>,
    by_set: HashMap<String, TableId>,
    by_name: HashMap<String, TableId>,
}

impl Model {
    /// The tables of customer service, sales, marketing lists, activities and of the platform itself (users, solutions,
    /// processing steps, views). The files are read once in a process.
    ///
    /// # Errors
    /// A model file contradicts itself, which the tests of this crate exclude.
    pub fn customer_service() -> Result<Self, ModelError> {
        static SHARED: OnceLock<Model> = OnceLock::new();
        if let Some(model) = SHARED.get() {
            return Ok(model.clone());
        }
        let model = Self::from_files(files::CUSTOMER_SERVICE)?;
        Ok(SHARED.get_or_init(|| model).clone())
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
            .map(|(at, table)| (TableId(at as u16), table.as_ref()))
            .filter(|(id, table)| self.by_name.get(&table.name) == Some(id))
    }

    /// How many places there are, those of deleted tables included.
    pub(crate) fn places(&self) -> usize {
        self.tables.len()
    }

    /// Adds a table and returns its place.
    pub(crate) fn add_table(&mut self, mut table: Table) -> TableId {
        table.link();
        let id = TableId(self.tables.len() as u16);
        self.by_set.insert(table.set.clone(), id);
        self.by_name.insert(table.name.clone(), id);
        self.tables.push(Arc::new(table));
        id
    }

    /// Changes the description of a table; what follows from it is made anew.
    pub(crate) fn change_table<T>(
        &mut self,
        id: TableId,
        change: impl FnOnce(&mut Table) -> T,
    ) -> T {
        let table = Arc::make_mut(&mut self.tables[usize::from(id.0)]);
        let outcome = change(table);
        table.link();
        outcome
    }

    /// Takes a table's names away. Its place stays, because rows hold positions.
    pub(crate) fn remove_table(&mut self, id: TableId) {
        let (name, set) = (self.table(id).name.clone(), self.table(id).set.clone());
        self.by_name.remove(&name);
        self.by_set.remove(&set);
        self.for_each_table(|table| {
            table.collections.retain(|collection| {
                collection.table != id
                    && collection.through.is_none_or(|through| through.table != id)
            });
            for column in &mut table.columns {
                if let Kind::Lookup(targets) = &mut column.kind {
                    targets.retain(|target| target.table != id);
                }
            }
        });
    }

    /// Takes a column out; columns behind it move up.
    pub(crate) fn remove_column(&mut self, id: TableId, column: ColumnId) {
        let moved = |at: &mut ColumnId| {
            if *at > column {
                *at -= 1;
            }
        };
        self.change_table(id, |table| {
            table.columns.remove(column);
            moved(&mut table.primary_name);
            for key in &mut table.keys {
                key.columns.iter_mut().for_each(moved);
            }
            if let Some(at) = &mut table.duplicates_by {
                moved(at);
            }
            if let Some(number) = &mut table.autonumber {
                moved(&mut number.column);
            }
        });
        self.for_each_table(|table| {
            table.collections.retain(|collection| {
                collection.table != id
                    || collection.through.is_some()
                    || collection.column != column
            });
            for collection in &mut table.collections {
                if let Some(through) = &mut collection.through {
                    if through.table == id {
                        moved(&mut through.here);
                        moved(&mut through.there);
                    }
                } else if collection.table == id {
                    moved(&mut collection.column);
                }
            }
        });
    }

    fn for_each_table(&mut self, mut change: impl FnMut(&mut Table)) {
        for table in &mut self.tables {
            let table = Arc::make_mut(table);
            change(table);
            table.link();
        }
    }

    /// The table whose rows show every activity, and true when `table` is an activity that it shows.
    pub(crate) fn activity_view(&self, table: TableId) -> Option<TableId> {
        self.by_name(super::activity::VIEW)
            .filter(|view| *view != table && self.table(table).activity)
    }

    /// Gives every activity table the collection of its parties.
    pub(crate) fn add_activity_parties(&mut self) {
        let activities: Vec<TableId> = self
            .tables()
            .map(|(id, _)| id)
            .filter(|id| self.activity_view(*id).is_some())
            .collect();
        for id in activities {
            if let Some(parties) = self.parties_of(id) {
                self.change_table(id, |table| table.collections.push(parties));
            }
        }
    }

    /// The collection of an activity's parties, unless the table has it.
    pub(crate) fn parties_of(&self, activity: TableId) -> Option<Collection> {
        let table = self.by_name("activityparty")?;
        let navigation = format!("{}_activity_parties", self.table(activity).name);
        if self.table(activity).collection(&navigation).is_some() {
            return None;
        }
        Some(Collection {
            schema: navigation.clone(),
            navigation,
            table,
            column: self.table(table).column("activityid")?,
            through: None,
            on_delete: OnDelete::Cascade,
        })
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
    fn a_changed_copy_leaves_the_shared_model_as_it_was() {
        let shared = Model::customer_service().unwrap();
        let mut own = shared.clone();
        let contacts = own.by_set("contacts").unwrap();
        own.change_table(contacts, |table| {
            table
                .columns
                .push(Column::named("new_color", Kind::Text(20)));
        });
        assert!(own.table(contacts).column("new_color").is_some());
        assert!(shared.table(contacts).column("new_color").is_none());
    }

    #[test]
    fn a_lookup_to_a_table_without_a_file_is_refused_by_name() {
        let text = r#"{"table":"x","set":"xs","type_code":1,"id":"xid","name":"n","columns":[{"name":"xid","type":"id"},
            {"name":"n","type":"text","max":10},{"name":"y","type":"lookup","targets":[{"navigation":"y","table":"ghost"}]}],"collections":[]}"#;
        let error = Model::from_files(&[text]).unwrap_err();
        assert!(error.to_string().contains("ghost"), "{error}");
    }
}
