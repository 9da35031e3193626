//! Looking for a customer in the CRM, and choosing among those who are found.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha384, Sha512};
use uuid::Uuid;

use crate::cases::{CustomerKeys, CustomerRef};
use crate::columns::CrmColumns;
use crate::configuration::Customers;
use crate::names::ColumnName;

/// How many contacts are read of one key at most. Whoever shares a key with more is not told apart anyway.
pub const MOST_CONTACTS: usize = 20;

/// What is done when several active contacts have the same key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Several {
    /// The newest of them is the customer.
    #[default]
    Newest,
    /// The account that all of them belong to is the customer. When there is no such account: `customers.otherwise`
    /// where it is set, else the newest contact.
    Account,
    /// `customers.otherwise` is the customer.
    Otherwise,
}

/// How a contact is found by the hash of an e-mail address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HashedEmails {
    /// By an index of the hashes of all contacts' addresses, which cxloop fills by reading the contacts once and then
    /// those that changed.
    #[default]
    Index,
    /// By a column of the contact that holds the hash, with or without its `sha512:` in front.
    Column(ColumnName),
    /// Not at all.
    Ignore,
}

/// Where the contacts with a hashed address are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum HashSearch {
    /// Nowhere.
    #[default]
    Nowhere,
    /// Among these contacts, whose addresses are read and hashed again.
    Among(Vec<Uuid>),
    /// In a column of the contact.
    Column(ColumnName),
}

/// A search for a customer: one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerSearch {
    /// Keys of the customer.
    pub keys: CustomerKeys,
    /// Where the hashed address is looked for.
    pub hashes: HashSearch,
    /// Columns that are read of whoever is found.
    pub columns: BTreeSet<ColumnName>,
}

impl CustomerSearch {
    /// A search by keys alone.
    pub fn by(keys: CustomerKeys) -> Self {
        Self {
            keys,
            ..Self::default()
        }
    }
}

/// The key by which somebody was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// The customer's id in the company's systems.
    ExternalId,
    /// The e-mail address.
    Email,
    /// The hash of the e-mail address.
    EmailHash,
    /// The phone number.
    Phone,
}

impl FoundBy {
    fn words(self) -> &'static str {
        match self {
            Self::ExternalId => "this customer id",
            Self::Email => "this e-mail address",
            Self::EmailHash => "an e-mail address with this hash",
            Self::Phone => "this phone number",
        }
    }
}

/// A contact who was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundContact {
    /// Its id.
    pub id: Uuid,
    /// The account that it belongs to.
    pub account: Option<Uuid>,
    /// The columns that were asked for.
    pub columns: CrmColumns,
}

/// The active contacts with the surest key that anybody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The key.
    pub by: FoundBy,
    /// Newest first, at least one and at most [`MOST_CONTACTS`].
    pub contacts: Vec<FoundContact>,
}

/// Who of those found is the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen<'f> {
    /// The customer.
    pub customer: CustomerRef,
    /// The contact that was taken, when one was.
    pub contact: Option<&'f FoundContact>,
    /// Whether it is the configured stand-in.
    pub stand_in: bool,
    /// Why this one, for the case's note; `None` where there was nothing to choose.
    pub why: Option<String>,
}

/// Chooses among the contacts found, as the configuration says. `None` when there are none.
pub fn choose<'f>(found: &'f Found, customers: &Customers) -> Option<Chosen<'f>> {
    let newest = found.contacts.first()?;
    let the_newest = |why| Chosen {
        customer: CustomerRef::Contact(newest.id),
        contact: Some(newest),
        stand_in: false,
        why,
    };
    let several = found.contacts.len();
    if several == 1 {
        let why = (found.by == FoundBy::EmailHash).then(|| {
            "The customer was found by the hash of the e-mail address: the response carries no address."
                .to_owned()
        });
        return Some(the_newest(why));
    }
    let at_least = if several >= MOST_CONTACTS {
        "At least "
    } else {
        ""
    };
    let there_are = format!(
        "{at_least}{several} active contacts have {}",
        found.by.words()
    );
    let stand_in = |reason: &str| {
        customers.otherwise.clone().map(|customer| Chosen {
            customer,
            contact: None,
            stand_in: true,
            why: Some(format!(
                "{there_are}{reason}. The customer for such cases was taken (customers.several and customers.otherwise)."
            )),
        })
    };
    let newest_taken = |reason: &str| {
        the_newest(Some(format!(
            "{there_are}{reason}. The newest was taken (customers.several)."
        )))
    };
    Some(match customers.several {
        Several::Newest => newest_taken(""),
        Several::Otherwise => stand_in("").unwrap_or_else(|| newest_taken("")),
        Several::Account => match common_account(found) {
            Some(account) => Chosen {
                customer: CustomerRef::Account(account),
                contact: None,
                stand_in: false,
                why: Some(format!(
                    "{there_are}. The account that they all belong to was taken (customers.several)."
                )),
            },
            None => {
                let reason = " and do not belong to one account";
                stand_in(reason).unwrap_or_else(|| newest_taken(reason))
            }
        },
    })
}

fn common_account(found: &Found) -> Option<Uuid> {
    let first = found.contacts.first()?.account?;
    found
        .contacts
        .iter()
        .all(|contact| contact.account == Some(first))
        .then_some(first)
}

/// The algorithms by which platforms hash addresses.
pub const ALGORITHMS: [&str; 3] = ["sha256", "sha384", "sha512"];

/// The algorithm of a hash such as `sha512:…`.
pub fn algorithm_of(hash: &str) -> Option<&'static str> {
    let (named, _) = hash.split_once(':')?;
    ALGORITHMS.into_iter().find(|known| *known == named)
}

/// The hash of an e-mail address as platforms store it: of the address in lower case, in hexadecimal digits after the
/// algorithm's name. `None` for another algorithm.
/// Source: cisco/WXM-Invitations, the hashing of prefilled personal data.
pub fn hashed_address(algorithm: &str, address: &str) -> Option<String> {
    let address = address.trim().to_lowercase();
    let bytes = address.as_bytes();
    let digest: Vec<u8> = match algorithm {
        "sha256" => Sha256::digest(bytes).to_vec(),
        "sha384" => Sha384::digest(bytes).to_vec(),
        "sha512" => Sha512::digest(bytes).to_vec(),
        _ => return None,
    };
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("{algorithm}:{hex}"))
}

#[cfg(test)]
mod tests;
