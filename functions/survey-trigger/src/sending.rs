//! Sending an invitation: the survey first, which nobody sees, then the message, which nobody can take back.

use cxloop_domain::configuration::{OnUnknown, SendBy, SurveyRule};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::signals::Signal;
use cxloop_domain::survey_trigger::{
    Address, Draft, Invitation, InvitationState, OpenSurvey, Words, prefills, words,
};
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{
    Email, Failure, KeptInvitation, Lane, PlatformInvitation, Remedy, SurveyAsked, SurveySender,
    TextMessage,
};
use jiff::{SignedDuration, Timestamp};

use crate::Work;

/// How many requests to the platform an invitation is: the questions and the survey.
const PLATFORM_REQUESTS: u32 = 2;

impl Work<'_> {
    /// Sends an invitation that may go out now.
    pub(crate) async fn send(
        &self,
        rule: &SurveyRule,
        kept: KeptInvitation,
        draft: Draft,
    ) -> Result<(), Failure> {
        let id = kept.invitation.id;
        match self.sent(rule, &kept, &draft).await {
            Ok(()) => Ok(()),
            Err(failure) if failure.remedy == Remedy::Park => {
                let now_stands = self.deps.invitations.load(id).await?.unwrap_or(kept);
                let by = self.refused_by(rule, &now_stands.invitation).cloned();
                self.refused(now_stands, &failure, by.as_ref(), "It could not be sent")
                    .await
            }
            // The place stays taken: the message comes again, and a repeat takes no second one.
            Err(failure) => Err(failure),
        }
    }

    async fn sent(
        &self,
        rule: &SurveyRule,
        kept: &KeptInvitation,
        draft: &Draft,
    ) -> Result<(), Failure> {
        let deps = self.deps;
        let connection = &rule.survey.connection;
        let sender = deps.senders.sender(self.applied, connection)?;
        deps.gates
            .pass(connection, Lane::History, deps.clock.now())
            .await?;
        if let Some(per_second) = self.applied.configuration.requests_per_second(connection) {
            deps.gates
                .take(connection, PLATFORM_REQUESTS, per_second, deps.clock.now())
                .await?;
        }
        let asked = self.asked(rule, &kept.invitation, draft, sender.as_ref())?;
        let (sent, kept, by) = match &rule.send {
            SendBy::Platform(message) => {
                let invitation = PlatformInvitation {
                    to: address(draft)?.clone(),
                    name: draft.person.name.clone(),
                    subject: filled(rule, draft, "")?.subject,
                    template: message.template.clone(),
                };
                let kept = self.sending(kept).await?;
                let sent = sender.invite(&asked, &invitation).await;
                (sent, kept, "the survey platform")
            }
            SendBy::Column(column) => {
                let (kept, survey) = self.with_survey(kept, &asked, sender.as_ref()).await?;
                let record = &kept.invitation.record;
                self.rows.write_text(record, column, &survey.url).await?;
                let text = format!("The link was written to {column}.");
                return self.settle(kept, InvitationState::Sent, text).await;
            }
            SendBy::Email(message) => {
                let (kept, survey) = self.with_survey(kept, &asked, sender.as_ref()).await?;
                let email = Email {
                    invitation: kept.invitation.id,
                    from: message.from.clone(),
                    reply_to: message.reply_to.clone(),
                    to: address(draft)?.as_str().to_owned(),
                    words: filled(rule, draft, &survey.url)?,
                };
                let kept = self.sending(&kept).await?;
                (deps.mail.send(&email).await, kept, "e-mail")
            }
            SendBy::Sms(settings) => {
                let (kept, survey) = self.with_survey(kept, &asked, sender.as_ref()).await?;
                let message = TextMessage {
                    invitation: kept.invitation.id,
                    to: address(draft)?.as_str().to_owned(),
                    settings: settings.clone(),
                    text: filled(rule, draft, &survey.url)?.text,
                };
                let kept = self.sending(&kept).await?;
                let sent = deps.text_messages.send(&message).await;
                (sent, kept, "text message")
            }
        };
        self.after(rule, kept, sent, by).await
    }

    fn asked(
        &self,
        rule: &SurveyRule,
        invitation: &Invitation,
        draft: &Draft,
        sender: &dyn SurveySender,
    ) -> Result<SurveyAsked, Failure> {
        let prefill = prefills(rule, draft, invitation.id, sender.questions())
            .map_err(|problem| Failure::park(problem.to_string(), "a prefill"))?;
        let open_for = SignedDuration::from_secs(rule.survey.valid_for.seconds());
        let valid_until = self.deps.clock.now().checked_add(open_for);
        Ok(SurveyAsked {
            questionnaire: rule.survey.questionnaire.clone(),
            prefill,
            valid_until: valid_until.unwrap_or(Timestamp::MAX),
            language: rule.survey.language.clone(),
            note: format!("{} {}", invitation.rule, invitation.id),
        })
    }

    /// Keeps, before anything goes out, that it is about to.
    async fn sending(&self, kept: &KeptInvitation) -> Result<KeptInvitation, Failure> {
        let now = self.deps.clock.now();
        let next = kept
            .invitation
            .moved(InvitationState::Sending, "It is being sent.", now);
        self.replaced(kept, next).await
    }

    /// The invitation with its survey: the one it has, while that can be answered, else a new one, which is kept before
    /// anybody is told of it. One that was made and not kept is unknown to everybody and expires.
    async fn with_survey(
        &self,
        kept: &KeptInvitation,
        asked: &SurveyAsked,
        sender: &dyn SurveySender,
    ) -> Result<(KeptInvitation, OpenSurvey), Failure> {
        let now = self.deps.clock.now();
        if let Some(survey) = &kept.invitation.survey
            && survey.valid_until > now
        {
            return Ok((kept.clone(), survey.clone()));
        }
        let made = sender.survey(asked).await?;
        let survey = OpenSurvey {
            token: made.token,
            url: made.url,
            valid_until: asked.valid_until,
        };
        let mut next = kept.invitation.clone();
        next.survey = Some(survey.clone());
        Ok((self.replaced(kept, next).await?, survey))
    }

    /// Keeps what came of sending.
    async fn after(
        &self,
        rule: &SurveyRule,
        kept: KeptInvitation,
        sent: Result<(), Failure>,
        by: &str,
    ) -> Result<(), Failure> {
        let Err(failure) = sent else {
            let text = format!("It was sent by {by}.");
            return self.settle(kept, InvitationState::Sent, text).await;
        };
        match failure.remedy {
            Remedy::Retry if rule.on_unknown == OnUnknown::Skip || kept.invitation.resent => {
                self.left_unknown(kept).await
            }
            // It stands as being sent, and whoever comes next sends it again.
            Remedy::Retry => Err(failure),
            Remedy::Park => Err(failure),
            Remedy::WaitUntil { .. } | Remedy::ComeBack { .. } | Remedy::Mend => {
                let text = format!("It could not be sent yet: {}", failure.message);
                self.moved(kept, InvitationState::Due, text).await?;
                Err(failure)
            }
        }
    }

    /// An invitation that somebody was sending when they died or lost the answer.
    pub(crate) async fn found_unknown(&self, kept: KeptInvitation) -> Result<(), Failure> {
        match self.rule_of(&kept.invitation) {
            Some(rule) if rule.on_unknown == OnUnknown::Resend && !kept.invitation.resent => {
                let text =
                    "Nobody knows whether it went out. It is sent once more, as its rule says.";
                let now = self.deps.clock.now();
                let mut next = kept.invitation.moved(InvitationState::Due, text, now);
                next.resent = true;
                let kept = self.replaced(&kept, next).await?;
                self.decide(kept, None).await
            }
            _ => self.left_unknown(kept).await,
        }
    }

    async fn left_unknown(&self, kept: KeptInvitation) -> Result<(), Failure> {
        let text = "The answer to the request that sends it was lost: nobody knows whether it went out. It is not sent again.";
        self.settle(kept, InvitationState::Unknown, text).await
    }

    /// The connection that refused, by how far the sending had come; `None` for the services that take e-mails and text
    /// messages, which are no connections.
    fn refused_by<'r>(
        &'r self,
        rule: &'r SurveyRule,
        stands: &Invitation,
    ) -> Option<&'r ConnectionName> {
        let now = self.deps.clock.now();
        let has_survey = stands
            .survey
            .as_ref()
            .is_some_and(|it| it.valid_until > now);
        match &rule.send {
            SendBy::Email(_) | SendBy::Sms(_) if stands.state == InvitationState::Sending => None,
            SendBy::Column(_) if has_survey => Some(self.crm),
            _ => Some(&rule.survey.connection),
        }
    }

    /// The line and the count of an invitation that was refused for good.
    pub(crate) fn parked(
        &self,
        invitation: &Invitation,
        failure: &Failure,
        by: Option<&ConnectionName>,
    ) {
        tracing::error!(
            { fields::OUTCOME } = outcomes::PARKED,
            { fields::CONNECTION } = by.map(ConnectionName::as_str),
            { fields::INVITATION } = %invitation.id,
            { fields::RULES } = invitation.rule.as_str(),
            { fields::DETAIL } = failure.detail,
            { fields::SERVICE_REQUEST_ID } = failure.service_request_id.map(tracing::field::display),
            "an invitation to a survey was refused for good"
        );
        self.deps.signals.count(Signal::Parked { connection: by });
    }
}

/// Where it goes, as was decided.
fn address(draft: &Draft) -> Result<&Address, Failure> {
    let address = draft.chosen.address.as_ref();
    address.ok_or_else(|| Failure::park("The person has no address.", "an address"))
}

fn filled(rule: &SurveyRule, draft: &Draft, link: &str) -> Result<Words, Failure> {
    words(rule, draft, link).map_err(|problem| Failure::park(problem.to_string(), "a message"))
}
