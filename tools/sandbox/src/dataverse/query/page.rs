//! Answering a query: filter, order, count and cut into pages, with no more rows in hand than a page has.
//! Source: Microsoft Learn, "Page results using OData" and "Count rows using OData".

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use uuid::Uuid;

use super::super::model::TableId;
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Row};
use super::filter::Filter;
use super::order::{Order, Place};
use super::{Query, cookie};

/// The most rows in one page, and the most that a count tells.
pub(crate) const LARGEST: usize = 5000;

/// One page of rows.
pub(crate) struct Page<'o> {
    pub(crate) rows: Vec<(Uuid, &'o Row)>,
    /// How many rows satisfy the filter, when the query counts them.
    pub(crate) total: usize,
    /// The value of `$skiptoken` for the next page.
    pub(crate) next: Option<String>,
    /// The value of `$skiptoken` for a page after the last row of this one, whether there is one or not.
    pub(crate) after: Option<String>,
}

/// How a query is cut.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cut {
    /// What `Prefer: odata.maxpagesize` says.
    pub(crate) page_size: Option<usize>,
    /// Count all rows, also when nobody asked with `$count`.
    pub(crate) count: bool,
}

/// One page. With a wanted page size `$top` is ignored, as the service does. `among` limits the query to the rows of a collection.
pub(crate) fn page<'o>(
    organisation: &'o Organisation,
    table: TableId,
    query: &Query,
    among: Option<Vec<Uuid>>,
    cut: Cut,
) -> Result<Page<'o>, Refusal> {
    let model = organisation.model();
    let begin = match &query.skip_token {
        None => None,
        Some(token) => Some(
            cookie::read(model, table, &query.order, token)
                .ok_or_else(|| Refusal::bad_query("Malformed XML in the Paging Cookie"))?,
        ),
    };
    let size = cut.page_size.unwrap_or(LARGEST).min(LARGEST);
    let number = begin.as_ref().map_or(1, |cookie| cookie.number);
    let wanted = match (query.top, cut.page_size) {
        (Some(top), None) => top.saturating_sub(size.saturating_mul(number - 1)),
        _ => usize::MAX,
    };
    let counting = query.count || cut.count;
    let mut best = Best::new(&query.order, size.min(wanted).saturating_add(1));
    let mut total = 0;
    let begins_after = begin.as_ref().map(|cookie| &cookie.last);
    each(
        organisation,
        table,
        query.filter.as_ref(),
        among,
        |id, row| {
            total += 1;
            let place = query.order.place(organisation, id, row);
            let comes = begins_after
                .is_none_or(|last| query.order.compare(&place, last) == Ordering::Greater);
            if comes {
                best.offer(place, row);
            }
            // Rows come in the order of their keys, so that nothing better follows when that is the order.
            counting || !(query.order.is_by_key() && best.is_full())
        },
    );
    let mut found = best.into_sorted();
    let more = found.len() > size.min(wanted) && size < wanted;
    found.truncate(size.min(wanted));
    let after = match (found.first(), found.last()) {
        (Some(first), Some(last)) => Some(cookie::write(
            model,
            table,
            &query.order,
            number.saturating_add(1),
            &first.place,
            &last.place,
        )),
        _ => None,
    };
    Ok(Page {
        rows: found
            .into_iter()
            .map(|found| (found.place.1, found.row))
            .collect(),
        total,
        next: after.clone().filter(|_| more),
        after,
    })
}

/// Counts the rows that satisfy the filter.
pub(crate) fn count(
    organisation: &Organisation,
    table: TableId,
    query: &Query,
    among: Option<Vec<Uuid>>,
) -> usize {
    let mut total = 0;
    each(organisation, table, query.filter.as_ref(), among, |_, _| {
        total += 1;
        true
    });
    total
}

/// Hands over every row that satisfies the filter, in the order of keys, until `take` says that it has enough.
pub(crate) fn each<'o>(
    organisation: &'o Organisation,
    table: TableId,
    filter: Option<&Filter>,
    among: Option<Vec<Uuid>>,
    mut take: impl FnMut(Uuid, &'o Row) -> bool,
) {
    let candidates = among.or_else(|| filter?.candidates(organisation));
    let holds =
        |id: Uuid, row: &Row| filter.is_none_or(|filter| filter.holds(organisation, id, row));
    match candidates {
        Some(mut ids) => {
            ids.sort_unstable();
            for id in ids {
                if let Some(row) = organisation.row(table, id)
                    && holds(id, row)
                    && !take(id, row)
                {
                    return;
                }
            }
        }
        None => {
            for (id, row) in organisation.rows(table) {
                if holds(id, row) && !take(id, row) {
                    return;
                }
            }
        }
    }
}

struct Found<'q, 'o> {
    order: &'q Order,
    place: Place,
    row: &'o Row,
}

impl Ord for Found<'_, '_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.compare(&self.place, &other.place)
    }
}

impl PartialOrd for Found<'_, '_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Found<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Found<'_, '_> {}

/// The first rows of an order among all that are offered.
struct Best<'q, 'o> {
    order: &'q Order,
    most: usize,
    found: BinaryHeap<Found<'q, 'o>>,
}

impl<'q, 'o> Best<'q, 'o> {
    fn new(order: &'q Order, most: usize) -> Self {
        Self {
            order,
            most,
            found: BinaryHeap::new(),
        }
    }

    fn is_full(&self) -> bool {
        self.found.len() >= self.most
    }

    fn offer(&mut self, place: Place, row: &'o Row) {
        if self.is_full() {
            match self.found.peek() {
                Some(worst) if self.order.compare(&place, &worst.place) == Ordering::Less => {
                    self.found.pop();
                }
                _ => return,
            }
        }
        self.found.push(Found {
            order: self.order,
            place,
            row,
        });
    }

    fn into_sorted(self) -> Vec<Found<'q, 'o>> {
        self.found.into_sorted_vec()
    }
}
