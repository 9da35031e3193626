//! Reading the body of a create or an update into typed column values, as strictly as the service does.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::address;
use super::alternate;
use super::model::{Collection, Navigation};
use super::model::{ColumnId, Kind, Model, Table, TableId};
use super::refusal::Refusal;
use super::rows::Organisation;
use super::typed::unconvertible;
pub(crate) use super::typed::value;
use super::value::Value;

/// What the addresses in a request may name beside rows: the service by its own address, and inside a batch `$1` and the like.
#[derive(Clone, Debug, Default)]
pub(crate) struct References {
    service: String,
    /// Decides which alternate keys can be used.
    now: Timestamp,
    /// Paths such as `incidents(…)` by Content-ID.
    declared: HashMap<String, String>,
}

impl References {
    /// Nothing declared yet. `service` is the root that full addresses must begin with.
    pub(crate) fn at(service: &str, now: Timestamp) -> Self {
        Self {
            service: service.to_owned(),
            now,
            declared: HashMap::new(),
        }
    }

    /// Lets later requests call the row `$<content_id>`.
    pub(crate) fn declare(&mut self, content_id: String, path: String) {
        self.declared.insert(content_id, path);
    }

    /// The path below the service root, with a leading `$1` replaced by the row that it stands for.
    /// Source: Microsoft Learn, "Execute batch operations using the Web API".
    pub(crate) fn resolve(&self, text: &str) -> Result<String, Refusal> {
        let below = address::below_service(text, &self.service)
            .ok_or_else(|| Refusal::foreign_address(text))?;
        let Some(after) = below.strip_prefix('$') else {
            return Ok(below.to_owned());
        };
        let end = after.find('/').unwrap_or(after.len());
        let (reference, rest) = after.split_at(end);
        if reference == "batch" || reference == "metadata" {
            return Ok(below.to_owned());
        }
        match self.declared.get(reference) {
            Some(path) => Ok(format!("{path}{rest}")),
            None => Err(Refusal::unknown_content_id(&format!("${reference}"))),
        }
    }
}

/// Column values that a body sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) columns: Vec<(ColumnId, Value)>,
    /// The primary key, when the body holds it.
    pub(crate) id: Option<Uuid>,
    /// Rows to make first, for the lookups that will point to them.
    pub(crate) before: Vec<(ColumnId, TableId, Self)>,
    /// Rows to make afterwards, by the collections that they belong to.
    pub(crate) after: Vec<(Collection, Vec<Self>)>,
}

impl Changes {
    /// The value that the body gives a column.
    pub(crate) fn given(&self, column: ColumnId) -> Option<&Value> {
        self.columns
            .iter()
            .rev()
            .find(|(found, _)| *found == column)
            .map(|(_, value)| value)
    }
}

/// Reads a JSON object for `table`; bound rows must exist.
/// Source: Microsoft Learn, "Create a table row using the Web API".
pub(crate) fn read(
    organisation: &Organisation,
    table: TableId,
    body: &Map<String, Json>,
    references: &References,
) -> Result<Changes, Refusal> {
    let model = organisation.model();
    let described = model.table(table);
    let mut changes = Changes::default();
    for (name, json) in body {
        if let Some(navigation) = name.strip_suffix("@odata.bind") {
            let column = bound_column(described, navigation)?;
            changes.columns.push((
                column,
                bind(organisation, described, navigation, json, references)?,
            ));
        } else if let Some((annotated, annotation)) = name.split_once('@') {
            check_annotation(described, annotated, annotation)?;
        } else if let (Some(navigation), Json::Object(nested)) = (described.navigation(name), json)
        {
            let target = target(model, described, navigation, name, nested)?;
            let nested = read(organisation, target, nested, references)?;
            changes.before.push((navigation.column, target, nested));
        } else if described.navigation(name).is_some() {
            changes.columns.push((
                bound_column(described, name)?,
                emptied(described, name, json)?,
            ));
        } else if let Some(collection) = described.collection(name) {
            let Json::Array(rows) = json else {
                return Err(unconvertible(described, json, "Collection"));
            };
            let mut nested = Vec::with_capacity(rows.len());
            for row in rows {
                let Json::Object(row) = row else {
                    return Err(unconvertible(described, row, "Edm.EntityType"));
                };
                nested.push(read(organisation, collection.table, row, references)?);
            }
            changes.after.push((collection.clone(), nested));
        } else {
            let column = described
                .column(name)
                .filter(|column| described.columns[*column].wire == *name);
            let Some(column) = column else {
                return Err(unknown(described, name));
            };
            if matches!(described.columns[column].kind, Kind::Id) {
                changes.id = Some(
                    json.as_str()
                        .and_then(address::key)
                        .ok_or_else(|| unconvertible(described, json, "Edm.Guid"))?,
                );
            } else {
                changes
                    .columns
                    .push((column, value(described, column, json)?));
            }
        }
    }
    Ok(changes)
}

/// Annotations that the service itself writes into a row, which may therefore come back with it.
/// Source: Microsoft Learn, "Compose HTTP requests and handle errors" (annotations).
const ANNOTATIONS: &[&str] = &[
    "odata.type",
    "odata.context",
    "odata.etag",
    "odata.id",
    "odata.editLink",
    "OData.Community.Display.V1.FormattedValue",
    "Microsoft.Dynamics.CRM.lookuplogicalname",
    "Microsoft.Dynamics.CRM.associatednavigationproperty",
];

/// Lets annotations that carry no value of their own pass; every other is refused, so that a misspelt `@odata.bind` is not a
/// binding that silently never happens.
fn check_annotation(table: &Table, annotated: &str, annotation: &str) -> Result<(), Refusal> {
    if ANNOTATIONS.contains(&annotation) {
        Ok(())
    } else {
        Err(Refusal::undeclared_navigation(annotated, &table.set))
    }
}

/// Reads the row that an action's parameter names: an object with the table's primary key.
pub(crate) fn entity(
    model: &Model,
    json: &Json,
    expected: Option<&str>,
) -> Result<(TableId, Uuid), Refusal> {
    let kind = json.get("@odata.type").and_then(Json::as_str).map(|kind| {
        kind.trim_start_matches('#')
            .trim_start_matches("Microsoft.Dynamics.CRM.")
    });
    let name = kind
        .or(expected)
        .ok_or_else(|| Refusal::payload("", "The entity parameter needs '@odata.type'."))?;
    let table = model.by_name(name).ok_or_else(|| {
        Refusal::payload(
            "",
            &format!("The type 'Microsoft.Dynamics.CRM.{name}' is unknown."),
        )
    })?;
    let key = &model.table(table).id;
    let id = json.get(key).and_then(Json::as_str).and_then(address::key);
    id.map(|id| (table, id)).ok_or_else(|| {
        Refusal::payload(
            name,
            &format!("The entity parameter needs its key '{key}'."),
        )
    })
}

fn unknown(table: &Table, name: &str) -> Refusal {
    if table.wire(name).is_some() {
        Refusal::lookup_written_as_value(name)
    } else {
        Refusal::invalid_property(name, &table.name)
    }
}

fn bound_column(table: &Table, navigation: &str) -> Result<ColumnId, Refusal> {
    table
        .navigation(navigation)
        .map(|found| found.column)
        .ok_or_else(|| Refusal::undeclared_navigation(navigation, &table.set))
}

/// The row that a binding names. The name of the navigation property decides which table it may be in.
fn bind(
    organisation: &Organisation,
    table: &Table,
    navigation: &str,
    json: &Json,
    references: &References,
) -> Result<Value, Refusal> {
    if json.is_null() {
        return Ok(Value::Null);
    }
    let Some(text) = json.as_str() else {
        return Err(unconvertible(table, json, "Edm.EntityType"));
    };
    let model = organisation.model();
    let resolved = references.resolve(text)?;
    let resolved = alternate::plain(organisation, resolved, references.now)?;
    let (target, id) = address::read_reference(model, &resolved)?;
    let allowed = table
        .navigation(navigation)
        .is_some_and(|found| found.tables.contains(&target));
    if !allowed {
        return Err(Refusal::payload(
            &table.set,
            &format!(
                "The navigation property '{navigation}' does not lead to '{}'.",
                model.table(target).set
            ),
        ));
    }
    if organisation.row(target, id).is_none() {
        return Err(Refusal::missing_row(&model.table(target).name, id));
    }
    Ok(Value::Row(target, id))
}

/// The table that a row inside a row belongs to: the only one that the navigation property leads to, or the one of its
/// `@odata.type`.
fn target(
    model: &Model,
    table: &Table,
    navigation: &Navigation,
    name: &str,
    nested: &Map<String, Json>,
) -> Result<TableId, Refusal> {
    let named = nested
        .get("@odata.type")
        .and_then(Json::as_str)
        .map(|kind| {
            kind.trim_start_matches('#')
                .trim_start_matches("Microsoft.Dynamics.CRM.")
        })
        .and_then(|kind| model.by_name(kind));
    match (&navigation.tables[..], named) {
        ([only], None) => Ok(*only),
        (tables, Some(named)) if tables.contains(&named) => Ok(named),
        _ => Err(Refusal::undeclared_navigation(name, &table.set)),
    }
}

/// A navigation property without `@odata.bind` can only be emptied here.
fn emptied(table: &Table, name: &str, json: &Json) -> Result<Value, Refusal> {
    match json {
        Json::Null => Ok(Value::Null),
        _ => Err(Refusal::payload(
            &table.set,
            &format!(
                "A 'PrimitiveValue' node with non-null value was found when trying to read the value of the navigation property '{name}'."
            ),
        )),
    }
}
