//! Entitlements: what a customer may ask for, from when and until when. An entitlement is edited as a draft only; the clock
//! lets it begin and end.
//!
//! Source: Microsoft Learn, "Create an entitlement to define the support terms for a customer".

mod terms;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::caller::Caller;
use super::change;
use super::model::{Table, TableId};
use super::refusal::Refusal;
use super::rows::{Organisation, Row};
use super::value::Value;
pub(crate) use terms::{after_case, before_case};

/// States of an entitlement; status reasons have the numbers of their states but for the last.
const DRAFT: i64 = 0;
const ACTIVE: i64 = 1;
const CANCELLED: i64 = 2;
const EXPIRED: i64 = 3;
const WAITING: i64 = 4;
const WAITING_REASON: i64 = 1200;

/// Completes and checks an entitlement that is about to be stored.
pub(crate) fn before_write(
    organisation: &Organisation,
    caller: &Caller,
    table: TableId,
    id: Uuid,
    before: Option<&Row>,
    row: &mut Row,
) -> Result<(), Refusal> {
    let described = organisation.model().table(table);
    if before.is_none() && row.get(described, "remainingterms").is_null() {
        let total = row.get(described, "totalterms").clone();
        row.set(described, "remainingterms", total);
    }
    let days = Days::of(described, row);
    if let (Some(start), Some(end)) = (days.start, days.end)
        && start > end
    {
        return Err(Refusal::new(
            400,
            "0x80060600",
            "Start Date cannot be more than the End Date",
        ));
    }
    check_terms(described, row)?;
    let was = before.and_then(|row| row.get(described, "statecode").as_whole());
    let is = row.get(described, "statecode").as_whole();
    if was != is && is == Some(ACTIVE) && was.is_some() {
        match days.state_on(today(caller)) {
            EXPIRED => {
                return Err(Refusal::new(
                    400,
                    "0x80060617",
                    "You can't activate an expired entitlement.",
                ));
            }
            state => set_state(described, row, state),
        }
        let channels = total_of_channels(organisation, described, id);
        if let (Some(most), Some(total)) = (channels, number(row.get(described, "totalterms")))
            && most > total
        {
            return Err(Refusal::new(
                400,
                "0x80060605",
                "Total terms for a specific case origin on an entitlement channel cannot be more than the total terms of the corresponding entitlement.",
            ));
        }
    }
    Ok(())
}

/// Whether an entitlement may change from one state to the other.
pub(crate) fn transition(from: i64, to: i64) -> Result<(), Refusal> {
    let refused = |code, message| Err(Refusal::new(400, code, message));
    match (from, to) {
        (DRAFT, ACTIVE) | (ACTIVE | WAITING, DRAFT | CANCELLED) => Ok(()),
        (_, ACTIVE) => refused(
            "0x80060606",
            "You can't activate an expired, waiting or canceled entitlement.",
        ),
        (_, CANCELLED) => refused(
            "0x80060607",
            "You can't cancel an entitlement that's in the Draft or Expired state.",
        ),
        (_, DRAFT) => refused(
            "0x80060608",
            "You can deactivate only entitlements that are active or waiting",
        ),
        (_, EXPIRED) => refused(
            "0x80060618",
            "You can't set an entitlement to the Expired state. Active entitlements automatically expire when their end date passes.",
        ),
        _ => refused(
            "0x80060606",
            "An entitlement waits only when it is activated before its start date.",
        ),
    }
}

/// An entitlement that holds or will hold stays.
pub(crate) fn check_delete(table: &Table, row: &Row) -> Result<(), Refusal> {
    match row.get(table, "statecode").as_whole() {
        Some(ACTIVE | WAITING) => Err(Refusal::new(
            400,
            "0x80060601",
            "You cannot delete an entitlement that is in active or waiting state",
        )),
        _ => Ok(()),
    }
}

/// The terms of a channel change only while its entitlement is a draft.
pub(crate) fn check_channel(
    organisation: &Organisation,
    table: &Table,
    row: &Row,
) -> Result<(), Refusal> {
    let Some((entitlements, id)) = row.get(table, "entitlementid").as_row() else {
        return Err(Refusal::new(
            400,
            "0x80060612",
            "Associate the entitlement channel with an entitlement or entitlement template.",
        ));
    };
    let of = organisation.model().table(entitlements);
    let state = organisation
        .row(entitlements, id)
        .and_then(|row| row.get(of, "statecode").as_whole());
    if state == Some(DRAFT) {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "0x80060603",
        "An entitlement channel term cannot be created, modified or deleted when the associated entitlement is not in draft state.",
    ))
}

/// The most terms that a channel of the entitlement has.
fn total_of_channels(organisation: &Organisation, of: &Table, entitlement: Uuid) -> Option<f64> {
    let channels = of.collection("entitlement_entitlementchannel_EntitlementId")?;
    let table = organisation.model().table(channels.table);
    let ids = organisation.related(channels, entitlement);
    ids.into_iter()
        .filter_map(|id| {
            number(
                organisation
                    .row(channels.table, id)?
                    .get(table, "totalterms"),
            )
        })
        .reduce(f64::max)
}

fn check_terms(table: &Table, row: &Row) -> Result<(), Refusal> {
    let (total, remaining) = (
        number(row.get(table, "totalterms")),
        number(row.get(table, "remainingterms")),
    );
    let cases = row.get(table, "allocationtypecode").as_whole() == Some(0);
    if cases && total.is_some_and(|total| total.fract().abs() > f64::EPSILON) {
        return Err(Refusal::new(
            400,
            "0x80060619",
            "If the allocation type is the number of cases, the total terms can't be a decimal value. Specify a whole number.",
        ));
    }
    match (total, remaining) {
        (Some(total), Some(remaining)) if remaining > total => Err(Refusal::new(
            400,
            "0x80060624",
            "The number of remaining terms can't be greater than the number of total terms.",
        )),
        _ => Ok(()),
    }
}

/// The entitlements whose time has come or is over, with the state that the clock gives them.
pub(crate) fn due(organisation: &Organisation, caller: &Caller) -> Vec<(Uuid, i64)> {
    let model = organisation.model();
    let Some(entitlements) = model.by_name("entitlement") else {
        return Vec::new();
    };
    let table = model.table(entitlements);
    let today = today(caller);
    let states = organisation.rows(entitlements).filter_map(|(id, row)| {
        let now = row.get(table, "statecode").as_whole()?;
        let wanted = Days::of(table, row).state_on(today);
        (matches!(now, ACTIVE | WAITING) && now != wanted).then_some((id, wanted))
    });
    states.collect()
}

/// Gives the entitlements that are due their states.
pub(crate) fn settle(organisation: &mut Organisation, caller: &Caller) {
    let Some(entitlements) = organisation.model().by_name("entitlement") else {
        return;
    };
    for (id, state) in due(organisation, caller) {
        change::as_system(organisation, caller, entitlements, id, |table, row| {
            set_state(table, row, state);
        });
    }
}

/// The first and the last day.
struct Days {
    start: Option<Date>,
    end: Option<Date>,
}

impl Days {
    fn of(table: &Table, row: &Row) -> Self {
        let day = |column: &str| match row.get(table, column) {
            Value::Day(day) => Some(*day),
            Value::Time(at) => Some(at.to_zoned(TimeZone::UTC).date()),
            _ => None,
        };
        Self {
            start: day("startdate"),
            end: day("enddate"),
        }
    }

    /// The state of an entitlement that was activated.
    fn state_on(&self, today: Date) -> i64 {
        if self.end.is_some_and(|end| end < today) {
            EXPIRED
        } else if self.start.is_some_and(|start| start > today) {
            WAITING
        } else {
            ACTIVE
        }
    }
}

fn today(caller: &Caller) -> Date {
    caller.now.to_zoned(TimeZone::UTC).date()
}

fn set_state(table: &Table, row: &mut Row, state: i64) {
    let reason = if state == WAITING {
        WAITING_REASON
    } else {
        state
    };
    row.set(table, "statecode", Value::Whole(state));
    row.set(table, "statuscode", Value::Whole(reason));
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        Value::Whole(number) => i32::try_from(*number).ok().map(f64::from),
        _ => None,
    }
}
