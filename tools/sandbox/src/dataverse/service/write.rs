//! Everything but `GET`: creates, updates, upserts, deletes, single properties, actions.

use std::sync::Arc;

use serde_json::Value as Json;
use uuid::Uuid;

use super::super::address::{self, Address};
use super::super::alternate::Keyed;
use super::super::caller::Caller;
use super::super::change;
use super::super::message::{Answer, Request};
use super::super::metadata::{self, solution};
use super::super::model::TableId;
use super::super::operations::{self, Invocation};
use super::super::payload::{self, Changes, References};
use super::super::preferences::Condition;
use super::super::query::{Options, Query, Reading};
use super::super::refusal::Refusal;
use super::super::render::Renderer;
use super::super::rows::{DefinitionWrite, Organisation};
use super::super::value::Value;
use super::{Service, context, link};

/// Answers a request that may write. The caller commits or rolls back.
pub(crate) fn write(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    request: &Request,
    references: &References,
) -> Result<Answer, Refusal> {
    let path = references.resolve(&request.path)?;
    let model = Arc::clone(organisation.model());
    if let Some(definitions) = metadata::Path::read(&path) {
        let answer = metadata::write(organisation, caller, service, request, &definitions)?;
        organisation.remember_definition(DefinitionWrite {
            method: request.method.clone(),
            path,
            body: serde_json::from_slice(&request.body).unwrap_or_default(),
            at: caller.now,
        });
        return Ok(answer);
    }
    let keyed = Keyed::read(organisation, &path, caller.now)?;
    if let Some(keyed) = &keyed
        && request.method == "PATCH"
        && keyed.rest.is_empty()
    {
        return patch_by_key(organisation, caller, service, request, references, keyed);
    }
    let path = match keyed {
        Some(keyed) => keyed.plain(&model)?,
        None => path,
    };
    if let Some(answer) = link::write(organisation, caller, request, references, &path)? {
        return Ok(answer);
    }
    let address = address::read(&model, &path)?;
    let not_allowed = || Err(Refusal::method_not_allowed(&request.method));
    let call = Invocation {
        caller,
        service,
        request,
        references,
        name: "",
        arguments: "",
    };
    match (request.method.as_str(), address) {
        ("POST", Address::Set(table)) => {
            let body = request.object(&model.table(table).set)?;
            let changes = payload::read(organisation, table, &body, references)?;
            let id = change::create(organisation, caller, table, None, &changes)?;
            solution_component(organisation, caller, request, table, id)?;
            written(organisation, caller, service, request, table, id, 201)
        }
        ("PATCH", Address::Row(table, id)) => patch(
            organisation,
            caller,
            service,
            request,
            references,
            table,
            id,
        ),
        ("DELETE", Address::Row(table, id)) => {
            precondition(organisation, request, table, id)?;
            change::delete(organisation, caller, table, id)?;
            Ok(Answer::empty(204))
        }
        ("PUT" | "DELETE", Address::Property(table, id, column)) => {
            precondition(organisation, request, table, id)?;
            let described = model.table(table);
            let value = match request.method.as_str() {
                "PUT" => {
                    let body = request.object(&described.set)?;
                    let value = body.get("value").ok_or_else(|| {
                        Refusal::payload(&described.set, "The body needs 'value'.")
                    })?;
                    payload::value(described, column, value)?
                }
                _ => Value::Null,
            };
            change::update(
                organisation,
                caller,
                table,
                id,
                &Changes {
                    columns: vec![(column, value)],
                    ..Changes::default()
                },
            )?;
            Ok(Answer::empty(204))
        }
        ("DELETE", Address::Related(table, id, navigation)) => {
            let found = model
                .table(table)
                .navigation(&navigation)
                .ok_or_else(|| Refusal::unknown_segment(&navigation))?;
            let column = found.column;
            link::leads_to(organisation, (table, id), column, &found.tables)?;
            change::update(
                organisation,
                caller,
                table,
                id,
                &Changes {
                    columns: vec![(column, Value::Null)],
                    ..Changes::default()
                },
            )?;
            Ok(Answer::empty(204))
        }
        ("POST", Address::Unbound(name)) => operations::unbound(organisation, &call.of(&name, "")),
        ("POST", Address::Bound(table, id, name)) => {
            operations::bound(organisation, &call.of(&name, ""), (table, id))
        }
        ("POST", Address::BoundToSet(table, name)) => {
            operations::bound_to_set(organisation, &call.of(&name, ""), table)
        }
        (_, Address::Unbound(_) | Address::Bound(..) | Address::BoundToSet(..)) => {
            Err(Refusal::no_resource(&format!("{service}/{path}")))
        }
        _ => not_allowed(),
    }
}

/// `PATCH` on a row: an update, or an upsert as far as the conditions let it.
/// Source: Microsoft Learn, "Use Upsert to create or update a record" and "Perform conditional operations using the Web API".
fn patch(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    request: &Request,
    references: &References,
    table: TableId,
    id: Uuid,
) -> Result<Answer, Refusal> {
    let model = Arc::clone(organisation.model());
    let described = model.table(table);
    let body = request.object(&described.set)?;
    if organisation.row(table, id).is_some() {
        if request.if_none_match == Some(Condition::Any) {
            return Err(Refusal::exists_already());
        }
        precondition(organisation, request, table, id)?;
        let changes = payload::read(organisation, table, &body, references)?;
        change::update(organisation, caller, table, id, &changes)?;
        return written(organisation, caller, service, request, table, id, 200);
    }
    if request.if_match.is_some() {
        return Err(Refusal::missing_row(&described.name, id));
    }
    let changes = payload::read(organisation, table, &body, references)?;
    change::create(organisation, caller, table, Some(id), &changes)?;
    written(organisation, caller, service, request, table, id, 201)
}

/// `PATCH` on a row that an alternate key names. The answer has the address as it came, because that is how the caller knows
/// the row; columns of the key in the body are dropped from an update and win over the address in a new row.
/// Source: Microsoft Learn, "Use Upsert to create or update a record".
fn patch_by_key(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    request: &Request,
    references: &References,
    keyed: &Keyed,
) -> Result<Answer, Refusal> {
    let table = keyed.table;
    let body = request.object(&organisation.model().table(table).set)?;
    let mut changes = payload::read(organisation, table, &body, references)?;
    let (id, status) = match keyed.id {
        Some(_) if request.if_none_match == Some(Condition::Any) => {
            return Err(Refusal::exists_already());
        }
        Some(id) => {
            precondition(organisation, request, table, id)?;
            keyed.reduce(&mut changes);
            change::update(organisation, caller, table, id, &changes)?;
            (id, 200)
        }
        None if request.if_match.is_some() => {
            let name = &organisation.model().table(table).name;
            return Err(Refusal::no_row_by_key(name));
        }
        None => {
            keyed.complete(&mut changes);
            let id = change::create(organisation, caller, table, None, &changes)?;
            (id, 201)
        }
    };
    let mut answer = written(organisation, caller, service, request, table, id, status)?;
    for (name, value) in &mut answer.headers {
        if *name == "OData-EntityId" {
            *value = format!("{service}/{}", keyed.form);
        }
    }
    Ok(answer)
}

/// Puts a row that is a component into the solution of the request.
fn solution_component(
    organisation: &mut Organisation,
    caller: &Caller,
    request: &Request,
    table: TableId,
    id: Uuid,
) -> Result<(), Refusal> {
    let kind = solution::Component::of_rows(&organisation.model().table(table).name);
    match kind {
        Some(kind) => solution::add(organisation, caller, request, kind, id),
        None => Ok(()),
    }
}

/// Holds `If-Match` against the row that is there.
fn precondition(
    organisation: &Organisation,
    request: &Request,
    table: TableId,
    id: Uuid,
) -> Result<(), Refusal> {
    let row = organisation
        .row(table, id)
        .ok_or_else(|| Refusal::missing_row(&organisation.model().table(table).name, id))?;
    match &request.if_match {
        Some(Condition::Tag(expected)) if *expected != row.etag() => {
            Err(Refusal::version_mismatch())
        }
        _ => Ok(()),
    }
}

/// The answer to a write: 204 with the row's address, or the row itself when the caller prefers it.
fn written(
    organisation: &Organisation,
    caller: &Caller,
    service: Service<'_>,
    request: &Request,
    table: TableId,
    id: Uuid,
    status: u16,
) -> Result<Answer, Refusal> {
    let described = organisation.model().table(table);
    let row = organisation
        .row(table, id)
        .ok_or_else(|| Refusal::missing_row(&described.name, id))?;
    let path = format!("{}({id})", described.set);
    if !request.preferences.representation {
        let address = format!("{service}/{path}");
        return Ok(Answer::empty(204)
            .with("OData-EntityId", address)
            .about(path));
    }
    let options = Options::read(&request.query)?;
    let mut query = Query::read(Reading::of(organisation, caller), table, &options)?;
    if request.method == "PATCH" {
        query.expand.clear();
    }
    let renderer = Renderer {
        organisation,
        preferences: &request.preferences,
        service,
        of_set: false,
        nests: query.nests(),
    };
    let mut body = renderer.row(table, id, row, &query);
    let names = query.select.names(described, &query.expand);
    body.insert(
        "@odata.context".to_owned(),
        Json::String(context(service, &described.set, &names, true)),
    );
    Ok(Answer::json(status, &Json::Object(body))
        .applying(&request.preferences)
        .about(path))
}
