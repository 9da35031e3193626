//! How customers are found and created.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cases::CustomerRef;
use crate::customers::{HashedEmails, Several};

/// How customers are found and created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Customers {
    /// Create a contact when nobody matches and the response carries a usable key.
    #[serde(default = "yes")]
    pub create: bool,
    /// Whose case it is when nobody matches and none is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<CustomerRef>,
    /// Who the customer is when several active contacts have the same key: `newest`, `account` or `otherwise`.
    #[serde(default)]
    pub several: Several,
    /// How contacts are found by the hash of an e-mail address: `index`, `{ column: name }` or `ignore`.
    #[serde(default)]
    pub hashed_emails: HashedEmails,
}

impl Default for Customers {
    fn default() -> Self {
        Self {
            create: true,
            otherwise: None,
            several: Several::default(),
            hashed_emails: HashedEmails::default(),
        }
    }
}

fn yes() -> bool {
    true
}
