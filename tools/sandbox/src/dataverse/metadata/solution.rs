//! Solutions: the prefix of their publisher, and the list of their components.
//! Source: Microsoft Learn, "Use optional parameters" (`MSCRM.SolutionUniqueName`) and "Work with solutions using the SDK".

use std::sync::Arc;

use uuid::Uuid;

use super::super::caller::Caller;
use super::super::drawn;
use super::super::message::Request;
use super::super::model::TableId;
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Row};
use super::super::value::Value;

/// What a component is. The numbers are those of the choice `componenttype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Component {
    Entity = 1,
    Attribute = 2,
    Relationship = 10,
    Key = 14,
    SavedQuery = 26,
    Chart = 59,
    Form = 60,
    WebResource = 61,
    Step = 92,
    StepImage = 93,
    ServiceEndpoint = 95,
}

impl Component {
    /// The kind that rows of a table are.
    pub(crate) fn of_rows(table: &str) -> Option<Self> {
        Some(match table {
            "savedquery" => Self::SavedQuery,
            "savedqueryvisualization" => Self::Chart,
            "systemform" => Self::Form,
            "webresource" => Self::WebResource,
            "sdkmessageprocessingstep" => Self::Step,
            "sdkmessageprocessingstepimage" => Self::StepImage,
            "serviceendpoint" => Self::ServiceEndpoint,
            _ => return None,
        })
    }
}

fn find(organisation: &Organisation, name: &str) -> Option<(TableId, Uuid)> {
    let solutions = organisation.model().by_name("solution")?;
    let column = organisation.model().table(solutions).column("uniquename")?;
    let found = organisation.having(solutions, column, &Value::text(name));
    found.first().map(|id| (solutions, *id))
}

/// Holds a schema name against the prefix of the solution's publisher; without a solution any prefix will do.
pub(super) fn check_prefix(
    organisation: &Organisation,
    request: &Request,
    schema: &str,
) -> Result<(), Refusal> {
    let prefix = schema.split_once('_').map(|(prefix, _)| prefix);
    let well_formed = |prefix: &str| {
        (2..=8).contains(&prefix.len())
            && prefix.bytes().all(|letter| letter.is_ascii_alphanumeric())
    };
    let Some(prefix) = prefix.filter(|prefix| well_formed(prefix)) else {
        // The name column of an activity table keeps the name that it has in all of them.
        return if schema == "Subject" {
            Ok(())
        } else {
            Err(Refusal::wrong_prefix(schema))
        };
    };
    let Some(name) = &request.solution else {
        return Ok(());
    };
    let (solutions, id) = find(organisation, name).ok_or_else(|| Refusal::no_solution(name))?;
    let model = organisation.model();
    let publisher = organisation
        .row(solutions, id)
        .and_then(|row| row.get(model.table(solutions), "publisherid").as_row());
    let own = publisher.and_then(|(publishers, id)| {
        let row = organisation.row(publishers, id)?;
        row.get(model.table(publishers), "customizationprefix")
            .as_text()
    });
    match own {
        Some(own) if !own.eq_ignore_ascii_case(prefix) => Err(Refusal::wrong_prefix(schema)),
        _ => Ok(()),
    }
}

/// Puts a component into the solution that the request names, once.
pub(crate) fn add(
    organisation: &mut Organisation,
    caller: &Caller,
    request: &Request,
    kind: Component,
    object: Uuid,
) -> Result<(), Refusal> {
    let Some(name) = &request.solution else {
        return Ok(());
    };
    let (solutions, solution) =
        find(organisation, name).ok_or_else(|| Refusal::no_solution(name))?;
    let model = Arc::clone(organisation.model());
    let Some(components) = model.by_name("solutioncomponent") else {
        return Ok(());
    };
    let table = model.table(components);
    let there = table.column("objectid").is_some_and(|column| {
        organisation
            .having(components, column, &Value::Guid(object))
            .into_iter()
            .filter_map(|id| organisation.row(components, id))
            .any(|row| row.get(table, "solutionid").as_row() == Some((solutions, solution)))
    });
    if there {
        return Ok(());
    }
    let mut row = Row::with_defaults(table);
    row.set(table, "objectid", Value::Guid(object));
    row.set(table, "componenttype", Value::Whole(kind as i64));
    row.set(table, "solutionid", Value::Row(solutions, solution));
    row.set(table, "createdon", Value::time(caller.now));
    row.set(table, "modifiedon", Value::time(caller.now));
    caller.put(organisation, components, drawn::key(), row);
    Ok(())
}
