//! Query options: reading them from the address and answering a query over a table or a collection.

pub(crate) mod expand;
pub(crate) mod filter;
pub(crate) mod order;
pub(crate) mod page;
pub(crate) mod path;
pub(crate) mod select;

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use super::model::{Model, TableId};
use super::refusal::Refusal;
use expand::Expand;
use filter::Filter;
use order::Order;
use select::Select;

/// The options of an address, decoded: `+` is a space, `%24select` is `$select`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options(Vec<(String, String)>);

impl Options {
    /// Reads the part of an address after the question mark.
    pub(crate) fn read(query: &str) -> Result<Self, Refusal> {
        let decode = |text: &str| {
            let spaced = text.replace('+', " ");
            percent_decode_str(&spaced)
                .decode_utf8()
                .map(|text| text.into_owned())
                .map_err(|_| Refusal::bad_query("The query string is not UTF-8."))
        };
        let mut options = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            options.push((decode(name)?, decode(value)?));
        }
        Ok(Self(options))
    }

    /// Reads the options inside the parentheses of an `$expand`, separated by semicolons and already decoded.
    fn read_nested(text: &str) -> Self {
        let pairs = split_outside(text, ';')
            .into_iter()
            .filter_map(|pair| pair.split_once('='));
        Self(
            pairs
                .map(|(name, value)| (name.trim().to_owned(), value.to_owned()))
                .collect(),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// The options without one of them.
    pub(crate) fn without(&self, name: &str) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(found, _)| found != name)
                .cloned()
                .collect(),
        )
    }

    /// Refuses system options that the service does not know. Source: Microsoft Learn, "Query data using the Web API".
    fn refuse_unknown(&self, known: &[&str]) -> Result<(), Refusal> {
        match self
            .0
            .iter()
            .find(|(name, _)| name.starts_with('$') && !known.contains(&name.as_str()))
        {
            Some((name, _)) => Err(Refusal::bad_query(format!(
                "The query parameter {name} is not supported."
            ))),
            None => Ok(()),
        }
    }

    /// Refuses the options that choose and order rows, for requests that name one row.
    pub(crate) fn refuse_for_one_row(&self) -> Result<(), Refusal> {
        const OF_SETS: &[&str] = &["$filter", "$orderby", "$top", "$count", "$skiptoken"];
        match OF_SETS.iter().find(|name| self.get(name).is_some()) {
            Some(name) => Err(Refusal::bad_query(format!(
                "The query parameter {name} cannot be applied to a single row."
            ))),
            None => Ok(()),
        }
    }

    fn aliases(&self) -> HashMap<String, String> {
        self.0
            .iter()
            .filter(|(name, _)| name.starts_with('@'))
            .cloned()
            .collect()
    }
}

/// A query over the rows of one table.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pub(crate) select: Select,
    pub(crate) filter: Option<Filter>,
    pub(crate) order: Order,
    pub(crate) expand: Vec<Expand>,
    pub(crate) top: Option<usize>,
    pub(crate) count: bool,
    pub(crate) skip_token: Option<String>,
}

const KNOWN: &[&str] = &[
    "$select",
    "$filter",
    "$orderby",
    "$expand",
    "$top",
    "$count",
    "$skiptoken",
];

impl Query {
    /// Reads the options of a query over `table`.
    pub(crate) fn read(model: &Model, table: TableId, options: &Options) -> Result<Self, Refusal> {
        options.refuse_unknown(KNOWN)?;
        let expand = options
            .get("$expand")
            .map(|text| expand::read(model, table, text))
            .transpose()?
            .unwrap_or_default();
        let mut query = Self::read_flat(model, table, options)?;
        query.expand = expand;
        query.skip_token = options.get("$skiptoken").map(str::to_owned);
        query.count = match options.get("$count") {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                return Err(Refusal::bad_query(format!(
                    "Invalid value '{other}' for $count query option found."
                )));
            }
        };
        Ok(query)
    }

    /// Reads the options that may stand inside an `$expand` too, in this slice all but further expands.
    fn read_nested(model: &Model, table: TableId, options: &Options) -> Result<Self, Refusal> {
        if options.get("$expand").is_some() {
            return Err(Refusal::not_implemented("An $expand inside an $expand"));
        }
        options.refuse_unknown(&["$select", "$filter", "$orderby", "$top"])?;
        Self::read_flat(model, table, options)
    }

    fn read_flat(model: &Model, table: TableId, options: &Options) -> Result<Self, Refusal> {
        let top = match options.get("$top") {
            None => None,
            Some(text) => Some(text.trim().parse::<usize>().map_err(|_| {
                Refusal::bad_query(format!(
                    "Invalid value '{text}' for $top query option found."
                ))
            })?),
        };
        Ok(Self {
            select: options
                .get("$select")
                .map(|text| Select::read(model.table(table), text))
                .transpose()?
                .unwrap_or_default(),
            filter: options
                .get("$filter")
                .map(|text| filter::read(model, table, text, &options.aliases()))
                .transpose()?,
            order: options
                .get("$orderby")
                .map(|text| Order::read(model, table, text))
                .transpose()?
                .unwrap_or_default(),
            top,
            ..Self::default()
        })
    }
}

/// Splits at a letter that stands in neither parentheses nor quotes.
fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_i32, false, 0);
    let mut parts = Vec::new();
    for (at, letter) in text.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ if letter == separator && !quoted && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
