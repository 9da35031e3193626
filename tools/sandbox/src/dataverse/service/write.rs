//! Everything but `GET`: creates, updates, upserts, deletes, single properties, actions.

use std::sync::Arc;

use serde_json::Value as Json;
use uuid::Uuid;

use super::super::address::{self, Address};
use super::super::caller::Caller;
use super::super::change;
use super::super::message::{Answer, Request};
use super::super::model::TableId;
use super::super::operations::{self, Invocation};
use super::super::payload::{self, Changes, References};
use super::super::preferences::Condition;
use super::super::query::{Options, Query};
use super::super::refusal::Refusal;
use super::super::render::Renderer;
use super::super::rows::Organisation;
use super::super::value::Value;
use super::{Service, context};

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
            written(organisation, service, request, table, id, 201)
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
                    id: None,
                },
            )?;
            Ok(Answer::empty(204))
        }
        ("DELETE", Address::Related(table, id, navigation)) => {
            let column = model
                .table(table)
                .navigation(&navigation)
                .map(|found| found.column)
                .ok_or_else(|| Refusal::unknown_segment(&navigation))?;
            change::update(
                organisation,
                caller,
                table,
                id,
                &Changes {
                    columns: vec![(column, Value::Null)],
                    id: None,
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
        return written(organisation, service, request, table, id, 200);
    }
    if request.if_match.is_some() {
        return Err(Refusal::missing_row(&described.name, id));
    }
    let changes = payload::read(organisation, table, &body, references)?;
    change::create(organisation, caller, table, Some(id), &changes)?;
    written(organisation, service, request, table, id, 201)
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
    let mut query = Query::read(organisation.model(), table, &options)?;
    if request.method == "PATCH" {
        query.expand.clear();
    }
    let renderer = Renderer {
        organisation,
        preferences: &request.preferences,
        service,
        of_set: false,
    };
    let mut body = renderer.row(table, id, row, &query);
    body.insert(
        "@odata.context".to_owned(),
        Json::String(context(
            service,
            &described.set,
            query.select.names(described),
            true,
        )),
    );
    Ok(Answer::json(status, &Json::Object(body))
        .applying(&request.preferences)
        .about(path))
}
