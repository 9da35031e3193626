//! What both sides hold in the end.

use cxloop_domain::names::ResponseKey;
use uuid::Uuid;

use super::edit::{Edit, Edits, OfAgent, comment, note};
use crate::Error;
use crate::outside::{Agent, Outside};

/// The columns that flow back, with the questions that hold them.
const FIELDS: [(&str, &str); 2] = [
    ("statuscode", "CASE_STATUS"),
    ("casetypecode", "CASE_CAUSE"),
];

/// Holds that every response tells what its case is: the labels of the columns, and each public comment once. Returns how
/// many notes of people the survey platform does not hold any more.
pub(super) async fn hold_equal(
    outside: &Outside,
    agent: &Agent,
    cases: &[(ResponseKey, Uuid)],
    edits: &Edits,
) -> Result<u64, Error> {
    let mut lost = 0;
    for (place, (response, case)) in cases.iter().enumerate() {
        let id = response.response.as_str();
        let answer = outside.surveys.answer(id);
        let answer = answer.ok_or_else(|| Error::NotDone(format!("{response} is gone")))?;
        let row = agent.read(*case, "statuscode,casetypecode").await?;
        for (column, tag) in FIELDS {
            let label = format!("{column}@OData.Community.Display.V1.FormattedValue");
            let held = outside
                .surveys
                .question_id("store-visit", tag)
                .and_then(|question| answer.response_to(&question))
                .and_then(|given| given.text_input.as_deref());
            let (case_holds, held) = (row[&label].as_str(), held.filter(|text| !text.is_empty()));
            if case_holds != held {
                return Err(Error::NotDone(format!(
                    "{column} of case {case} is {case_holds:?}, and {response} holds {held:?}"
                )));
            }
        }
        let notes = answer.notes.unwrap_or_default();
        let times = |text: &str| notes.iter().filter(|it| it.note.contains(text)).count();
        for edit in edits.of_case(place) {
            let (text, wanted) = match edit {
                Edit::OfAgent(OfAgent::Public(number)) => (comment(*number), 1),
                Edit::OfAgent(OfAgent::Private(number)) => (comment(*number), 0),
                Edit::Note(number) => {
                    lost += u64::from(times(&note(*number)) == 0);
                    continue;
                }
                Edit::OfAgent(_) | Edit::Rating(_) => continue,
            };
            let found = times(&text);
            if found != wanted {
                return Err(Error::NotDone(format!(
                    "{response} holds {found} times in place of {wanted}: {text}"
                )));
            }
        }
    }
    Ok(lost)
}
