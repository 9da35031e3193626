//! Responses that follow a case besides the one that it was opened for.

use cxloop_domain::case_write_back::{Follower, Followers, followers_key};
use cxloop_ports::{Failure, Plans};
use serde_json::Value;
use uuid::Uuid;

use crate::logging::{fields, outcomes};

/// How often the list is looked at anew when others change it at the same moment.
const RACES: usize = 8;

/// From now on what becomes of a case is told to the response too. When as many follow as may, this is only said in the log.
pub async fn follow(plans: &dyn Plans, case: Uuid, follower: &Follower) -> Result<(), Failure> {
    let changed = |followers: &Followers| {
        if followers.are_full() && !followers.responses.contains(follower) {
            tracing::warn!(
                { fields::OUTCOME } = outcomes::NOT_WRITTEN_BACK,
                { fields::RESPONSE } = %follower.response,
                { fields::CASE } = %case,
                "as many responses follow the case as may: what an agent does is not told to this one"
            );
        }
        followers.with(follower)
    };
    change(plans, case, changed).await
}

/// What becomes of a case is told to the response no longer.
pub async fn unfollow(plans: &dyn Plans, case: Uuid, follower: &Follower) -> Result<(), Failure> {
    change(plans, case, |followers| followers.without(follower)).await
}

/// The responses that follow a case.
pub async fn followers_of(plans: &dyn Plans, case: Uuid) -> Result<Followers, Failure> {
    match plans.load(&followers_key(case)).await? {
        Some(kept) => read(kept.plan),
        None => Ok(Followers::default()),
    }
}

/// Stores what `changed` makes of the list; nothing when it makes nothing of it.
async fn change(
    plans: &dyn Plans,
    case: Uuid,
    changed: impl Fn(&Followers) -> Option<Followers>,
) -> Result<(), Failure> {
    let key = followers_key(case);
    for _ in 0..RACES {
        let kept = plans.load(&key).await?;
        let standing = match &kept {
            Some(kept) => read(kept.plan.clone())?,
            None => Followers::default(),
        };
        let Some(next) = changed(&standing) else {
            return Ok(());
        };
        let value = serde_json::to_value(&next).expect("keys are plain data");
        let stands = match &kept {
            None => plans.keep_first(&key, &value).await?.kept,
            Some(kept) => plans.replace(&key, kept.version, &value).await?,
        };
        if stands.plan == value {
            return Ok(());
        }
    }
    Err(Failure::come_back(
        1,
        "many responses begin to follow one case at once",
    ))
}

fn read(plan: Value) -> Result<Followers, Failure> {
    serde_json::from_value(plan).map_err(|error| {
        Failure::mend(
            "what is stored of the responses that follow a case cannot be read",
            format!("{:?} error", error.classify()),
        )
    })
}
