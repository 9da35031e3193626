//! Looking at a row that changed, and beginning what follows.

use cxloop_domain::configuration::{SurveyRule, Surveys};
use cxloop_domain::record_changed::{Change, RecordChanged};
use cxloop_domain::survey_trigger::{
    Invitation, Observed, Pending, SeenRow, Watched, columns_of, observe, watch_key,
};
use cxloop_ports::{Failure, Kept, Remedy};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{RACES, Work};

/// The rules that watch the table of a change.
pub(crate) fn rules_of<'s>(surveys: &'s Surveys, event: &RecordChanged) -> Vec<&'s SurveyRule> {
    let rules = surveys.rules.iter();
    rules
        .filter(|rule| rule.table == event.record.table)
        .collect()
}

/// How long a row that was read counts as what the CRM has now.
const FRESH_FOR: SignedDuration = SignedDuration::from_secs(5);

/// A row, and when it was read.
pub(crate) struct ReadRow {
    row: SeenRow,
    at: Timestamp,
}

impl ReadRow {
    /// The row, while it can stand for what the CRM has now.
    pub(crate) fn fresh(&self, now: Timestamp) -> Option<&SeenRow> {
        (now.duration_since(self.at) < FRESH_FOR).then_some(&self.row)
    }
}

impl Work<'_> {
    /// Reads the row, stores what was seen with what is to be begun, and begins it.
    pub(crate) async fn changed(&self, event: &RecordChanged) -> Result<(), Failure> {
        if event.change == Change::Deleted {
            // What waits for the row finds out when its time has come.
            return Ok(());
        }
        match self.seen(event).await {
            // A rule that names what the table lacks: the change waits until it is mended, or it would be lost for all rules.
            Err(failure) if failure.remedy == Remedy::Park => {
                let words = "A survey rule asks for what the CRM does not have.";
                Err(Failure::mend(words, failure.detail))
            }
            Err(failure) => Err(failure),
            Ok(Some((watched, read))) => self.begin(event, watched, read.as_ref()).await,
            Ok(None) => Ok(()),
        }
    }

    /// What is stored of the row after looking at it, and the row itself unless it is gone.
    async fn seen(
        &self,
        event: &RecordChanged,
    ) -> Result<Option<(Watched, Option<ReadRow>)>, Failure> {
        let deps = self.deps;
        let rules = rules_of(self.surveys, event);
        let columns = columns_of(&rules);
        let key = watch_key(self.crm, &event.record);
        for _ in 0..RACES {
            let kept = deps.plans.load(&key).await?;
            let before = kept.as_ref().map(|kept| watched(&kept.plan)).transpose()?;
            let at = deps.clock.now();
            let Some(row) = self.rows.row(&event.record, &columns).await? else {
                // What is still to be begun ends with that reason.
                return Ok(before.map(|before| (before, None)));
            };
            let now = deps.clock.now();
            let next = match observe(&rules, before.as_ref(), &row, event, now) {
                Observed::Outdated => {
                    return Err(Failure::retry(
                        "The CRM answered with an older state of the row than it had given before.",
                        "the row's version is lower than that of the last look",
                    ));
                }
                Observed::Same => {
                    let read = ReadRow { row, at };
                    return Ok(before.map(|before| (before, Some(read))));
                }
                Observed::Next(next) => next,
            };
            if self.stored(&key, kept.as_ref(), &next).await? {
                return Ok(Some((next, Some(ReadRow { row, at }))));
            }
        }
        Err(contended())
    }

    /// Stores what was seen; `false` when somebody else stored something meanwhile.
    async fn stored(
        &self,
        key: &str,
        kept: Option<&Kept>,
        next: &Watched,
    ) -> Result<bool, Failure> {
        let value = serde_json::to_value(next).expect("what was seen is plain data");
        let stands = match kept {
            None => self.deps.plans.keep_first(key, &value).await?.kept,
            Some(kept) => self.deps.plans.replace(key, kept.version, &value).await?,
        };
        Ok(stands.plan == value)
    }

    /// Begins the invitations that are still to be begun, each as far as it goes now, and forgets those that went.
    async fn begin(
        &self,
        event: &RecordChanged,
        watched: Watched,
        read: Option<&ReadRow>,
    ) -> Result<(), Failure> {
        let mut begun = Vec::new();
        let mut first_failure = None;
        for pending in watched.pending {
            let now = self.deps.clock.now();
            let invitation = Invitation::begun(self.crm, &event.record, &pending, now);
            let advanced = match self.deps.invitations.begin(&invitation).await {
                Ok(kept) => self.advance(kept.invitation.id, None, read).await,
                Err(failure) => Err(failure),
            };
            match advanced {
                Ok(()) => begun.push(pending),
                Err(failure) => {
                    first_failure.get_or_insert(failure);
                }
            }
        }
        if !begun.is_empty() {
            self.forget(event, &begun).await?;
        }
        first_failure.map_or(Ok(()), Err)
    }

    async fn forget(&self, event: &RecordChanged, begun: &[Pending]) -> Result<(), Failure> {
        let key = watch_key(self.crm, &event.record);
        for _ in 0..RACES {
            let Some(kept) = self.deps.plans.load(&key).await? else {
                return Ok(());
            };
            let mut next = watched(&kept.plan)?;
            next.pending.retain(|pending| !begun.contains(pending));
            if self.stored(&key, Some(&kept), &next).await? {
                return Ok(());
            }
        }
        Err(contended())
    }
}

fn watched(plan: &Value) -> Result<Watched, Failure> {
    serde_json::from_value(plan.clone()).map_err(|_| {
        Failure::retry(
            "What was last seen of a row cannot be read.",
            "the stored plan has another shape than expected",
        )
    })
}

/// Somebody else was faster again and again.
pub(crate) fn contended() -> Failure {
    Failure::come_back(1, "many workers are at one row at once")
}
