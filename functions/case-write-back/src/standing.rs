//! What is stored of the write-backs of a response and a case.

use cxloop_domain::case_write_back::{WriteBackState, state_key};
use cxloop_ports::{Failure, Kept};

use crate::{RACES, Work};

/// What is stored, with the version that guards its replacement; 0 while nothing is.
pub(crate) struct Standing {
    pub(crate) state: WriteBackState,
    version: u64,
}

pub(crate) fn to_value<T: serde::Serialize>(plain: &T) -> serde_json::Value {
    serde_json::to_value(plain).expect("states are plain data")
}

pub(crate) fn from_value<T: serde::de::DeserializeOwned>(
    stored: serde_json::Value,
) -> Result<T, Failure> {
    // The error's own words would quote what is stored, which holds what a person wrote.
    serde_json::from_value(stored).map_err(|error| {
        Failure::mend(
            "what is stored of a write-back cannot be read",
            format!("{:?} error", error.classify()),
        )
    })
}

fn standing(kept: Kept) -> Result<Standing, Failure> {
    Ok(Standing {
        state: from_value(kept.plan)?,
        version: kept.version,
    })
}

impl Work<'_> {
    pub(crate) async fn standing(&self) -> Result<Standing, Failure> {
        let key = state_key(&self.response, self.case);
        match self.deps.plans.load(&key).await? {
            Some(kept) => standing(kept),
            None => Ok(Standing {
                state: WriteBackState::default(),
                version: 0,
            }),
        }
    }

    /// Stores a state in place of the one that stands, and whether it is this one that stands now.
    pub(crate) async fn replace(
        &self,
        before: &Standing,
        next: &WriteBackState,
    ) -> Result<(Standing, bool), Failure> {
        let key = state_key(&self.response, self.case);
        let value = to_value(next);
        let kept = match before.version {
            0 => self.deps.plans.keep_first(&key, &value).await?.kept,
            version => self.deps.plans.replace(&key, version, &value).await?,
        };
        let is_ours = kept.version == before.version + 1 && kept.plan == value;
        Ok((standing(kept)?, is_ours))
    }

    /// Changes what is stored, from what is known of it, however others change it meanwhile.
    pub(crate) async fn change(
        &self,
        mut before: Standing,
        change: impl Fn(&mut WriteBackState),
    ) -> Result<Standing, Failure> {
        for _ in 0..RACES {
            let mut next = before.state.clone();
            change(&mut next);
            if next == before.state {
                return Ok(before);
            }
            let (kept, is_ours) = self.replace(&before, &next).await?;
            if is_ours {
                return Ok(kept);
            }
            before = kept;
        }
        Err(contended())
    }
}

pub(crate) fn contended() -> Failure {
    Failure::come_back(1, "many changes of this case come at once")
}
