//! Alternate keys: columns whose values together name a row.
//! Source: Microsoft Learn, "Define alternate keys for a table".

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use jiff::Timestamp;

use super::ColumnId;

/// An alternate key.
#[derive(Clone, Debug)]
pub(crate) struct AlternateKey {
    /// Logical name.
    pub(crate) name: String,
    pub(crate) schema: String,
    pub(crate) label: String,
    pub(crate) columns: Vec<ColumnId>,
    made_at_seconds: i64,
    /// Rows that the table had when the key was made contradict it.
    pub(crate) failed: bool,
    /// How often somebody asked for the state.
    asked: Arc<AtomicU8>,
}

/// How far the index of a key is. Source: Microsoft Learn, "EntityKeyIndexStatus enum".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexStatus {
    Pending,
    InProgress,
    Active,
    Failed,
}

impl IndexStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Active => "Active",
            Self::Failed => "Failed",
        }
    }
}

/// After this many seconds an index is being made, and after this many it is made, however seldom somebody asks.
const BEGUN_AFTER_SECONDS: i64 = 2;
const MADE_AFTER_SECONDS: i64 = 5;

impl AlternateKey {
    pub(crate) fn new(
        name: String,
        schema: String,
        label: String,
        columns: Vec<ColumnId>,
        made_at_seconds: i64,
        failed: bool,
    ) -> Self {
        Self {
            name,
            schema,
            label,
            columns,
            made_at_seconds,
            failed,
            asked: Arc::default(),
        }
    }

    /// Somebody asks for the state, which moves it on: with a clock that stands still, asking is all that happens.
    pub(crate) fn watch(&self) {
        let _ = self
            .asked
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |times| {
                Some(times.saturating_add(1))
            });
    }

    pub(crate) fn status(&self, now: Timestamp) -> IndexStatus {
        let age = now.as_second() - self.made_at_seconds;
        let asked = self.asked.load(Ordering::Relaxed);
        if age >= MADE_AFTER_SECONDS || asked > 2 {
            if self.failed {
                IndexStatus::Failed
            } else {
                IndexStatus::Active
            }
        } else if age >= BEGUN_AFTER_SECONDS || asked > 1 {
            IndexStatus::InProgress
        } else {
            IndexStatus::Pending
        }
    }
}
