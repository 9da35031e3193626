//! Responses that follow a case besides the one that it was opened for.

use cxloop_domain::case_write_back::{Follower, Followers, followers_key};
use cxloop_ports::{Failure, Plans};
use serde_json::Value;
use uuid::Uuid;

/// How often the list is looked at anew when others change it at the same moment.
const RACES: usize = 8;

/// From now on what becomes of a case is told to the response too. Nothing changes when it follows already, or when
/// as many follow as may.
pub async fn follow(plans: &dyn Plans, case: Uuid, follower: &Follower) -> Result<(), Failure> {
    let key = followers_key(case);
    for _ in 0..RACES {
        let kept = plans.load(&key).await?;
        let standing = match &kept {
            Some(kept) => read(kept.plan.clone())?,
            None => Followers::default(),
        };
        let Some(next) = standing.with(follower) else {
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

/// The responses that follow a case.
pub async fn followers_of(plans: &dyn Plans, case: Uuid) -> Result<Followers, Failure> {
    match plans.load(&followers_key(case)).await? {
        Some(kept) => read(kept.plan),
        None => Ok(Followers::default()),
    }
}

fn read(plan: Value) -> Result<Followers, Failure> {
    serde_json::from_value(plan).map_err(|error| {
        Failure::mend(
            "what is stored of the responses that follow a case cannot be read",
            format!("{:?} error", error.classify()),
        )
    })
}
