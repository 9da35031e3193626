//! A survey response as the platform keeps it, and the notes on it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An answer: what one respondent gave to one questionnaire.
///
/// Keys are camelCase as in the vendor's closed-loop template. There are no tags on an answer: its meaning
/// comes from joining `questionId` with the questions. Source: Webex Experience Management developer
/// documentation, "Responses", and the vendor's public .NET client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Answer {
    /// 24 hexadecimal digits; given by the platform.
    pub id: String,
    /// The account that the answer belongs to.
    pub user: String,
    /// The questionnaire.
    pub location_id: Option<String>,
    /// When it was given, UTC with milliseconds; set by the platform where the sender gave none.
    #[serde(with = "super::wire_time")]
    pub response_date_time: Option<Timestamp>,
    /// Seconds that the respondent took.
    pub response_duration: i64,
    /// Signature of the channel.
    pub survey_client: Option<String>,
    /// One entry for each question answered.
    pub responses: Vec<GivenResponse>,
    /// Archived answers are left out unless a filter asks for them.
    pub archived: bool,
    /// The notes on the answer, oldest first; `null` while there is none.
    pub notes: Option<Vec<Note>>,
    /// The platform's own ticket; kept as given, never acted upon.
    pub open_ticket: Option<Value>,
    /// The device that it was given on.
    pub device_id: Option<String>,
    /// Every other field, kept and given back as it came.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// What was answered to one question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GivenResponse {
    /// The question.
    pub question_id: String,
    /// Its text in the account's own language; filled by the platform where the sender gave none.
    pub question_text: Option<String>,
    /// The text given; `null` for a numeric question.
    pub text_input: Option<String>,
    /// The number given. 0 is a legal score, and what the platform writes for a text question; `null` for a numeric question
    /// to which no number was given.
    pub number_input: Option<i64>,
}

/// A note on an answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Note {
    /// Who was logged in when the note was written.
    pub user: String,
    /// The author's name where one was given.
    pub author_name: Option<String>,
    /// When it was written.
    #[serde(with = "super::wire_time")]
    pub note_time: Option<Timestamp>,
    /// The text.
    pub note: String,
    /// Every other field, kept and given back as it came.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl Answer {
    /// The response to a question.
    pub fn response_to(&self, question_id: &str) -> Option<&GivenResponse> {
        self.responses
            .iter()
            .find(|response| response.question_id == question_id)
    }
}
