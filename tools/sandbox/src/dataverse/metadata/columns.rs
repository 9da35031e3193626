//! Adding columns to a table and replacing their definitions.
//! Source: Microsoft Learn, "Create and update column definitions using the Web API".

use super::super::caller::Caller;
use super::super::message::Request;
use super::super::model::{Kind, TableId};
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::{attributes, definitions, labels, new_column, solution};

/// Adds a column and returns its place below the service.
pub(super) fn create(
    organisation: &mut Organisation,
    caller: &Caller,
    request: &Request,
    table: TableId,
) -> Result<String, Refusal> {
    let column = new_column::read(&request.object("Attributes")?)?;
    let described = organisation.model().table(table);
    if described.column(&column.name).is_some() {
        return Err(Refusal::definition_exists("attribute", &column.name));
    }
    solution::check_prefix(organisation, request, &column.schema)?;
    let id = attributes::id(described, &column);
    let place = format!(
        "EntityDefinitions({})/Attributes({id})",
        definitions::id(described)
    );
    organisation.change_table(table, |table| table.columns.push(column));
    let kind = solution::Component::Attribute;
    solution::add(organisation, caller, request, kind, id)?;
    Ok(place)
}

/// Replaces a column's definition as far as definitions may change: label, required level, length, values.
pub(super) fn replace(
    organisation: &mut Organisation,
    request: &Request,
    table: TableId,
    key: &str,
) -> Result<(), Refusal> {
    let body = request.object("Attributes")?;
    let described = organisation.model().table(table);
    let at = attributes::find(described, key)?;
    let mut column = described.columns[at].clone();
    if let Some(label) = labels::text(&body, "DisplayName") {
        column.label = label;
    }
    new_column::level(&body, &mut column);
    match &mut column.kind {
        Kind::Text(max) => *max = new_column::text_length(&body, *max, column.memo)?,
        Kind::Choice { options, .. } | Kind::Choices { options } => {
            let given = body.get("OptionSet").map(new_column::choices);
            if let Some(given) = given.filter(|given| !given.is_empty()) {
                *options = given;
            }
        }
        _ => {}
    }
    organisation.change_table(table, |table| table.columns[at] = column);
    Ok(())
}
