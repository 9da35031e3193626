//! Reads that several methods of the desk share.

use uuid::Uuid;

use crate::{
    Answer, Client, Error, Query, Record, Request,
    batch::{Batch, ChangeSet, Outcome},
};

/// The row of ours, or `None` when it is not there.
pub(super) async fn ours(
    client: &Client,
    set: &str,
    id: Uuid,
    columns: &[&str],
) -> Result<Option<Record>, Error> {
    let query = Query::new().select(columns.iter().copied());
    match client.get(set, id, &query).await {
        Ok(record) => Ok(Some(record)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Several searches as one request, which service protection counts once; the rows of each.
pub(super) async fn searches(
    client: &Client,
    searches: &[(&str, Query)],
) -> Result<Vec<Vec<Record>>, Error> {
    let batch = searches.iter().fold(Batch::new(), |batch, (set, query)| {
        batch.request(Request::list(set, query))
    });
    client.batch(&batch).await?.into_iter().map(rows).collect()
}

fn rows(outcome: Outcome) -> Result<Vec<Record>, Error> {
    let body = outcome
        .into_result()?
        .pop()
        .and_then(|answer| answer.record());
    match body {
        Some(body) if body.value("value").is_some_and(serde_json::Value::is_array) => {
            Ok(body.related_rows("value"))
        }
        _ => Err(Error::unavailable("the answer holds no rows")),
    }
}

/// A change set's answers, or the place of the part that failed and why.
pub(super) async fn all_or_nothing(
    client: &Client,
    change_set: ChangeSet,
) -> Result<Vec<Answer>, (Option<usize>, Error)> {
    let outcomes = client
        .batch(&Batch::from(change_set))
        .await
        .map_err(|error| (None, error))?;
    match outcomes.into_iter().next() {
        Some(Outcome::Done(answers)) => Ok(answers),
        Some(Outcome::Failed { part, error }) => Err((part, error)),
        Some(Outcome::NotRun) | None => {
            Err((None, Error::unavailable("the change set was not run")))
        }
    }
}
