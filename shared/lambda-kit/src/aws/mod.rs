//! The AWS services behind the roles: each adapter is one role.

mod clock;
mod event_bridge;
mod failure;
mod one_connector;
mod schedules;
mod secrets_manager;
mod sending;
mod ses;
mod sms;
mod sqs;
#[cfg(test)]
mod tests;

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;

pub use clock::WallClock;
pub use event_bridge::EventBridge;
pub use schedules::Schedules;
pub use secrets_manager::SecretsManager;
pub use ses::Ses;
pub use sms::Sms;
pub use sqs::Sqs;

use one_connector::OneConnector;

use crate::settings::Settings;

/// What all AWS clients share: 2 s to connect, 5 s for an attempt, 12 s for an operation with its repeats.
///
/// Credentials come from the environment alone, where Lambda puts them. Looking for them elsewhere would cost a cold
/// start seconds and, on a developer's machine, could find an account that nobody meant.
/// Source: AWS Lambda Developer Guide, "Defined runtime environment variables".
pub fn sdk_config(settings: &Settings) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_secs(12))
        .build();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(
            EnvironmentVariableCredentialsProvider::new(),
        ))
        .timeout_config(timeouts)
        .http_client(OneConnector::default())
        // Watches how fast bodies flow. Ours are a few kilobytes, and the time-outs above bound them already.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(settings.endpoint.clone());
    config.build()
}
