//! What a contact agreed to, as an agent sees and notes it: one row for each address, channel and purpose.
//!
//! Source: Microsoft Learn, "Manage consent for email and text messages in Customer Insights - Journeys".

use serde_json::json;
use uuid::Uuid;

use super::agent_case::{create, update};
use super::agent_page::{Choice, find, text};
use super::caller::Caller;
use super::model::Table;
use super::refusal::Refusal;
use super::rows::{Organisation, Row};
use super::value::{Value, fold};

const CONSENT: &str = "msdynmkt_contactpointconsent4";
const PURPOSE: &str = "msdynmkt_purpose";
const NOT_SET: i64 = 534_120_000;
/// The values of a consent, with what people call them.
const VALUES: [(i64, &str); 3] = [
    (NOT_SET, "not set"),
    (534_120_001, "opted in"),
    (534_120_002, "opted out"),
];
/// The channels, each with the contact's column and what people call it.
const CHANNELS: [(i64, &str, &str); 2] = [
    (534_120_000, "emailaddress1", "by e-mail"),
    (534_120_001, "mobilephone", "by text message"),
];
/// Consent to a purpose, and not to one topic of it.
const TO_A_PURPOSE: i64 = 534_120_000;
const NO_REASON: i64 = 534_119_999;

/// What a contact said to a purpose on one channel.
pub(super) struct Agreement {
    /// The name of its field in a form: the purpose and the channel.
    pub(super) field: String,
    /// What people call it.
    pub(super) label: String,
    /// What can be said, with what is said.
    pub(super) choices: Vec<Choice>,
}

/// What a contact said to each purpose, on each channel that they have an address for.
pub(super) fn of(organisation: &Organisation, contacts: &Table, contact: &Row) -> Vec<Agreement> {
    let Some((purposes, described)) = find(organisation, PURPOSE) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (purpose, row) in organisation.rows(purposes) {
        for (channel, column, how) in CHANNELS {
            let address = text(contact.get(contacts, column));
            if address.is_empty() {
                continue;
            }
            let said = said(organisation, &address, channel, purpose);
            let said = said.map_or(NOT_SET, |(_, value)| value);
            found.push(Agreement {
                field: format!("{purpose}:{channel}"),
                label: format!("{} {how}", text(row.get(described, "msdynmkt_name"))),
                choices: VALUES
                    .iter()
                    .map(|(value, label)| Choice {
                        value: value.to_string(),
                        label: (*label).to_owned(),
                        chosen: *value == said,
                    })
                    .collect(),
            });
        }
    }
    found
}

/// Notes what a contact said; each field is a purpose and a channel as in [`Agreement::field`].
pub(super) fn save(
    organisation: &mut Organisation,
    caller: &Caller,
    contact: Uuid,
    fields: &[(String, String)],
) -> Result<(), Refusal> {
    for (field, value) in fields {
        let read = field.split_once(':').and_then(|(purpose, channel)| {
            let channel: i64 = channel.parse().ok()?;
            let (_, column, _) = CHANNELS.iter().find(|(known, _, _)| *known == channel)?;
            Some((
                purpose.parse::<Uuid>().ok()?,
                channel,
                *column,
                value.parse::<i64>().ok()?,
            ))
        });
        let Some((purpose, channel, column, value)) = read else {
            return Err(Refusal::invalid_argument("There is no such agreement."));
        };
        let address = find(organisation, "contact")
            .and_then(|(contacts, table)| {
                let row = organisation.row(contacts, contact)?;
                Some(text(row.get(table, column)))
            })
            .unwrap_or_default();
        match said(organisation, &address, channel, purpose) {
            Some((_, before)) if before == value => {}
            Some((consent, _)) => {
                let changed = json!({ "msdynmkt_value": value });
                update(organisation, caller, CONSENT, consent, changed)?;
            }
            None if value == NOT_SET => {}
            None => {
                let consent = json!({
                    "msdynmkt_contactpointvalue": address,
                    "msdynmkt_contactpointtype": channel,
                    "msdynmkt_contactpointconsenttype": TO_A_PURPOSE,
                    "msdynmkt_purposeId@odata.bind": format!("/msdynmkt_purposes({purpose})"),
                    "msdynmkt_value": value,
                    "msdynmkt_logicalreason": NO_REASON,
                });
                create(organisation, caller, CONSENT, &consent)?;
            }
        }
    }
    Ok(())
}

/// The row in which the owner of an address said something to a purpose, and what.
fn said(
    organisation: &Organisation,
    address: &str,
    channel: i64,
    purpose: Uuid,
) -> Option<(Uuid, i64)> {
    let (consents, table) = find(organisation, CONSENT)?;
    let wanted = fold(address);
    let mut rows = organisation.rows(consents);
    let (id, row) = rows.find(|(_, row)| {
        let of_purpose = row.get(table, "msdynmkt_purposeid").as_row();
        row.get(table, "msdynmkt_contactpointtype").as_whole() == Some(channel)
            && of_purpose.is_some_and(|(_, id)| id == purpose)
            && *row.get(table, "msdynmkt_topicid") == Value::Null
            && fold(&text(row.get(table, "msdynmkt_contactpointvalue"))) == wanted
    })?;
    let value = row.get(table, "msdynmkt_value").as_whole();
    Some((id, value.unwrap_or(NOT_SET)))
}
