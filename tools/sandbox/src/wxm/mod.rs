//! Stand-in of the survey platform Webex Experience Management (formerly CloudCherry).
//!
//! It keeps one account, `sandbox`, in memory: questions, answers with their notes, survey tokens, settings
//! with notification rules. It shows the form that a customer fills in, and tells the rules' addresses about
//! each new answer exactly as the platform does: unsigned, and no more after some failures.

mod account;
mod answer;
mod answers;
mod asked;
mod delivery;
mod filter;
mod form_field;
mod form_page;
mod form_texts;
mod invitations;
mod key_case;
mod login;
mod new_answer;
mod notifications;
mod pages;
mod pii;
mod question;
mod questionnaires;
mod questions;
mod routes;
mod state;
mod survey;
mod tokens;
mod wire_time;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

pub use answer::{Answer, GivenResponse, Note};
pub use invitations::SentInvitation;
pub use notifications::NotificationStyle;
pub use pii::HashAlgorithm;
pub use question::{PiiSettings, Question, Translation};

use crate::stand_in::{Faults, Now};
use delivery::Deliveries;
use state::State;

/// The name of the account, its only user, that user's password and API key.
pub const ACCOUNT: &str = "sandbox";

/// The stand-in. Clones share the same account.
#[derive(Clone)]
pub struct Wxm {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    deliveries: Deliveries,
    now: Now,
    public_url: String,
}

impl Wxm {
    /// An account without questionnaires. `public_url` is where people and links reach the stand-in, such as
    /// `http://127.0.0.1:8688`, without a slash at the end.
    pub fn new(now: Now, public_url: String) -> Self {
        let shared = Shared {
            state: Mutex::new(State::new()),
            deliveries: Deliveries::new(),
            now,
            public_url,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Adds the questionnaires `store-visit` and `after-case`, and the token `store-visit`, which anybody may
    /// use any number of times at `/s/store-visit`.
    #[must_use]
    pub fn with_questionnaires(self) -> Self {
        let now = self.now();
        self.state().add_questionnaires(now);
        self
    }

    /// Lets faults of the target `wxm` meddle with the notifications that are sent.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        self.shared.deliveries.obey(faults);
        self
    }

    /// Everything that the stand-in serves at the root of its host.
    pub fn router(&self) -> axum::Router {
        routes::router(self.clone())
    }

    /// Adds a notification rule to the settings: each new answer that `filter` (a FilterBy; `null` for all)
    /// chooses is posted to `url` under the rule's name. A rule of the same name is replaced.
    ///
    /// # Errors
    /// The filter is malformed, or asks for what the stand-in cannot evaluate.
    pub fn add_notification(&self, name: &str, url: &str, filter: Value) -> Result<(), String> {
        let rule = json!({
            "name": name,
            "conditionalFilter": filter,
            "email": url,
            "additionalRecipients": [],
            "mode": "RealTime",
            "days": [],
            "location": [],
            "onlyQuestions": [],
            "messageSubject": null,
            "messageContent": null,
            "logNotification": true,
        });
        self.state().add_notification_rule(name, rule)
    }

    /// How many notifications are on their way, held back ones included.
    pub fn pending_notifications(&self) -> usize {
        self.shared.deliveries.pending()
    }

    /// In which of the documented shapes notifications are sent from now on.
    pub fn set_notification_style(&self, style: NotificationStyle) {
        self.state().notification_style = style;
    }

    /// After how many failures in a row a URL gets no more notifications; 5 at the start.
    pub fn stop_notifications_after(&self, failures: u32) {
        self.state().stop_after = failures;
    }

    /// The URLs that get no more notifications until the settings are saved again.
    pub fn stopped_urls(&self) -> Vec<String> {
        self.state().stopped_urls()
    }

    /// Stores what identifies a person only as a hash, in one questionnaire or (`None`) in all; existing
    /// answers stay as they are. No algorithm ends it.
    pub fn hash_pii_by(&self, questionnaire: Option<&str>, algorithm: Option<HashAlgorithm>) {
        self.state().hash_pii_by(questionnaire, algorithm);
    }

    /// Makes every login token that was issued invalid.
    pub fn revoke_tokens(&self) {
        self.state().logins.clear();
    }

    /// Stores an answer as if it had just been given, and notifies. Needs a running tokio runtime.
    pub fn add_answer(&self, answer: Answer) -> Answer {
        self.take_answer(answer)
    }

    /// Stores an answer under the id it has, as if it had been given long ago: nobody is told of it.
    pub fn keep_known_answer(&self, answer: Answer) {
        self.state().store_answer(answer);
    }

    /// All answers, oldest first.
    pub fn answers(&self) -> Vec<Answer> {
        self.state().answers().to_vec()
    }

    /// One answer.
    pub fn answer(&self, id: &str) -> Option<Answer> {
        self.state().answer(id).cloned()
    }

    /// The id of the question of a questionnaire that has a tag, whatever the tag's case.
    pub fn question_id(&self, questionnaire: &str, tag: &str) -> Option<String> {
        let state = self.state();
        let mut questions = state.questions.iter();
        let found = questions.find(|one| one.belongs_to(questionnaire) && one.has_tag(tag))?;
        Some(found.id.clone())
    }

    /// The invitations that the platform sent, oldest first.
    pub fn invitations(&self) -> Vec<SentInvitation> {
        self.state().invitations.clone()
    }

    /// Where a respondent opens the form of a token.
    pub fn survey_link(&self, token: &str) -> String {
        format!("{}/s/{token}", self.shared.public_url)
    }

    fn now(&self) -> jiff::Timestamp {
        (self.shared.now)()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No statement leaves the account half changed, so a panic elsewhere does not spoil it.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
