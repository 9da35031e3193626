//! Which rows and which of their columns to read.

use crate::{error::Error, filter::Filter, literal::encode};

/// The preference for every annotation.
pub(crate) const ALL_ANNOTATIONS: &str = "odata.include-annotations=\"*\"";

/// The most rows that the service puts on a page.
const LARGEST_PAGE: u32 = 5_000;

/// The direction of a sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest or oldest first.
    Ascending,
    /// Largest or newest first.
    Descending,
}

/// The options of a read.
///
/// Source: Microsoft Learn, "Query data using the Web API" and its pages on selecting columns,
/// joining tables, ordering, counting and paging.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    select: Vec<String>,
    filter: Option<Filter>,
    expand: Vec<(String, Query)>,
    orderby: Vec<String>,
    top: Option<u32>,
    count: bool,
    page_size: Option<u32>,
    annotations: bool,
    tracking: bool,
    further: Vec<(&'static str, String)>,
}

impl Query {
    /// No options: every column of every row.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds columns to read; the primary key always comes along. A lookup is read as
    /// `_<column>_value`.
    #[must_use]
    pub fn select<'a>(mut self, columns: impl IntoIterator<Item = &'a str>) -> Self {
        self.select.extend(columns.into_iter().map(str::to_owned));
        self
    }

    /// Reads only rows for which `filter` holds, and every filter given before.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(match self.filter.take() {
            Some(before) => before.and(filter),
            None => filter,
        });
        self
    }

    /// Reads related rows over a navigation property, with options of their own. At most 15
    /// expansions are accepted by the service.
    #[must_use]
    pub fn expand(mut self, navigation: &str, options: Self) -> Self {
        self.expand.push((navigation.to_owned(), options));
        self
    }

    /// Sorts by `column`, after the columns given before.
    #[must_use]
    pub fn orderby(mut self, column: &str, direction: Direction) -> Self {
        self.orderby.push(match direction {
            Direction::Ascending => format!("{column} asc"),
            Direction::Descending => format!("{column} desc"),
        });
        self
    }

    /// Reads at most `rows` rows. Not together with [`Query::page_size`]: the service ignores it
    /// then.
    #[must_use]
    pub fn top(mut self, rows: u32) -> Self {
        self.top = Some(rows);
        self
    }

    /// Asks how many rows match; the service counts to 5,000.
    #[must_use]
    pub fn count(mut self) -> Self {
        self.count = true;
        self
    }

    /// Asks for pages of so many rows, 1 to 5,000; the nearest of these is sent.
    #[must_use]
    pub fn page_size(mut self, rows: u32) -> Self {
        self.page_size = Some(rows.clamp(1, LARGEST_PAGE));
        self
    }

    /// Groups and aggregates instead of reading rows, for instance
    /// `groupby((statuscode),aggregate($count as rows))`. The service aggregates up to 50,000 rows.
    ///
    /// Source: Microsoft Learn, "Aggregate data using OData".
    #[must_use]
    pub fn apply(mut self, transformation: &str) -> Self {
        self.further.push(("$apply", transformation.to_owned()));
        self
    }

    /// Reads by FetchXML, the service's own query language, instead of the other options.
    ///
    /// Source: Microsoft Learn, "Use FetchXML to retrieve data".
    #[must_use]
    pub fn fetch_xml(mut self, xml: &str) -> Self {
        self.further.push(("fetchXml", xml.to_owned()));
        self
    }

    /// Asks for the table of each lookup and the label of each choice beside the values.
    #[must_use]
    pub fn with_annotations(mut self) -> Self {
        self.annotations = true;
        self
    }

    /// The same query with the preference that makes the service remember where it stood.
    pub(crate) fn tracking(&self) -> Result<Self, Error> {
        let refused = self.filter.is_some()
            || !self.expand.is_empty()
            || !self.orderby.is_empty()
            || self.top.is_some();
        if refused {
            return Err(Error::not_sendable(
                "changes cannot be filtered, expanded, ordered or cut",
            ));
        }
        Ok(Self {
            tracking: true,
            ..self.clone()
        })
    }

    /// The preferences that go with the query, and that following pages must repeat.
    pub(crate) fn preferences(&self) -> Vec<String> {
        let annotations = self.annotations.then(|| ALL_ANNOTATIONS.to_owned());
        let tracking = self.tracking.then(|| "odata.track-changes".to_owned());
        annotations
            .into_iter()
            .chain(
                self.page_size
                    .map(|rows| format!("odata.maxpagesize={rows}")),
            )
            .chain(tracking)
            .collect()
    }

    /// The options as encoded text for a URL, without the leading question mark.
    pub(crate) fn encoded(&self) -> String {
        let options: Vec<String> = self
            .options()
            .into_iter()
            .map(|(name, value)| format!("{name}={}", encode(&value)))
            .collect();
        options.join("&")
    }

    /// Options inside an expansion stand in parentheses, separated by semicolons.
    fn nested(&self) -> String {
        let options: Vec<String> = self
            .options()
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        options.join(";")
    }

    fn options(&self) -> Vec<(&'static str, String)> {
        let mut options = Vec::new();
        if !self.select.is_empty() {
            options.push(("$select", self.select.join(",")));
        }
        if let Some(filter) = &self.filter {
            options.push(("$filter", filter.as_text().to_owned()));
        }
        if !self.expand.is_empty() {
            let expansions: Vec<String> = self
                .expand
                .iter()
                .map(|(navigation, query)| match query.nested() {
                    nested if nested.is_empty() => navigation.clone(),
                    nested => format!("{navigation}({nested})"),
                })
                .collect();
            options.push(("$expand", expansions.join(",")));
        }
        if !self.orderby.is_empty() {
            options.push(("$orderby", self.orderby.join(",")));
        }
        if let Some(top) = self.top {
            options.push(("$top", top.to_string()));
        }
        if self.count {
            options.push(("$count", "true".to_owned()));
        }
        options.extend(self.further.iter().cloned());
        options
    }
}
