//! Which responses a case is written back to: its own, those that were added to it, and those of the cases that were merged into
//! it.

use cxloop_domain::case_write_back::Follower;
use cxloop_domain::names::ResponseKey;
use cxloop_lambda_kit::{follow, followers_of};
use cxloop_ports::Failure;
use uuid::Uuid;

use crate::{Deps, Work};

/// The responses, each with the case by which it is known.
pub(crate) async fn responses_of(
    deps: &Deps,
    case: Uuid,
) -> Result<Vec<(ResponseKey, Uuid)>, Failure> {
    let own = deps.loops.of_case(case).await?;
    let own = own.and_then(|id| id.response());
    let mut found: Vec<_> = own.into_iter().map(|response| (response, case)).collect();
    let followers = followers_of(deps.plans.as_ref(), case).await?;
    for Follower { response, case } in followers.responses {
        if !found.contains(&(response.clone(), case)) {
            found.push((response, case));
        }
    }
    Ok(found)
}

impl Work<'_> {
    /// From now on changes of the case that ours became part of are ours too.
    pub(crate) async fn follow(&self, master: Uuid) -> Result<(), Failure> {
        let ours = Follower {
            response: self.response.clone(),
            case: self.case,
        };
        follow(self.deps.plans.as_ref(), master, &ours).await
    }
}
