//! What is sent to people, interruptible.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::configuration::{Applied, QuestionMap};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::survey_trigger::InvitationDue;
use cxloop_ports::{
    Email, Failure, Mail, PlatformInvitation, SurveyAsked, SurveyLink, SurveySender, SurveySenders,
    TextMessage, TextMessages, WakeUps,
};
use jiff::Timestamp;

use super::Interrupted;

interrupted!(Mail, "mail", { send(email: &Email) -> (); });

interrupted!(TextMessages, "text_messages", { send(message: &TextMessage) -> (); });

interrupted!(WakeUps, "wake_ups", { wake(due: &InvitationDue, at: Timestamp) -> (); });

#[async_trait]
impl<T: SurveySender + ?Sized> SurveySender for Interrupted<T> {
    fn questions(&self) -> &QuestionMap {
        self.inner.questions()
    }

    async fn survey(&self, asked: &SurveyAsked) -> Result<SurveyLink, Failure> {
        self.interruptions
            .around("survey_sender.survey", || self.inner.survey(asked))
            .await
    }

    async fn invite(
        &self,
        asked: &SurveyAsked,
        invitation: &PlatformInvitation,
    ) -> Result<(), Failure> {
        self.interruptions
            .around("survey_sender.invite", || {
                self.inner.invite(asked, invitation)
            })
            .await
    }
}

impl<T: SurveySenders + ?Sized> SurveySenders for Interrupted<T> {
    fn sender(
        &self,
        applied: &Applied,
        connection: &ConnectionName,
    ) -> Result<Arc<dyn SurveySender>, Failure> {
        let sender = self.inner.sender(applied, connection)?;
        Ok(Arc::new(Interrupted::new(sender, &self.interruptions)))
    }
}
