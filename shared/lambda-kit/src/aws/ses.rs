//! E-mails through Amazon SES.

use std::sync::OnceLock;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Builder;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag};
use cxloop_domain::survey_trigger::INVITATION_TAG;
use cxloop_ports::{Email, Failure, Mail};

use super::sending;

const OPERATION: &str = "SendEmail";

/// Sends e-mails. Its client is made when the first one is.
pub struct Ses {
    config: SdkConfig,
    client: OnceLock<Client>,
    configuration_set: Option<String>,
}

impl Ses {
    /// E-mails under a configuration set, which says where it is told what becomes of them.
    pub fn new(config: &SdkConfig, configuration_set: Option<String>) -> Self {
        Self {
            config: config.clone(),
            client: OnceLock::new(),
            configuration_set,
        }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| {
            let config = Builder::from(&self.config).retry_config(sending::once());
            Client::from_conf(config.build())
        })
    }
}

#[async_trait]
impl Mail for Ses {
    /// Source: Amazon SES API v2 Reference, "SendEmail".
    async fn send(&self, email: &Email) -> Result<(), Failure> {
        let incomplete = |_: BuildError| {
            let message = "Amazon SES cannot be asked: our request is not complete.";
            Failure::mend(message, OPERATION)
        };
        let content = content(email).map_err(incomplete)?;
        let tag = MessageTag::builder()
            .name(INVITATION_TAG)
            .value(email.invitation.to_string());
        let request = self
            .client()
            .send_email()
            .from_email_address(&email.from)
            .set_reply_to_addresses(email.reply_to.clone().map(|address| vec![address]))
            .destination(Destination::builder().to_addresses(&email.to).build())
            .content(EmailContent::builder().simple(content).build())
            .email_tags(tag.build().map_err(incomplete)?)
            .set_configuration_set_name(self.configuration_set.clone());
        let sent = request.send().await;
        sent.map(drop)
            .map_err(|error| sending::failure("Amazon SES", OPERATION, &error, None))
    }
}

fn content(email: &Email) -> Result<Message, BuildError> {
    let utf8 = |text: &str| Content::builder().charset("UTF-8").data(text).build();
    let words = &email.words;
    let html = match &words.html {
        Some(html) => Some(utf8(html)?),
        None => None,
    };
    let body = Body::builder().text(utf8(&words.text)?).set_html(html);
    let subject = utf8(&words.subject)?;
    Ok(Message::builder()
        .subject(subject)
        .body(body.build())
        .build())
}
