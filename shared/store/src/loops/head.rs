//! The head of a loop: written when it begins, moved on with every step, listed by day.

use aws_sdk_dynamodb::types::AttributeValue;
use cxloop_domain::loops::{Loop, LoopState, Step, state_of};
use cxloop_domain::names::LoopId;
use cxloop_ports::NewLoop;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::{head_key, steps};
use crate::error::classify;
use crate::item::{Attributes, Stored, failed_update, name_of, number, text, written};
use crate::shard::shard_of;
use crate::{Store, StoreError};

pub(super) const WHAT: &str = "loop";

/// How often a head is moved on again when others move it at the same moment.
const TRIES: u32 = 5;

/// A head with the version that guards the next change of it.
pub(super) struct Versioned {
    pub(super) head: Loop,
    version: u64,
}

/// The index partition of heads that changed on the same day (UTC).
pub(super) fn day_list(changed_at: Timestamp, shard: u32) -> AttributeValue {
    let day = changed_at.to_zoned(TimeZone::UTC).date();
    text(format!("LOOPS#{day}#{shard}"))
}

fn place(changed_at: Timestamp, id: &LoopId) -> AttributeValue {
    text(format!("{}#{id}", written(changed_at)))
}

/// The item of a loop that begins now.
pub(super) fn begun(new: &NewLoop) -> Attributes {
    let id = new.response.loop_id();
    let mut item = head_key(&id).with([
        ("id", text(&id)),
        ("response", text(&new.response)),
        ("survey", text(&new.survey)),
        ("began_at", text(written(new.began_at))),
        ("changed_at", text(written(new.began_at))),
        ("state", name_of(&LoopState::Received)),
        ("version", number(0)),
        ("gsi1pk", day_list(new.began_at, shard_of(id.as_str()))),
        ("gsi1sk", place(new.began_at, &id)),
    ]);
    if let Some(score) = &new.score {
        item.insert("score".to_owned(), text(score));
    }
    item
}

pub(super) fn read(item: &Stored) -> Result<Loop, StoreError> {
    Ok(Loop {
        id: item.parsed("id")?,
        response: item.parsed("response")?,
        survey: item.text("survey")?.to_owned(),
        began_at: item.parsed("began_at")?,
        changed_at: item.parsed("changed_at")?,
        state: item.named("state")?,
        case: item
            .optional_text("case")?
            .map(|_| item.parsed("case"))
            .transpose()?,
        ticket: item.optional_text("ticket")?.map(str::to_owned),
        score: item.optional_text("score")?.map(str::to_owned),
    })
}

impl Store {
    /// The head and its steps in order, as of now. `None` when the loop has not begun.
    pub(super) async fn read_loop(
        &self,
        id: &LoopId,
    ) -> Result<Option<(Versioned, Vec<Step>)>, StoreError> {
        let mut head = None;
        let mut found = Vec::new();
        for item in self.loop_items(id).await? {
            if item.text("sk")? == "HEAD" {
                head = Some(Versioned {
                    version: item.number("version")?,
                    head: read(&item)?,
                });
            } else {
                found.push(steps::read(&item)?);
            }
        }
        found.sort_by(Step::follows);
        Ok(head.map(|head| (head, found)))
    }

    async fn loop_items(&self, id: &LoopId) -> Result<Vec<Stored>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("#pk = :pk")
                .expression_attribute_names("#pk", "pk")
                .expression_attribute_values(":pk", text(head_key(id).pk))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| classify("Query", &error))?;
            items.extend(
                page.items
                    .unwrap_or_default()
                    .into_iter()
                    .map(|item| Stored::new(WHAT, item)),
            );
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }

    /// Lets the head say what the steps amount to. Whoever writes last has read all steps that were
    /// written before, so that recorders who meet here leave the same head in any order.
    pub(super) async fn move_head_on(&self, id: &LoopId) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let (Versioned { head, version }, steps) =
                self.read_loop(id).await?.ok_or(StoreError::NotBegun)?;
            let state = state_of(&steps);
            let changed_at = steps
                .iter()
                .map(|step| step.at)
                .fold(head.began_at, Ord::max);
            if head.state == state && head.changed_at == changed_at {
                return Ok(());
            }
            let update = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(head_key(id).attributes()))
                .update_expression(
                    "SET #state = :state, #changed = :changed, #version = :next, #list = :list, #place = :place",
                )
                .condition_expression("#version = :version")
                .expression_attribute_names("#state", "state")
                .expression_attribute_names("#changed", "changed_at")
                .expression_attribute_names("#version", "version")
                .expression_attribute_names("#list", "gsi1pk")
                .expression_attribute_names("#place", "gsi1sk")
                .expression_attribute_values(":state", name_of(&state))
                .expression_attribute_values(":changed", text(written(changed_at)))
                .expression_attribute_values(":version", number(version))
                .expression_attribute_values(":next", number(version + 1))
                .expression_attribute_values(":list", day_list(changed_at, shard_of(id.as_str())))
                .expression_attribute_values(":place", place(changed_at, id))
                .send()
                .await;
            match update {
                Ok(_) => return Ok(()),
                Err(error) if failed_update(&error).is_some() => {}
                Err(error) => return Err(classify("UpdateItem", &error)),
            }
        }
        Err(StoreError::Contended { what: WHAT })
    }

    /// Names the case on the head; the first one named stays.
    pub(super) async fn name_case_on_head(
        &self,
        id: &LoopId,
        case: Uuid,
        ticket: &str,
    ) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(head_key(id).attributes()))
            .update_expression("SET #case = if_not_exists(#case, :case), #ticket = if_not_exists(#ticket, :ticket)")
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_names("#case", "case")
            .expression_attribute_names("#ticket", "ticket")
            .expression_attribute_values(":case", text(case))
            .expression_attribute_values(":ticket", text(ticket))
            .send()
            .await;
        match update {
            Ok(_) => Ok(()),
            Err(error) if failed_update(&error).is_some() => Err(StoreError::NotBegun),
            Err(error) => Err(classify("UpdateItem", &error)),
        }
    }
}
