//! Activities: the table `activitypointer`, whose rows show the columns that all activities have.
//! Source: Microsoft Learn, "Activity tables".

use super::model::{Model, TableId};
use super::rows::Row;

/// The table that shows all activities. Nobody writes to it; its rows follow those of the activity tables.
pub(crate) const VIEW: &str = "activitypointer";

/// The row of the view for an activity.
pub(crate) fn shown(model: &Model, table: TableId, view: TableId, activity: &Row) -> Row {
    let (own, common) = (model.table(table), model.table(view));
    let mut row = Row::empty();
    for (column, value) in activity.values() {
        if let Some(at) = common.column(&own.columns[column].name) {
            row.set_at(at, value.clone());
        }
    }
    row.version = activity.version;
    row
}
