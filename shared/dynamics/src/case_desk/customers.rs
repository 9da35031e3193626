//! Finding and creating the customer of a case.

use std::collections::BTreeSet;

use cxloop_domain::cases::ContactDraft;
use cxloop_domain::customers::{
    CustomerSearch, Found, FoundBy, FoundContact, HashSearch, MOST_CONTACTS, algorithm_of,
    hashed_address,
};
use cxloop_domain::names::ColumnName;
use cxloop_ports::{Failure, Written};
use uuid::Uuid;

use super::{DynamicsCaseDesk, columns, lookup, map};
use crate::{Action, Direction, Filter, Query, Record, classify};

/// How many rows are read of each key: more than are told apart, because the service's comparison is wider than ours.
const CANDIDATES: u32 = 40;

/// Columns of a contact that hold a key, the surest column first. `telephone1` is the business
/// number, which colleagues may share, and so comes last.
const EXTERNAL_ID: &[&str] = &["externaluseridentifier"];
pub(super) const EMAIL: &[&str] = &["emailaddress1", "emailaddress2", "emailaddress3"];
const PHONE: &[&str] = &["mobilephone", "telephone2", "telephone1"];

/// The column of the account that a contact belongs to; empty when its company is none.
const ACCOUNT: &str = "_parentcustomerid_value";

/// One search per key in one request, each newest first; the surest key that finds somebody wins.
pub(super) async fn find(
    desk: &DynamicsCaseDesk,
    search: &CustomerSearch,
) -> Result<Option<Found>, Failure> {
    let wanted = wanted(search);
    if wanted.is_empty() {
        return Ok(None);
    }
    let searches: Vec<(&str, Query)> = wanted
        .iter()
        .map(|key| ("contacts", key.query(&search.columns)))
        .collect();
    match lookup::searches(&desk.client().await?, &searches).await {
        Ok(found) => Ok(wanted.iter().zip(&found).find_map(|(key, rows)| {
            let contacts = key.matching(rows, &search.columns);
            let by = key.by;
            (!contacts.is_empty()).then_some(Found { by, contacts })
        })),
        Err(error) => Err(desk.fail("look for the customer", &error).await),
    }
}

fn wanted(search: &CustomerSearch) -> Vec<Key> {
    let keys = &search.keys;
    let text = |by, columns: &[&str], value: &Option<String>, normalise: fn(&str) -> String| {
        Some(Key::new(by, columns, value.as_deref()?, normalise))
    };
    let hashed = keys
        .email_hash
        .as_deref()
        .and_then(|hash| match &search.hashes {
            HashSearch::Nowhere => None,
            HashSearch::Among(candidates) => Key::hashed(hash, candidates),
            HashSearch::Column(column) => Some(Key::hash_column(hash, column)),
        });
    [
        text(FoundBy::ExternalId, EXTERNAL_ID, &keys.external_id, plain),
        text(FoundBy::Email, EMAIL, &keys.email, lower_case),
        hashed,
        text(FoundBy::Phone, PHONE, &keys.phone, digits),
    ]
    .into_iter()
    .flatten()
    .filter(|key| !key.normal.is_empty())
    .collect()
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
    by: FoundBy,
    columns: Vec<String>,
    filter: Filter,
    normal: String,
    normalise: Box<dyn Fn(&str) -> String + Send + Sync>,
}

impl Key {
    fn new(by: FoundBy, columns: &[&str], value: &str, normalise: fn(&str) -> String) -> Self {
        let value = value.trim();
        let mut spellings = vec![value.to_owned()];
        if columns == PHONE && value.starts_with('+') {
            // The other ways of writing an international number without spaces.
            let national = digits(value);
            spellings.extend([format!("00{national}"), national]);
        }
        Self {
            by,
            filter: any_of(columns, &spellings),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            normal: normalise(value),
            normalise: Box::new(normalise),
        }
    }

    /// Contacts that had the address once; each of their addresses is hashed again.
    fn hashed(hash: &str, candidates: &[Uuid]) -> Option<Self> {
        let algorithm = algorithm_of(hash)?;
        let filter = candidates
            .iter()
            .map(|contact| Filter::eq("contactid", *contact))
            .reduce(Filter::or)?;
        Some(Self {
            by: FoundBy::EmailHash,
            columns: EMAIL.iter().map(|column| (*column).to_owned()).collect(),
            filter,
            normal: hash.to_owned(),
            normalise: Box::new(|address| hashed_address(algorithm, address).unwrap_or_default()),
        })
    }

    /// A column that holds the hash, with or without its algorithm in front.
    fn hash_column(hash: &str, column: &ColumnName) -> Self {
        let bare = hash.split_once(':').map_or(hash, |(_, digits)| digits);
        let columns = [column.as_str()];
        let spellings = [hash.to_owned(), bare.to_owned()];
        Self {
            by: FoundBy::EmailHash,
            columns: columns.map(str::to_owned).into(),
            filter: any_of(&columns, &spellings),
            normal: bare.to_lowercase(),
            normalise: Box::new(|text| {
                let text = text.trim().to_lowercase();
                match text.split_once(':') {
                    Some((_, digits)) => digits.to_owned(),
                    None => text,
                }
            }),
        }
    }

    fn query(&self, columns: &BTreeSet<ColumnName>) -> Query {
        let own = self.columns.iter().map(String::as_str);
        Query::new()
            .select(own)
            .select([ACCOUNT])
            .select(columns.iter().map(ColumnName::as_str).filter(|column| {
                *column != ACCOUNT && !self.columns.iter().any(|own| own == column)
            }))
            .filter(Filter::eq("statecode", 0))
            .filter(self.filter.clone())
            .orderby("createdon", Direction::Descending)
            .top(CANDIDATES)
            .with_annotations()
    }

    /// The rows that have the key in the surest column in which anybody has it, newest first. The service's comparison
    /// is wider than ours.
    fn matching(&self, rows: &[Record], columns: &BTreeSet<ColumnName>) -> Vec<FoundContact> {
        let has_it = |row: &&Record, column: &str| {
            row.text(column)
                .is_some_and(|text| (self.normalise)(text) == self.normal)
        };
        let found = self.columns.iter().map(|column| {
            rows.iter()
                .filter(|row| has_it(row, column))
                .filter_map(|row| contact(row, columns))
                .collect::<Vec<_>>()
        });
        let mut found = found
            .into_iter()
            .find(|found| !found.is_empty())
            .unwrap_or_default();
        found.truncate(MOST_CONTACTS);
        found
    }
}

fn any_of(columns: &[&str], spellings: &[String]) -> Filter {
    let conditions = columns.iter().flat_map(|column| {
        spellings
            .iter()
            .map(|spelling| Filter::eq(column, spelling.as_str()))
    });
    conditions
        .reduce(Filter::or)
        .expect("a key has columns and a spelling")
}

fn contact(row: &Record, columns: &BTreeSet<ColumnName>) -> Option<FoundContact> {
    let account = match row.lookup_table("parentcustomerid") {
        Some("account") => row.lookup("parentcustomerid"),
        _ => None,
    };
    let names = columns.iter().map(ColumnName::as_str);
    let read = names.filter_map(|name| Some((name.to_owned(), columns::read(row, name)?)));
    Some(FoundContact {
        id: row.id("contactid")?,
        account,
        columns: read.collect(),
    })
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
