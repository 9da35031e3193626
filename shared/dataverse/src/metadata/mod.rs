//! Tables, columns, keys and relationships, made and read.
//!
//! Every function describes one request. A change of metadata takes seconds to minutes at the
//! service, and an alternate key is usable only when its index has been built: [`Client::key_state`]
//! is one look, and whoever waits does so between looks. Display names appear after [`publish`].
//!
//! Source: Microsoft Learn, "Create and update table definitions using the Web API", "Create and
//! update column definitions using the Web API", "Create and update table relationships using the
//! Web API" and "Define alternate keys for a table".

mod column;
mod definition;
mod relationship;

use http::Method;
use serde_json::json;

pub use column::{Column, Required};
pub use definition::{KeyDefinition, Label, TableDefinition};
pub use relationship::{Lookup, ManyToMany};

use crate::{
    call::Call, client::Client, error::Error, key::quoted, query::Query, record::Record,
    request::Request, row::Row,
};

/// Makes a table with its primary name column. The answer's `OData-EntityId` names its metadata id.
#[must_use]
pub fn create_table(table: &TableDefinition) -> Request {
    post("EntityDefinitions", table.to_json())
}

/// Adds a column to a table.
#[must_use]
pub fn create_column(table: &str, column: &Column) -> Request {
    post(&format!("{}/Attributes", named(table)), column.to_json())
}

/// Replaces the definition of a column; labels in other languages stay.
///
/// A definition is replaced as a whole: what `column` leaves out goes back to its default.
#[must_use]
pub fn replace_column(table: &str, column: &Column) -> Request {
    let path = format!(
        "{}/Attributes(LogicalName={})",
        named(table),
        quoted(&column.logical_name())
    );
    Request::write(Method::PUT, path, Some(column.to_json()))
        .untagged()
        .with_header("MSCRM.MergeLabels", "true")
}

/// Makes a lookup column and the one-to-many relationship behind it.
#[must_use]
pub fn create_lookup(lookup: &Lookup) -> Request {
    post("RelationshipDefinitions", lookup.to_json())
}

/// Makes a many-to-many relationship.
#[must_use]
pub fn create_many_to_many(relationship: &ManyToMany) -> Request {
    post("RelationshipDefinitions", relationship.to_json())
}

/// Defines an alternate key, whose index the service then builds.
#[must_use]
pub fn create_key(table: &str, key: &KeyDefinition) -> Request {
    post(&format!("{}/Keys", named(table)), key.to_json())
}

/// Deletes a table with all its rows.
#[must_use]
pub fn delete_table(table: &str) -> Request {
    delete(named(table))
}

/// Deletes a column with all its values.
#[must_use]
pub fn delete_column(table: &str, column: &str) -> Request {
    delete(format!(
        "{}/Attributes(LogicalName={})",
        named(table),
        quoted(column)
    ))
}

/// Deletes a relationship and, for one-to-many, its lookup column.
#[must_use]
pub fn delete_relationship(schema_name: &str) -> Request {
    delete(format!(
        "RelationshipDefinitions(SchemaName={})",
        quoted(schema_name)
    ))
}

/// Deletes an alternate key; its columns stay.
#[must_use]
pub fn delete_key(table: &str, key: &str) -> Request {
    delete(format!(
        "{}/Keys(LogicalName={})",
        named(table),
        quoted(key)
    ))
}

/// Reads the definition of a table.
#[must_use]
pub fn table(name: &str, query: &Query) -> Request {
    read(named(name), query)
}

/// Reads the definitions of a table's columns.
#[must_use]
pub fn columns(table: &str, query: &Query) -> Request {
    read(format!("{}/Attributes", named(table)), query)
}

/// Reads the definitions of a table's alternate keys, each with its `EntityKeyIndexStatus`.
#[must_use]
pub fn keys(table: &str, query: &Query) -> Request {
    read(format!("{}/Keys", named(table)), query)
}

/// Reads the options of a table's choice columns: `LogicalName` and, expanded, `OptionSet`.
#[must_use]
pub fn choices(table: &str) -> Request {
    let options = Query::new().select(["Options"]);
    let query = Query::new()
        .select(["LogicalName"])
        .expand("OptionSet", options);
    let path = format!(
        "{}/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata",
        named(table)
    );
    read(path, &query)
}

/// Publishes what was changed of these tables, named logically.
///
/// Source: Microsoft Learn, "PublishXml action".
#[must_use]
pub fn publish<'a>(tables: impl IntoIterator<Item = &'a str>) -> Request {
    // Logical names hold letters, digits and underscores only, so nothing needs escaping.
    let tables: String = tables
        .into_iter()
        .map(|table| format!("<entity>{table}</entity>"))
        .collect();
    let xml = format!("<importexportxml><entities>{tables}</entities></importexportxml>");
    Request::execute(Call::unbound(
        "PublishXml",
        Row::new().set("ParameterXml", xml),
    ))
    .untagged()
}

/// How far the index of an alternate key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Building has not begun.
    Pending,
    /// It is being built.
    InProgress,
    /// The key can be used.
    Active,
    /// It could not be built, usually because rows have the same values. Delete the key, mend the
    /// rows, define it again.
    Failed,
}

impl Client {
    /// One look at an alternate key.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn key_state(&self, table: &str, key: &str) -> Result<KeyState, Error> {
        let path = format!("{}/Keys(LogicalName={})", named(table), quoted(key));
        let query = Query::new().select(["EntityKeyIndexStatus"]);
        let answer = self.send(&read(path, &query)).await?;
        let found: Option<Record> = answer.record();
        match found
            .as_ref()
            .and_then(|key| key.text("EntityKeyIndexStatus"))
        {
            Some("Pending") => Ok(KeyState::Pending),
            Some("InProgress") => Ok(KeyState::InProgress),
            Some("Active") => Ok(KeyState::Active),
            Some("Failed") => Ok(KeyState::Failed),
            _ => Err(Error::unavailable("the answer holds no known key state")),
        }
    }
}

fn post(path: &str, body: serde_json::Value) -> Request {
    Request::write(Method::POST, path.to_owned(), Some(body)).untagged()
}

fn delete(path: String) -> Request {
    Request::write(Method::DELETE, path, None).untagged()
}

/// Metadata is read as it stands, not as a cache remembers it.
/// Source: Microsoft Learn, "Query table definitions using the Web API".
fn read(path: String, query: &Query) -> Request {
    Request::read(path, query).with_header("Consistency", "Strong")
}

fn named(table: &str) -> String {
    format!("EntityDefinitions(LogicalName={})", quoted(table))
}

/// A label in one language.
fn label(label: &Label) -> serde_json::Value {
    json!({
        "@odata.type": "Microsoft.Dynamics.CRM.Label",
        "LocalizedLabels": [{
            "@odata.type": "Microsoft.Dynamics.CRM.LocalizedLabel",
            "Label": label.text,
            "LanguageCode": label.language,
        }],
    })
}
