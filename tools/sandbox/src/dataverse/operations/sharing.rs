//! Sharing single rows with users and teams.
//! Source: Microsoft Learn, "GrantAccess action", "RevokeAccess action" and "RetrievePrincipalAccess function".

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::super::access::Right;
use super::super::change;
use super::super::message::Answer;
use super::super::model::TableId;
use super::super::payload::Changes;
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::super::value::Value;
use super::{Arguments, Invocation, Parameters};

/// The access rights and the bit of each. Source: Microsoft Learn, "AccessRights enumeration".
const RIGHTS: &[(&str, i64)] = &[
    ("ReadAccess", 1),
    ("WriteAccess", 2),
    ("AppendAccess", 4),
    ("AppendToAccess", 16),
    ("CreateAccess", 32),
    ("DeleteAccess", 65_536),
    ("ShareAccess", 262_144),
    ("AssignAccess", 524_288),
];

/// `GrantAccess` and `ModifyAccess`: the first adds rights, the second sets them.
pub(super) fn grant(organisation: &mut Organisation, call: &Invocation<'_>) -> Result<(), Refusal> {
    let parameters = Parameters::read(call, &["Target", "PrincipalAccess"])?;
    let target = target(organisation, call, &parameters)?;
    let access = parameters.object("PrincipalAccess")?;
    let rights = access
        .get("AccessMask")
        .and_then(|mask| mask.as_str())
        .map(mask)
        .transpose()?
        .ok_or_else(|| Refusal::payload(call.name, "'PrincipalAccess' needs 'AccessMask'."))?;
    let principal = access
        .get("Principal")
        .ok_or_else(|| Refusal::payload(call.name, "'PrincipalAccess' needs 'Principal'."))?;
    let principal = super::parameters::entity(organisation, call, principal, None)?;
    principal_only(organisation, principal)?;
    let columns = columns(organisation, call)?;
    let before = share(organisation, &columns, target.1, principal.1);
    match before {
        Some((id, held)) => {
            let rights = if call.name == "GrantAccess" {
                held | rights
            } else {
                rights
            };
            let table = columns.table;
            change::as_system(organisation, call.caller, table, id, |_, row| {
                row.set_at(columns.rights, Value::Whole(rights));
            });
        }
        None => {
            let model = Arc::clone(organisation.model());
            let table = model.table(columns.table);
            let mut changes = vec![
                (columns.object, Value::Guid(target.1)),
                (columns.principal, Value::Guid(principal.1)),
                (columns.rights, Value::Whole(rights)),
            ];
            for (name, of) in [
                ("objecttypecode", target.0),
                ("principaltypecode", principal.0),
            ] {
                if let Some(at) = table.column(name) {
                    changes.push((at, Value::text(&model.table(of).name)));
                }
            }
            let changes = Changes {
                columns: changes,
                ..Changes::default()
            };
            change::create(organisation, call.caller, columns.table, None, &changes)?;
        }
    }
    Ok(())
}

/// `RevokeAccess`: nothing is shared with the principal any longer.
pub(super) fn revoke(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
) -> Result<(), Refusal> {
    let parameters = Parameters::read(call, &["Target", "Revokee"])?;
    let (_, target) = target(organisation, call, &parameters)?;
    let principal = parameters.row(organisation, "Revokee", None)?;
    principal_only(organisation, principal)?;
    let columns = columns(organisation, call)?;
    if let Some((id, _)) = share(organisation, &columns, target, principal.1) {
        change::delete(organisation, call.caller, columns.table, id)?;
    }
    Ok(())
}

/// `RetrievePrincipalAccess`: every right on rows of its own, else what was shared.
pub(super) fn access(
    organisation: &Organisation,
    call: &Invocation<'_>,
    (principals, principal): (TableId, Uuid),
) -> Result<Answer, Refusal> {
    let (table, id) = Arguments::read(call)?.row(organisation, call, "Target")?;
    let described = organisation.model().table(table);
    let owner = organisation
        .row(table, id)
        .and_then(|row| row.get(described, "ownerid").as_row());
    let held = if owner == Some((principals, principal)) {
        RIGHTS.iter().map(|(_, bit)| bit).sum()
    } else {
        let columns = columns(organisation, call)?;
        share(organisation, &columns, id, principal).map_or(0, |(_, rights)| rights)
    };
    let names: Vec<&str> = RIGHTS
        .iter()
        .filter(|(_, bit)| held & bit != 0)
        .map(|(name, _)| *name)
        .collect();
    let names = if names.is_empty() {
        "None".to_owned()
    } else {
        names.join(", ")
    };
    Ok(call.result(json!({ "AccessRights": names })))
}

fn target(
    organisation: &Organisation,
    call: &Invocation<'_>,
    parameters: &Parameters<'_>,
) -> Result<(TableId, Uuid), Refusal> {
    let target = parameters.row(organisation, "Target", None)?;
    let table = organisation.model().table(target.0);
    call.caller.may(Right::Share, table)?;
    if table.column("ownerid").is_none() {
        return Err(Refusal::invalid_argument(format!(
            "Rows of '{}' have no owner and cannot be shared.",
            table.name
        )));
    }
    Ok(target)
}

fn principal_only(organisation: &Organisation, (table, _): (TableId, Uuid)) -> Result<(), Refusal> {
    let name = &organisation.model().table(table).name;
    if matches!(name.as_str(), "systemuser" | "team") {
        return Ok(());
    }
    Err(Refusal::invalid_argument(format!(
        "A row of '{name}' is no principal."
    )))
}

/// `ReadAccess,WriteAccess` as bits.
fn mask(names: &str) -> Result<i64, Refusal> {
    let mut bits = 0;
    for name in names
        .split(',')
        .map(str::trim)
        .filter(|name| *name != "None")
    {
        let found = RIGHTS.iter().find(|(known, _)| *known == name);
        let (_, bit) = found.ok_or_else(|| {
            Refusal::payload("", &format!("'{name}' is no value of AccessRights."))
        })?;
        bits |= bit;
    }
    Ok(bits)
}

/// The table of shares and its columns.
struct Columns {
    table: TableId,
    object: usize,
    principal: usize,
    rights: usize,
}

fn columns(organisation: &Organisation, call: &Invocation<'_>) -> Result<Columns, Refusal> {
    let model = organisation.model();
    let found = model.by_name("principalobjectaccess").and_then(|table| {
        let described = model.table(table);
        Some(Columns {
            table,
            object: described.column("objectid")?,
            principal: described.column("principalid")?,
            rights: described.column("accessrightsmask")?,
        })
    });
    found.ok_or_else(|| call.unknown())
}

fn share(
    organisation: &Organisation,
    columns: &Columns,
    object: Uuid,
    principal: Uuid,
) -> Option<(Uuid, i64)> {
    let shares = organisation.having(columns.table, columns.object, &Value::Guid(object));
    shares.into_iter().find_map(|id| {
        let row = organisation.row(columns.table, id)?;
        (*row.at(columns.principal) == Value::Guid(principal))
            .then(|| (id, row.at(columns.rights).as_whole().unwrap_or_default()))
    })
}
