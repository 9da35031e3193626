//! The account in memory.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ACCOUNT;
use super::answer::Answer;
use super::invitations::SentInvitation;
use super::notifications::{LoggedNotification, NotificationStyle, read_rules};
use super::pii::HashAlgorithm;
use super::question::Question;
use super::questionnaires::{self, Questionnaire, STORE_VISIT};
use super::tokens::SurveyToken;

/// Everything that the account holds.
pub(super) struct State {
    pub(super) questionnaires: Vec<Questionnaire>,
    pub(super) questions: Vec<Question>,
    answers: Vec<Answer>,
    places: HashMap<String, usize>,
    pub(super) tokens: BTreeMap<String, SurveyToken>,
    pub(super) invitations: Vec<SentInvitation>,
    /// Login tokens and when they expire.
    pub(super) logins: HashMap<String, Timestamp>,
    pub(super) settings: Value,
    pub(super) user_data: BTreeMap<String, String>,
    pub(super) logged: Vec<LoggedNotification>,
    pub(super) notification_style: NotificationStyle,
    pub(super) stop_after: u32,
    /// Failures in a row by URL.
    pub(super) failures: BTreeMap<String, u32>,
    hashing: BTreeMap<String, HashAlgorithm>,
    ids: u32,
    token_number: u32,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            questionnaires: Vec::new(),
            questions: Vec::new(),
            answers: Vec::new(),
            places: HashMap::new(),
            tokens: BTreeMap::new(),
            invitations: Vec::new(),
            logins: HashMap::new(),
            settings: json!({
                "user": ACCOUNT,
                "businessName": "Sandbox",
                "npsRange": "7,8",
                "hashPIIBy": null,
                "onChangeTicketsURL": null,
                "onChangeQuestionsURL": null,
                "notifications": [],
            }),
            user_data: BTreeMap::new(),
            logged: Vec::new(),
            notification_style: NotificationStyle::default(),
            stop_after: 5,
            failures: BTreeMap::new(),
            hashing: BTreeMap::new(),
            ids: 0,
            token_number: 21_987,
        }
    }

    pub(super) fn add_questionnaires(&mut self, now: Timestamp) {
        self.questionnaires = questionnaires::questionnaires();
        self.questions = questionnaires::questions(ACCOUNT);
        let open = SurveyToken::unlimited(STORE_VISIT, STORE_VISIT, now);
        self.tokens.insert(open.id.clone(), open);
    }

    /// 24 hexadecimal digits that begin with the time, as the platform's ids do, so that they differ from
    /// those of an earlier run too.
    pub(super) fn next_id(&mut self, now: Timestamp) -> String {
        self.ids += 1;
        let millis = now.as_millisecond();
        let seconds = u32::try_from(millis.div_euclid(1000)).unwrap_or(u32::MAX);
        format!(
            "{seconds:08x}{:010x}{:06x}",
            0x5a_4d00_0000_u64 + millis.rem_euclid(1000).unsigned_abs(),
            self.ids
        )
    }

    /// Ids like `DM-21988`.
    pub(super) fn next_token_id(&mut self) -> String {
        self.token_number += 1;
        format!("DM-{}", self.token_number)
    }

    /// All answers, oldest first.
    pub(super) fn answers(&self) -> &[Answer] {
        &self.answers
    }

    pub(super) fn answer(&self, id: &str) -> Option<&Answer> {
        self.places.get(id).map(|place| &self.answers[*place])
    }

    pub(super) fn answer_mut(&mut self, id: &str) -> Option<&mut Answer> {
        self.places.get(id).map(|place| &mut self.answers[*place])
    }

    pub(super) fn store_answer(&mut self, answer: Answer) {
        self.places.insert(answer.id.clone(), self.answers.len());
        self.answers.push(answer);
    }

    pub(super) fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    pub(super) fn questionnaire(&self, name: &str) -> Option<&Questionnaire> {
        self.questionnaires
            .iter()
            .find(|one| one.name.eq_ignore_ascii_case(name))
    }

    /// The active questions of a questionnaire in the order in which they are asked.
    pub(super) fn questions_of(&self, questionnaire: &str) -> Vec<&Question> {
        let belongs =
            |question: &&Question| !question.is_retired && question.belongs_to(questionnaire);
        let mut questions: Vec<&Question> = self.questions.iter().filter(belongs).collect();
        questions.sort_by_key(|question| question.sequence);
        questions
    }

    pub(super) fn add_notification_rule(&mut self, name: &str, rule: Value) -> Result<(), String> {
        read_rules(&json!({"notifications": [rule.clone()]}))?;
        let Some(settings) = self.settings.as_object_mut() else {
            return Err("settings are no object".into());
        };
        let rules = settings.entry("notifications").or_insert_with(|| json!([]));
        if !rules.is_array() {
            *rules = json!([]);
        }
        if let Some(rules) = rules.as_array_mut() {
            rules.retain(|other| other.get("name").and_then(Value::as_str) != Some(name));
            rules.push(rule);
        }
        Ok(())
    }

    pub(super) fn stopped_urls(&self) -> Vec<String> {
        let stopped = self
            .failures
            .iter()
            .filter(|(_, failures)| **failures >= self.stop_after);
        stopped.map(|(url, _)| url.clone()).collect()
    }

    pub(super) fn is_stopped(&self, url: &str) -> bool {
        self.failures
            .get(url)
            .is_some_and(|failures| *failures >= self.stop_after)
    }

    /// The questionnaire's own setting goes before the account's, which is the settings' `hashPIIBy`.
    pub(super) fn hashing_of(&self, questionnaire: &str) -> Option<HashAlgorithm> {
        let own = self.hashing.get(&questionnaire.to_lowercase()).copied();
        own.or_else(|| {
            let settings = self.settings.as_object()?;
            HashAlgorithm::from_setting(super::key_case::get(settings, "hashPIIBy"))
        })
    }

    pub(super) fn hash_pii_by(
        &mut self,
        questionnaire: Option<&str>,
        algorithm: Option<HashAlgorithm>,
    ) {
        match (questionnaire, algorithm) {
            (Some(name), Some(algorithm)) => {
                self.hashing.insert(name.to_lowercase(), algorithm);
            }
            (Some(name), None) => {
                self.hashing.remove(&name.to_lowercase());
            }
            (None, algorithm) => {
                if let Some(settings) = self.settings.as_object_mut() {
                    settings.insert(
                        "hashPIIBy".into(),
                        json!(algorithm.map(HashAlgorithm::name)),
                    );
                }
            }
        }
    }
}
