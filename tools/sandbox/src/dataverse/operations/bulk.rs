//! `CreateMultiple`, `UpdateMultiple` and `UpsertMultiple`: many rows in one request, all of them or none.
//! Source: Microsoft Learn, "Use bulk operation messages".

use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::super::address;
use super::super::alternate::Keyed;
use super::super::change;
use super::super::message::Answer;
use super::super::model::TableId;
use super::super::payload;
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::{Invocation, Parameters};

/// Makes a row of every target and answers their keys in the same order.
pub(super) fn create(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    table: TableId,
) -> Result<Answer, Refusal> {
    let mut ids = Vec::new();
    for target in targets(organisation, call, table)? {
        let changes = payload::read(organisation, table, &target, call.references)?;
        ids.push(change::create(
            organisation,
            call.caller,
            table,
            None,
            &changes,
        )?);
    }
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    Ok(call.result(json!({ "Ids": ids })))
}

/// Changes the row that every target names. The same row may be named twice.
pub(super) fn update(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    table: TableId,
) -> Result<Answer, Refusal> {
    for mut target in targets(organisation, call, table)? {
        let named = named(organisation, call, table, &mut target)?;
        let (id, keyed) = match named {
            Named::Nothing => return Err(no_key(call)),
            Named::Id(id) => (id, None),
            Named::Keyed(keyed) => {
                let name = &organisation.model().table(table).name;
                let id = keyed.id.ok_or_else(|| Refusal::no_row_by_key(name))?;
                (id, Some(keyed))
            }
        };
        if organisation.row(table, id).is_none() {
            let name = &organisation.model().table(table).name;
            return Err(Refusal::missing_rows(name, id));
        }
        let mut changes = payload::read(organisation, table, &target, call.references)?;
        if let Some(keyed) = keyed {
            keyed.reduce(&mut changes);
        }
        change::update(organisation, call.caller, table, id, &changes)?;
    }
    Ok(Answer::empty(204))
}

/// Changes the rows that are there and makes the others. A row may be named once only.
pub(super) fn upsert(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    table: TableId,
) -> Result<Answer, Refusal> {
    let mut seen = HashSet::new();
    for mut target in targets(organisation, call, table)? {
        let named = named(organisation, call, table, &mut target)?;
        let mut changes = payload::read(organisation, table, &target, call.references)?;
        let (there, new) = match &named {
            Named::Id(id) if organisation.row(table, *id).is_some() => (Some(*id), None),
            Named::Id(id) => (None, Some(*id)),
            Named::Keyed(keyed) => (keyed.id, None),
            Named::Nothing => (None, None),
        };
        if let Named::Keyed(keyed) = &named {
            match there {
                Some(_) => keyed.reduce(&mut changes),
                None => keyed.complete(&mut changes),
            }
        }
        let id = match there {
            Some(id) => {
                change::update(organisation, call.caller, table, id, &changes)?;
                id
            }
            None => change::create(organisation, call.caller, table, new, &changes)?,
        };
        if !seen.insert(id) {
            return Err(Refusal::duplicate_key());
        }
    }
    Ok(Answer::empty(204))
}

/// The objects in `Targets`, each of the set's type.
fn targets(
    organisation: &Organisation,
    call: &Invocation<'_>,
    table: TableId,
) -> Result<Vec<Map<String, Json>>, Refusal> {
    let name = &organisation.model().table(table).name;
    let parameters = Parameters::read(call, &["Targets"])?;
    let targets = parameters.array("Targets")?;
    if targets.is_empty() {
        return Err(Refusal::payload(
            call.name,
            "The parameter 'Targets' is empty.",
        ));
    }
    let read = |target: &Json| {
        let object = target
            .as_object()
            .ok_or_else(|| Refusal::payload(call.name, "A target is no entity."))?;
        let kind = object.get("@odata.type").and_then(Json::as_str);
        let kind = kind.map(|kind| kind.trim_start_matches('#'));
        if kind.and_then(|kind| kind.strip_prefix("Microsoft.Dynamics.CRM.")) == Some(name) {
            Ok(object.clone())
        } else {
            Err(Refusal::payload(
                call.name,
                &format!("Every target needs '@odata.type' Microsoft.Dynamics.CRM.{name}."),
            ))
        }
    };
    targets.iter().map(read).collect()
}

/// How a target names its row.
enum Named {
    Nothing,
    Id(Uuid),
    Keyed(Keyed),
}

/// The row that a target names: by `@odata.id`, which is taken out, or by its primary key.
fn named(
    organisation: &Organisation,
    call: &Invocation<'_>,
    table: TableId,
    target: &mut Map<String, Json>,
) -> Result<Named, Refusal> {
    let described = organisation.model().table(table);
    if let Some(reference) = target.remove("@odata.id") {
        let reference = reference.as_str().unwrap_or_default();
        let path = call.references.resolve(reference)?;
        if let Some(keyed) = Keyed::read(organisation, &path, call.caller.now)? {
            return if keyed.table == table && keyed.rest.is_empty() {
                Ok(Named::Keyed(keyed))
            } else {
                Err(no_key(call))
            };
        }
        return match address::read_reference(organisation.model(), &path)? {
            (of, id) if of == table => Ok(Named::Id(id)),
            _ => Err(no_key(call)),
        };
    }
    let Some(key) = target.get(&described.id) else {
        return Ok(Named::Nothing);
    };
    let key = key.as_str().and_then(address::key);
    key.map(Named::Id).ok_or_else(|| no_key(call))
}

fn no_key(call: &Invocation<'_>) -> Refusal {
    Refusal::payload(
        call.name,
        "Every target needs its primary key or '@odata.id'.",
    )
}

impl Refusal {
    /// The bulk form of the refusal of a row that is not there.
    fn missing_rows(table: &str, id: Uuid) -> Self {
        let (first, rest) = table.split_at(1);
        let message = format!(
            "{}{rest} With Ids = {id} Do Not Exist",
            first.to_uppercase()
        );
        Self::new(404, "0x80040217", message)
    }
}
