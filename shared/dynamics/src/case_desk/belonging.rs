//! How rows of a table are read, and how those that belong to a case lead to it.

use std::borrow::Cow;

use cxloop_ports::Failure;

use super::{DynamicsCaseDesk, rows};

/// How rows of a table are read.
#[derive(Clone)]
pub(super) struct Rows {
    /// The entity set.
    pub(super) set: Cow<'static, str>,
    /// The column of the row's id.
    pub(super) id: Cow<'static, str>,
    /// The lookup that leads to what a row belongs to; none where no row belongs to a case.
    pub(super) about: Option<&'static str>,
}

/// The lookup by which rows of a table lead to their case. `None` for a table of which no row belongs to one.
pub(super) fn about(table: &str) -> Option<&'static str> {
    match table {
        "annotation" => Some("objectid"),
        "email" | "phonecall" | "task" => Some("regardingobjectid"),
        _ => None,
    }
}

/// How the rows of a table are read. No request for the usual tables.
pub(super) async fn rows_of(desk: &DynamicsCaseDesk, table: &str) -> Result<Rows, Failure> {
    let address = rows::address(desk, table).await?;
    Ok(Rows {
        set: address.set,
        id: address.id,
        about: about(table),
    })
}

/// The name under which a lookup is selected.
pub(super) fn selected(lookup: &str) -> String {
    format!("_{lookup}_value")
}
