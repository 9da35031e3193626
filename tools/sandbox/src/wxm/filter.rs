//! `FilterBy`: the one language in which lists, notification rules and segments choose answers.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::answer::Answer;
use super::key_case::fold_keys;
use super::wire_time;

/// A filter that has been read and understood.
///
/// Sources: Webex Experience Management developer documentation, "Filtering responses"; the vendor's web
/// survey code for the semantics of `filterquestions`; its .NET client for the field names.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct FilterBy {
    given: Given,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Given {
    location: Option<Vec<String>>,
    survey_client: Option<Vec<String>>,
    #[serde(with = "wire_time")]
    afterdate: Option<Timestamp>,
    #[serde(with = "wire_time")]
    beforedate: Option<Timestamp>,
    filterquestions: Option<Vec<Condition>>,
    archived: Option<bool>,
    with_notes: Option<bool>,
    with_tickets: Option<bool>,
    days: Option<Vec<i8>>,
    #[serde(with = "wire_time")]
    aftertime: Option<Timestamp>,
    #[serde(with = "wire_time")]
    beforetime: Option<Timestamp>,
    sort_by_oldest: Option<bool>,
    #[serde(flatten)]
    more: serde_json::Map<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Condition {
    question_id: String,
    answer_check: Option<Vec<String>>,
    number: Option<i64>,
    group_by: Option<String>,
}

/// Fields that do not choose anything.
const WITHOUT_EFFECT: &[&str] = &["filterName", "viewAs", "id", "user"];

impl FilterBy {
    /// Reads a filter; `null` is one that lets everything through.
    ///
    /// # Errors
    /// Names the field that is malformed, or that the stand-in cannot evaluate and that is not empty: to
    /// ignore it would choose other answers than the platform does.
    pub(super) fn read(value: Value) -> Result<Self, String> {
        if value.is_null() {
            return Ok(Self::default());
        }
        let given: Given = serde_json::from_value(fold_keys(value))
            .map_err(|error| format!("FilterBy: {error}"))?;
        for (key, value) in &given.more {
            let known = WITHOUT_EFFECT
                .iter()
                .any(|name| name.eq_ignore_ascii_case(key));
            if !known && !is_empty(value) {
                return Err(format!(
                    "FilterBy: `{key}` is not evaluated by this stand-in"
                ));
            }
        }
        Ok(Self { given })
    }

    /// Refuses the fields that look at an answer itself, for lists of what has only a time and a place.
    ///
    /// # Errors
    /// Names the first such field that is not empty.
    pub(super) fn only_time_and_place(self) -> Result<Self, String> {
        let given = &self.given;
        let of_answers = [
            (
                "surveyClient",
                given
                    .survey_client
                    .as_ref()
                    .is_some_and(|list| !list.is_empty()),
            ),
            (
                "filterquestions",
                given
                    .filterquestions
                    .as_ref()
                    .is_some_and(|list| !list.is_empty()),
            ),
            ("withNotes", given.with_notes == Some(true)),
            ("withTickets", given.with_tickets == Some(true)),
        ];
        match of_answers.iter().find(|(_, used)| *used) {
            Some((field, _)) => Err(format!(
                "FilterBy: `{field}` is not evaluated here by this stand-in"
            )),
            None => Ok(self),
        }
    }

    /// Whether the filter chooses something that has a time and a place and may be archived.
    pub(super) fn chooses_event(
        &self,
        at: Option<Timestamp>,
        location: Option<&str>,
        archived: bool,
    ) -> bool {
        self.chooses_time(at)
            && self.chooses_clock(at)
            && self.chooses_location(location)
            && self.given.archived.unwrap_or(false) == archived
    }

    /// Whether the filter chooses an answer.
    pub(super) fn chooses(&self, answer: &Answer) -> bool {
        let location = answer.location_id.as_deref();
        self.chooses_event(answer.response_date_time, location, answer.archived)
            && one_of(
                self.given.survey_client.as_deref(),
                answer.survey_client.as_deref(),
            )
            && (self.given.with_notes != Some(true)
                || answer.notes.as_ref().is_some_and(|notes| !notes.is_empty()))
            && (self.given.with_tickets != Some(true) || answer.open_ticket.is_some())
            && conditions_hold(
                self.given.filterquestions.as_deref().unwrap_or_default(),
                answer,
            )
    }

    /// Whether a questionnaire is among those named; all are when none is.
    fn chooses_location(&self, location: Option<&str>) -> bool {
        one_of(self.given.location.as_deref(), location)
    }

    /// Whether a moment lies between `afterdate` and `beforedate`, both included.
    fn chooses_time(&self, at: Option<Timestamp>) -> bool {
        let Some(at) = at else {
            return self.given.afterdate.is_none() && self.given.beforedate.is_none();
        };
        self.given.afterdate.is_none_or(|after| at >= after)
            && self.given.beforedate.is_none_or(|before| at <= before)
    }

    /// Whether the oldest comes first; the newest does otherwise.
    pub(super) fn oldest_first(&self) -> bool {
        self.given.sort_by_oldest == Some(true)
    }

    /// Days are those of .NET, Sunday 0 to Saturday 6; both they and the times of day are taken in UTC.
    fn chooses_clock(&self, at: Option<Timestamp>) -> bool {
        let Some(at) = at.map(|at| at.to_zoned(TimeZone::UTC)) else {
            return true;
        };
        let time_of = |moment: Timestamp| moment.to_zoned(TimeZone::UTC).time();
        let days = self.given.days.as_deref().unwrap_or_default();
        (days.is_empty() || days.contains(&at.weekday().to_sunday_zero_offset()))
            && self
                .given
                .aftertime
                .is_none_or(|after| at.time() >= time_of(after))
            && self
                .given
                .beforetime
                .is_none_or(|before| at.time() <= time_of(before))
    }
}

/// A condition joined by `OR` decides alone when it holds; the others must all hold. No `groupBy` means `AND`.
fn conditions_hold(conditions: &[Condition], answer: &Answer) -> bool {
    let is_or = |condition: &&Condition| {
        condition
            .group_by
            .as_deref()
            .is_some_and(|group| group.eq_ignore_ascii_case("or"))
    };
    let (any, all): (Vec<&Condition>, Vec<&Condition>) = conditions.iter().partition(is_or);
    let all_hold = all.iter().all(|condition| condition.holds(answer));
    any.iter().any(|condition| condition.holds(answer))
        || (all_hold && (any.is_empty() || !all.is_empty()))
}

impl Condition {
    fn holds(&self, answer: &Answer) -> bool {
        let Some(response) = answer.response_to(&self.question_id) else {
            return false;
        };
        let checks = self.answer_check.as_deref().unwrap_or_default();
        let text = response.text_input.as_deref().unwrap_or_default();
        let limit = self.number.unwrap_or(0);
        match checks.first().map(String::as_str) {
            None => true,
            Some("lt") => response.number_input.is_some_and(|given| given < limit),
            Some("gt") => response.number_input.is_some_and(|given| given > limit),
            Some("eq") => response.number_input == Some(limit),
            Some(check) if check.eq_ignore_ascii_case("any text") => !text.is_empty(),
            // The options that were ticked are joined by commas.
            Some(_) => checks
                .iter()
                .any(|check| check == text || text.split(',').any(|one| one.trim() == check)),
        }
    }
}

fn one_of(allowed: Option<&[String]>, value: Option<&str>) -> bool {
    let allowed = allowed.unwrap_or_default();
    allowed.is_empty()
        || value.is_some_and(|value| allowed.iter().any(|one| one.eq_ignore_ascii_case(value)))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Bool(true) => false,
    }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
