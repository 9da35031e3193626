//! What a function is told by its environment, read once at the start.

use tracing::level_filters::LevelFilter;

use crate::Error;

/// The DynamoDB table.
pub const TABLE: &str = "CXLOOP_TABLE";
/// The event bus's name or ARN; for functions that publish.
pub const BUS: &str = "CXLOOP_BUS";
/// The function's own queue; for functions that a queue feeds.
pub const QUEUE_URL: &str = "CXLOOP_QUEUE_URL";
/// The ARN of the function's own queue; for the function that schedules.
pub const QUEUE_ARN: &str = "CXLOOP_QUEUE_ARN";
/// The group in which schedules are made.
pub const SCHEDULE_GROUP: &str = "CXLOOP_SCHEDULE_GROUP";
/// The ARN of the role by which a schedule writes to the queue.
pub const SCHEDULE_ROLE: &str = "CXLOOP_SCHEDULE_ROLE_ARN";
/// The ARN of the queue for what could not be put into its queue; for the function that schedules.
pub const UNDELIVERED_QUEUE_ARN: &str = "CXLOOP_UNDELIVERED_QUEUE_ARN";
/// The configuration set of Amazon SES that reports what becomes of e-mails. Without it nothing is reported.
pub const EMAIL_CONFIGURATION_SET: &str = "CXLOOP_EMAIL_CONFIGURATION_SET";
/// The configuration set of End User Messaging, where the account wants one.
pub const SMS_CONFIGURATION_SET: &str = "CXLOOP_SMS_CONFIGURATION_SET";
/// Another address for End User Messaging alone.
pub const SMS_ENDPOINT: &str = "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2";
/// The name of the secret whose expiry is watched; for the sweep. Without it none is.
pub const EXPIRING_SECRET: &str = "CXLOOP_EXPIRING_SECRET";
/// The log level: `error`, `warn`, `info` (unless set), `debug` or `trace`.
pub const LOG: &str = "CXLOOP_LOG";
/// The AWS region, set by Lambda.
pub const REGION: &str = "AWS_REGION";
/// Another address for all AWS services, such as an emulator's.
pub const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// The settings of one function. Empty variables count as not set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The DynamoDB table.
    pub table: String,
    /// The AWS region.
    pub region: String,
    /// Another address for all AWS services.
    pub endpoint: Option<String>,
    /// What is logged of our own code.
    pub log: LevelFilter,
    /// The name of the secret whose expiry is watched.
    pub expiring_secret: Option<String>,
    /// The configuration set of Amazon SES.
    pub email_configuration_set: Option<String>,
    /// The configuration set of End User Messaging.
    pub sms_configuration_set: Option<String>,
    /// Another address for End User Messaging.
    pub sms_endpoint: Option<String>,
    queue_arn: Option<String>,
    schedule_group: Option<String>,
    schedule_role: Option<String>,
    undelivered_queue_arn: Option<String>,
    bus: Option<String>,
    queue_url: Option<String>,
}

impl Settings {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// [`Error::MissingSetting`] and [`Error::WrongSetting`] name the variable.
    pub fn from_environment() -> Result<Self, Error> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads variables from anywhere.
    ///
    /// # Errors
    /// As for [`Settings::from_environment`].
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let get = |name: &'static str| {
            lookup(name)
                .map(|v| v.trim().to_owned())
                .filter(|v| !v.is_empty())
        };
        let region = get(REGION).or_else(|| get("AWS_DEFAULT_REGION"));
        Ok(Self {
            log: log_level(get(LOG))?,
            table: get(TABLE).ok_or(Error::MissingSetting(TABLE))?,
            region: region.ok_or(Error::MissingSetting(REGION))?,
            endpoint: get(ENDPOINT),
            expiring_secret: get(EXPIRING_SECRET),
            email_configuration_set: get(EMAIL_CONFIGURATION_SET),
            sms_configuration_set: get(SMS_CONFIGURATION_SET),
            sms_endpoint: get(SMS_ENDPOINT),
            queue_arn: get(QUEUE_ARN),
            schedule_group: get(SCHEDULE_GROUP),
            schedule_role: get(SCHEDULE_ROLE),
            undelivered_queue_arn: get(UNDELIVERED_QUEUE_ARN),
            bus: get(BUS),
            queue_url: get(QUEUE_URL),
        })
    }

    /// The event bus.
    ///
    /// # Errors
    /// [`Error::MissingSetting`] when the function was not given one.
    pub fn bus(&self) -> Result<&str, Error> {
        self.bus.as_deref().ok_or(Error::MissingSetting(BUS))
    }

    /// The function's own queue.
    ///
    /// # Errors
    /// [`Error::MissingSetting`] when the function was not given one.
    pub fn queue_url(&self) -> Result<&str, Error> {
        self.queue_url
            .as_deref()
            .ok_or(Error::MissingSetting(QUEUE_URL))
    }

    /// The ARN of the function's own queue.
    ///
    /// # Errors
    /// [`Error::MissingSetting`] when the function was not given one.
    pub fn queue_arn(&self) -> Result<&str, Error> {
        let arn = self.queue_arn.as_deref();
        arn.ok_or(Error::MissingSetting(QUEUE_ARN))
    }

    /// The group in which schedules are made.
    ///
    /// # Errors
    /// [`Error::MissingSetting`] when the function was not given one.
    pub fn schedule_group(&self) -> Result<&str, Error> {
        let group = self.schedule_group.as_deref();
        group.ok_or(Error::MissingSetting(SCHEDULE_GROUP))
    }

    /// The ARN of the role by which a schedule writes to the queue.
    ///
    /// # Errors
    /// [`Error::MissingSetting`] when the function was not given one.
    pub fn schedule_role(&self) -> Result<&str, Error> {
        let role = self.schedule_role.as_deref();
        role.ok_or(Error::MissingSetting(SCHEDULE_ROLE))
    }

    /// The ARN of the queue for what could not be put into its queue.
    ///
    /// # Errors
    /// [`Error::MissingSetting`] when the function was not given one.
    pub fn undelivered_queue_arn(&self) -> Result<&str, Error> {
        let arn = self.undelivered_queue_arn.as_deref();
        arn.ok_or(Error::MissingSetting(UNDELIVERED_QUEUE_ARN))
    }
}

fn log_level(text: Option<String>) -> Result<LevelFilter, Error> {
    let Some(text) = text else {
        return Ok(LevelFilter::INFO);
    };
    let level = match text.to_ascii_lowercase().as_str() {
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => {
            return Err(Error::WrongSetting {
                name: LOG,
                given: text,
                expected: "error, warn, info, debug or trace",
            });
        }
    };
    Ok(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Error> {
        Settings::read(|name| {
            variables
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        })
    }

    #[test]
    fn a_missing_variable_is_named() {
        let missing = |variables: &[(&str, &str)]| read(variables).unwrap_err().to_string();
        assert_eq!(
            missing(&[]),
            "the environment variable CXLOOP_TABLE is not set"
        );
        assert_eq!(
            missing(&[(TABLE, " ")]),
            "the environment variable CXLOOP_TABLE is not set"
        );
        assert_eq!(
            missing(&[(TABLE, "t")]),
            "the environment variable AWS_REGION is not set"
        );
        let settings = read(&[(TABLE, "t"), ("AWS_DEFAULT_REGION", "eu-west-1")]).unwrap();
        assert_eq!(settings.region, "eu-west-1");
        assert_eq!(
            settings.bus().unwrap_err().to_string(),
            "the environment variable CXLOOP_BUS is not set"
        );
        assert_eq!(
            settings.queue_url().unwrap_err().to_string(),
            "the environment variable CXLOOP_QUEUE_URL is not set"
        );
    }

    #[test]
    fn a_wrong_log_level_is_refused_with_what_is_allowed() {
        let error = read(&[(TABLE, "t"), (REGION, "eu-west-1"), (LOG, "loud")]).unwrap_err();
        let expected = "the environment variable CXLOOP_LOG is \"loud\": expected error, warn, info, debug or trace";
        assert_eq!(error.to_string(), expected);
        assert_eq!(
            read(&[(TABLE, "t"), (REGION, "r"), (LOG, "DEBUG")])
                .unwrap()
                .log,
            LevelFilter::DEBUG
        );
    }
}
