//! Whether a row may change to a state.
//! Source: Microsoft Learn, "IsValidStateTransition function".

use serde_json::json;

use super::super::message::Answer;
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::super::state;
use super::{Arguments, Invocation};

/// `IsValidStateTransition(Entity=…,NewState='Resolved',NewStatus=5)`.
pub(super) fn is_valid(
    organisation: &Organisation,
    call: &Invocation<'_>,
) -> Result<Answer, Refusal> {
    let arguments = Arguments::read(call)?;
    let (table, id) = arguments.row(organisation, call, "Entity")?;
    let (wanted, status) = (arguments.text("NewState")?, arguments.whole("NewStatus")?);
    let described = organisation.model().table(table);
    let state = described.column("statecode").and_then(|at| {
        let found = described
            .options(at)
            .iter()
            .find(|option| option.label.eq_ignore_ascii_case(&wanted));
        found.map(|option| option.value)
    });
    let row = organisation.row(table, id);
    let valid = match (state, row) {
        (Some(state), Some(row)) => {
            let now = row
                .get(described, "statecode")
                .as_whole()
                .unwrap_or_default();
            state::reason(described, id, state, status).is_ok()
                && (now == state || state::is_allowed(described, now, state))
        }
        _ => false,
    };
    Ok(call.result(json!({ "IsValid": valid })))
}
