//! What an organisation has.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::EndpointWanted;

/// What an organisation has of the things that we want, and what is needed to make them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The language of its labels, by its Windows locale number.
    pub language: u32,
    /// Our publisher, with the prefix that it has.
    pub publisher: Option<(Uuid, String)>,
    /// Our solution.
    pub solution: Option<Uuid>,
    /// The tables that our columns are in, by logical name; one that is missing is not there.
    pub tables: BTreeMap<String, TableFound>,
    /// What steps can be registered on, by table and message.
    pub filters: BTreeMap<(String, String), Filter>,
    /// Our endpoint.
    pub endpoint: Option<EndpointFound>,
    /// The steps that tell our endpoint.
    pub steps: Vec<StepFound>,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableFound {
    /// The types of its columns, by logical name.
    pub columns: BTreeMap<String, String>,
    /// Its alternate keys, by logical name.
    pub keys: BTreeMap<String, KeyFound>,
}

/// An alternate key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFound {
    /// Its columns.
    pub columns: BTreeSet<String>,
    /// How far its index is.
    pub state: KeyState,
}

/// How far the index of an alternate key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It is being built, or waits for that.
    Building,
    /// It can be used.
    Active,
    /// It could not be built, usually because rows have the same value.
    Failed,
}

/// A message of a table that steps can be registered on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// The message.
    pub message: Uuid,
    /// The message for this table.
    pub filter: Uuid,
}

/// An endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointFound {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Where it sends.
    pub url: String,
    /// How it proves itself. Source: Microsoft Learn, "ServiceEndpoint" (`authtype`): 5 is an HTTP header.
    pub auth_type: i64,
    /// Whether it has something to prove itself with.
    pub auth_is_set: bool,
    /// In what form it sends: 2 is JSON.
    pub message_format: i64,
    /// Its description.
    pub description: String,
}

/// How an endpoint proves itself by an HTTP header. Source: Microsoft Learn, "ServiceEndpoint" (`authtype`).
pub(super) const BY_HEADER: i64 = 5;
/// JSON. Source: Microsoft Learn, "ServiceEndpoint" (`messageformat`).
pub(super) const JSON: i64 = 2;

impl EndpointFound {
    /// The fingerprint of the secret that it sends.
    pub fn fingerprint(&self) -> Option<&str> {
        super::fingerprint_in(&self.description).filter(|_| self.auth_is_set)
    }

    /// What is not as wanted, in words.
    pub fn differences(&self, wanted: &EndpointWanted) -> Vec<String> {
        let mut differs = Vec::new();
        if self.url != wanted.url {
            differs.push(format!("url: {} becomes {}", self.url, wanted.url));
        }
        if self.name != wanted.name {
            differs.push(format!("name: {} becomes {}", self.name, wanted.name));
        }
        if self.auth_type != BY_HEADER || self.message_format != JSON {
            differs.push("it sends JSON and proves itself by a header".to_owned());
        }
        let header = super::header_in(&self.description);
        if header != wanted.header {
            differs.push(format!("header: {header} becomes {}", wanted.header));
        }
        if !self.auth_is_set {
            differs.push("it gets its secret".to_owned());
        } else if wanted.fingerprint.is_none()
            || self.fingerprint() != wanted.fingerprint.as_deref()
        {
            differs.push("it gets another secret".to_owned());
        }
        differs
    }
}

/// A step that tells our endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepFound {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its table; empty when it is registered on all.
    pub table: String,
    /// Its message.
    pub message: String,
    /// 40 is after the change.
    pub stage: i64,
    /// 1 is asynchronous.
    pub mode: i64,
    /// Whether successes are deleted from the list of system jobs.
    pub deletes_successes: bool,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The columns of which one must be written.
    pub filtering: BTreeSet<String>,
    /// Its images.
    pub images: Vec<ImageFound>,
}

/// Columns that a step sends along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageFound {
    /// Its id.
    pub id: Uuid,
    /// 0 before, 1 after, 2 both.
    pub kind: i64,
    /// Its alias.
    pub alias: String,
    /// The parameter that names the row.
    pub property: String,
    /// Its columns.
    pub columns: BTreeSet<String>,
}
