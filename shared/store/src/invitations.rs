//! Invitations, each replaced only by whoever knows its version, and listed by the month of their last change; and the moments
//! that they wait for.
//!
//! | `pk` | `sk` | index |
//! |---|---|---|
//! | `INVITATION#<id>` | `INVITATION` | `INVITATIONS#<month>#<shard>` / when#id |
//! | `INVITATION#<id>` | `AWAITED#<when>` | until it was looked after: `AWAITED#<shard>` / when#id |
//!
//! The lists are those of a month and not of a day, so that as many lists as a year has months reach everything that is kept.

mod awaited;

use std::cmp::Reverse;
use std::collections::HashSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use cxloop_domain::survey_trigger::Invitation;
use cxloop_ports::{Awaited, Failure, Invitations, KeptInvitation};
use futures::future::try_join_all;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use crate::item::{Attributes, Key, Over, Stored, expiry, number, packed, text, written};
use crate::listed::Wanted;
use crate::retention::LOOPS_DAYS;
use crate::shard::{SHARDS, shard_of};
use crate::{Store, StoreError};

const WHAT: &str = "invitation";

/// How many months the list goes back: all that can hold an invitation that has not expired.
const MONTHS: u32 = LOOPS_DAYS / 28 + 1;

fn key(id: Uuid) -> Key {
    Key::new(format!("INVITATION#{id}"), "INVITATION")
}

fn month_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date().first_of_month()
}

/// The index partition of invitations that something last became of in the same month (UTC).
fn list(month: Date, shard: u32) -> AttributeValue {
    text(format!("INVITATIONS#{}#{shard}", month.strftime("%Y-%m")))
}

fn read(item: &Stored) -> Result<KeptInvitation, StoreError> {
    Ok(KeptInvitation {
        invitation: item.json("invitation")?,
        version: item.number("version")?,
    })
}

fn written_as(
    invitation: &Invitation,
    version: u64,
    now: Timestamp,
) -> Result<Attributes, StoreError> {
    let id = invitation.id;
    let shard = shard_of(&id.to_string());
    let place = format!("{}#{id}", written(invitation.changed_at));
    Ok(key(id).with([
        ("invitation", packed(WHAT, invitation)?),
        ("version", number(version)),
        ("gsi1pk", list(month_of(invitation.changed_at), shard)),
        ("gsi1sk", text(place)),
        ("expires_at", expiry(now, LOOPS_DAYS)),
    ]))
}

impl Store {
    /// What stands on one list before a moment and has not expired, latest first.
    async fn listed_invitations(
        &self,
        list: AttributeValue,
        limit: usize,
        before: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        let wanted = Wanted::LatestBefore(written(before));
        let items = self.index_list(WHAT, list, wanted, limit).await?;
        items
            .iter()
            .map(|item| Ok(read(item)?.invitation))
            .collect()
    }
}

#[async_trait]
impl Invitations for Store {
    async fn load(&self, id: Uuid) -> Result<Option<KeptInvitation>, Failure> {
        let item = self.get(WHAT, &key(id)).await?;
        Ok(item.as_ref().map(read).transpose()?)
    }

    async fn begin(&self, invitation: &Invitation) -> Result<KeptInvitation, Failure> {
        self.await_moment(invitation).await?;
        let item = written_as(invitation, 1, self.clock.now())?;
        match self.put_unless_there(WHAT, item).await? {
            None => Ok(KeptInvitation {
                invitation: invitation.clone(),
                version: 1,
            }),
            Some(standing) => Ok(read(&standing)?),
        }
    }

    async fn replace(
        &self,
        version: u64,
        invitation: &Invitation,
    ) -> Result<KeptInvitation, Failure> {
        self.await_moment(invitation).await?;
        let item = written_as(invitation, version + 1, self.clock.now())?;
        match self.put_over(WHAT, item, version).await? {
            Over::Replaced => Ok(KeptInvitation {
                invitation: invitation.clone(),
                version: version + 1,
            }),
            // Expired and removed since it was read: it stands as if it had just begun.
            Over::Gone => self.begin(invitation).await,
            Over::Standing(standing) => Ok(read(&standing)?),
        }
    }

    async fn newest(&self, limit: usize, before: Timestamp) -> Result<Vec<Invitation>, Failure> {
        let mut found: Vec<Invitation> = Vec::new();
        let mut known = HashSet::new();
        // Nothing is much younger than now, whatever moment is asked for.
        let youngest = month_of(self.clock.now()).saturating_add(1.month());
        let mut month = Some(month_of(before).min(youngest));
        for _ in 0..=MONTHS {
            let Some(listed) = month.filter(|_| found.len() < limit) else {
                break;
            };
            let shards = (0..SHARDS)
                .map(|shard| self.listed_invitations(list(listed, shard), limit, before));
            let mut latest: Vec<Invitation> =
                try_join_all(shards).await?.into_iter().flatten().collect();
            latest.sort_by_key(|one| Reverse((one.changed_at, one.id)));
            // The index follows the table after a moment, in which what was moved may stand in two months.
            found.extend(
                latest
                    .into_iter()
                    .filter(|invitation| known.insert(invitation.id)),
            );
            month = listed.checked_sub(1.month()).ok();
        }
        found.truncate(limit);
        Ok(found)
    }

    async fn awaited_before(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Awaited>, Failure> {
        Ok(self.list_awaited(before, limit).await?)
    }

    async fn looked_after(&self, awaited: &Awaited) -> Result<(), Failure> {
        Ok(self.not_awaited(awaited).await?)
    }
}
