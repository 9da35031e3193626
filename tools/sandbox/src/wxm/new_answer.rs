//! The way in for every new answer: completed, stored, and told to those who asked for it.

use jiff::Timestamp;

use super::answer::Answer;
use super::pii::HashAlgorithm;
use super::state::State;
use super::{ACCOUNT, Wxm};

impl Wxm {
    /// Stores an answer and notifies.
    pub(super) fn take_answer(&self, given: Answer) -> Answer {
        let now = self.now();
        let mut state = self.state();
        let answer = self.store_new(&mut state, given, now);
        drop(state);
        self.notify(&answer);
        answer
    }

    /// Gives the answer its id and account, its time where the sender gave none, the texts of its questions,
    /// and hashes what identifies a person where the account wants it so.
    pub(super) fn store_new(
        &self,
        state: &mut State,
        mut answer: Answer,
        now: Timestamp,
    ) -> Answer {
        answer.id = state.next_id(now);
        ACCOUNT.clone_into(&mut answer.user);
        answer.response_date_time.get_or_insert(now);
        let hashing = state.hashing_of(answer.location_id.as_deref().unwrap_or_default());
        for response in &mut answer.responses {
            let Some(question) = state.question(&response.question_id) else {
                continue;
            };
            response
                .question_text
                .get_or_insert_with(|| question.text.clone());
            if !question.is_numeric() {
                response.number_input.get_or_insert(0);
            }
            let is_pii = question
                .pii_settings
                .as_ref()
                .is_some_and(|settings| settings.is_pii);
            if let (true, Some(algorithm), Some(text)) = (is_pii, hashing, &response.text_input) {
                response.text_input = Some(HashAlgorithm::store(algorithm, text));
            }
        }
        state.store_answer(answer.clone());
        answer
    }
}
