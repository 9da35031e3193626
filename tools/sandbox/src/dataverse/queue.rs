//! What queues do: one active item per row, and `AddToQueue`, which moves it.
//! Source: Microsoft Learn, "Queue tables" and "Use Web API actions".

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::caller::Caller;
use super::change;
use super::model::{Model, Table, TableId};
use super::operations::refuse_unknown_parameters;
use super::payload::{self, Changes, References};
use super::refusal::Refusal;
use super::rows::{Organisation, Row};
use super::value::Value;

/// Refuses a second active item for a row, and items in a queue that is not active.
pub(crate) fn check_item(
    organisation: &Organisation,
    table: &Table,
    items: TableId,
    id: Uuid,
    row: &Row,
    new: bool,
) -> Result<(), Refusal> {
    if !change::is_active(table, row) {
        return Ok(());
    }
    let object = table
        .column("objectid")
        .map(|column| organisation.having(items, column, row.at(column)))
        .unwrap_or_default();
    if object.into_iter().any(|other| {
        other != id
            && organisation
                .row(items, other)
                .is_some_and(|row| change::is_active(table, row))
    }) {
        return Err(Refusal::active_queue_item());
    }
    match row.get(table, "queueid").as_row() {
        Some((queues, queue)) if new => check_queue(organisation, queues, queue),
        _ => Ok(()),
    }
}

fn check_queue(organisation: &Organisation, queues: TableId, queue: Uuid) -> Result<(), Refusal> {
    let described = organisation.model().table(queues);
    let row = organisation
        .row(queues, queue)
        .ok_or_else(|| Refusal::missing_row(&described.name, queue))?;
    if change::is_active(described, row) {
        Ok(())
    } else {
        Err(Refusal::inactive_queue())
    }
}

/// `AddToQueue` on the queue to go to: the row's active item moves there and loses its worker; without one a new item is made.
/// Returns the key of the item.
pub(crate) fn add(
    organisation: &mut Organisation,
    caller: &Caller,
    queues: TableId,
    queue: Uuid,
    body: &Map<String, Json>,
    references: &References,
) -> Result<Uuid, Refusal> {
    let model = Arc::clone(organisation.model());
    refuse_unknown_parameters(body, &["Target", "SourceQueue", "QueueItemProperties"])?;
    check_queue(organisation, queues, queue)?;
    let target = body
        .get("Target")
        .ok_or_else(|| Refusal::payload("AddToQueue", "The parameter 'Target' is missing."))?;
    let (object_table, object) = payload::entity(&model, target, None)?;
    if organisation.row(object_table, object).is_none() {
        return Err(Refusal::missing_row(
            &model.table(object_table).name,
            object,
        ));
    }
    if let Some(source) = body.get("SourceQueue").filter(|source| !source.is_null()) {
        check_source(organisation, queues, source)?;
    }
    let (items, queue_column, object_column) = item_columns(&model)?;
    let described = model.table(items);
    let mut properties = match body.get("QueueItemProperties") {
        Some(Json::Object(properties)) => {
            payload::read(organisation, items, properties, references)?
        }
        None | Some(Json::Null) => Changes::default(),
        Some(_) => {
            return Err(Refusal::payload(
                "AddToQueue",
                "The parameter 'QueueItemProperties' is no entity.",
            ));
        }
    };
    let active = active_item(organisation, items, object_column, object);
    match active {
        Some(item) => {
            let moved = organisation
                .row(items, item)
                .and_then(|row| row.at(queue_column).as_row())
                .is_some_and(|(_, from)| from != queue);
            properties
                .columns
                .push((queue_column, Value::Row(queues, queue)));
            if moved && let Some(worker) = described.column("workerid") {
                properties.columns.push((worker, Value::Null));
            }
            change::update(organisation, caller, items, item, &properties)?;
            Ok(item)
        }
        None => {
            properties
                .columns
                .push((queue_column, Value::Row(queues, queue)));
            properties
                .columns
                .push((object_column, Value::Row(object_table, object)));
            change::create(organisation, caller, items, None, &properties)
        }
    }
}

/// The queue to come from must be one that is there.
fn check_source(
    organisation: &Organisation,
    queues: TableId,
    source: &Json,
) -> Result<(), Refusal> {
    let model = organisation.model();
    let described = model.table(queues);
    let (table, id) = payload::entity(model, source, Some(&described.name))?;
    if table != queues {
        return Err(Refusal::payload(
            "AddToQueue",
            "The parameter 'SourceQueue' is no queue.",
        ));
    }
    match organisation.row(queues, id) {
        Some(_) => Ok(()),
        None => Err(Refusal::missing_row(&described.name, id)),
    }
}

/// The item through which a row waits in a queue.
pub(crate) fn active_item(
    organisation: &Organisation,
    items: TableId,
    object_column: usize,
    object: Uuid,
) -> Option<Uuid> {
    let described = organisation.model().table(items);
    let waiting = organisation.having(items, object_column, &Value::Guid(object));
    waiting.into_iter().find(|item| {
        organisation
            .row(items, *item)
            .is_some_and(|row| change::is_active(described, row))
    })
}

fn item_columns(model: &Model) -> Result<(TableId, usize, usize), Refusal> {
    let found = model.by_name("queueitem").and_then(|items| {
        let table = model.table(items);
        Some((items, table.column("queueid")?, table.column("objectid")?))
    });
    found.ok_or_else(|| Refusal::unknown_segment("AddToQueue"))
}
