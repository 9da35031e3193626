//! Answering a query: filter, order, count and cut into pages.
//! Source: Microsoft Learn, "Page results using OData" and "Count number of rows".

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

use super::super::model::TableId;
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Row};
use super::Query;

/// The most rows in one page, and the most that a count tells.
pub(crate) const LARGEST: usize = 5000;

/// One page of rows.
pub(crate) struct Page<'o> {
    pub(crate) rows: Vec<(Uuid, &'o Row)>,
    /// How many rows satisfy the filter.
    pub(crate) total: usize,
    /// The value of `$skiptoken` for the next page.
    pub(crate) next: Option<String>,
}

/// Every row that satisfies the filter, in order. `among` limits the query to the rows of a collection.
pub(crate) fn all<'o>(
    organisation: &'o Organisation,
    table: TableId,
    query: &Query,
    among: Option<Vec<Uuid>>,
) -> Vec<(Uuid, &'o Row)> {
    let holds = |id: Uuid, row: &Row| {
        query
            .filter
            .as_ref()
            .is_none_or(|filter| filter.holds(organisation, id, row))
    };
    let candidates = among.or_else(|| {
        query
            .filter
            .as_ref()
            .and_then(|filter| filter.candidates(organisation, table))
    });
    let mut rows: Vec<(Uuid, &Row)> = match candidates {
        Some(ids) => ids
            .into_iter()
            .filter_map(|id| organisation.row(table, id).map(|row| (id, row)))
            .filter(|(id, row)| holds(*id, row))
            .collect(),
        None => organisation
            .rows(table)
            .filter(|(id, row)| holds(*id, row))
            .collect(),
    };
    query.order.sort(organisation, &mut rows);
    rows
}

/// One page. With a wanted page size `$top` is ignored, as the service does.
pub(crate) fn page<'o>(
    organisation: &'o Organisation,
    table: TableId,
    query: &Query,
    among: Option<Vec<Uuid>>,
    page_size: Option<usize>,
) -> Result<Page<'o>, Refusal> {
    let mut rows = all(organisation, table, query, among);
    let total = rows.len();
    if let (Some(top), None) = (query.top, page_size) {
        rows.truncate(top);
    }
    let size = page_size.unwrap_or(LARGEST).min(LARGEST);
    let mut number = 1;
    if let Some(token) = &query.skip_token {
        let (wanted, last) = read_cookie(token)
            .ok_or_else(|| Refusal::bad_query("Malformed XML in the Paging Cookie"))?;
        // The row that ended the page before may be gone; then the page number says where to go on.
        let skip = rows
            .iter()
            .position(|(id, _)| *id == last)
            .map_or(size.saturating_mul(wanted - 1), |at| at + 1);
        rows.drain(..skip.min(rows.len()));
        number = wanted;
    }
    let next = match rows.get(size.wrapping_sub(1)) {
        Some((last, _)) if rows.len() > size => Some(cookie(number.saturating_add(1), *last)),
        _ => None,
    };
    rows.truncate(size);
    Ok(Page { rows, total, next })
}

/// The cookie of a page, encoded twice inside and ready to stand in an address.
fn cookie(number: usize, last: Uuid) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let inner = encode(&encode(&format!(
        "<cookie page=\"{number}\"><id last=\"{{{last}}}\" /></cookie>"
    )));
    encode(&format!(
        "<cookie pagenumber=\"{number}\" pagingcookie=\"{inner}\" istracking=\"False\" />"
    ))
}

fn read_cookie(token: &str) -> Option<(usize, Uuid)> {
    let number = between(token, "pagenumber=\"", "\"")?
        .parse::<usize>()
        .ok()
        .filter(|number| *number > 0)?;
    let once = percent_decode_str(between(token, "pagingcookie=\"", "\"")?)
        .decode_utf8()
        .ok()?;
    let twice = percent_decode_str(&once).decode_utf8().ok()?;
    let last = between(&twice, "last=\"{", "}\"")?.parse().ok()?;
    Some((number, last))
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(&rest[..rest.find(after)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_survives_the_address() {
        let id = Uuid::from_u128(42);
        let cookie = cookie(3, id);
        let once = percent_decode_str(&cookie).decode_utf8().unwrap();
        assert_eq!(read_cookie(&once), Some((3, id)));
        assert_eq!(read_cookie("nonsense"), None);
    }
}
