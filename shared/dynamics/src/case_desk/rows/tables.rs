//! How the rows of a table are addressed: its entity set and the column of its id.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cxloop_ports::Failure;
use jiff::Timestamp;

use super::super::DynamicsCaseDesk;
use super::super::names::{BELIEVED, cached, remember};
use crate::{Filter, Query};

/// Logical name, entity set and column of the id of tables that are the same in every organisation.
/// Source: Microsoft Learn, "Dataverse table/entity reference".
const STANDARD: [(&str, &str, &str); 19] = [
    ("account", "accounts", "accountid"),
    ("annotation", "annotations", "annotationid"),
    ("appointment", "appointments", "activityid"),
    ("campaignresponse", "campaignresponses", "activityid"),
    ("contact", "contacts", "contactid"),
    ("email", "emails", "activityid"),
    ("entitlement", "entitlements", "entitlementid"),
    ("incident", "incidents", "incidentid"),
    ("incidentresolution", "incidentresolutions", "activityid"),
    ("invoice", "invoices", "invoiceid"),
    ("lead", "leads", "leadid"),
    ("opportunity", "opportunities", "opportunityid"),
    ("phonecall", "phonecalls", "activityid"),
    ("queueitem", "queueitems", "queueitemid"),
    ("quote", "quotes", "quoteid"),
    ("salesorder", "salesorders", "salesorderid"),
    ("systemuser", "systemusers", "systemuserid"),
    ("task", "tasks", "activityid"),
    ("team", "teams", "teamid"),
];

/// How the rows of a table are addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::case_desk) struct TableAddress {
    /// Its entity set.
    pub(in crate::case_desk) set: Cow<'static, str>,
    /// The column of a row's id.
    pub(in crate::case_desk) id: Cow<'static, str>,
}

/// What was learned of tables lately.
#[derive(Default)]
pub(in crate::case_desk) struct Tables {
    addresses: Mutex<HashMap<String, (TableAddress, Timestamp)>>,
    /// Since when it is known that the organisation keeps no consent.
    no_consent: Mutex<Option<Timestamp>>,
}

impl Tables {
    /// Whether it was seen lately that the organisation keeps no consent.
    pub(super) fn keeps_no_consent(&self, now: Timestamp) -> bool {
        let since = self
            .no_consent
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| now.duration_since(since) < BELIEVED)
    }

    /// Remembers that the organisation keeps no consent.
    pub(super) fn remember_no_consent(&self, now: Timestamp) {
        *self
            .no_consent
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(now);
    }
}

/// How the rows of a table are addressed. No request for the usual tables; one for another, and then none for ten minutes.
/// A table that is not there is asked for again.
///
/// Source: Microsoft Learn, "Query table definitions using the Web API" (`EntitySetName`, `PrimaryIdAttribute`).
pub(in crate::case_desk) async fn address(
    desk: &DynamicsCaseDesk,
    table: &str,
) -> Result<TableAddress, Failure> {
    if let Some((_, set, id)) = STANDARD.iter().find(|(name, _, _)| *name == table) {
        return Ok(TableAddress {
            set: Cow::Borrowed(set),
            id: Cow::Borrowed(id),
        });
    }
    let now = (desk.now)();
    if let Some(known) = cached(&desk.tables.addresses, table, now) {
        return Ok(known);
    }
    let query = Query::new()
        .select(["LogicalName", "EntitySetName", "PrimaryIdAttribute"])
        .filter(Filter::eq("LogicalName", table));
    let doing = "read how a table is addressed";
    let found = match desk.client().await?.list("EntityDefinitions", &query).await {
        Ok(page) => page.rows,
        Err(error) => return Err(desk.fail(doing, &error).await),
    };
    let mut found = found.iter();
    let address = found
        .find(|row| row.text("LogicalName") == Some(table))
        .and_then(|row| {
            let text = |column| row.text(column).filter(|text| !text.is_empty());
            Some(TableAddress {
                set: Cow::Owned(text("EntitySetName")?.to_owned()),
                id: Cow::Owned(text("PrimaryIdAttribute")?.to_owned()),
            })
        })
        .ok_or_else(|| Failure::park(format!("Dynamics has no table called {table}."), doing))?;
    remember(&desk.tables.addresses, table, address.clone(), now);
    Ok(address)
}
