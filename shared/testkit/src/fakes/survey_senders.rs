//! Survey platforms that send surveys, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cxloop_domain::configuration::{Applied, QuestionMap};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::survey_trigger::Prefilled;
use cxloop_ports::{
    Failure, PlatformInvitation, SurveyAsked, SurveyLink, SurveySender, SurveySenders,
};

use super::Faults;

/// A survey that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeSurvey {
    /// Its token and address.
    pub link: SurveyLink,
    /// What was asked for, without what the questionnaire lacks.
    pub asked: SurveyAsked,
}

#[derive(Default)]
struct State {
    surveys: Vec<MadeSurvey>,
    invitations: Vec<(SurveyAsked, PlatformInvitation)>,
    missing: BTreeSet<String>,
}

/// A platform behind a connection. It has every questionnaire and every question that is not said to be missing, and the
/// questions of the row and the invitation have their usual names.
pub struct FakeSurveySender {
    connection: ConnectionName,
    questions: QuestionMap,
    state: Mutex<State>,
    faults: Faults,
    lost_answers: Faults,
}

impl FakeSurveySender {
    /// A platform that has sent nothing yet.
    pub fn new(connection: &str) -> Self {
        Self {
            connection: connection.parse().expect("a connection name"),
            questions: QuestionMap::default(),
            state: Mutex::default(),
            faults: Faults::default(),
            lost_answers: Faults::default(),
        }
    }

    /// The connection it stands behind.
    pub fn connection(&self) -> &ConnectionName {
        &self.connection
    }

    /// What it fails with instead of doing anything.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What it answers although the survey was made or the invitation went out.
    pub fn lost_answers(&self) -> &Faults {
        &self.lost_answers
    }

    /// Takes a question, or a questionnaire, away.
    pub fn lacks(&self, name: &str) {
        let mut state = self.state.lock().expect(LOCK);
        state.missing.insert(name.to_owned());
    }

    /// Gives a question, or a questionnaire, back.
    pub fn has_again(&self, name: &str) {
        self.state.lock().expect(LOCK).missing.remove(name);
    }

    /// The surveys that were made, in order; those of the platform's own invitations are not among them.
    pub fn surveys(&self) -> Vec<MadeSurvey> {
        self.state.lock().expect(LOCK).surveys.clone()
    }

    /// The invitations that the platform sent by itself, in order.
    pub fn invitations(&self) -> Vec<(SurveyAsked, PlatformInvitation)> {
        self.state.lock().expect(LOCK).invitations.clone()
    }
}

impl State {
    fn taken(&self, asked: &SurveyAsked) -> Result<SurveyAsked, Failure> {
        let is_missing = |name: &str| self.missing.contains(name);
        let needed = |fill: &&Prefilled| fill.is_needed && is_missing(&fill.question);
        if is_missing(&asked.questionnaire) {
            let message = format!("the platform has no questionnaire {}", asked.questionnaire);
            return Err(Failure::park(message, ""));
        }
        if let Some(fill) = asked.prefill.iter().find(needed) {
            let message = format!("the questionnaire has no question {}", fill.question);
            return Err(Failure::park(message, ""));
        }
        let mut taken = asked.clone();
        taken.prefill.retain(|fill| !is_missing(&fill.question));
        Ok(taken)
    }
}

#[async_trait]
impl SurveySender for FakeSurveySender {
    fn questions(&self) -> &QuestionMap {
        &self.questions
    }

    async fn survey(&self, asked: &SurveyAsked) -> Result<SurveyLink, Failure> {
        self.faults.check()?;
        let link = {
            let mut state = self.state.lock().expect(LOCK);
            let asked = state.taken(asked)?;
            let token = format!("T-{}", state.surveys.len() + 1);
            let url = format!("https://survey.example/{token}");
            let link = SurveyLink { token, url };
            state.surveys.push(MadeSurvey {
                link: link.clone(),
                asked,
            });
            link
        };
        self.lost_answers.check()?;
        Ok(link)
    }

    async fn invite(
        &self,
        asked: &SurveyAsked,
        invitation: &PlatformInvitation,
    ) -> Result<(), Failure> {
        self.faults.check()?;
        {
            let mut state = self.state.lock().expect(LOCK);
            let asked = state.taken(asked)?;
            state.invitations.push((asked, invitation.clone()));
        }
        self.lost_answers.check()
    }
}

/// Hands out senders by connection, whatever the configuration says.
#[derive(Default)]
pub struct FakeSurveySenders {
    senders: BTreeMap<ConnectionName, Arc<FakeSurveySender>>,
}

impl FakeSurveySenders {
    /// The same with a further platform.
    #[must_use]
    pub fn with(mut self, sender: &Arc<FakeSurveySender>) -> Self {
        self.senders
            .insert(sender.connection().clone(), Arc::clone(sender));
        self
    }
}

impl SurveySenders for FakeSurveySenders {
    fn sender(
        &self,
        _: &Applied,
        connection: &ConnectionName,
    ) -> Result<Arc<dyn SurveySender>, Failure> {
        match self.senders.get(connection) {
            Some(sender) => Ok(Arc::clone(sender) as Arc<dyn SurveySender>),
            None => Err(Failure::park(
                format!("the connection {connection} sends no surveys"),
                "",
            )),
        }
    }
}

const LOCK: &str = "nobody panics while the platform works";
