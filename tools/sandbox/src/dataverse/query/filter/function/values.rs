//! Functions that compare with one value, two, or a list of them.

use super::super::super::super::model::Kind;
use super::super::super::super::refusal::Refusal;
use super::super::super::super::value::Value;
use super::super::parse::Parser;
use super::super::{Comparison, Filter, Operand, Probe};
use super::{Arguments, unmatched};

/// The condition of `Between`, `In`, `ContainValues` and their negations; `None` when it is no such function.
pub(super) fn filter(
    arguments: &Arguments<'_>,
    parser: &Parser<'_>,
) -> Result<Option<Filter>, Refusal> {
    let path = || arguments.path.clone();
    Ok(Some(match arguments.function {
        name @ ("Between" | "NotBetween") => {
            let [low, high] = arguments.values()? else {
                return Err(unmatched(name));
            };
            let low = parser.value_of(&arguments.path, low)?;
            let high = parser.value_of(&arguments.path, high)?;
            let compare = |comparison, value: Value| {
                Filter::Compare(path(), comparison, Operand::Value(value))
            };
            match name {
                "Between" => Filter::And(vec![
                    compare(Comparison::GreaterOrEqual, low),
                    compare(Comparison::LessOrEqual, high),
                ]),
                _ => Filter::Or(vec![
                    compare(Comparison::Less, low),
                    compare(Comparison::Greater, high),
                ]),
            }
        }
        name @ ("In" | "NotIn") => Filter::Among {
            path: path(),
            values: probes(arguments, parser)?,
            negated: name == "NotIn",
            empty: false,
        },
        // Source: Microsoft Learn, "Choices columns" (query data from choices).
        name @ ("ContainValues" | "DoesNotContainValues") => {
            let column = arguments.path.describe(arguments.reading.model());
            if !matches!(column.kind, Kind::Choices { .. } | Kind::Choice { .. }) {
                return Err(Refusal::bad_query(format!(
                    "The function 'Microsoft.Dynamics.CRM.{name}' needs a choices column, which '{}' is not.",
                    column.name
                )));
            }
            Filter::Among {
                path: path(),
                values: numbers(arguments)?,
                negated: name == "DoesNotContainValues",
                empty: name == "DoesNotContainValues",
            }
        }
        // Only articles of the old knowledge base have full-text indexes, and that table is gone.
        // Source: Microsoft Learn, "Filter rows using OData".
        "Contains" => {
            return Err(Refusal::bad_query(
                "The function 'Microsoft.Dynamics.CRM.Contains' needs a column with a full-text index.",
            ));
        }
        _ => return Ok(None),
    }))
}

fn probes(
    arguments: &Arguments<'_>,
    parser: &Parser<'_>,
) -> Result<std::collections::HashSet<Probe>, Refusal> {
    let values = arguments.values()?.iter();
    values
        .map(|text| {
            let value = parser.value_of(&arguments.path, text)?;
            Probe::of(&value).ok_or_else(|| unmatched(arguments.function))
        })
        .collect()
}

fn numbers(arguments: &Arguments<'_>) -> Result<std::collections::HashSet<Probe>, Refusal> {
    let values = arguments.values()?.iter();
    values
        .map(|text| {
            super::whole(text)
                .map(Probe::Whole)
                .ok_or_else(|| unmatched(arguments.function))
        })
        .collect()
}
