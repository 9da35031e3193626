//! The function's own queue on Amazon SQS.

use std::sync::OnceLock;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use cxloop_ports::{Failure, Postpone};

use super::failure;

/// The longest delay of a message, in seconds. Source: Amazon SQS API Reference, "SendMessage".
const LONGEST_DELAY_SECONDS: u32 = 900;

/// A queue. Its client is made when a message is first sent again, which most processes never do.
pub struct Sqs {
    config: SdkConfig,
    client: OnceLock<Client>,
    url: String,
}

impl Sqs {
    /// The queue at a URL.
    pub fn new(config: &SdkConfig, url: impl Into<String>) -> Self {
        Self {
            config: config.clone(),
            client: OnceLock::new(),
            url: url.into(),
        }
    }
}

#[async_trait]
impl Postpone for Sqs {
    async fn send_again(&self, body: &str, delay_seconds: u32) -> Result<(), Failure> {
        let delay = i32::try_from(delay_seconds.min(LONGEST_DELAY_SECONDS)).expect("900 fits");
        let sent = self
            .client
            .get_or_init(|| Client::new(&self.config))
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .delay_seconds(delay)
            .send()
            .await;
        sent.map(drop)
            .map_err(|error| failure::of("The queue", "SendMessage", &error))
    }
}
