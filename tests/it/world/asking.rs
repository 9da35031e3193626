//! Services that take messages to people, in memory, and the function that sends surveys through them.

use std::sync::Arc;

use cxloop_ports::{
    Claims, Configurations, CrmRowDesks, Gates, Invitations, Loops, Mail, Plans, SurveySenders,
    TextMessages, WakeUps,
};
use cxloop_testkit::fakes::{FakeMail, FakeTextMessages, FakeWakeUps};

use super::World;

/// What takes messages to people.
#[derive(Clone, Default)]
pub(crate) struct Services {
    pub(crate) mail: Arc<FakeMail>,
    pub(crate) texts: Arc<FakeTextMessages>,
    pub(crate) wake_ups: Arc<FakeWakeUps>,
}

impl World {
    /// Each call makes a worker of its own.
    pub(crate) fn survey_trigger(&self, services: &Services) -> survey_trigger::Deps {
        survey_trigger::Deps {
            configurations: self.role::<dyn Configurations>(self.store.clone()),
            plans: self.role::<dyn Plans>(self.store.clone()),
            claims: self.role::<dyn Claims>(self.store.clone()),
            invitations: self.role::<dyn Invitations>(self.store.clone()),
            loops: self.role::<dyn Loops>(self.store.clone()),
            gates: self.role::<dyn Gates>(self.store.clone()),
            rows: self.role::<dyn CrmRowDesks>(self.desks.clone()),
            senders: self.role::<dyn SurveySenders>(self.platforms.clone()),
            mail: self.role::<dyn Mail>(services.mail.clone()),
            text_messages: self.role::<dyn TextMessages>(services.texts.clone()),
            wake_ups: self.role::<dyn WakeUps>(services.wake_ups.clone()),
            clock: self.clock.clone(),
            signals: self.signals("survey-trigger"),
            worker: cxloop_lambda_kit::worker_name("survey-trigger"),
        }
    }
}
