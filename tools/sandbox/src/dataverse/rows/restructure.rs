//! What happens to rows when the definitions of their tables change.

use std::sync::Arc;

use super::super::model::{ColumnId, Model, Table, TableId};
use super::{Organisation, Store, Undo};

impl Organisation {
    /// Takes another model, which must have the tables and columns of the present one in their places.
    pub(crate) fn set_model(&mut self, model: Model) {
        while self.stores.len() < model.places() {
            self.stores.push(Store::default());
        }
        let before = std::mem::replace(&mut self.model, Arc::new(model));
        self.undo.push(Undo::Model(before));
    }

    /// Changes the description of one table. Its indexes are made anew, because what is indexed may have changed.
    pub(crate) fn change_table<T>(
        &mut self,
        table: TableId,
        change: impl FnOnce(&mut Table) -> T,
    ) -> T {
        let mut model = Model::clone(&self.model);
        let keys_before = model.table(table).keys.len();
        let outcome = model.change_table(table, change);
        let keys_changed = model.table(table).keys.len() != keys_before;
        self.set_model(model);
        if keys_changed {
            self.index_anew(table);
        }
        outcome
    }

    /// Deletes a table with its rows. This cannot be taken back.
    pub(crate) fn drop_table(&mut self, table: TableId) {
        if let Some(view) = self.model.activity_view(table) {
            let shown: Vec<_> = self.rows(table).map(|(id, _)| id).collect();
            let model = Arc::clone(&self.model);
            for id in shown {
                self.stores[usize::from(view.0)].exchange(model.table(view), id, None);
            }
        }
        let mut model = Model::clone(&self.model);
        model.remove_table(table);
        self.model = Arc::new(model);
        self.stores[usize::from(table.0)] = Store::default();
        self.undo.clear();
    }

    /// Deletes a column with its values. This cannot be taken back.
    pub(crate) fn drop_column(&mut self, table: TableId, column: ColumnId) {
        let mut model = Model::clone(&self.model);
        model.remove_column(table, column);
        self.model = Arc::new(model);
        for row in self.stores[usize::from(table.0)].rows.values_mut() {
            *row = row.without(column);
        }
        self.index_anew(table);
        self.undo.clear();
    }

    /// Puts an earlier model back. Tables that it describes otherwise than the present one get their indexes anew, because their
    /// keys may be among what differs.
    pub(super) fn take_back_model(&mut self, before: Arc<Model>) {
        let changed: Vec<TableId> = before
            .tables()
            .filter(|(id, table)| !std::ptr::eq(*table, self.model.table(*id)))
            .map(|(id, _)| id)
            .collect();
        self.model = before;
        for table in changed {
            self.index_anew(table);
        }
    }

    fn index_anew(&mut self, table: TableId) {
        let model = Arc::clone(&self.model);
        let described = model.table(table);
        let Store { rows, index, .. } = &mut self.stores[usize::from(table.0)];
        index.clear();
        for (id, row) in rows {
            index.extend(super::store::entries(described, *id, row));
        }
    }
}
