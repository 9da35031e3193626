//! Relationships as `OneToManyRelationshipMetadata` and `ManyToManyRelationshipMetadata`.

use std::collections::HashSet;

use serde_json::{Value as Json, json};

use super::super::model::naming::metadata_id;
use super::super::model::{Collection, Kind, Model, OnDelete, Table, TableId};
use super::super::refusal::Refusal;
use super::{Named, labels, named};

/// The relationships of one table of one kind.
pub(super) fn of(model: &Model, table: TableId, kind: &str) -> Vec<Json> {
    match kind {
        "OneToManyRelationships" => one_to_many(model, table),
        "ManyToOneRelationships" => many_to_one(model, table),
        _ => many_to_many(model, table),
    }
}

/// Every relationship, each once.
pub(super) fn all(model: &Model) -> Vec<Json> {
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for (id, _) in model.tables() {
        rows.extend(many_to_one(model, id));
        rows.extend(many_to_many(model, id));
    }
    rows.retain(|row| seen.insert(row["SchemaName"].as_str().unwrap_or_default().to_owned()));
    rows
}

/// The relationship that a key names.
pub(super) fn one(model: &Model, key: &str) -> Result<Json, Refusal> {
    let wanted = named(key).ok_or_else(|| Refusal::invalid_key("RelationshipDefinitions"))?;
    all(model)
        .into_iter()
        .find(|row| match &wanted {
            Named::Id(id) => row["MetadataId"].as_str() == Some(&id.to_string()),
            Named::Name(name) => row["SchemaName"].as_str() == Some(name),
        })
        .ok_or_else(|| Refusal::no_definition("relationship", key))
}

fn one_to_many(model: &Model, table: TableId) -> Vec<Json> {
    let own = model.table(table);
    own.collections
        .iter()
        .filter(|collection| collection.through.is_none())
        .filter_map(|collection| {
            let child = model.table(collection.table);
            let navigation = navigation_to(child, collection.column, table)?;
            Some(between(
                own,
                child,
                collection.column,
                &navigation,
                Some(collection),
            ))
        })
        .collect()
}

fn many_to_one(model: &Model, table: TableId) -> Vec<Json> {
    let own = model.table(table);
    let mut rows = Vec::new();
    for (at, column) in own.columns.iter().enumerate() {
        let Kind::Lookup(targets) = &column.kind else {
            continue;
        };
        for target in targets {
            let parent = model.table(target.table);
            let collection = parent.collections.iter().find(|collection| {
                collection.through.is_none() && collection.table == table && collection.column == at
            });
            rows.push(between(parent, own, at, &target.navigation, collection));
        }
    }
    rows
}

fn navigation_to(child: &Table, column: usize, parent: TableId) -> Option<String> {
    match &child.columns[column].kind {
        // A view's table stands for those of its rows.
        Kind::Lookup(targets) => targets
            .iter()
            .find(|target| target.table == parent)
            .or(targets.first())
            .map(|target| target.navigation.clone()),
        _ => None,
    }
}

fn between(
    parent: &Table,
    child: &Table,
    column: usize,
    navigation: &str,
    collection: Option<&Collection>,
) -> Json {
    let lookup = &child.columns[column];
    let schema = collection.map_or_else(
        || format!("{}_{}_{}", parent.name, child.name, lookup.name),
        |collection| collection.schema.clone(),
    );
    let from_parent = collection.map_or(&schema, |collection| &collection.navigation);
    let delete = match collection.map(|collection| collection.on_delete) {
        Some(OnDelete::Cascade) => "Cascade",
        Some(OnDelete::Restrict) => "Restrict",
        _ => "RemoveLink",
    };
    json!({
        "@odata.type": "#Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
        "MetadataId": metadata_id(&["relationship", &schema]).to_string(),
        "SchemaName": schema,
        "RelationshipType": "OneToManyRelationship",
        "ReferencedEntity": parent.name,
        "ReferencedAttribute": parent.id,
        "ReferencedEntityNavigationPropertyName": from_parent,
        "ReferencingEntity": child.name,
        "ReferencingAttribute": lookup.name,
        "ReferencingEntityNavigationPropertyName": navigation,
        "IsCustomRelationship": lookup.custom,
        "IsManaged": false,
        "IsHierarchical": false,
        "IsValidForAdvancedFind": true,
        "IsCustomizable": labels::managed(true, "iscustomizable"),
        "CascadeConfiguration": {"Assign": "NoCascade", "Delete": delete, "Merge": "NoCascade", "Reparent": "NoCascade", "Share": "NoCascade", "Unshare": "NoCascade"},
        "AssociatedMenuConfiguration": {"Behavior": "UseCollectionName", "Group": "Details", "Label": labels::none(), "Order": 10000},
    })
}

fn many_to_many(model: &Model, table: TableId) -> Vec<Json> {
    let own = model.table(table);
    own.collections
        .iter()
        .filter_map(|collection| {
            let through = collection.through?;
            let (intersect, far) = (model.table(through.table), model.table(collection.table));
            let schema = &collection.schema;
            let there = far.collections.iter().find(|there| {
                there.schema == collection.schema
                    && there.through.is_some_and(|back| back.here == through.there)
            });
            let here = (own, &collection.navigation);
            let there = (far, there.map_or(schema, |there| &there.navigation));
            // The same relationship seen from its other end has the same first table.
            let ((first, from_first), (second, from_second)) = if own.name <= far.name {
                (here, there)
            } else {
                (there, here)
            };
            Some(json!({
                "@odata.type": "#Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata",
                "MetadataId": metadata_id(&["relationship", schema]).to_string(),
                "SchemaName": schema,
                "RelationshipType": "ManyToManyRelationship",
                "Entity1LogicalName": first.name,
                "Entity1IntersectAttribute": first.id,
                "Entity1NavigationPropertyName": from_first,
                "Entity2LogicalName": second.name,
                "Entity2IntersectAttribute": second.id,
                "Entity2NavigationPropertyName": from_second,
                "IntersectEntityName": intersect.name,
                "IsCustomRelationship": intersect.custom,
                "IsManaged": false,
                "IsValidForAdvancedFind": true,
                "IsCustomizable": labels::managed(true, "iscustomizable"),
            }))
        })
        .collect()
}
