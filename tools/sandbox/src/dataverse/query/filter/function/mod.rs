//! Query functions: `Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=7)` and the like.
//! Source: Microsoft Learn, "Web API Query Function Reference".

mod dates;
pub(super) mod fiscal;
mod people;
mod values;

use super::super::super::model::Kind;
use super::super::super::refusal::Refusal;
use super::super::Reading;
use super::super::path::Path;
use super::Filter;
use super::parse::Parser;
use super::words::Word;

/// The arguments of a query function, read.
pub(super) struct Arguments<'a> {
    reading: Reading<'a>,
    /// Name of the function, without the namespace.
    function: &'a str,
    path: Path,
    value: Option<String>,
    /// `PropertyValue1` and `PropertyValue2`.
    both: [Option<String>; 2],
    values: Option<Vec<String>>,
}

/// Reads a query function after its opening parenthesis; `before` holds the navigation properties in front of its name.
pub(super) fn read(
    parser: &mut Parser<'_>,
    before: &str,
    function: &str,
) -> Result<Filter, Refusal> {
    let (mut property, mut value, mut both, mut values) = (None, None, [None, None], None);
    loop {
        let Word::Bare(parameter) = parser.next()? else {
            return Err(parser.syntax());
        };
        parser.expect(&Word::Equals)?;
        let word = parser.resolved()?;
        match (parameter.as_str(), word) {
            ("PropertyName", Word::Text(text)) => property = Some(text),
            ("PropertyValue", Word::Text(text) | Word::Bare(text)) => value = Some(text),
            ("PropertyValue1", Word::Text(text) | Word::Bare(text)) => both[0] = Some(text),
            ("PropertyValue2", Word::Text(text) | Word::Bare(text)) => both[1] = Some(text),
            ("PropertyValues", Word::Array(elements)) => values = Some(elements),
            _ => return Err(unmatched(function)),
        }
        if parser.takes(&Word::Close) {
            break;
        }
        parser.expect(&Word::Comma)?;
    }
    let property = property.ok_or_else(|| unmatched(function))?;
    let before = (!before.is_empty()).then_some(before);
    let arguments = Arguments {
        reading: parser.reading,
        function,
        path: Path::read_logical(parser.reading.model(), parser.table, before, &property)?,
        value,
        both,
        values,
    };
    arguments.filter(parser)
}

/// No function of this name takes what was given.
fn unmatched(function: &str) -> Refusal {
    Refusal::bad_query(format!(
        "No function signature for the function with name 'Microsoft.Dynamics.CRM.{function}' matches the specified arguments."
    ))
}

impl Arguments<'_> {
    fn filter(self, parser: &Parser<'_>) -> Result<Filter, Refusal> {
        if let Some(filter) = values::filter(&self, parser)? {
            return Ok(filter);
        }
        if let Some(filter) = people::filter(&self)? {
            return Ok(filter);
        }
        let column = self.path.describe(self.reading.model());
        let of_any_year = fiscal::of_any_year(&self)?;
        let span = match dates::span(&self)? {
            Some(span) => span,
            None if of_any_year.is_some() => dates::Stretch::default(),
            None => fiscal::span(&self)?.ok_or_else(|| {
                Refusal::bad_query(format!(
                    "An unknown function with name 'Microsoft.Dynamics.CRM.{}' was found.",
                    self.function
                ))
            })?,
        };
        if !matches!(column.kind, Kind::Time | Kind::Day) {
            return Err(Refusal::bad_query(format!(
                "The function 'Microsoft.Dynamics.CRM.{}' needs a property of type 'Edm.DateTimeOffset' or 'Edm.Date', which '{}' is not.",
                self.function, column.name
            )));
        }
        if let Some(period) = of_any_year {
            return Ok(Filter::InPeriod(self.path, period));
        }
        Ok(Filter::Within {
            path: self.path,
            from: span.from,
            until: span.until,
        })
    }

    /// The parameter `PropertyValue`.
    fn value(&self) -> Result<&str, Refusal> {
        self.value
            .as_deref()
            .ok_or_else(|| unmatched(self.function))
    }

    /// The parameter `PropertyValue` as a number of hours, days and the like.
    fn amount(&self) -> Result<i64, Refusal> {
        whole(self.value()?)
            .filter(|amount| *amount > 0)
            .ok_or_else(|| {
                Refusal::bad_query(format!(
                    "The function 'Microsoft.Dynamics.CRM.{}' needs a whole number above 0.",
                    self.function
                ))
            })
    }

    /// The parameter `PropertyValues`.
    fn values(&self) -> Result<&[String], Refusal> {
        match self.values.as_deref() {
            Some(values) if !values.is_empty() => Ok(values),
            _ => Err(unmatched(self.function)),
        }
    }
}

fn whole(text: &str) -> Option<i64> {
    text.trim().parse::<i64>().ok()
}
