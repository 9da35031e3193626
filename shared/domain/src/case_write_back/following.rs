//! Responses that follow a case besides the one that it was opened for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::names::ResponseKey;

/// The key of the list of responses that follow a case besides the one that it was opened for.
pub fn followers_key(case: Uuid) -> String {
    format!("write-back/followers/{case}")
}

/// How many responses follow one case at most: each of them is read and written whenever the case changes, by one message,
/// which has half a minute.
pub const MOST_FOLLOWERS: usize = 15;

/// The responses that follow a case: they were added to it while it was open, or their own case became part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followers {
    /// Each of them once.
    pub responses: BTreeSet<Follower>,
}

/// A response that follows a case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Follower {
    /// The response.
    pub response: ResponseKey,
    /// The case under which it knows what was written to it: the one that it was added to, or its own before that was merged.
    pub case: Uuid,
}

impl Followers {
    /// Whether as many follow as may.
    pub fn are_full(&self) -> bool {
        self.responses.len() >= MOST_FOLLOWERS
    }

    /// The list with one more. `None` when it follows already, or when as many follow as may.
    pub fn with(&self, follower: &Follower) -> Option<Self> {
        if self.are_full() || self.responses.contains(follower) {
            return None;
        }
        let mut next = self.clone();
        next.responses.insert(follower.clone());
        Some(next)
    }

    /// The list without one. `None` when it does not follow.
    pub fn without(&self, follower: &Follower) -> Option<Self> {
        let mut next = self.clone();
        next.responses.remove(follower).then_some(next)
    }
}
