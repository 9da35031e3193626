//! Which rows and which of their columns to read.

use crate::literal::{Literal, encode, without_wildcards};

/// A condition on rows.
///
/// Columns are names from our own code or configuration and are written as given; values go
/// through [`Literal`]. String comparisons of the service ignore case, and how `eq` treats LIKE
/// wildcards is not documented, so what must match exactly is compared again by the reader.
///
/// Source: Microsoft Learn, "Filter rows using OData".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(String);

impl Filter {
    /// `column` equals `value`. A lookup is compared as `_<column>_value`.
    pub fn eq(column: &str, value: impl Into<Literal>) -> Self {
        Self::compare(column, "eq", value)
    }

    /// `column` differs from `value`.
    pub fn ne(column: &str, value: impl Into<Literal>) -> Self {
        Self::compare(column, "ne", value)
    }

    /// `column` is greater than `value`, or later.
    pub fn gt(column: &str, value: impl Into<Literal>) -> Self {
        Self::compare(column, "gt", value)
    }

    /// `column` is at least `value`.
    pub fn ge(column: &str, value: impl Into<Literal>) -> Self {
        Self::compare(column, "ge", value)
    }

    /// `column` is less than `value`, or earlier.
    pub fn lt(column: &str, value: impl Into<Literal>) -> Self {
        Self::compare(column, "lt", value)
    }

    /// `column` is at most `value`.
    pub fn le(column: &str, value: impl Into<Literal>) -> Self {
        Self::compare(column, "le", value)
    }

    /// The text of `column` contains `value`.
    #[must_use]
    pub fn contains(column: &str, value: &str) -> Self {
        Self::function("contains", column, value)
    }

    /// The text of `column` starts with `value`.
    #[must_use]
    pub fn starts_with(column: &str, value: &str) -> Self {
        Self::function("startswith", column, value)
    }

    /// Both conditions hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(format!("({} and {})", self.0, other.0))
    }

    /// At least one of the conditions holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(format!("({} or {})", self.0, other.0))
    }

    /// The filter as OData text, not yet encoded for a URL.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    fn compare(column: &str, operator: &str, value: impl Into<Literal>) -> Self {
        Self(format!("{column} {operator} {}", value.into()))
    }

    fn function(name: &str, column: &str, value: &str) -> Self {
        let value = Literal::Text(without_wildcards(value));
        Self(format!("{name}({column},{value})"))
    }
}

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

    /// Asks for pages of so many rows, at most 5,000.
    #[must_use]
    pub fn page_size(mut self, rows: u32) -> Self {
        self.page_size = Some(rows);
        self
    }

    /// Asks for the table of each lookup and the label of each choice beside the values.
    #[must_use]
    pub fn with_annotations(mut self) -> Self {
        self.annotations = true;
        self
    }

    /// The preferences that go with the query as `Prefer` header values.
    pub(crate) fn preferences(&self) -> Vec<String> {
        let annotations = self
            .annotations
            .then(|| "odata.include-annotations=\"*\"".to_owned());
        annotations
            .into_iter()
            .chain(self.page_size.map(page_size_preference))
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
            options.push(("$filter", filter.0.clone()));
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
        options
    }
}

/// The preference that sets a page's size; following pages must repeat it.
pub(crate) fn page_size_preference(rows: u32) -> String {
    format!("odata.maxpagesize={rows}")
}
