//! Query options: reading them from the address and answering a query over a table or a collection.

pub(crate) mod apply;
mod cookie;
pub(crate) mod expand;
pub(crate) mod filter;
mod options;
pub(crate) mod order;
pub(crate) mod page;
pub(crate) mod path;
pub(crate) mod related;
pub(crate) mod select;

use jiff::Timestamp;
use uuid::Uuid;

use super::access::Right;
use super::caller::Caller;
use super::model::{Model, TableId};
use super::refusal::Refusal;
use super::rows::Organisation;
use apply::Apply;
use expand::Expand;
use filter::Filter;
pub(crate) use options::{Options, split_outside};
use order::Order;
use select::Select;

/// What a query is read against: the rows, who asks, and when. Functions such as `EqualUserId` and `Today` depend on it.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) organisation: &'a Organisation,
    pub(crate) user: Uuid,
    pub(crate) now: Timestamp,
    /// Who may lack privileges; nobody lacks any without one.
    pub(crate) caller: Option<&'a Caller>,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(organisation: &'a Organisation, caller: &'a Caller) -> Self {
        Self {
            organisation,
            user: caller.user,
            now: caller.now,
            caller: Some(caller),
        }
    }

    /// Refuses a table that the caller may not read.
    pub(crate) fn may_read(&self, table: TableId) -> Result<(), Refusal> {
        self.caller.map_or(Ok(()), |caller| {
            caller.may(Right::Read, self.model().table(table))
        })
    }

    pub(crate) fn model(&self) -> &'a Model {
        self.organisation.model()
    }
}

/// A query over the rows of one table.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pub(crate) select: Select,
    pub(crate) filter: Option<Filter>,
    pub(crate) order: Order,
    pub(crate) expand: Vec<Expand>,
    pub(crate) apply: Option<Apply>,
    pub(crate) top: Option<usize>,
    pub(crate) count: bool,
    pub(crate) skip_token: Option<String>,
}

const KNOWN: &[&str] = &[
    "$select",
    "$filter",
    "$orderby",
    "$expand",
    "$apply",
    "$top",
    "$count",
    "$skiptoken",
];

impl Query {
    /// Reads the options of a query over `table`.
    pub(crate) fn read(
        reading: Reading<'_>,
        table: TableId,
        options: &Options,
    ) -> Result<Self, Refusal> {
        options.refuse_unknown(KNOWN)?;
        if let Some(text) = options.get("$apply") {
            return Ok(Self {
                apply: Some(Apply::read(reading, table, text, options)?),
                ..Self::default()
            });
        }
        let mut query = Self::read_flat(reading, table, options)?;
        query.expand = match options.get("$expand") {
            Some(text) => expand::read(reading, table, text)?,
            None => Vec::new(),
        };
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

    /// True when a navigation property is expanded inside another one, which changes how collections are cut into pages.
    pub(crate) fn nests(&self) -> bool {
        self.expand.iter().any(|item| !item.query.expand.is_empty())
    }

    fn read_flat(reading: Reading<'_>, table: TableId, options: &Options) -> Result<Self, Refusal> {
        let top = match options.get("$top") {
            None => None,
            Some(text) => Some(text.trim().parse::<usize>().map_err(|_| {
                Refusal::bad_query(format!(
                    "Invalid value '{text}' for $top query option found."
                ))
            })?),
        };
        let aliases = options.aliases();
        Ok(Self {
            select: options
                .get("$select")
                .map(|text| Select::read(reading.model().table(table), text))
                .transpose()?
                .unwrap_or_default(),
            filter: options
                .get("$filter")
                .map(|text| filter::read(reading, table, text, aliases.as_ref()))
                .transpose()?,
            order: options
                .get("$orderby")
                .map(|text| Order::read(reading.model(), table, text, aliases.as_ref()))
                .transpose()?
                .unwrap_or_default(),
            top,
            ..Self::default()
        })
    }
}
