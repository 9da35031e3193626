//! Text messages through AWS End User Messaging SMS and Amazon SNS.

use std::sync::OnceLock;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_pinpointsmsvoicev2::operation::send_text_message::SendTextMessageError;
use aws_sdk_pinpointsmsvoicev2::types::MessageType;
use aws_sdk_sns::error::BuildError;
use aws_sdk_sns::types::MessageAttributeValue;
use cxloop_domain::configuration::SmsService;
use cxloop_domain::survey_trigger::INVITATION_TAG;
use cxloop_ports::{Failure, TextMessage, TextMessages};

use super::sending;
use crate::settings::Settings;

/// Sends text messages. The client of a service is made when the first message goes through it.
pub struct Sms {
    config: SdkConfig,
    endpoint: Option<String>,
    configuration_set: Option<String>,
    end_user_messaging: OnceLock<aws_sdk_pinpointsmsvoicev2::Client>,
    sns: OnceLock<aws_sdk_sns::Client>,
}

impl Sms {
    /// Both services. End User Messaging may have an address and a configuration set of its own.
    pub fn new(config: &SdkConfig, settings: &Settings) -> Self {
        Self {
            config: config.clone(),
            endpoint: settings.sms_endpoint.clone(),
            configuration_set: settings.sms_configuration_set.clone(),
            end_user_messaging: OnceLock::new(),
            sns: OnceLock::new(),
        }
    }

    /// Source: AWS End User Messaging SMS API reference, "SendTextMessage".
    async fn through_end_user_messaging(&self, message: &TextMessage) -> Result<(), Failure> {
        let client = self.end_user_messaging.get_or_init(|| {
            let mut config = aws_sdk_pinpointsmsvoicev2::config::Builder::from(&self.config)
                .retry_config(sending::once());
            if self.endpoint.is_some() {
                config.set_endpoint_url(self.endpoint.clone());
            }
            aws_sdk_pinpointsmsvoicev2::Client::from_conf(config.build())
        });
        let sent = client
            .send_text_message()
            .destination_phone_number(&message.to)
            .set_origination_identity(message.settings.from.clone())
            .message_body(&message.text)
            .message_type(MessageType::Transactional)
            .context(INVITATION_TAG, message.invitation.to_string())
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await;
        sent.map(drop).map_err(|error| {
            let reason = error.as_service_error().and_then(reason_of);
            sending::failure("End User Messaging", "SendTextMessage", &error, reason)
        })
    }

    /// Source: Amazon SNS API Reference, "Publish"; Developer Guide, "Sending SMS messages" (message attributes).
    async fn through_sns(&self, message: &TextMessage) -> Result<(), Failure> {
        let client = self.sns.get_or_init(|| {
            let config =
                aws_sdk_sns::config::Builder::from(&self.config).retry_config(sending::once());
            aws_sdk_sns::Client::from_conf(config.build())
        });
        let incomplete = |_: BuildError| {
            Failure::mend(
                "Amazon SNS cannot be asked: our request is not complete.",
                "Publish",
            )
        };
        let mut request = client
            .publish()
            .phone_number(&message.to)
            .message(&message.text)
            .message_attributes(
                "AWS.SNS.SMS.SMSType",
                text("Transactional").map_err(incomplete)?,
            );
        if let Some(from) = &message.settings.from {
            let name = if from.starts_with('+') {
                "AWS.MM.SMS.OriginationNumber"
            } else {
                "AWS.SNS.SMS.SenderID"
            };
            request = request.message_attributes(name, text(from).map_err(incomplete)?);
        }
        let sent = request.send().await;
        sent.map(drop)
            .map_err(|error| sending::failure("Amazon SNS", "Publish", &error, None))
    }
}

#[async_trait]
impl TextMessages for Sms {
    async fn send(&self, message: &TextMessage) -> Result<(), Failure> {
        match message.settings.through {
            SmsService::EndUserMessaging => self.through_end_user_messaging(message).await,
            SmsService::Sns => self.through_sns(message).await,
        }
    }
}

/// The service's word for why it refuses.
fn reason_of(error: &SendTextMessageError) -> Option<&str> {
    match error {
        SendTextMessageError::ConflictException(conflict) => {
            conflict.reason().map(|reason| reason.as_str())
        }
        SendTextMessageError::ValidationException(refusal) => {
            refusal.reason().map(|reason| reason.as_str())
        }
        _ => None,
    }
}

fn text(value: &str) -> Result<MessageAttributeValue, BuildError> {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
}
