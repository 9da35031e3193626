//! Deleting definitions that were made at run time; those of the product stay.

use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::{Path, attributes, keys, relationships, table_of};

/// Deletes a table, a column, a key or a relationship.
pub(super) fn remove(
    organisation: &mut Organisation,
    head: &str,
    path: &Path,
) -> Result<(), Refusal> {
    let key = path
        .key(0)
        .ok_or_else(|| Refusal::method_not_allowed("DELETE"))?;
    if head == "RelationshipDefinitions" {
        return relationship(organisation, key);
    }
    let table = table_of(organisation.model(), key)?;
    let described = organisation.model().table(table);
    match (path.name(1), path.key(1)) {
        (None, _) if described.custom => organisation.drop_table(table),
        (Some("Attributes"), Some(key)) => {
            let at = attributes::find(described, key)?;
            if !described.columns[at].custom || at == described.primary_name {
                return Err(Refusal::component_stays(&described.columns[at].name));
            }
            if described.keys.iter().any(|key| key.columns.contains(&at)) {
                return Err(Refusal::component_in_use(&described.columns[at].name));
            }
            organisation.drop_column(table, at);
        }
        (Some("Keys"), Some(key)) => {
            let at = keys::position(described, key)?;
            organisation.change_table(table, |table| {
                table.keys.remove(at);
            });
        }
        (None, _) => return Err(Refusal::component_stays(&described.name)),
        _ => return Err(Refusal::method_not_allowed("DELETE")),
    }
    Ok(())
}

fn relationship(organisation: &mut Organisation, key: &str) -> Result<(), Refusal> {
    let model = organisation.model();
    let found = relationships::one(model, key)?;
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    let schema = text("SchemaName");
    if found["IsCustomRelationship"].as_bool() != Some(true) {
        return Err(Refusal::component_stays(&schema));
    }
    let intersect = model.by_name(&text("IntersectEntityName"));
    if let Some(intersect) = intersect {
        organisation.drop_table(intersect);
        return Ok(());
    }
    let child = model.by_name(&text("ReferencingEntity"));
    if let Some((child, column)) = child.and_then(|child| {
        Some((
            child,
            model.table(child).column(&text("ReferencingAttribute"))?,
        ))
    }) {
        let described = organisation.model().table(child);
        if described
            .keys
            .iter()
            .any(|key| key.columns.contains(&column))
        {
            return Err(Refusal::component_in_use(&described.columns[column].name));
        }
        organisation.drop_column(child, column);
    }
    Ok(())
}
