//! Queues, users and teams by the names that rules use.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use cxloop_domain::cases::OwnerRef;
use cxloop_ports::Failure;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{DynamicsCaseDesk, lookup};
use crate::{Filter, Query, Record};

/// How long a name found is believed.
pub(super) const BELIEVED: SignedDuration = SignedDuration::from_mins(10);

/// A name may stand for several rows; more than this are not told apart anyway.
const MOST_ROWS: u32 = 50;

/// Names found before. A name that was not found is asked for again, so that a new queue works at
/// once.
#[derive(Default)]
pub(super) struct NameCache {
    queues: Mutex<HashMap<String, (Uuid, Timestamp)>>,
    owners: Mutex<HashMap<String, (OwnerRef, Timestamp)>>,
    choices: Mutex<HashMap<String, (Choices, Timestamp)>>,
    labels: Mutex<HashMap<String, (Labels, Timestamp)>>,
}

/// The labels of a column's choices by their values, in one language.
pub(super) type Labels = Arc<BTreeMap<i64, String>>;

/// The values of a column's choices by their labels in lower case.
pub(super) type Choices = Arc<BTreeMap<String, i64>>;

impl NameCache {
    /// The choices of a column that were read lately.
    pub(super) fn choices(&self, column: &str, now: Timestamp) -> Option<Choices> {
        cached(&self.choices, column, now)
    }

    /// The labels of a column in a language that were read lately.
    pub(super) fn labels(&self, key: &str, now: Timestamp) -> Option<Labels> {
        cached(&self.labels, key, now)
    }

    /// Keeps the labels of a column in a language.
    pub(super) fn remember_labels(
        &self,
        key: &str,
        labels: BTreeMap<i64, String>,
        now: Timestamp,
    ) -> Labels {
        let labels = Arc::new(labels);
        remember(&self.labels, key, Arc::clone(&labels), now);
        labels
    }

    /// Keeps the choices of a column.
    pub(super) fn remember_choices(
        &self,
        column: &str,
        choices: BTreeMap<String, i64>,
        now: Timestamp,
    ) -> Choices {
        let choices = Arc::new(choices);
        remember(&self.choices, column, Arc::clone(&choices), now);
        choices
    }
}

pub(super) fn cached<T: Clone>(
    names: &Mutex<HashMap<String, (T, Timestamp)>>,
    name: &str,
    now: Timestamp,
) -> Option<T> {
    let names = names.lock().unwrap_or_else(PoisonError::into_inner);
    let (value, found_at) = names.get(name)?;
    (now.duration_since(*found_at) < BELIEVED).then(|| value.clone())
}

pub(super) fn remember<T>(
    names: &Mutex<HashMap<String, (T, Timestamp)>>,
    name: &str,
    value: T,
    now: Timestamp,
) {
    let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
    names.insert(name.to_owned(), (value, now));
}

pub(super) async fn queue(desk: &DynamicsCaseDesk, name: &str) -> Result<Uuid, Failure> {
    let now = (desk.now)();
    if let Some(queue) = cached(&desk.names.queues, name, now) {
        return Ok(queue);
    }
    let query = named("name", name)
        .select(["name"])
        .filter(Filter::eq("statecode", 0));
    let doing = "find the queue of the rule";
    let page = match desk.client().await?.list("queues", &query).await {
        Ok(page) => page,
        Err(error) => return Err(desk.fail(doing, &error).await),
    };
    let queue = only(&page.rows, "name", "queueid", name, "active queue")?.ok_or_else(|| {
        Failure::park(format!("There is no active queue called “{name}”."), doing)
    })?;
    remember(&desk.names.queues, name, queue, now);
    Ok(queue)
}

pub(super) async fn owner(desk: &DynamicsCaseDesk, name: &str) -> Result<OwnerRef, Failure> {
    let now = (desk.now)();
    if let Some(owner) = cached(&desk.names.owners, name, now) {
        return Ok(owner);
    }
    let users = named("fullname", name)
        .select(["fullname"])
        .filter(Filter::eq("isdisabled", false));
    let teams = named("name", name).select(["name"]);
    let searches = [("systemusers", users), ("teams", teams)];
    let doing = "find the owner of the rule";
    let found = match lookup::searches(&desk.client().await?, &searches).await {
        Ok(found) => found,
        Err(error) => return Err(desk.fail(doing, &error).await),
    };
    let rows = |place: usize| found.get(place).map(Vec::as_slice).unwrap_or_default();
    let user = only(rows(0), "fullname", "systemuserid", name, "active user")?.map(OwnerRef::User);
    let owner = match user {
        Some(user) => user,
        None => only(rows(1), "name", "teamid", name, "team")?
            .map(OwnerRef::Team)
            .ok_or_else(|| {
                Failure::park(
                    format!("There is no active user and no team called “{name}”."),
                    doing,
                )
            })?,
    };
    remember(&desk.names.owners, name, owner.clone(), now);
    Ok(owner)
}

fn named(column: &str, name: &str) -> Query {
    Query::new().filter(Filter::eq(column, name)).top(MOST_ROWS)
}

/// The one row that has the name indeed: the service compares without case and, depending on the
/// database, without accents. Two rows of one name are for a person to tell apart.
fn only(
    rows: &[Record],
    column: &str,
    key: &str,
    name: &str,
    what: &str,
) -> Result<Option<Uuid>, Failure> {
    let wanted = name.trim().to_lowercase();
    let mut ids = rows
        .iter()
        .filter(|row| {
            row.text(column)
                .is_some_and(|text| text.trim().to_lowercase() == wanted)
        })
        .filter_map(|row| row.id(key));
    match (ids.next(), ids.next()) {
        (Some(_), Some(_)) => Err(Failure::park(
            format!(
                "There is more than one {what} called “{name}”; give one of them another name."
            ),
            format!("{what} by name"),
        )),
        (first, _) => Ok(first),
    }
}
