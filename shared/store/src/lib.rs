//! cxloop's memory: one DynamoDB table behind the roles that keep and find things.
//!
//! Every item has the keys `pk` and `sk`; what must be listed also has `gsi1pk` and `gsi1sk`, the keys of
//! the index `gsi1`. What may expire carries `expires_at` in seconds, and readers here leave out what has
//! expired, because DynamoDB removes it only some days later (Source: Amazon DynamoDB Developer Guide,
//! "Using time to live (TTL) in DynamoDB"). Nothing scans the table.
//!
//! Kept for 90 days: raw bodies, and plans, which a replay of a body would run again and whose texts quote the
//! customer. For 400 days, so that a year can be compared with the one before: responses; and invitations and loops, whose
//! failed steps may quote the CRM's words, from the last change of each item. For 200 days: hashes of addresses. Leases and gates for as long as they run.
//! Claims, sets and configuration versions hold ids and state only and do not expire.
//!
//! | role | `pk` | `sk` | index |
//! |---|---|---|---|
//! | inbox | `INBOX#<id>` | `BODY` | `UNPUBLISHED#<shard>` or `PARKED#<shard>` / when accepted |
//! | responses | `RESPONSE#<key>` | `NORMAL` | `PERSON#<derived id>` / key |
//! | plans | `PLAN#<key>` | `PLAN` | |
//! | claims | `CLAIM#<key>`, `LEASE#<key>`, `SET#<key>` | `HOLDER`, `HOLDER`, `MEMBERS` | |
//! | loops | `LOOP#<id>` | `HEAD`, `STEP#<key>` | head: `LOOPS#<day>#<shard>` / when#id |
//! | loops that failed | `LOOP#<id>` | `FAILED` | `FAILED#<shard>` / when#id |
//! | loops, ties | `CASE#<id>`, `RESPONSE#<key>` | `LOOP` | |
//! | invitations | `INVITATION#<id>` | `INVITATION` | `INVITATIONS#<month>#<shard>` / when#id |
//! | configuration | `CONFIG` | `CURRENT`, `V#000001` … | |
//! | address index | `ADDRESS#<connection>@<host>#<hash>`, `ADDRESSES#<connection>@<host>` | contact id, algorithm | |
//! | gates | `GATE#<connection>` | `CLOSED`, `HISTORY`, `PACE#<second>` | |

mod addresses;
mod checkpoints;
mod claims;
mod configurations;
mod error;
mod gates;
mod inbox;
mod invitations;
mod item;
mod listed;
mod loops;
mod plans;
mod responses;
mod retention;
mod shard;
mod table;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use cxloop_ports::Clock;

use configurations::Cached;
use gates::KnownClosings;

pub use error::StoreError;
pub use inbox::LARGEST_BODY_BYTES;

/// The table and what is needed to work with it. Implements the roles `Inbox`, `Responses`, `Plans`,
/// `Claims`, `Loops`, `Invitations`, `Configurations`, `Gates` and `AddressIndex`.
pub struct Store {
    client: Client,
    table: String,
    clock: Arc<dyn Clock>,
    cached: Cached,
    closings: KnownClosings,
}

impl Store {
    /// A store on a table that exists. Whoever builds the client sets its timeouts.
    pub fn new(client: Client, table: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self {
            client,
            table: table.into(),
            clock,
            cached: Cached::default(),
            closings: KnownClosings::default(),
        }
    }
}
