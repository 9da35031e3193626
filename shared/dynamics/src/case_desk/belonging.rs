//! The tables whose rows belong to a case, and how they lead to it.

/// How rows of a table are read.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    /// The entity set.
    pub(super) set: &'static str,
    /// The column of the row's id.
    pub(super) id: &'static str,
    /// The lookup that leads to what a row belongs to; none of a case itself.
    pub(super) about: Option<&'static str>,
}

/// How the rows of a case, or of what people write about one, are read. `None` for any other table.
pub(super) fn rows_of(table: &str) -> Option<Rows> {
    let (set, id, about) = match table {
        "incident" => ("incidents", "incidentid", None),
        "annotation" => ("annotations", "annotationid", Some("objectid")),
        "email" => ("emails", "activityid", Some("regardingobjectid")),
        "phonecall" => ("phonecalls", "activityid", Some("regardingobjectid")),
        "task" => ("tasks", "activityid", Some("regardingobjectid")),
        _ => return None,
    };
    Some(Rows { set, id, about })
}

/// The name under which a lookup is selected.
pub(super) fn selected(lookup: &str) -> String {
    format!("_{lookup}_value")
}
