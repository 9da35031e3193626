//! What people agreed to, by the address that would be used.
//!
//! Source: Microsoft Learn, "Manage consent for email and text messages in Customer Insights - Journeys" and the table
//! reference "Contact Point Consent".

use cxloop_domain::survey_trigger::{Address, Consent, ConsentAsked, phone_number};
use cxloop_ports::Failure;

use super::super::DynamicsCaseDesk;
use super::text;
use crate::{Error, Filter, Literal, Query};

const CONSENTS: &str = "msdynmkt_contactpointconsent4s";
const ADDRESS: &str = "msdynmkt_contactpointvalue";
const CHANNEL: &str = "msdynmkt_contactpointtype";
const VALUE: &str = "msdynmkt_value";
const PURPOSE: &str = "_msdynmkt_purposeid_value";
/// Set on consent to one topic of a purpose, which says nothing of the purpose.
const TOPIC: &str = "_msdynmkt_topicid_value";
const EMAIL: i64 = 534_120_000;
const TEXT_MESSAGE: i64 = 534_120_001;
const OPTED_IN: i64 = 534_120_001;
const OPTED_OUT: i64 = 534_120_002;
/// An address has one row for each purpose; more than this are not looked at.
const MOST_ROWS: u32 = 500;

/// What the owner of an address said. Of several rows a refusal counts before an agreement. One request; none while it is
/// known that the organisation keeps no consent.
pub(super) async fn read(
    desk: &DynamicsCaseDesk,
    asked: &ConsentAsked,
) -> Result<Consent, Failure> {
    let now = (desk.now)();
    if desk.tables.keeps_no_consent(now) {
        return Ok(Consent::NotSet);
    }
    let page = match desk.client().await?.list(CONSENTS, &query(asked)).await {
        Ok(page) => page,
        // The table comes with Journeys, which an organisation may do without.
        Err(Error::Refused(detail)) if detail.status == 404 => {
            desk.tables.remember_no_consent(now);
            return Ok(Consent::NotSet);
        }
        Err(error) => return Err(desk.fail("read what a person agreed to", &error).await),
    };
    let wanted = compared(&asked.address, asked.address.as_str());
    let said: Vec<Option<i64>> = page
        .rows
        .iter()
        .filter(|row| {
            // The service's comparison is wider than ours.
            text(row, ADDRESS).is_some_and(|value| compared(&asked.address, &value) == wanted)
        })
        .map(|row| row.whole(VALUE))
        .collect();
    Ok(if said.contains(&Some(OPTED_OUT)) {
        Consent::OptedOut
    } else if said.contains(&Some(OPTED_IN)) {
        Consent::OptedIn
    } else {
        Consent::NotSet
    })
}

fn query(asked: &ConsentAsked) -> Query {
    let channel = match asked.address {
        Address::Email(_) => EMAIL,
        Address::Phone(_) => TEXT_MESSAGE,
    };
    let spelled = spellings(&asked.address)
        .into_iter()
        .map(|spelling| Filter::eq(ADDRESS, spelling.as_str()))
        .reduce(Filter::or)
        .expect("an address has a spelling");
    let query = Query::new()
        .select([ADDRESS, VALUE])
        .filter(spelled)
        .filter(Filter::eq(CHANNEL, channel))
        .filter(Filter::eq(TOPIC, Literal::Null))
        .filter(Filter::eq("statecode", 0))
        .top(MOST_ROWS);
    match asked.purpose {
        Some(purpose) => query.filter(Filter::eq(PURPOSE, purpose)),
        None => query,
    }
}

/// The ways of writing an address. A number is international here, and may be kept with two zeros or without any sign.
fn spellings(address: &Address) -> Vec<String> {
    let mut all = vec![address.as_str().trim().to_owned()];
    if let Address::Phone(number) = address
        && let Some(digits) = number.trim().strip_prefix('+')
    {
        all.extend([format!("00{digits}"), digits.to_owned()]);
    }
    all
}

fn compared(address: &Address, value: &str) -> String {
    match address {
        Address::Email(_) => value.trim().to_lowercase(),
        Address::Phone(_) => phone_number(value).unwrap_or_else(|| format!("+{}", value.trim())),
    }
}
