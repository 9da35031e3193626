//! Winning and losing an opportunity.
//! Source: Microsoft Learn, "Use Web API actions" (WinOpportunity) and "WinOpportunity action", "LoseOpportunity action".

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::super::access::Right;
use super::super::change;
use super::super::payload;
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::super::state;
use super::super::steps;
use super::super::value::Value;
use super::{Invocation, Parameters, parameters};

/// States of an opportunity.
pub(super) const WON: i64 = 1;
pub(super) const LOST: i64 = 2;
/// State and status reason of the activity that records how an opportunity ended.
const COMPLETED: (i64, i64) = (1, 2);

/// `WinOpportunity` and `LoseOpportunity`: parameters `OpportunityClose` and `Status`.
pub(super) fn close(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    outcome: i64,
) -> Result<(), Refusal> {
    let model = Arc::clone(organisation.model());
    let parameters = Parameters::read(call, &["OpportunityClose", "Status"])?;
    let mut close = parameters.object("OpportunityClose")?.clone();
    let status = parameters.whole("Status")?;
    let (Some(opportunities), Some(closes)) = (
        model.by_name("opportunity"),
        model.by_name("opportunityclose"),
    ) else {
        return Err(call.unknown());
    };
    // Callers name the opportunity by binding it or by an object with its key.
    if let Some(named) = close
        .remove("opportunityid")
        .filter(|named| !named.is_null())
    {
        let (_, id) = parameters::entity(organisation, call, &named, Some("opportunity"))?;
        close.insert(
            "opportunityid@odata.bind".to_owned(),
            Json::String(format!("opportunities({id})")),
        );
    }
    let mut changes = payload::read(organisation, closes, &close, call.references)?;
    let described = model.table(closes);
    let about = described
        .column("opportunityid")
        .and_then(|column| changes.given(column))
        .and_then(Value::as_row);
    let Some((_, id)) = about else {
        return Err(Refusal::new(
            400,
            "0x80043b15",
            "The opportunity id is missing or invalid.",
        ));
    };
    let table = model.table(opportunities);
    call.caller.may(Right::Write, table)?;
    let row = organisation
        .row(opportunities, id)
        .ok_or_else(|| Refusal::missing_row(&table.name, id))?
        .clone();
    if !change::is_active(table, &row) {
        return Err(state::closed(table));
    }
    let status = state::reason(table, id, outcome, status)?;
    let revenue = described.column("actualrevenue");
    let value = revenue
        .and_then(|column| changes.given(column))
        .filter(|value| !value.is_null())
        .cloned();
    let value = match (value, revenue) {
        (None, Some(column)) if outcome == WON => {
            let estimated = row.get(table, "estimatedvalue").clone();
            changes.columns.push((column, estimated.clone()));
            estimated
        }
        (value, _) => value.unwrap_or(Value::Null),
    };
    let ended = described
        .column("actualend")
        .and_then(|column| changes.given(column))
        .and_then(Value::as_time)
        .unwrap_or(call.caller.now);
    let activity_of = &changes;
    organisation.deeper(|organisation| {
        let activity = change::create(organisation, call.caller, closes, None, activity_of)?;
        change::as_system(organisation, call.caller, closes, activity, |table, row| {
            row.set(table, "statecode", Value::Whole(COMPLETED.0));
            row.set(table, "statuscode", Value::Whole(COMPLETED.1));
            row.set(table, "actualend", Value::time(ended));
            row.set(table, "opportunitystatecode", Value::Whole(outcome));
            row.set(table, "opportunitystatuscode", Value::Whole(status));
        });
        change::as_system(
            organisation,
            call.caller,
            opportunities,
            id,
            |table, row| {
                row.set(table, "statecode", Value::Whole(outcome));
                row.set(table, "statuscode", Value::Whole(status));
                row.set(table, "actualvalue", value);
                let day = ended.to_zoned(TimeZone::UTC).date();
                row.set(table, "actualclosedate", Value::Day(day));
            },
        );
        state::after_write(organisation, call.caller, opportunities, id, Some(&row))
    })?;
    let of = (outcome == WON, opportunities);
    steps::ended(organisation, call.caller, of, (closes, activity_of), status);
    Ok(())
}
