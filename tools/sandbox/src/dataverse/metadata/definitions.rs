//! Tables as `EntityMetadata`.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::super::caller::Caller;
use super::super::model::naming::metadata_id;
use super::super::model::{Model, Table, TableId};
use super::{attributes, keys, labels, relationships};

/// The identifier of a table's definition.
pub(super) fn id(table: &Table) -> Uuid {
    metadata_id(&["table", &table.name])
}

/// A definition with the collections that `$expand` names, so that nothing is put together in vain.
pub(super) fn expanded(
    model: &Model,
    table: TableId,
    described: &Table,
    caller: &Caller,
    expand: Option<&str>,
) -> Json {
    let mut row = of(model, described);
    let Some(expand) = expand else { return row };
    if expand.contains("Attributes") {
        row["Attributes"] = Json::Array(
            attributes::all(model, described)
                .into_iter()
                .map(attributes::without_options)
                .collect(),
        );
    }
    if expand.contains("Keys") {
        row["Keys"] = Json::Array(keys::all(described, caller, true));
    }
    for kind in [
        "OneToManyRelationships",
        "ManyToOneRelationships",
        "ManyToManyRelationships",
    ] {
        if expand.contains(kind) {
            row[kind] = Json::Array(relationships::of(model, table, kind));
        }
    }
    row
}

/// A definition with its own properties.
pub(super) fn of(_: &Model, table: &Table) -> Json {
    let owned = table.column("ownerid").is_some();
    json!({
        "@odata.type": "#Microsoft.Dynamics.CRM.EntityMetadata",
        "MetadataId": id(table).to_string(),
        "LogicalName": table.name,
        "SchemaName": table.schema,
        "EntitySetName": table.set,
        "LogicalCollectionName": table.set,
        "CollectionSchemaName": table.set,
        "ObjectTypeCode": table.type_code,
        "PrimaryIdAttribute": table.id,
        "PrimaryNameAttribute": table.columns.get(table.primary_name).map(|column| column.name.clone()),
        "PrimaryImageAttribute": null,
        "DisplayName": labels::of(&table.label),
        "DisplayCollectionName": labels::of(&table.display_collection),
        "Description": labels::none(),
        "OwnershipType": if owned { "UserOwned" } else { "OrganizationOwned" },
        "TableType": "Standard",
        "DataProviderId": null,
        "IsActivity": table.activity,
        "IsActivityParty": false,
        "ActivityTypeMask": i64::from(table.activity),
        "IsCustomEntity": table.custom,
        "IsManaged": false,
        "IsIntersect": table.intersect,
        "IsPrivate": false,
        "IsLogicalEntity": false,
        "IsValidForAdvancedFind": true,
        "IsCustomizable": labels::managed(true, "iscustomizable"),
        "IsAuditEnabled": labels::managed(false, "canmodifyauditsettings"),
        "IsOptimisticConcurrencyEnabled": true,
        "ChangeTrackingEnabled": true,
        "HasNotes": table.collections.iter().any(|collection| collection.navigation.to_lowercase().ends_with("_annotation")),
        "HasActivities": table.collections.iter().any(|collection| collection.navigation.ends_with("_Tasks")),
        "HasChanged": null,
        "IntroducedVersion": "5.0.0.0",
    })
}
