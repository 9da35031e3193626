//! `$apply`: grouping and aggregating.
//! Source: Microsoft Learn, "Aggregate data using OData".

mod answer;
mod gather;

use super::super::model::{Kind, TableId};
use super::super::refusal::Refusal;
use super::filter::{self, Aliases, Filter};
use super::options::split_outside;
use super::path::Path;
use super::{Options, Reading};

pub(crate) use answer::answer;

/// A query that answers groups and aggregates in place of rows.
#[derive(Debug)]
pub(crate) struct Apply {
    /// The rows that take part.
    filter: Option<Filter>,
    /// The columns to group by and their names in the answer; one group of everything when there are none.
    groups: Vec<(Path, String)>,
    aggregates: Vec<Aggregate>,
    /// Groups to sort by, each ascending or descending.
    order: Vec<(usize, bool)>,
    top: Option<usize>,
}

/// One aggregate and its name in the answer.
#[derive(Debug)]
struct Aggregate {
    of: Of,
    alias: String,
}

#[derive(Debug)]
enum Of {
    Count,
    Column(Path, Method),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Sum,
    Average,
    Min,
    Max,
}

fn syntax(text: &str) -> Refusal {
    Refusal::bad_query(format!("Syntax error in the $apply option '{text}'."))
}

impl Apply {
    /// Reads the option: filters, then at most one grouping or aggregation.
    pub(super) fn read(
        reading: Reading<'_>,
        table: TableId,
        text: &str,
        options: &Options,
    ) -> Result<Self, Refusal> {
        for other in ["$select", "$filter", "$expand", "$count", "$skiptoken"] {
            if options.get(other).is_some() {
                return Err(Refusal::bad_query(format!(
                    "The query parameter {other} cannot be combined with $apply."
                )));
            }
        }
        let aliases = options.aliases();
        let mut apply = Self {
            filter: None,
            groups: Vec::new(),
            aggregates: Vec::new(),
            order: Vec::new(),
            top: None,
        };
        let mut filters = Vec::new();
        let mut steps = split_outside(text, '/').into_iter();
        for step in steps.by_ref() {
            let (name, inner) = called(step).ok_or_else(|| syntax(text))?;
            match name {
                "filter" => filters.push(filter::read(reading, table, inner, aliases.as_ref())?),
                "aggregate" => apply.aggregates = aggregates(reading, table, inner)?,
                "groupby" => apply.group(reading, table, inner)?,
                other => {
                    return Err(Refusal::bad_query(format!(
                        "The transformation '{other}' is not supported in $apply."
                    )));
                }
            }
            if name != "filter" {
                break;
            }
        }
        if let Some(later) = steps.next() {
            return Err(Refusal::bad_query(format!(
                "The transformation '{later}' cannot follow a grouping or an aggregation."
            )));
        }
        if apply.groups.is_empty() && apply.aggregates.is_empty() {
            return Err(syntax(text));
        }
        apply.filter = match filters.len() {
            0 => None,
            _ => Some(Filter::And(filters)),
        };
        apply.sort(options, aliases.as_ref())?;
        Ok(apply)
    }

    fn group(&mut self, reading: Reading<'_>, table: TableId, text: &str) -> Result<(), Refusal> {
        let parts = split_outside(text, ',');
        let (columns, rest) = parts.split_first().ok_or_else(|| syntax(text))?;
        let columns = columns
            .trim()
            .strip_prefix('(')
            .and_then(|columns| columns.strip_suffix(')'))
            .ok_or_else(|| syntax(text))?;
        let model = reading.model();
        for name in columns.split(',').map(str::trim) {
            let path = Path::read(model, table, name)?;
            let column = path.describe(model);
            if matches!(column.kind, Kind::Time | Kind::Day) {
                return Err(Refusal::bad_query(
                    "groupby with datetime values is not supported.",
                ));
            }
            let answered = match path.is_own() {
                true => column.wire.clone(),
                false => format!("{}_{}", model.table(path.end()).name, column.name),
            };
            self.groups.push((path, answered));
        }
        if !rest.is_empty() {
            let rest = rest.join(",");
            self.aggregates = match called(rest.trim()) {
                Some(("aggregate", inner)) => aggregates(reading, table, inner)?,
                _ => return Err(syntax(text)),
            };
        }
        Ok(())
    }

    /// `$orderby` on grouped columns, and `$top`.
    fn sort(&mut self, options: &Options, aliases: Aliases<'_>) -> Result<(), Refusal> {
        for item in options
            .get("$orderby")
            .iter()
            .flat_map(|text| text.split(','))
        {
            let mut words = item.split_whitespace();
            let name = words.next().ok_or_else(|| syntax(item))?;
            let name = aliases
                .and_then(|aliases| aliases.get(name))
                .copied()
                .unwrap_or(name);
            let descending = match words.next() {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(_) => return Err(syntax(item)),
            };
            let group = self
                .groups
                .iter()
                .position(|(_, answered)| answered == name);
            // Source: Microsoft Learn, "Aggregate data using OData": no order by aggregates.
            let group = group.ok_or_else(|| {
                Refusal::bad_query("The query node SingleValueOpenPropertyAccess is not supported")
            })?;
            self.order.push((group, descending));
        }
        if let Some(top) = options.get("$top") {
            let top = top.trim().parse::<usize>().map_err(|_| {
                Refusal::bad_query(format!(
                    "Invalid value '{top}' for $top query option found."
                ))
            })?;
            self.top = Some(top);
        }
        Ok(())
    }
}

/// `name(inner)` as its two parts.
fn called(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.trim().split_once('(')?;
    Some((name.trim(), rest.strip_suffix(')')?))
}

fn aggregates(reading: Reading<'_>, table: TableId, text: &str) -> Result<Vec<Aggregate>, Refusal> {
    let mut aggregates: Vec<Aggregate> = Vec::new();
    for item in text.split(',') {
        let words: Vec<&str> = item.split_whitespace().collect();
        let (of, alias) = match words[..] {
            ["$count", "as", alias] => (Of::Count, alias),
            [name, "with", method, "as", alias] => {
                let path = Path::read(reading.model(), table, name)?;
                let method = self::method(reading, &path, method)?;
                (Of::Column(path, method), alias)
            }
            _ => return Err(syntax(text)),
        };
        let named = alias
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_');
        if !named || aggregates.iter().any(|before| before.alias == alias) {
            return Err(syntax(text));
        }
        aggregates.push(Aggregate {
            of,
            alias: alias.to_owned(),
        });
    }
    Ok(aggregates)
}

fn method(reading: Reading<'_>, path: &Path, name: &str) -> Result<Method, Refusal> {
    let method = match name {
        "sum" => Method::Sum,
        "average" => Method::Average,
        "min" => Method::Min,
        "max" => Method::Max,
        other => {
            return Err(Refusal::bad_query(format!(
                "The aggregation method '{other}' is not supported."
            )));
        }
    };
    let column = path.describe(reading.model());
    let number = matches!(
        column.kind,
        Kind::Whole(..) | Kind::Big | Kind::Decimal { .. } | Kind::Float { .. }
    );
    let moment = matches!(column.kind, Kind::Time | Kind::Day);
    if number || (moment && matches!(method, Method::Min | Method::Max)) {
        return Ok(method);
    }
    Err(Refusal::bad_query(format!(
        "The property '{}' cannot be aggregated with '{name}'.",
        column.name
    )))
}
