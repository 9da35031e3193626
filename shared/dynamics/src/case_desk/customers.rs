//! Finding and creating the customer of a case.

use cxloop_domain::cases::{ContactDraft, CustomerKeys, CustomerRef};
use cxloop_ports::{Failure, Written};

use super::{DynamicsCaseDesk, lookup, map};
use crate::{Action, Direction, Filter, Query, Record, classify};

/// Columns of a contact that hold a key, the surest column first. `telephone1` is the business
/// number, which colleagues may share, and so comes last.
const EXTERNAL_ID: &[&str] = &["externaluseridentifier"];
const EMAIL: &[&str] = &["emailaddress1", "emailaddress2", "emailaddress3"];
const PHONE: &[&str] = &["mobilephone", "telephone2", "telephone1"];

/// The service's comparison is wider than ours, so a few candidates are read of each key.
const CANDIDATES: u32 = 20;

/// One search per key in one request, each newest first; the surest key that finds somebody wins.
pub(super) async fn find(
    desk: &DynamicsCaseDesk,
    keys: &CustomerKeys,
) -> Result<Option<CustomerRef>, Failure> {
    let wanted: Vec<Key> = [
        keys.external_id
            .as_deref()
            .map(|value| Key::new(EXTERNAL_ID, value, plain)),
        keys.email
            .as_deref()
            .map(|value| Key::new(EMAIL, value, lower_case)),
        keys.phone
            .as_deref()
            .map(|value| Key::new(PHONE, value, digits)),
    ]
    .into_iter()
    .flatten()
    .filter(|key| !key.normal.is_empty())
    .collect();
    if wanted.is_empty() {
        return Ok(None);
    }
    let searches: Vec<(&str, Query)> = wanted.iter().map(|key| ("contacts", key.query())).collect();
    match lookup::searches(&desk.client().await?, &searches).await {
        Ok(found) => Ok(wanted
            .iter()
            .zip(&found)
            .find_map(|(key, rows)| key.best(rows))),
        Err(error) => Err(desk.fail("look for the customer", &error).await),
    }
}

/// Creates the contact under its derived id; a contact that is there under this id is ours.
pub(super) async fn create(
    desk: &DynamicsCaseDesk,
    contact: &ContactDraft,
) -> Result<Written, Failure> {
    let doing = "create the contact";
    let client = desk.client().await?;
    let error = match client
        .create_with_id("contacts", contact.id, map::contact(contact))
        .await
    {
        Ok(_) => return Ok(Written::Now),
        Err(error) => error,
    };
    if classify(&error).action != Action::LookForOurRow {
        return Err(desk.fail(doing, &error).await);
    }
    match lookup::ours(&client, "contacts", contact.id, &["contactid"]).await {
        Ok(Some(_)) => Ok(Written::Before),
        Ok(None) => Err(desk.fail(doing, &error).await),
        Err(error) => Err(desk.fail(doing, &error).await),
    }
}

/// A key of a customer, the columns that hold it and the form in which it is compared.
struct Key {
    columns: &'static [&'static str],
    spellings: Vec<String>,
    normal: String,
    normalise: fn(&str) -> String,
}

impl Key {
    fn new(columns: &'static [&'static str], value: &str, normalise: fn(&str) -> String) -> Self {
        let value = value.trim();
        let mut spellings = vec![value.to_owned()];
        if columns == PHONE && value.starts_with('+') {
            // The other ways of writing an international number without spaces.
            let national = digits(value);
            spellings.extend([format!("00{national}"), national]);
        }
        Self {
            columns,
            normal: normalise(value),
            spellings,
            normalise,
        }
    }

    fn query(&self) -> Query {
        let conditions = self.columns.iter().flat_map(|column| {
            self.spellings
                .iter()
                .map(|spelling| Filter::eq(column, spelling.as_str()))
        });
        let matches = conditions
            .reduce(Filter::or)
            .expect("a key has columns and a spelling");
        Query::new()
            .select(self.columns.iter().copied())
            .filter(Filter::eq("statecode", 0))
            .filter(matches)
            .orderby("createdon", Direction::Descending)
            .top(CANDIDATES)
    }

    /// The newest row with the key in the surest column.
    fn best(&self, rows: &[Record]) -> Option<CustomerRef> {
        self.columns.iter().find_map(|column| {
            rows.iter()
                .filter(|row| {
                    row.text(column)
                        .is_some_and(|text| (self.normalise)(text) == self.normal)
                })
                .find_map(|row| row.id("contactid"))
                .map(CustomerRef::Contact)
        })
    }
}

/// An external id is another system's: case and accents count.
fn plain(value: &str) -> String {
    value.trim().to_owned()
}

fn lower_case(value: &str) -> String {
    value.trim().to_lowercase()
}

/// The digits of a phone number, without the 00 that may stand for a plus.
fn digits(value: &str) -> String {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    digits
        .strip_prefix("00")
        .map(str::to_owned)
        .unwrap_or(digits)
}
