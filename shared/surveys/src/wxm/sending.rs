//! Making surveys for one person, and having the platform invite to them.
//!
//! A survey is a token: the right to answer a questionnaire once, with answers filled in before. Prefills are taken only for
//! questions that staff or a program may fill. `RequestInvitation` makes a token and sends its address.
//! Sources: Webex Experience Management developer documentation, "Survey tokens"; the vendor's public .NET client and its
//! invitation sender.

use async_trait::async_trait;
use cxloop_domain::configuration::Channel;
use cxloop_domain::configuration::QuestionMap;
use cxloop_domain::survey_trigger::Prefilled;
use cxloop_ports::{Failure, PlatformInvitation, SurveyAsked, SurveyLink, SurveySender};
use serde_json::{Value, json};

use super::client::not_asked;
use super::filling::{Input, find};
use super::questions::Questions;
use super::wire::{self, Question, SurveyToken};
use super::{PLATFORM, WxmPlatform};

const TOKEN: &str = "POST /api/SurveyToken";
const INVITATION: &str = "POST /api/RequestInvitation";

#[async_trait]
impl SurveySender for WxmPlatform {
    fn questions(&self) -> &QuestionMap {
        &self.questions
    }

    async fn survey(&self, asked: &SurveyAsked) -> Result<SurveyLink, Failure> {
        let body = self.token_details(asked).await?;
        let made = self
            .client
            .post_once(TOKEN, &["SurveyToken"], &body)
            .await?;
        let made = made.ok_or_else(|| self.client.no_api(TOKEN))?;
        let unreadable = |problem| self.client.unreadable(problem, TOKEN);
        let made: SurveyToken = wire::read(&made).map_err(unreadable)?;
        if !is_token(&made.id) {
            return Err(unreadable("it holds no token that an address can end in"));
        }
        let url = format!("{}/{}", self.survey_url.trim_end_matches('/'), made.id);
        Ok(SurveyLink {
            token: made.id,
            url,
        })
    }

    async fn invite(
        &self,
        asked: &SurveyAsked,
        invitation: &PlatformInvitation,
    ) -> Result<(), Failure> {
        let details = self.token_details(asked).await?;
        let is_sms = invitation.to.channel() == Channel::Sms;
        let address = invitation.to.as_str();
        // Not `nonRepeatWithinLastDays`: how often a person is asked is decided over all rules before, and the platform would
        // leave out silently what was counted as sent.
        let body = json!({
            "customerName": invitation.name.as_deref().unwrap_or_default(),
            "customerEmail": if is_sms { "" } else { address },
            "customerPhone": if is_sms { address } else { "" },
            "isSMS": is_sms,
            "subject": invitation.subject,
            "template": invitation.template,
            "tokenDetails": details,
        });
        let path = ["RequestInvitation"];
        let sent = self.client.post_once(INVITATION, &path, &body).await?;
        match sent {
            None => Err(self.client.no_api(INVITATION)),
            Some(answer) if answer.trim_ascii() == b"false" => Err(self.refused_to("send it")),
            Some(_) => Ok(()),
        }
    }
}

impl WxmPlatform {
    /// The survey as the platform takes it, with the questions of the questionnaire that the prefills name.
    async fn token_details(&self, asked: &SurveyAsked) -> Result<Value, Failure> {
        let mut details = json!({
            "location": asked.questionnaire,
            "preFill": self.prefills(asked).await?,
            "validTill": format!("{:.3}", asked.valid_until),
            "validUses": 1,
            "note": asked.note,
        });
        if let Some(language) = &asked.language {
            details["preferredLanguage"] = json!(language);
        }
        Ok(details)
    }

    async fn prefills(&self, asked: &SurveyAsked) -> Result<Vec<Value>, Failure> {
        if asked.prefill.is_empty() {
            return Ok(Vec::new());
        }
        let none = std::iter::empty();
        let known = self.cache.questions_for(&self.client, none).await;
        let mut questions = known.map_err(not_asked)?;
        let is_missing = |questions: &Questions, fill: &Prefilled| {
            find(questions, &fill.question, &asked.questionnaire, is_filled).is_none()
        };
        if asked
            .prefill
            .iter()
            .any(|fill| is_missing(&questions, fill))
        {
            let fresh = self.cache.fresh(&self.client).await;
            questions = fresh.map_err(not_asked)?;
        }
        let mut prefills: Vec<Value> = Vec::new();
        for fill in &asked.prefill {
            let input = find(&questions, &fill.question, &asked.questionnaire, is_filled)
                .ok_or_else(|| "there is no such question that may be filled in before.".to_owned())
                .and_then(|question| Input::of(question, Some(&fill.text)));
            match input {
                // Two names of one question: the first one wins.
                Ok(input) => {
                    let response = input.response();
                    let is_same = |other: &Value| other["questionId"] == response["questionId"];
                    if !prefills.iter().any(is_same) {
                        prefills.push(response);
                    }
                }
                Err(reason) if fill.is_needed => {
                    return Err(Failure::park(
                        format!(
                            "Questionnaire {:?} needs its question {}: {reason}",
                            asked.questionnaire, fill.question
                        ),
                        format!("connection {}", self.name),
                    ));
                }
                Err(_) => {}
            }
        }
        Ok(prefills)
    }

    fn refused_to(&self, what: &str) -> Failure {
        Failure::park(
            format!("{PLATFORM} did not {what}."),
            format!("connection {}", self.name),
        )
    }
}

/// A question that a survey may begin with.
fn is_filled(question: &Question) -> bool {
    question.staff_fill || question.api_fill
}

/// Letters, digits, hyphens and underscores, as in `DM-21988`: what an address can end in as it is.
fn is_token(id: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !id.is_empty() && id.bytes().all(fits)
}
