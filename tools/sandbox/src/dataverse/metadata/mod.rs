//! The definitions of tables, columns, keys and relationships, read and changed over the Web API.
//! Source: Microsoft Learn, "Create and update table definitions using the Web API" and "Query table definitions using the Web
//! API".

mod attributes;
mod columns;
mod csdl;
mod definitions;
mod keys;
mod labels;
mod new_column;
mod new_relationship;
mod new_table;
mod project;
mod relationships;
mod removal;
pub(crate) mod solution;

use percent_encoding::percent_decode_str;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::access;
use super::caller::Caller;
use super::message::{Answer, Request};
use super::model::{Model, TableId};
use super::query::Options;
use super::refusal::Refusal;
use super::rows::Organisation;
use super::service::Service;

/// A path of definitions, cut into its segments.
pub(crate) struct Path {
    segments: Vec<(String, Option<String>)>,
}

/// First segments that belong here.
const HEADS: &[&str] = &[
    "EntityDefinitions",
    "RelationshipDefinitions",
    "GlobalOptionSetDefinitions",
    "CreateCustomerRelationships",
    "PublishXml",
    "PublishAllXml",
    "$metadata",
];

impl Path {
    /// The path, when it is one of definitions.
    pub(crate) fn read(path: &str) -> Option<Self> {
        let decoded = percent_decode_str(path).decode_utf8().ok()?;
        let mut segments = Vec::new();
        for segment in decoded.trim_matches('/').split('/') {
            let (name, key) = match segment.split_once('(') {
                Some((name, key)) => (name, Some(key.strip_suffix(')')?.to_owned())),
                None => (segment, None),
            };
            segments.push((name.to_owned(), key.filter(|key| !key.is_empty())));
        }
        let known = segments
            .first()
            .is_some_and(|(head, _)| HEADS.contains(&head.as_str()));
        known.then_some(Self { segments })
    }

    fn head(&self) -> &str {
        &self.segments[0].0
    }

    fn key(&self, at: usize) -> Option<&str> {
        self.segments.get(at).and_then(|(_, key)| key.as_deref())
    }

    fn name(&self, at: usize) -> Option<&str> {
        self.segments.get(at).map(|(name, _)| name.as_str())
    }

    fn len(&self) -> usize {
        self.segments.len()
    }
}

/// Answers with a list of definitions; the first argument is what the context of the answer names.
type AnswerSet<'a> = &'a dyn Fn(&str, Vec<Json>) -> Result<Answer, Refusal>;
/// Answers with one definition.
type AnswerOne<'a> = &'a dyn Fn(&str, Json) -> Result<Answer, Refusal>;

/// What a key in parentheses names: an identifier, or a name in quotes.
enum Named<'k> {
    Id(Uuid),
    Name(&'k str),
}

fn named(key: &str) -> Option<Named<'_>> {
    match key.split_once('=') {
        Some((_, name)) => Some(Named::Name(name.strip_prefix('\'')?.strip_suffix('\'')?)),
        None => super::address::key(key).map(Named::Id),
    }
}

/// The table that a key names.
fn table_of(model: &Model, key: &str) -> Result<TableId, Refusal> {
    let found = match named(key) {
        Some(Named::Name(name)) => model.by_name(name),
        Some(Named::Id(id)) => model
            .tables()
            .find(|(_, table)| definitions::id(table) == id)
            .map(|(table, _)| table),
        None => return Err(Refusal::invalid_key("EntityDefinitions")),
    };
    found.ok_or_else(|| Refusal::no_definition("entity", key))
}

/// Answers `GET`.
pub(crate) fn read(
    organisation: &Organisation,
    caller: &Caller,
    service: Service<'_>,
    request: &Request,
    path: &Path,
) -> Result<Answer, Refusal> {
    let model = organisation.model();
    let options = Options::read(&request.query)?;
    let set = |context: &str, rows: Vec<Json>| {
        let rows = project::rows(rows, &options)?;
        let context = format!("{service}/$metadata#{context}");
        Ok(Answer::json(
            200,
            &json!({"@odata.context": context, "value": rows}),
        ))
    };
    let one = |context: &str, row: Json| {
        let mut row = project::row(row, &options)?;
        row["@odata.context"] = Json::String(format!("{service}/$metadata#{context}/$entity"));
        Ok(Answer::json(200, &row))
    };
    match path.head() {
        "$metadata" => Ok(csdl::document(model)),
        "GlobalOptionSetDefinitions" => match path.key(0) {
            None => Err(Refusal::not_served("The list of global choices")),
            Some(key) => Err(Refusal::no_definition("optionset", key)),
        },
        "RelationshipDefinitions" => match path.key(0) {
            None => set("RelationshipDefinitions", relationships::all(model)),
            Some(key) => one("RelationshipDefinitions", relationships::one(model, key)?),
        },
        "EntityDefinitions" => {
            let Some(key) = path.key(0) else {
                let expands = options.get("$expand");
                let rows = model
                    .tables()
                    .map(|(id, table)| definitions::expanded(model, id, table, caller, expands))
                    .collect();
                return set("EntityDefinitions", rows);
            };
            let table = table_of(model, key)?;
            let described = model.table(table);
            let context = format!("EntityDefinitions({key})");
            match path.name(1) {
                None => {
                    let row = definitions::expanded(
                        model,
                        table,
                        described,
                        caller,
                        options.get("$expand"),
                    );
                    one("EntityDefinitions", row)
                }
                Some("Attributes") => attributes::answer(model, described, path, &set, &one),
                Some("Keys") => match path.key(1) {
                    None => set(
                        &format!("{context}/Keys"),
                        keys::all(described, caller, true),
                    ),
                    Some(key) => one(
                        &format!("{context}/Keys"),
                        keys::one(described, caller, key)?,
                    ),
                },
                Some(
                    kind @ ("OneToManyRelationships"
                    | "ManyToOneRelationships"
                    | "ManyToManyRelationships"),
                ) => {
                    let rows = relationships::of(model, table, kind);
                    set(&format!("{context}/{kind}"), rows)
                }
                Some(property) => {
                    let row = definitions::of(model, described);
                    match row.get(property) {
                        Some(value) => Ok(Answer::json(
                            200,
                            &json!({"@odata.context": format!("{service}/$metadata#{context}/{property}"), "value": value}),
                        )),
                        None => Err(Refusal::unknown_segment(property)),
                    }
                }
            }
        }
        other => Err(Refusal::no_resource(&format!("{service}/{other}"))),
    }
}

/// The privilege that a change of definitions asks for.
/// Source: Microsoft Learn, "Security roles and privileges" (customization).
fn privilege(method: &str, path: &Path) -> String {
    let of = match (path.head(), path.name(1)) {
        ("PublishXml" | "PublishAllXml", _) => return access::PUBLISH.to_owned(),
        ("RelationshipDefinitions" | "CreateCustomerRelationships", _) => "Relationship",
        (_, Some("Attributes")) => "Attribute",
        (_, Some("Keys")) => "EntityKey",
        _ => "Entity",
    };
    let verb = match method {
        "POST" => "Create",
        "DELETE" => "Delete",
        _ => "Write",
    };
    format!("prv{verb}{of}")
}

/// Answers everything but `GET`.
pub(crate) fn write(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    request: &Request,
    path: &Path,
) -> Result<Answer, Refusal> {
    caller.has(&privilege(&request.method, path))?;
    let written = match (request.method.as_str(), path.head()) {
        ("POST", "PublishAllXml") => None,
        ("POST", "PublishXml") => {
            let body = request.object("PublishXml")?;
            if !body.get("ParameterXml").is_some_and(Json::is_string) {
                return Err(Refusal::payload(
                    "PublishXml",
                    "The parameter 'ParameterXml' is missing.",
                ));
            }
            None
        }
        ("POST", "CreateCustomerRelationships") => {
            return new_relationship::customer(organisation, caller, service, request);
        }
        ("POST", "EntityDefinitions") if path.key(0).is_none() => {
            Some(new_table::create(organisation, caller, request)?)
        }
        ("POST", "RelationshipDefinitions") if path.key(0).is_none() => {
            Some(new_relationship::create(organisation, caller, request)?)
        }
        ("POST", "EntityDefinitions") if path.len() == 2 => {
            let table = table_of(organisation.model(), path.key(0).unwrap_or_default())?;
            match path.name(1) {
                Some("Attributes") => Some(columns::create(organisation, caller, request, table)?),
                Some("Keys") => Some(keys::create(organisation, caller, request, table)?),
                _ => return Err(Refusal::method_not_allowed("POST")),
            }
        }
        ("PUT", "EntityDefinitions") => {
            let table = table_of(organisation.model(), path.key(0).unwrap_or_default())?;
            match (path.name(1), path.key(1)) {
                (None, _) => new_table::replace(organisation, request, table)?,
                (Some("Attributes"), Some(key)) => {
                    columns::replace(organisation, request, table, key)?;
                }
                _ => return Err(Refusal::method_not_allowed("PUT")),
            }
            None
        }
        ("PUT", "RelationshipDefinitions") => {
            relationships::one(organisation.model(), path.key(0).unwrap_or_default())?;
            return Err(Refusal::not_served("Replacing a relationship"));
        }
        ("DELETE", head) => {
            removal::remove(organisation, head, path)?;
            None
        }
        // Definitions are replaced as a whole. Source: "Create and update table definitions using the Web API".
        (method, _) => return Err(Refusal::method_not_allowed(method)),
    };
    Ok(match written {
        Some(place) => Answer::empty(204).with("OData-EntityId", format!("{service}/{place}")),
        None => Answer::empty(204),
    })
}
