//! Waiting politely.

use async_trait::async_trait;
use cxloop_domain::names::ConnectionName;
use jiff::Timestamp;

use crate::{Failure, Remedy};

/// Closes connections for all functions while the far side asks for quiet.
#[async_trait]
pub trait Gates: Send + Sync {
    /// Until when the connection is closed, if it is closed at `now`.
    async fn closed_until(
        &self,
        connection: &ConnectionName,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Failure>;

    /// Goes through when the connection is open at `now`; else fails with remedy `WaitUntil`.
    async fn pass(&self, connection: &ConnectionName, now: Timestamp) -> Result<(), Failure> {
        match self.closed_until(connection, now).await? {
            None => Ok(()),
            Some(until) => {
                let remedy = Remedy::WaitUntil {
                    connection: connection.clone(),
                    until,
                };
                Err(Failure::new(
                    remedy,
                    format!("{connection} asked to wait"),
                    "",
                ))
            }
        }
    }

    /// Closes the connection until a moment; an already later closing stands.
    async fn close(&self, connection: &ConnectionName, until: Timestamp) -> Result<(), Failure>;
}

/// Sends a message to its own queue again.
#[async_trait]
pub trait Postpone: Send + Sync {
    /// Sends the message body again after a delay of 0 to 900 seconds.
    async fn send_again(&self, body: &str, delay_seconds: u32) -> Result<(), Failure>;
}
