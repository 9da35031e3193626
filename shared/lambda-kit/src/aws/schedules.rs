//! Invitations that come back: by the queue's own delay, or from far by Amazon EventBridge Scheduler.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::BuildError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode,
    RetryPolicy, Target,
};
use cxloop_domain::events::Outgoing;
use cxloop_domain::survey_trigger::{InvitationDue, key_of_wake_up};
use cxloop_ports::{Clock, Failure, Postpone, WakeUps};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Sqs, failure};
use crate::queue::envelope;
use crate::settings::Settings;
use crate::{Error, trace};

/// The longest delay of a message, in seconds. Source: Amazon SQS API Reference, "SendMessage".
const LONGEST_DELAY_SECONDS: i64 = 900;

/// How long the scheduler tries to put a wake-up into the queue, in seconds. Meanwhile the sweep has brought the invitation back,
/// and a person should hear of what stands in the way soon.
const TRIED_FOR_SECONDS: i32 = 3600;

/// How often it tries in that time: as often as it can. Source: EventBridge Scheduler API Reference, "RetryPolicy".
const TRIES: i32 = 185;

const OPERATION: &str = "CreateSchedule";

/// Brings invitations back to the function's own queue.
pub struct Schedules {
    config: SdkConfig,
    client: OnceLock<Client>,
    queue: Sqs,
    queue_arn: String,
    group: String,
    role: String,
    undelivered_arn: String,
    clock: Arc<dyn Clock>,
}

impl Schedules {
    /// Schedules in the group and under the role that the settings name.
    ///
    /// # Errors
    /// [`Error::MissingSetting`].
    pub fn new(
        config: &SdkConfig,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        Ok(Self {
            config: config.clone(),
            client: OnceLock::new(),
            queue: Sqs::new(config, settings.queue_url()?),
            queue_arn: settings.queue_arn()?.to_owned(),
            group: settings.schedule_group()?.to_owned(),
            role: settings.schedule_role()?.to_owned(),
            undelivered_arn: settings.undelivered_queue_arn()?.to_owned(),
            clock,
        })
    }

    /// A schedule of a moment has one name, so that the second one is the first. It goes once it has fired; what it could not
    /// deliver lies beside what the bus could not.
    /// Sources: EventBridge Scheduler API Reference, "CreateSchedule"; User Guide, "Configuring a schedule's dead-letter queue".
    async fn schedule(&self, key: &str, body: &str, at: Timestamp) -> Result<(), Failure> {
        let incomplete = |_: BuildError| {
            Failure::mend(
                "The scheduler cannot be asked: our request is not complete.",
                OPERATION,
            )
        };
        let tries = RetryPolicy::builder()
            .maximum_event_age_in_seconds(TRIED_FOR_SECONDS)
            .maximum_retry_attempts(TRIES)
            .build();
        let undelivered = DeadLetterConfig::builder().arn(&self.undelivered_arn);
        let target = Target::builder()
            .arn(&self.queue_arn)
            .role_arn(&self.role)
            .input(body)
            .retry_policy(tries)
            .dead_letter_config(undelivered.build())
            .build()
            .map_err(incomplete)?;
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off);
        let made = self
            .client
            .get_or_init(|| Client::new(&self.config))
            .create_schedule()
            .name(key)
            .group_name(&self.group)
            .schedule_expression(expression(at))
            .schedule_expression_timezone("UTC")
            .flexible_time_window(window.build().map_err(incomplete)?)
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(target)
            .send()
            .await;
        match made {
            Ok(_) => Ok(()),
            Err(error) => {
                let refusal = error.as_service_error();
                if refusal.is_some_and(|refusal| refusal.is_conflict_exception()) {
                    return Ok(());
                }
                Err(failure::of("The scheduler", OPERATION, &error))
            }
        }
    }
}

#[async_trait]
impl WakeUps for Schedules {
    async fn wake(&self, due: &InvitationDue, at: Timestamp) -> Result<(), Failure> {
        let key = key_of_wake_up(due.invitation, at);
        let event = Outgoing::traced(due, trace::current());
        let body = envelope::sealed(&event, &key, at);
        let seconds = seconds_until(at, self.clock.now());
        if seconds > LONGEST_DELAY_SECONDS {
            return self.schedule(&key, &body, at).await;
        }
        let delay_seconds = u32::try_from(seconds).unwrap_or(0);
        self.queue.send_again(&body, delay_seconds).await
    }
}

/// Seconds until a moment, rounded up so that nobody comes too early; 0 when it is over.
fn seconds_until(at: Timestamp, now: Timestamp) -> i64 {
    let left = at.duration_since(now);
    (left.as_secs() + i64::from(left.subsec_nanos() > 0)).max(0)
}

/// `at(2026-03-02T10:00:00)`, in UTC, rounded up to a second.
fn expression(at: Timestamp) -> String {
    let up = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    let whole = Timestamp::from_second(up).unwrap_or(at);
    let time = whole.to_zoned(TimeZone::UTC).datetime();
    format!("at({})", time.strftime("%Y-%m-%dT%H:%M:%S"))
}
