//! The account's questions, kept for some minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cxloop_ports::{Clock, Failure};
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::client::Client;
use super::wire::{self, Question};

/// How long questions are believed, in seconds. A new questionnaire is seen at once all the same, because its
/// answers name questions that are unknown.
const KEPT_SECONDS: i64 = 300;

/// How long a question that is missing is believed to be missing, in seconds.
const NEW_SECONDS: i64 = 30;

/// The questions by id.
pub(super) type Questions = BTreeMap<String, Question>;

pub(super) struct QuestionCache {
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Known>>,
}

struct Known {
    fetched_at: Timestamp,
    questions: Arc<Questions>,
    /// Ids that were asked for and are not active, such as retired questions: not asked for again meanwhile.
    absent: BTreeSet<String>,
}

impl QuestionCache {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            kept: Mutex::default(),
        }
    }

    /// The questions as they were some seconds ago at most: for whoever misses one that was added just now.
    pub(super) async fn fresh(&self, client: &Client) -> Result<Arc<Questions>, Failure> {
        let now = self.clock.now();
        {
            let mut kept = self.kept.lock().await;
            let is_new = kept
                .as_ref()
                .is_some_and(|known| now.as_second() - known.fetched_at.as_second() < NEW_SECONDS);
            if !is_new {
                *kept = None;
            }
        }
        self.questions_for(client, std::iter::empty()).await
    }

    /// The questions, fetched anew when they are old or when an id is met for the first time.
    pub(super) async fn questions_for(
        &self,
        client: &Client,
        ids: impl Iterator<Item = &str>,
    ) -> Result<Arc<Questions>, Failure> {
        let ids: BTreeSet<&str> = ids.filter(|id| !id.is_empty()).collect();
        let now = self.clock.now();
        let mut kept = self.kept.lock().await;
        if let Some(known) = kept.as_ref() {
            let fresh = now.as_second() - known.fetched_at.as_second() < KEPT_SECONDS;
            if fresh
                && ids
                    .iter()
                    .all(|id| known.questions.contains_key(*id) || known.absent.contains(*id))
            {
                return Ok(Arc::clone(&known.questions));
            }
        }
        let questions = Arc::new(fetch(client).await?);
        let absent = ids
            .iter()
            .filter(|id| !questions.contains_key(**id))
            .map(|id| (*id).to_owned())
            .collect();
        *kept = Some(Known {
            fetched_at: now,
            questions: Arc::clone(&questions),
            absent,
        });
        Ok(questions)
    }
}

async fn fetch(client: &Client) -> Result<Questions, Failure> {
    let asked = "GET /api/Questions/Active";
    let body = client.get(asked, &["Questions", "Active"]).await?;
    let body = body.ok_or_else(|| client.no_api(asked))?;
    let list: Vec<Question> =
        wire::read(&body).map_err(|problem| client.unreadable(problem, asked))?;
    Ok(list
        .into_iter()
        .map(|question| (question.id.clone(), question))
        .collect())
}
