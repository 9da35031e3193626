//! A queue that remembers what was sent again.

use std::sync::Mutex;

use async_trait::async_trait;
use cxloop_ports::{Failure, Postpone};

use super::Faults;

/// A message sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentAgain {
    /// The message body.
    pub body: String,
    /// The delay asked for.
    pub delay_seconds: u32,
}

/// Remembers messages sent again. Refuses a delay over 900 seconds as the real queue does
/// (Source: Amazon SQS API Reference, "SendMessage", DelaySeconds).
#[derive(Debug, Default)]
pub struct FakePostpone {
    sent: Mutex<Vec<SentAgain>>,
    faults: Faults,
}

impl FakePostpone {
    /// What it fails with.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Everything sent again, in order.
    pub fn sent(&self) -> Vec<SentAgain> {
        self.sent.lock().expect(LOCK).clone()
    }
}

#[async_trait]
impl Postpone for FakePostpone {
    async fn send_again(&self, body: &str, delay_seconds: u32) -> Result<(), Failure> {
        self.faults.check()?;
        if delay_seconds > 900 {
            return Err(Failure::mend(
                "the queue refuses a delay over 900 seconds",
                delay_seconds.to_string(),
            ));
        }
        self.sent.lock().expect(LOCK).push(SentAgain {
            body: body.to_owned(),
            delay_seconds,
        });
        Ok(())
    }
}

const LOCK: &str = "nobody panics while sending";
