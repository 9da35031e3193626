//! Alternate keys as `EntityKeyMetadata`: making them and following their index.
//! Source: Microsoft Learn, "Define alternate keys for a table".

use serde_json::{Value as Json, json};

use super::super::alternate;
use super::super::caller::Caller;
use super::super::message::Request;
use super::super::model::naming::metadata_id;
use super::super::model::{AlternateKey, ColumnId, Kind, Table, TableId};
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::{Named, labels, named, solution};

/// The most keys of a table, columns of a key, and bytes of all columns of a key together.
const MOST_KEYS: usize = 10;
const MOST_COLUMNS: usize = 16;
const MOST_BYTES: usize = 900;

/// Every key of a table. Asking moves the making of their indexes on when `seen` says so.
pub(super) fn all(table: &Table, caller: &Caller, seen: bool) -> Vec<Json> {
    table
        .keys
        .iter()
        .map(|key| of(table, key, caller, seen))
        .collect()
}

/// The key that a key in parentheses names.
pub(super) fn one(table: &Table, caller: &Caller, key: &str) -> Result<Json, Refusal> {
    position(table, key).map(|at| of(table, &table.keys[at], caller, true))
}

pub(super) fn position(table: &Table, key: &str) -> Result<usize, Refusal> {
    let wanted = named(key).ok_or_else(|| Refusal::invalid_key("Keys"))?;
    table
        .keys
        .iter()
        .position(|found| match wanted {
            Named::Id(wanted) => id(table, found) == wanted,
            Named::Name(name) => found.name == name || found.schema == name,
        })
        .ok_or_else(|| Refusal::no_definition("entitykey", key))
}

fn id(table: &Table, key: &AlternateKey) -> uuid::Uuid {
    metadata_id(&["key", &table.name, &key.name])
}

fn of(table: &Table, key: &AlternateKey, caller: &Caller, seen: bool) -> Json {
    if seen {
        key.watch();
    }
    let columns: Vec<&str> = key
        .columns
        .iter()
        .map(|column| table.columns[*column].name.as_str())
        .collect();
    json!({
        "MetadataId": id(table, key).to_string(),
        "LogicalName": key.name,
        "SchemaName": key.schema,
        "EntityLogicalName": table.name,
        "KeyAttributes": columns,
        "DisplayName": labels::of(&key.label),
        "EntityKeyIndexStatus": key.status(caller.now).name(),
        "AsyncJob": null,
        "IsSynchronous": false,
        "IsManaged": false,
        "IsExportKey": false,
        "IsSecondaryKey": false,
        "IntroducedVersion": "1.0",
        "IsCustomizable": labels::managed(true, "iscustomizable"),
    })
}

/// Makes a key. Returns its place below the service.
pub(super) fn create(
    organisation: &mut Organisation,
    caller: &Caller,
    request: &Request,
    table: TableId,
) -> Result<String, Refusal> {
    let body = request.object("Keys")?;
    let model = organisation.model();
    let described = model.table(table);
    let schema = body
        .get("SchemaName")
        .and_then(Json::as_str)
        .ok_or_else(|| Refusal::payload("EntityKeyMetadata", "'SchemaName' is missing."))?
        .to_owned();
    solution::check_prefix(organisation, request, &schema)?;
    let names: Vec<&str> = body
        .get("KeyAttributes")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    if names.is_empty() || names.len() > MOST_COLUMNS {
        return Err(Refusal::invalid_argument(format!(
            "A key has 1 to {MOST_COLUMNS} columns."
        )));
    }
    if described.keys.len() >= MOST_KEYS {
        return Err(Refusal::invalid_argument(format!(
            "A table has at most {MOST_KEYS} keys."
        )));
    }
    let mut columns = Vec::new();
    let mut bytes = 0;
    for name in names {
        let at = described
            .column(name)
            .ok_or_else(|| Refusal::no_definition("attribute", name))?;
        bytes += size(described, at).ok_or_else(|| {
            Refusal::invalid_argument(format!(
                "The column '{name}' has a type that no key can have."
            ))
        })?;
        columns.push(at);
    }
    if bytes > MOST_BYTES {
        return Err(Refusal::invalid_argument(format!(
            "The columns of a key may have at most {MOST_BYTES} bytes together."
        )));
    }
    let name = schema.to_lowercase();
    let mut sorted = columns.clone();
    sorted.sort_unstable();
    let taken = described.keys.iter().any(|key| {
        let mut own = key.columns.clone();
        own.sort_unstable();
        key.name == name || own == sorted
    });
    if taken {
        return Err(Refusal::definition_exists("entity key", &name));
    }
    let failed = alternate::has_duplicates(organisation, table, &columns);
    let label = labels::text(&body, "DisplayName").unwrap_or_else(|| schema.clone());
    let id = metadata_id(&["key", &described.name, &name]);
    let place = format!(
        "EntityDefinitions({})/Keys({id})",
        super::definitions::id(described)
    );
    let key = AlternateKey::new(name, schema, label, columns, caller.now.as_second(), failed);
    organisation.change_table(table, |table| table.keys.push(key));
    solution::add(organisation, caller, request, solution::Component::Key, id)?;
    Ok(place)
}

/// How many bytes a value takes in the index; `None` for types that keys cannot have.
fn size(table: &Table, column: ColumnId) -> Option<usize> {
    match &table.columns[column].kind {
        Kind::Text(_) if table.columns[column].memo => None,
        Kind::Text(max) => Some(max.saturating_mul(2)),
        Kind::Whole(..) | Kind::Choice { .. } => Some(4),
        Kind::Decimal { money: false, .. } => Some(13),
        Kind::Time | Kind::Day => Some(8),
        Kind::Lookup(_) => Some(16),
        _ => None,
    }
}
