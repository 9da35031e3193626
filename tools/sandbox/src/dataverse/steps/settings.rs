//! What a test or a sandbox chooses about steps that fire.

use std::sync::PoisonError;
use std::time::Duration;

use jiff::SignedDuration;

use super::super::Dataverse;
use super::super::lock;
use crate::stand_in::Faults;

/// How the asynchronous service works through system jobs, by the stand-in's clock.
/// Source: Microsoft Learn, "Asynchronous service in Dataverse": the order of jobs is not guaranteed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsyncService {
    /// Draws the delay of each job; the same seed gives the same delays.
    pub seed: u64,
    /// The shortest time between a change and its job.
    pub delay: SignedDuration,
    /// What is drawn on top of the delay, at most; jobs overtake each other by it.
    pub jitter: SignedDuration,
    /// How many jobs are worked on at once.
    pub lanes: usize,
}

impl Default for AsyncService {
    /// Every job at once, one after another, in the order of the changes.
    fn default() -> Self {
        Self {
            seed: 0,
            delay: SignedDuration::ZERO,
            jitter: SignedDuration::ZERO,
            lanes: 1,
        }
    }
}

/// How long a receiver may take. Source: Microsoft Learn, "Use webhooks to create external handlers for server events".
pub(super) const TIME_OUT: Duration = Duration::from_secs(60);

impl Dataverse {
    /// Obeys webhook faults that name the target `dynamics`; the first call counts.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        self.shared.jobs.obey(faults);
        self
    }

    /// Lets webhooks be registered on any port of this machine. At first only ports 80 and 443 are allowed.
    /// Source: Microsoft Learn, "Register a webhook".
    pub fn allow_loopback_webhooks(&self) {
        self.writing().events.loopback_ports = true;
    }

    /// Sets how system jobs are worked through from now on.
    pub fn run_jobs(&self, service: AsyncService) {
        lock(&self.shared.jobs.settings).run(service);
    }

    /// Sets how long a receiver may take before a call fails; 60 seconds at first.
    pub fn time_out_webhooks(&self, time_out: Duration) {
        lock(&self.shared.jobs.settings).time_out = time_out;
    }

    /// Sets the name in `x-ms-dynamics-organization`; at first it is the host that the Web API is asked under.
    pub fn known_as(&self, domain: &str) {
        let known = self.shared.jobs.domain.write();
        *known.unwrap_or_else(PoisonError::into_inner) = Some(domain.to_owned());
    }

    /// Chooses the messages that tell of a change of state alone: `SetState` and `SetStateDynamicEntity` in place of
    /// `Update`. The agent page always opens cases again by the former.
    /// Source: Microsoft Learn, "Update and delete table rows using the Web API" for `Update`.
    pub fn tell_states_by_older_messages(&self, older: bool) {
        self.writing().events.older_state_messages = older;
    }

    /// How many system jobs of steps have not ended yet, those that wait for their time included.
    pub fn pending_jobs(&self) -> usize {
        self.shared.jobs.pending()
    }

    /// Returns once no system job of a step is pending. Jobs that wait for their time wait for the stand-in's clock.
    pub async fn jobs_ended(&self) {
        self.shared.jobs.ended().await;
    }
}
