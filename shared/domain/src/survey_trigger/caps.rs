//! How often one person is asked, over all rules.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::configuration::Cap;
use crate::identity;

/// When a person was asked, or is about to be: what is stored under [`cap_key`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Invitations and when each was reserved, oldest first.
    pub times: Vec<(Uuid, Timestamp)>,
}

/// The key under which a person's [`Asked`] is stored. `person` is the id of their row, or the address where there is no row;
/// it is hashed, so that no address is kept.
pub fn cap_key(person: &str) -> String {
    format!(
        "asked/{}",
        identity::derive("asked", &[&person.to_lowercase()])
    )
}

/// The times with this invitation among them, or the moment from which the person may be asked again. One that is reserved
/// stays so: a repeat takes no second place.
pub fn reserved(
    cap: Cap,
    asked: &Asked,
    invitation: Uuid,
    now: Timestamp,
) -> Result<Asked, Timestamp> {
    let within = SignedDuration::from_secs(cap.within.seconds());
    let mut times: Vec<(Uuid, Timestamp)> = asked
        .times
        .iter()
        .filter(|(_, at)| now.duration_since(*at) < within)
        .copied()
        .collect();
    if times.iter().any(|(id, _)| *id == invitation) {
        return Ok(Asked { times });
    }
    let most = usize::try_from(cap.invitations).unwrap_or(usize::MAX);
    if times.len() >= most {
        let freed = times.len().saturating_sub(most);
        let until = times
            .get(freed)
            .and_then(|(_, at)| at.checked_add(within).ok());
        return Err(until.unwrap_or(Timestamp::MAX));
    }
    times.push((invitation, now));
    Ok(Asked { times })
}

/// The times without an invitation that was not sent after all.
pub fn released(asked: &Asked, invitation: Uuid) -> Asked {
    let times = asked.times.iter().filter(|(id, _)| *id != invitation);
    Asked {
        times: times.copied().collect(),
    }
}
