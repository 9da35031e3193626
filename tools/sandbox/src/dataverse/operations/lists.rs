//! Members of marketing lists.
//! Source: Microsoft Learn, "List (marketing list) table" and the reference of the Web API actions AddMemberList,
//! AddListMembersList, RemoveMemberList and CopyMembersList.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::super::change;
use super::super::message::Answer;
use super::super::model::{ColumnId, TableId};
use super::super::payload::Changes;
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::super::value::Value;
use super::{Invocation, Parameters, parameters};

/// The tables whose rows a list can hold, with the `createdfromcode` of each.
const MEMBERS: &[(i64, &str)] = &[(1, "account"), (2, "contact"), (4, "lead")];

/// The table of memberships. Its rows are made and removed by the messages here alone.
pub(crate) const MEMBERSHIP: &str = "listmember";

/// `AddMemberList`, bound to the list: answers the key of the membership.
pub(super) fn add(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    list: (TableId, Uuid),
) -> Result<Answer, Refusal> {
    let parameters = Parameters::read(call, &["EntityId"])?;
    let member = member(organisation, list, parameters.guid("EntityId")?)?;
    changeable(organisation, list)?;
    let id = join(organisation, call, list, member)?;
    count(organisation, call, list);
    Ok(call.result(json!({"Id": id.to_string()})))
}

/// `AddListMembersList`, unbound: several at once, all or none.
pub(super) fn add_several(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
) -> Result<(), Refusal> {
    let parameters = Parameters::read(call, &["List", "Members"])?;
    let list = parameters.row(organisation, "List", Some("list"))?;
    changeable(organisation, list)?;
    for json in parameters.array("Members")? {
        let (table, id) = parameters::entity(organisation, call, json, None)?;
        if Some(table) != members_table(organisation, list) {
            return Err(Refusal::unsupported_member());
        }
        join(organisation, call, list, (table, id))?;
    }
    count(organisation, call, list);
    Ok(())
}

/// `RemoveMemberList`, bound to the list.
pub(super) fn remove(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    list: (TableId, Uuid),
) -> Result<Answer, Refusal> {
    let parameters = Parameters::read(call, &["EntityId"])?;
    let entity = parameters.guid("EntityId")?;
    changeable(organisation, list)?;
    let pair = membership(organisation, list.1, entity).ok_or_else(|| {
        Refusal::invalid_argument(format!("The list has no member with Id = {entity}."))
    })?;
    change::delete(organisation, call.caller, pair.0, pair.1)?;
    count(organisation, call, list);
    Ok(Answer::empty(204))
}

/// `CopyMembersList`, bound to the list that is copied from.
pub(super) fn copy(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    source: (TableId, Uuid),
) -> Result<Answer, Refusal> {
    let parameters = Parameters::read(call, &["TargetListId"])?;
    let target = (source.0, parameters.guid("TargetListId")?);
    if organisation.row(target.0, target.1).is_none() {
        return Err(Refusal::missing_row("list", target.1));
    }
    changeable(organisation, target)?;
    if members_table(organisation, source) != members_table(organisation, target) {
        return Err(Refusal::unsupported_member());
    }
    let (pairs, lists, entities) = columns(organisation)?;
    for pair in organisation.having(pairs, lists, &Value::Guid(source.1)) {
        let member = organisation
            .row(pairs, pair)
            .and_then(|row| row.at(entities).as_row());
        if let Some(member) = member {
            join(organisation, call, target, member)?;
        }
    }
    count(organisation, call, target);
    Ok(Answer::empty(204))
}

/// Refuses a list that is locked, and one whose members follow from a query.
fn changeable(organisation: &Organisation, (lists, list): (TableId, Uuid)) -> Result<(), Refusal> {
    let table = organisation.model().table(lists);
    let row = organisation
        .row(lists, list)
        .ok_or_else(|| Refusal::missing_row(&table.name, list))?;
    if *row.get(table, "lockstatus") == Value::Flag(true) {
        return Err(Refusal::new(400, "0x80040302", "List is Locked."));
    }
    if *row.get(table, "type") == Value::Flag(true) {
        return Err(Refusal::invalid_argument(
            "The members of a dynamic list follow from its query and cannot be changed.",
        ));
    }
    Ok(())
}

/// The table that the list was made for.
fn members_table(organisation: &Organisation, (lists, list): (TableId, Uuid)) -> Option<TableId> {
    let model = organisation.model();
    let code = organisation
        .row(lists, list)?
        .get(model.table(lists), "createdfromcode")
        .as_whole()?;
    let (_, name) = MEMBERS.iter().find(|(found, _)| *found == code)?;
    model.by_name(name)
}

/// The row with this key, which must be in the table that the list was made for.
fn member(
    organisation: &Organisation,
    list: (TableId, Uuid),
    id: Uuid,
) -> Result<(TableId, Uuid), Refusal> {
    let model = organisation.model();
    let wanted = members_table(organisation, list).ok_or_else(Refusal::unsupported_member)?;
    if organisation.row(wanted, id).is_some() {
        return Ok((wanted, id));
    }
    let elsewhere = MEMBERS
        .iter()
        .filter_map(|(_, name)| model.by_name(name))
        .any(|table| organisation.row(table, id).is_some());
    Err(if elsewhere {
        Refusal::unsupported_member()
    } else {
        Refusal::missing_row(&model.table(wanted).name, id)
    })
}

/// Makes the row a member; one that is a member stays it. Returns the key of the membership.
fn join(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    (lists, list): (TableId, Uuid),
    (table, id): (TableId, Uuid),
) -> Result<Uuid, Refusal> {
    if let Some((_, pair)) = membership(organisation, list, id) {
        return Ok(pair);
    }
    let model = Arc::clone(organisation.model());
    let (pairs, list_column, entities) = columns(organisation)?;
    let mut columns = vec![
        (list_column, Value::Row(lists, list)),
        (entities, Value::Row(table, id)),
    ];
    if let Some(kind) = model.table(pairs).column("entitytype") {
        columns.push((kind, Value::text(&model.table(table).name)));
    }
    let changes = Changes {
        columns,
        ..Changes::default()
    };
    change::create(organisation, call.caller, pairs, None, &changes)
}

fn membership(organisation: &Organisation, list: Uuid, entity: Uuid) -> Option<(TableId, Uuid)> {
    let (pairs, lists, entities) = columns(organisation).ok()?;
    let theirs = organisation.having(pairs, entities, &Value::Guid(entity));
    let found = theirs.into_iter().find(|pair| {
        organisation
            .row(pairs, *pair)
            .and_then(|row| row.at(lists).as_row())
            .is_some_and(|(_, of)| of == list)
    });
    found.map(|pair| (pairs, pair))
}

/// Brings the list's number of members up to date.
fn count(organisation: &mut Organisation, call: &Invocation<'_>, (lists, list): (TableId, Uuid)) {
    let Ok((pairs, column, _)) = columns(organisation) else {
        return;
    };
    let members = organisation.having(pairs, column, &Value::Guid(list)).len();
    change::as_system(organisation, call.caller, lists, list, |table, row| {
        row.set(table, "membercount", Value::Whole(members as i64));
    });
}

/// The table of memberships, and its columns with the list and with the member.
fn columns(organisation: &Organisation) -> Result<(TableId, ColumnId, ColumnId), Refusal> {
    let model = organisation.model();
    let found = model.by_name(MEMBERSHIP).and_then(|pairs| {
        let table = model.table(pairs);
        Some((pairs, table.column("listid")?, table.column("entityid")?))
    });
    found.ok_or_else(|| Refusal::unknown_segment("listmembers"))
}

impl Refusal {
    fn unsupported_member() -> Self {
        Self::new(400, "0x80040301", "Unsupported list member type.")
    }
}
