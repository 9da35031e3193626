//! The parties of an activity, which belong to it wholly: they are made, replaced and deleted with it.
//! Source: Microsoft Learn, "ActivityParty table".

use std::sync::Arc;

use serde_json::Value as Json;
use uuid::Uuid;

use super::activity;
use super::caller::Caller;
use super::change;
use super::message::Request;
use super::model::{Collection, Model, TableId};
use super::payload::{self, Changes, References};
use super::refusal::Refusal;
use super::rows::Organisation;
use super::value::Value;

/// `PUT emails(…)/email_activity_parties`: the parties in the body take the place of those there are.
pub(crate) fn replace(
    organisation: &mut Organisation,
    caller: &Caller,
    request: &Request,
    references: &References,
    table: TableId,
    id: Uuid,
    navigation: &str,
) -> Result<(), Refusal> {
    let model = Arc::clone(organisation.model());
    let collection = model
        .table(table)
        .collection(navigation)
        .ok_or_else(|| Refusal::unknown_segment(navigation))?;
    let body = request.object(&model.table(table).set)?;
    let Some(Json::Array(given)) = body.get("value") else {
        return Err(Refusal::payload(
            &model.table(table).set,
            "The body needs 'value'.",
        ));
    };
    let mut parties = Vec::new();
    for party in given {
        let Json::Object(party) = party else {
            return Err(Refusal::payload(
                &model.table(collection.table).set,
                "A party is no object.",
            ));
        };
        parties.push(payload::read(
            organisation,
            collection.table,
            party,
            references,
        )?);
    }
    set(
        organisation,
        caller,
        (table, id),
        collection.table,
        &parties,
    )
}

/// True for the collection that holds the parties of an activity.
pub(crate) fn is_of_activity(model: &Model, collection: &Collection) -> bool {
    let table = model.table(collection.table);
    table.name == "activityparty" && table.column("activityid") == Some(collection.column)
}

/// Deletes the parties of an activity and makes others.
pub(crate) fn set(
    organisation: &mut Organisation,
    caller: &Caller,
    (table, id): (TableId, Uuid),
    parties: TableId,
    new: &[Changes],
) -> Result<(), Refusal> {
    let model = Arc::clone(organisation.model());
    let Some(column) = model.table(parties).column("activityid") else {
        return Ok(());
    };
    if let Some(row) = organisation.row(table, id)
        && !change::is_active(model.table(table), row)
    {
        return Err(Refusal::read_only_row(&model.table(table).name));
    }
    for party in organisation.having(parties, column, &Value::Guid(id)) {
        caller.remove(organisation, parties, party);
    }
    let activity = Value::Row(model.by_name(activity::VIEW).unwrap_or(table), id);
    for party in new {
        let mut party = party.clone();
        party.columns.push((column, activity.clone()));
        change::create(organisation, caller, parties, None, &party)?;
    }
    Ok(())
}
