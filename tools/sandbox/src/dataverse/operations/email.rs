//! Sending an e-mail.
//! Source: Microsoft Learn, "SendEmail action" and "Activity party table".

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::super::change;
use super::super::message::Answer;
use super::super::model::TableId;
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::super::state;
use super::super::value::Value;
use super::{Invocation, Parameters};

/// What a party has to do with an activity.
const SENDER: i64 = 1;
const RECIPIENTS: std::ops::RangeInclusive<i64> = 2..=4;
/// The state of an e-mail on its way or gone, and the status reasons of both.
const COMPLETED: i64 = 1;
const PENDING: i64 = 6;
const SENT: i64 = 3;

/// `SendEmail`: the e-mail waits to be sent, or counts as sent when `IssueSend` is false.
pub(super) fn send(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    (emails, id): (TableId, Uuid),
) -> Result<Answer, Refusal> {
    let parameters = Parameters::read(call, &["IssueSend", "TrackingToken"])?;
    let issue = parameters.flag("IssueSend")?;
    let model = Arc::clone(organisation.model());
    let table = model.table(emails);
    let before = organisation
        .row(emails, id)
        .ok_or_else(|| Refusal::missing_row(&table.name, id))?
        .clone();
    if !change::is_active(table, &before) {
        return Err(state::closed(table));
    }
    check_parties(organisation, (emails, id))?;
    change::as_system(organisation, call.caller, emails, id, |table, row| {
        let status = if issue { PENDING } else { SENT };
        row.set(table, "statecode", Value::Whole(COMPLETED));
        row.set(table, "statuscode", Value::Whole(status));
        row.set(table, "actualend", Value::time(call.caller.now));
        if !issue {
            row.set(table, "senton", Value::time(call.caller.now));
        }
        if let Ok(token) = parameters.text("TrackingToken") {
            row.set(table, "trackingtoken", Value::text(token));
        }
    });
    state::after_write(organisation, call.caller, emails, id, Some(&before))?;
    let subject = before.get(table, "subject").as_text().unwrap_or_default();
    Ok(call.result(json!({ "Subject": subject })))
}

/// An e-mail goes from a user or a queue to at least one recipient.
fn check_parties(
    organisation: &Organisation,
    (emails, id): (TableId, Uuid),
) -> Result<(), Refusal> {
    let model = organisation.model();
    let parties = model.table(emails).collection("email_activity_parties");
    let Some(parties) = parties else {
        return Ok(());
    };
    let table = model.table(parties.table);
    let (mut sender, mut recipient) = (false, false);
    for party in organisation.related(parties, id) {
        let Some(row) = organisation.row(parties.table, party) else {
            continue;
        };
        let mask = row
            .get(table, "participationtypemask")
            .as_whole()
            .unwrap_or_default();
        let of = row
            .get(table, "partyid")
            .as_row()
            .map(|(of, _)| model.table(of).name.as_str());
        sender |= mask == SENDER && matches!(of, Some("systemuser" | "queue"));
        recipient |= RECIPIENTS.contains(&mask);
    }
    if !recipient {
        return Err(Refusal::new(
            400,
            "0x80040b04",
            "The e-mail must have at least one recipient before it can be sent",
        ));
    }
    if !sender {
        return Err(Refusal::invalid_argument(
            "The sender of an e-mail must be a user or a queue.",
        ));
    }
    Ok(())
}
