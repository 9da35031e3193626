//! Relationships to be made.

use serde_json::{Value, json};

use super::{Label, label};

/// A lookup column and the one-to-many relationship behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The relationship's schema name, as in `cxl_incident_cxl_Response`; also the name of the
    /// collection on the side of `to`.
    pub schema_name: String,
    /// The table whose rows are pointed at, by its logical name.
    pub to: String,
    /// The table that gets the lookup column, by its logical name.
    pub from: String,
    /// The column's schema name, which is the navigation property's name too.
    pub column: String,
    /// The column's name for people.
    pub name: Label,
    /// Whether deleting a row deletes what points at it; otherwise the lookups are emptied.
    pub deletes_along: bool,
}

impl Lookup {
    pub(super) fn to_json(&self) -> Value {
        let on_delete = if self.deletes_along {
            "Cascade"
        } else {
            "RemoveLink"
        };
        json!({
            "@odata.type": "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
            "SchemaName": self.schema_name,
            "ReferencedEntity": self.to,
            "ReferencingEntity": self.from,
            "CascadeConfiguration": {
                "Assign": "NoCascade",
                "Delete": on_delete,
                "Merge": "NoCascade",
                "Reparent": "NoCascade",
                "Share": "NoCascade",
                "Unshare": "NoCascade",
            },
            "Lookup": {
                "@odata.type": "Microsoft.Dynamics.CRM.LookupAttributeMetadata",
                "SchemaName": self.column,
                "DisplayName": label(&self.name),
                "RequiredLevel": {"Value": "None"},
            },
        })
    }
}

/// A many-to-many relationship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManyToMany {
    /// Its schema name, which is also the name of the collection on both sides.
    pub schema_name: String,
    /// One table, by its logical name.
    pub one: String,
    /// The other.
    pub other: String,
    /// The name of the table in between, with the publisher's prefix.
    pub between: String,
}

impl ManyToMany {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "@odata.type": "Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata",
            "SchemaName": self.schema_name,
            "Entity1LogicalName": self.one,
            "Entity2LogicalName": self.other,
            "IntersectEntityName": self.between,
        })
    }
}
