//! Steps that fire: registered rows that have every committed change posted to a webhook, as a real environment does.
//!
//! [`raise`] says what happened, [`events`] keeps it for the end of the transaction, [`contract`] writes the body, [`jobs`] and
//! [`synchronous`] bring it to its receiver.
//! Sources: Microsoft Learn, "Use webhooks to create external handlers for server events", "Register a webhook", "Asynchronous
//! service in Dataverse" and "Understand the execution context".

mod authentication;
mod circumstances;
mod contract;
mod delivery;
mod events;
mod garbled;
mod job_rows;
mod jobs;
mod messages;
mod raise;
mod registration;
mod registry;
mod settings;
mod snapshot;
mod synchronous;
mod telling;

pub(crate) use circumstances::Origin;
pub(crate) use events::Events;
pub(crate) use jobs::Jobs;
pub(crate) use messages::{closed, ended, merged, qualified};
pub(crate) use raise::{changed, created, deleted, updated};
pub(crate) use registration::check;
pub use settings::AsyncService;
