//! The steps of a loop: each under its key, so that a repeat meets the first.

use cxloop_domain::loops::{Step, StepKind};
use cxloop_domain::names::LoopId;

use super::partition;
use crate::error::classify;
use crate::item::{Key, Stored, expiry, failed_put, name_of, number, text};
use crate::retention::LOOPS_DAYS;
use crate::{Store, StoreError};

const WHAT: &str = "step of a loop";

pub(super) fn read(item: &Stored) -> Result<Step, StoreError> {
    serde_json::from_str(item.text("step")?).map_err(|error| StoreError::Unreadable {
        what: WHAT,
        attribute: "step",
        problem: format!("{:?} error at column {}", error.classify(), error.column()),
    })
}

impl Store {
    /// Writes a step unless its key is taken; a failure makes room for what came of trying again. `false` when another
    /// stands.
    pub(super) async fn put_step(&self, id: &LoopId, step: &Step) -> Result<bool, StoreError> {
        let json = serde_json::to_string(step).expect("a step is plain data");
        let now = self.clock.now();
        let item = Key::new(partition(id), format!("STEP#{}", step.key)).with([
            ("kind", name_of(&step.what)),
            ("step", text(json)),
            ("expires_at", expiry(now, LOOPS_DAYS)),
        ]);
        let written = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(
                "attribute_not_exists(#pk) OR #kind = :failed OR #expires <= :now",
            )
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_names("#expires", "expires_at")
            .expression_attribute_values(":failed", name_of(&StepKind::Failed))
            .expression_attribute_values(":now", number(now.as_second()))
            .send()
            .await;
        match written {
            Err(error) if failed_put(&error).is_none() => Err(classify("PutItem", &error)),
            outcome => Ok(outcome.is_ok()),
        }
    }
}
