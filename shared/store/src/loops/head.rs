//! The head of a loop: written when it begins, moved on with every step, listed by day.

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use cxloop_domain::loops::{Loop, LoopState, Step, state_of};
use cxloop_domain::names::LoopId;
use cxloop_ports::{NewLoop, TiedCase};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{failed, head_key, steps};
use crate::error::classify;
use crate::item::{Attributes, Stored, expiry, failed_update, name_of, number, text, written};
use crate::retention::LOOPS_DAYS;
use crate::shard::shard_of;
use crate::{Store, StoreError};

pub(super) const WHAT: &str = "loop";

/// How often a head is moved on again when others move it at the same moment.
const TRIES: u32 = 5;

/// What is kept of one loop, as of one moment.
pub(super) struct Story {
    pub(super) head: Loop,
    /// In order.
    pub(super) steps: Vec<Step>,
    /// Guards the next change of the head.
    version: u64,
    /// Whether it stands on the list of failed loops.
    listed_as_failed: bool,
}

/// The index partition of heads that changed on the same day (UTC).
pub(super) fn day_list(changed_at: Timestamp, shard: u32) -> AttributeValue {
    let day = changed_at.to_zoned(TimeZone::UTC).date();
    text(format!("LOOPS#{day}#{shard}"))
}

/// Where a loop stands in a list: by time, then by id.
pub(super) fn place(changed_at: Timestamp, id: &LoopId) -> AttributeValue {
    text(format!("{}#{id}", written(changed_at)))
}

/// When a loop changed last, by its steps.
fn changed_at(began_at: Timestamp, steps: &[Step]) -> Timestamp {
    steps.iter().map(|step| step.at).fold(began_at, Ord::max)
}

/// The item of a loop that begins now, with these steps.
pub(super) fn begun(new: &NewLoop, steps: &[Step], now: Timestamp) -> Attributes {
    let id = new.response.loop_id();
    let changed_at = changed_at(new.began_at, steps);
    let mut item = head_key(&id).with([
        ("id", text(&id)),
        ("response", text(&new.response)),
        ("survey", text(&new.survey)),
        ("began_at", text(written(new.began_at))),
        ("changed_at", text(written(changed_at))),
        ("state", name_of(&state_of(steps))),
        ("version", number(0)),
        ("gsi1pk", day_list(changed_at, shard_of(id.as_str()))),
        ("gsi1sk", place(changed_at, &id)),
        ("expires_at", expiry(now, LOOPS_DAYS)),
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
    pub(super) async fn read_loop(&self, id: &LoopId) -> Result<Option<Story>, StoreError> {
        let mut head = None;
        let mut found = Vec::new();
        let mut listed_as_failed = false;
        for item in self.loop_items(id).await? {
            match item.text("sk")? {
                "HEAD" => head = Some((read(&item)?, item.number("version")?)),
                failed::SORT_KEY => listed_as_failed = item.optional_text("gsi1pk")?.is_some(),
                _ => found.push(steps::read(&item)?),
            }
        }
        found.sort_by(Step::follows);
        Ok(head.map(|(head, version)| Story {
            head,
            steps: found,
            version,
            listed_as_failed,
        }))
    }

    async fn loop_items(&self, id: &LoopId) -> Result<Vec<Stored>, StoreError> {
        let now = self.clock.now();
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
                    .map(|item| Stored::new(WHAT, item))
                    .filter(|item| !item.expired(now)),
            );
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }

    /// Lets the head say what the steps amount to, and name a case unless it names one. Whoever writes last has read all
    /// steps that were written before, so that recorders who meet here leave the same head in any order.
    pub(super) async fn move_head_on(
        &self,
        id: &LoopId,
        case: Option<&TiedCase<'_>>,
    ) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let story = self.read_loop(id).await?.ok_or(StoreError::NotBegun)?;
            let state = state_of(&story.steps);
            let changed_at = changed_at(story.head.began_at, &story.steps);
            let case = case.filter(|_| story.head.case.is_none());
            if story.head.state == state && story.head.changed_at == changed_at && case.is_none() {
                return Ok(());
            }
            let update = self.moved(id, story.version, state, changed_at, case);
            // Head and list change together, so that no crash between them hides a failure.
            let written = match (state == LoopState::Failed, story.listed_as_failed) {
                (true, _) => {
                    let listing = self.listed_as_failed(id, changed_at);
                    self.write_both(update, listing).await?
                }
                (false, true) => self.write_both(update, self.not_listed(id)).await?,
                (false, false) => self.write_head(update).await?,
            };
            if written {
                return Ok(());
            }
        }
        Err(StoreError::Contended { what: WHAT })
    }

    /// The change of a head that has the version given.
    fn moved(
        &self,
        id: &LoopId,
        version: u64,
        state: LoopState,
        changed_at: Timestamp,
        case: Option<&TiedCase<'_>>,
    ) -> Update {
        let mut expression = "SET #state = :state, #changed = :changed, #version = :next, #list = :list, #place = :place, \
             #expires = :expires"
            .to_owned();
        let mut update = Update::builder();
        if let Some(case) = case {
            expression.push_str(", #case = :case, #ticket = :ticket");
            update = update
                .expression_attribute_names("#case", "case")
                .expression_attribute_names("#ticket", "ticket")
                .expression_attribute_values(":case", text(case.id))
                .expression_attribute_values(":ticket", text(case.ticket));
        }
        update
            .table_name(&self.table)
            .set_key(Some(head_key(id).attributes()))
            .update_expression(expression)
            .condition_expression("#version = :version")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#changed", "changed_at")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#list", "gsi1pk")
            .expression_attribute_names("#place", "gsi1sk")
            .expression_attribute_names("#expires", "expires_at")
            .expression_attribute_values(":state", name_of(&state))
            .expression_attribute_values(":changed", text(written(changed_at)))
            .expression_attribute_values(":version", number(version))
            .expression_attribute_values(":next", number(version + 1))
            .expression_attribute_values(":list", day_list(changed_at, shard_of(id.as_str())))
            .expression_attribute_values(":place", place(changed_at, id))
            .expression_attribute_values(":expires", expiry(self.clock.now(), LOOPS_DAYS))
            .build()
            .expect("table, key and expression are set")
    }

    /// Changes the head alone; `false` when somebody else changed it first.
    async fn write_head(&self, update: Update) -> Result<bool, StoreError> {
        let written = self
            .client
            .update_item()
            .table_name(update.table_name)
            .set_key(Some(update.key))
            .update_expression(update.update_expression)
            .set_condition_expression(update.condition_expression)
            .set_expression_attribute_names(update.expression_attribute_names)
            .set_expression_attribute_values(update.expression_attribute_values)
            .send()
            .await;
        match written {
            Ok(_) => Ok(true),
            Err(error) if failed_update(&error).is_some() => Ok(false),
            Err(error) => Err(classify("UpdateItem", &error)),
        }
    }
}
