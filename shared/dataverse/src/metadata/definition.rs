//! Tables and alternate keys to be made.

use serde_json::{Value, json};

use super::{Column, label};

/// A text that people see, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The text.
    pub text: String,
    /// The language by its Windows locale number: 1033 English, 1110 Galician, 2070 Portuguese.
    /// The organisation must have the language.
    pub language: u32,
}

impl Label {
    /// A label in a language.
    pub fn new(text: impl Into<String>, language: u32) -> Self {
        Self {
            text: text.into(),
            language,
        }
    }
}

/// A table to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct TableDefinition {
    schema_name: String,
    singular: Label,
    plural: Label,
    primary_name: Column,
    activity: bool,
    notes: bool,
    change_tracking: bool,
    owned_by_organization: bool,
}

impl TableDefinition {
    /// A table owned by users and teams. `schema_name` starts with the publisher's prefix, as in
    /// `cxl_Response`; `primary_name` is the text column that names a row.
    #[must_use]
    pub fn new(schema_name: &str, singular: Label, plural: Label, primary_name: Column) -> Self {
        Self {
            schema_name: schema_name.to_owned(),
            singular,
            plural,
            primary_name,
            activity: false,
            notes: false,
            change_tracking: false,
            owned_by_organization: false,
        }
    }

    /// Makes it an activity, which stands on the timelines of its customers. Its primary name
    /// column must then have the schema name `Subject`, and notes come along.
    ///
    /// Source: Microsoft Learn, "Custom activities".
    #[must_use]
    pub fn as_activity(mut self) -> Self {
        self.activity = true;
        self.notes = true;
        self
    }

    /// Lets rows have notes.
    #[must_use]
    pub fn with_notes(mut self) -> Self {
        self.notes = true;
        self
    }

    /// Tracks changes, so that [`crate::Client::changes`] works.
    #[must_use]
    pub fn with_change_tracking(mut self) -> Self {
        self.change_tracking = true;
        self
    }

    /// Gives its rows to the organisation instead of users and teams.
    #[must_use]
    pub fn owned_by_organization(mut self) -> Self {
        self.owned_by_organization = true;
        self
    }

    pub(super) fn to_json(&self) -> Value {
        let mut primary_name = self.primary_name.to_json();
        primary_name["IsPrimaryName"] = json!(true);
        let ownership = if self.owned_by_organization {
            "OrganizationOwned"
        } else {
            "UserOwned"
        };
        let mut table = json!({
            "@odata.type": "Microsoft.Dynamics.CRM.EntityMetadata",
            "SchemaName": self.schema_name,
            "DisplayName": label(&self.singular),
            "DisplayCollectionName": label(&self.plural),
            "OwnershipType": ownership,
            "IsActivity": self.activity,
            "HasActivities": false,
            "HasNotes": self.notes,
            "ChangeTrackingEnabled": self.change_tracking,
            "Attributes": [primary_name],
        });
        if self.activity {
            table["IsAvailableOffline"] = json!(true);
            table["ActivityTypeMask"] = json!(1);
        }
        table
    }
}

/// An alternate key to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDefinition {
    schema_name: String,
    name: Label,
    columns: Vec<String>,
}

impl KeyDefinition {
    /// A key over columns, named logically: at most 16 of them and 900 bytes, at most 10 keys a
    /// table. Rows that lack a value in one of the columns are not held apart.
    #[must_use]
    pub fn new<'a>(
        schema_name: &str,
        name: Label,
        columns: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self {
            schema_name: schema_name.to_owned(),
            name,
            columns: columns.into_iter().map(str::to_owned).collect(),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "SchemaName": self.schema_name,
            "DisplayName": label(&self.name),
            "KeyAttributes": self.columns,
        })
    }
}
