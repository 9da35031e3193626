//! Which responses a case is written back to: its own, and those of the cases that were merged into it.

use cxloop_domain::case_write_back::{Followers, followers_key};
use cxloop_domain::names::ResponseKey;
use cxloop_ports::Failure;
use uuid::Uuid;

use crate::standing::{from_value, to_value};
use crate::{Deps, RACES, Work};

/// The responses, each with the case by which it is known.
pub(crate) async fn responses_of(
    deps: &Deps,
    case: Uuid,
) -> Result<Vec<(ResponseKey, Uuid)>, Failure> {
    let mut found = Vec::new();
    let own = deps.loops.of_case(case).await?;
    if let Some(response) = own.and_then(|id| id.response()) {
        found.push((response, case));
    }
    if let Some(kept) = deps.plans.load(&followers_key(case)).await? {
        let followers: Followers = from_value(kept.plan)?;
        let merged = followers.merged.into_iter();
        found.extend(merged.map(|(merged, response)| (response, merged)));
    }
    Ok(found)
}

impl Work<'_> {
    /// From now on changes of the case that ours became part of are ours too.
    pub(crate) async fn follow(&self, master: Uuid) -> Result<(), Failure> {
        let key = followers_key(master);
        let plans = &self.deps.plans;
        for _ in 0..RACES {
            let (mut followers, version) = match plans.load(&key).await? {
                Some(kept) => (from_value::<Followers>(kept.plan)?, kept.version),
                None => (Followers::default(), 0),
            };
            let known = followers.merged.insert(self.case, self.response.clone());
            if known.as_ref() == Some(&self.response) {
                return Ok(());
            }
            let value = to_value(&followers);
            let kept = match version {
                0 => plans.keep_first(&key, &value).await?.kept,
                version => plans.replace(&key, version, &value).await?,
            };
            if kept.plan == value {
                return Ok(());
            }
        }
        Err(Failure::come_back(
            1,
            "many cases are merged into one at once",
        ))
    }
}
