//! Working from queues: taking an item and giving it back, the queues of a user.
//! Source: Microsoft Learn, "Queue tables".

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::super::change;
use super::super::message::Answer;
use super::super::model::TableId;
use super::super::payload::Changes;
use super::super::preferences::Preferences;
use super::super::query::{Options, Query, Reading};
use super::super::refusal::Refusal;
use super::super::render::Renderer;
use super::super::rows::Organisation;
use super::super::value::Value;
use super::{Arguments, Invocation, Parameters};

/// The `queueviewtype` of a queue that only its members see.
const PRIVATE: i64 = 1;

/// `PickFromQueue`: the item gets a worker, or leaves its queue with one.
pub(super) fn pick(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    item: (TableId, Uuid),
) -> Result<Answer, Refusal> {
    let parameters = Parameters::read(call, &["SystemUser", "RemoveQueueItem"])?;
    let (users, user) = parameters.row(organisation, "SystemUser", Some("systemuser"))?;
    work(organisation, call, item, Value::Row(users, user))?;
    if parameters.flag_or_no("RemoveQueueItem")? {
        change::delete(organisation, call.caller, item.0, item.1)?;
    }
    Ok(Answer::empty(204))
}

/// `ReleaseToQueue`: the item waits for anybody again.
pub(super) fn release(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    item: (TableId, Uuid),
) -> Result<Answer, Refusal> {
    Parameters::read(call, &[])?;
    work(organisation, call, item, Value::Null)?;
    Ok(Answer::empty(204))
}

/// `RemoveFromQueue`: the item is deleted; what waited stays as it is.
pub(super) fn remove(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    (items, item): (TableId, Uuid),
) -> Result<Answer, Refusal> {
    Parameters::read(call, &[])?;
    change::delete(organisation, call.caller, items, item)?;
    Ok(Answer::empty(204))
}

fn work(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    (items, item): (TableId, Uuid),
    worker: Value,
) -> Result<(), Refusal> {
    let described = organisation.model().table(items);
    let active = organisation
        .row(items, item)
        .is_some_and(|row| change::is_active(described, row));
    if !active {
        return Err(Refusal::invalid_argument(
            "An inactive queue item cannot be worked on.",
        ));
    }
    let columns = described.column("workerid").map(|at| (at, worker));
    let changes = Changes {
        columns: columns.into_iter().collect(),
        ..Changes::default()
    };
    change::update(organisation, call.caller, items, item, &changes)
}

/// `AddPrincipalToQueue`: a user or every member of a team becomes a member of the queue.
pub(super) fn add_principal(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    queue: Uuid,
) -> Result<Answer, Refusal> {
    let parameters = Parameters::read(call, &["Principal"])?;
    let (table, principal) = parameters.row(organisation, "Principal", None)?;
    let model = std::sync::Arc::clone(organisation.model());
    let members = match model.table(table).name.as_str() {
        "systemuser" => vec![principal],
        "team" => match model.table(table).collection("teammembership_association") {
            Some(members) => organisation.related(members, principal),
            None => Vec::new(),
        },
        other => {
            return Err(Refusal::invalid_argument(format!(
                "A row of '{other}' is no principal."
            )));
        }
    };
    let Some((pairs, queues, users)) = memberships(organisation) else {
        return Err(call.unknown());
    };
    for user in members {
        let there = organisation.having(pairs, users, &Value::Guid(user));
        let joined = there.into_iter().any(|pair| {
            organisation
                .row(pairs, pair)
                .is_some_and(|row| *row.at(queues) == Value::Guid(queue))
        });
        if !joined {
            let columns = vec![(queues, Value::Guid(queue)), (users, Value::Guid(user))];
            let changes = Changes {
                columns,
                ..Changes::default()
            };
            change::create(organisation, call.caller, pairs, None, &changes)?;
        }
    }
    Ok(Answer::empty(204))
}

/// `RetrieveUserQueues`: the private queues of a user, and the public ones on demand.
pub(super) fn of_user(
    organisation: &Organisation,
    call: &Invocation<'_>,
    user: Uuid,
) -> Result<Answer, Refusal> {
    let public = Arguments::read(call)?.flag("IncludePublic")?;
    let model = organisation.model();
    let Some(queues) = model.by_name("queue") else {
        return Err(call.unknown());
    };
    let table = model.table(queues);
    let mut found = BTreeSet::new();
    if let Some((pairs, queue, users)) = memberships(organisation) {
        let own = organisation.having(pairs, users, &Value::Guid(user));
        found.extend(own.into_iter().filter_map(|pair| {
            match organisation.row(pairs, pair)?.at(queue) {
                Value::Guid(id) | Value::Row(_, id) => Some(*id),
                _ => None,
            }
        }));
    }
    found.extend(organisation.rows(queues).filter_map(|(id, row)| {
        let private = row.get(table, "queueviewtype").as_whole() == Some(PRIVATE);
        let owned = row.get(table, "ownerid").as_row().map(|(_, owner)| owner) == Some(user);
        (change::is_active(table, row) && ((private && owned) || (!private && public)))
            .then_some(id)
    }));
    let query = Query::read(
        Reading::of(organisation, call.caller),
        queues,
        &Options::default(),
    )?;
    let renderer = Renderer {
        organisation,
        preferences: &Preferences::default(),
        service: call.service,
        of_set: true,
        nests: false,
    };
    let rows = found
        .into_iter()
        .filter_map(|id| organisation.row(queues, id).map(|row| (id, row)))
        .map(|(id, row)| Json::Object(renderer.row(queues, id, row, &query)));
    let body = json!({
        "@odata.context": format!("{}/$metadata#queues", call.service),
        "value": rows.collect::<Vec<_>>(),
    });
    Ok(Answer::json(200, &body))
}

/// The table of members, and its columns with the queue and with the user.
fn memberships(organisation: &Organisation) -> Option<(TableId, usize, usize)> {
    let model = organisation.model();
    let pairs = model.by_name("queuemembership")?;
    let table = model.table(pairs);
    Some((
        pairs,
        table.column("queueid")?,
        table.column("systemuserid")?,
    ))
}
