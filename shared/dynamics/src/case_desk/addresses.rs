//! Reading the e-mail addresses of contacts, page by page.

use cxloop_ports::{AddressPage, AddressesFrom, Failure};

use super::DynamicsCaseDesk;
use super::customers::EMAIL;
use crate::{Direction, Filter, Query};

/// How many contacts a page has. A page is hashed and kept within one run of a function, which may be a slow one.
const CONTACTS_A_PAGE: u32 = 2_000;

/// Oldest change first, so that what changes during a reading comes at its end. Deleted contacts are not told: an entry
/// that is left of one finds nobody.
///
/// Source: Microsoft Learn, "Page results using OData".
pub(super) async fn page(
    desk: &DynamicsCaseDesk,
    from: &AddressesFrom,
) -> Result<AddressPage, Failure> {
    let client = desk.client().await?;
    let page = match from {
        AddressesFrom::Start { changed_since } => {
            let query = Query::new()
                .select(EMAIL.iter().copied())
                .filter(Filter::eq("statecode", 0))
                .orderby("modifiedon", Direction::Ascending)
                .orderby("contactid", Direction::Ascending)
                .page_size(CONTACTS_A_PAGE);
            let query = match changed_since {
                Some(moment) => query.filter(Filter::ge("modifiedon", *moment)),
                None => query,
            };
            client.list("contacts", &query).await
        }
        AddressesFrom::Next(link) => {
            client
                .next_page(link, &Query::new().page_size(CONTACTS_A_PAGE))
                .await
        }
    };
    let page = match page {
        Ok(page) => page,
        Err(error) => return Err(desk.fail("read the contacts' addresses", &error).await),
    };
    let contacts = page.rows.iter().filter_map(|row| {
        let addresses: Vec<String> = EMAIL
            .iter()
            .filter_map(|column| row.text(column))
            .map(str::trim)
            .filter(|address| !address.is_empty())
            .map(str::to_owned)
            .collect();
        (!addresses.is_empty()).then_some((row.id("contactid")?, addresses))
    });
    Ok(AddressPage {
        contacts: contacts.collect(),
        next: page.next_link.clone(),
    })
}
