//! Terms: which cases use them up.
//!
//! A case uses one term of its entitlement from its creation until it is cancelled, or from its resolution until it is opened
//! again, whichever the entitlement says. What a case uses before a change is given back and what it uses afterwards is taken,
//! so that every change of a case is counted by one rule.
//! Source: Microsoft Learn, "Create an entitlement to define the support terms for a customer".

use std::sync::Arc;

use uuid::Uuid;

use super::super::caller::Caller;
use super::super::change;
use super::super::incident;
use super::super::model::{Model, Table, TableId};
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Row};
use super::super::value::Value;
use super::{ACTIVE, number};

/// Values of `allocationtypecode` and `decreaseremainingon`.
const HOURS: i64 = 1;
const ON_CREATION: i64 = 1;

/// Gives a new case the default entitlement of its customer, and checks the one that a case is given.
pub(crate) fn before_case(
    organisation: &Organisation,
    cases: TableId,
    before: Option<&Row>,
    row: &mut Row,
) -> Result<(), Refusal> {
    let model = organisation.model();
    let (table, Some(entitlements)) = (model.table(cases), model.by_name("entitlement")) else {
        return Ok(());
    };
    if before.is_none() && row.get(table, "entitlementid").is_null() {
        let default = default_of(organisation, entitlements, row.get(table, "customerid"));
        if let Some(id) = default {
            row.set(table, "entitlementid", Value::Row(entitlements, id));
        }
        return Ok(());
    }
    let given = row.get(table, "entitlementid");
    if before.is_some_and(|before| before.get(table, "entitlementid") == given) {
        return Ok(());
    }
    let Some((_, id)) = given.as_row() else {
        return Ok(());
    };
    let of = model.table(entitlements);
    let entitlement = organisation
        .row(entitlements, id)
        .ok_or_else(|| Refusal::missing_row(&of.name, id))?;
    if entitlement.get(of, "statecode").as_whole() != Some(ACTIVE) {
        let (code, message) = if before.is_none() {
            (
                "0x80060616",
                "You can't create a case for this entitlement because the entitlement is not in active state.",
            )
        } else {
            (
                "0x80060611",
                "You can only associate a case with an active entitlement.",
            )
        };
        return Err(Refusal::new(400, code, message));
    }
    if key(entitlement.get(of, "customerid")) != key(row.get(table, "customerid")) {
        return Err(Refusal::new(
            400,
            "0x8004f866",
            "Select an active entitlement that belongs to the specified customer, contact, or product, and then try again.",
        ));
    }
    let origin = row.get(table, "caseorigincode");
    if *entitlement.get(of, "restrictcasecreation") == Value::Flag(true)
        && !has_terms(organisation, of, id, entitlement, origin)
    {
        return Err(no_terms());
    }
    Ok(())
}

/// Takes and gives back what a change of a case costs.
pub(crate) fn after_case(
    organisation: &mut Organisation,
    caller: &Caller,
    cases: TableId,
    id: Uuid,
    before: Option<&Row>,
) {
    let model = Arc::clone(organisation.model());
    let Some(after) = organisation.row(cases, id) else {
        return;
    };
    let used = |row: &Row| used(organisation, &model, cases, id, row);
    let (then, now) = (before.and_then(used), used(after));
    if then == now {
        return;
    }
    for (used, sign) in [(then, 1.0), (now, -1.0)] {
        if let Some(used) = used {
            give(organisation, caller, &model, &used, sign * used.terms);
        }
    }
}

/// What a case uses.
#[derive(PartialEq)]
struct Used {
    entitlement: Uuid,
    origin: Option<i64>,
    terms: f64,
}

fn used(
    organisation: &Organisation,
    model: &Model,
    cases: TableId,
    case: Uuid,
    row: &Row,
) -> Option<Used> {
    let table = model.table(cases);
    let (entitlements, entitlement) = row.get(table, "entitlementid").as_row()?;
    let of = model.table(entitlements);
    let terms = organisation.row(entitlements, entitlement)?;
    if *row.get(table, "decremententitlementterm") == Value::Flag(false) {
        return None;
    }
    let state = row.get(table, "statecode").as_whole()?;
    let on_creation = terms.get(of, "decreaseremainingon").as_whole() == Some(ON_CREATION);
    let counts = if on_creation {
        state != incident::CANCELLED
    } else {
        state == incident::RESOLVED
    };
    let hours = terms.get(of, "allocationtypecode").as_whole() == Some(HOURS);
    let terms = match (counts, hours) {
        (false, _) => return None,
        (true, false) => 1.0,
        (true, true) => incident::minutes_of_last_resolution(organisation, cases, case) / 60.0,
    };
    Some(Used {
        entitlement,
        origin: row.get(table, "caseorigincode").as_whole(),
        terms,
    })
}

/// Adds terms to an entitlement and to its channel of the case's origin.
fn give(organisation: &mut Organisation, caller: &Caller, model: &Model, used: &Used, terms: f64) {
    let Some(entitlements) = model.by_name("entitlement") else {
        return;
    };
    let add = |table: &Table, row: &mut Row| {
        let remaining = number(row.get(table, "remainingterms"));
        if let Some(remaining) = remaining {
            row.set(table, "remainingterms", Value::Float(remaining + terms));
        }
    };
    change::as_system(organisation, caller, entitlements, used.entitlement, add);
    let of = model.table(entitlements);
    if let Some((channels, id)) = channel(organisation, of, used.entitlement, used.origin) {
        change::as_system(organisation, caller, channels, id, add);
    }
}

/// True while a term is left, in the channel of the origin too.
fn has_terms(
    organisation: &Organisation,
    of: &Table,
    id: Uuid,
    entitlement: &Row,
    origin: &Value,
) -> bool {
    let left = |value: &Value| number(value).is_none_or(|left| left >= 1.0);
    let model = organisation.model();
    let in_channel = channel(organisation, of, id, origin.as_whole()).is_none_or(|(table, id)| {
        organisation
            .row(table, id)
            .is_none_or(|row| left(row.get(model.table(table), "remainingterms")))
    });
    left(entitlement.get(of, "remainingterms")) && in_channel
}

fn channel(
    organisation: &Organisation,
    of: &Table,
    entitlement: Uuid,
    origin: Option<i64>,
) -> Option<(TableId, Uuid)> {
    let channels = of.collection("entitlement_entitlementchannel_EntitlementId")?;
    let table = organisation.model().table(channels.table);
    let found = organisation.related(channels, entitlement);
    let found = found.into_iter().find(|id| {
        origin.is_some()
            && organisation
                .row(channels.table, *id)
                .is_some_and(|row| row.get(table, "channel").as_whole() == origin)
    });
    found.map(|id| (channels.table, id))
}

fn default_of(
    organisation: &Organisation,
    entitlements: TableId,
    customer: &Value,
) -> Option<Uuid> {
    let of = organisation.model().table(entitlements);
    let theirs = organisation.having(entitlements, of.column("customerid")?, customer);
    theirs.into_iter().find(|id| {
        organisation.row(entitlements, *id).is_some_and(|row| {
            row.get(of, "statecode").as_whole() == Some(ACTIVE)
                && *row.get(of, "isdefault") == Value::Flag(true)
                && (*row.get(of, "restrictcasecreation") != Value::Flag(true)
                    || number(row.get(of, "remainingterms")).is_none_or(|left| left >= 1.0))
        })
    })
}

fn key(value: &Value) -> Option<Uuid> {
    value.as_row().map(|(_, id)| id)
}

fn no_terms() -> Refusal {
    Refusal::new(
        400,
        "0x80060609",
        "You can't create a case for this entitlement because there are no available terms.",
    )
}
