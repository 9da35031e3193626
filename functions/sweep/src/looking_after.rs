//! Looking whether what was begun went on.

use std::future::Future;

use cxloop_ports::Failure;
use futures::stream::{self, StreamExt};

/// How many are looked at at once.
const AT_ONCE: usize = 10;

/// What came of looking.
pub(crate) struct LookedAfter {
    /// How many had not gone on and are told once more.
    pub(crate) told: usize,
    first_failure: Option<Failure>,
}

impl LookedAfter {
    /// How many are told once more, or the first failure.
    pub(crate) fn ended(self) -> Result<usize, Failure> {
        self.first_failure.map_or(Ok(self.told), Err)
    }
}

/// Looks at all of them; `look` says whether one is told once more. One that fails keeps no other back.
pub(crate) async fn all<T, L>(found: Vec<T>, look: impl Fn(T) -> L) -> LookedAfter
where
    L: Future<Output = Result<bool, Failure>>,
{
    let mut looking = stream::iter(found).map(look).buffer_unordered(AT_ONCE);
    let (mut told, mut first_failure) = (0, None);
    while let Some(done) = looking.next().await {
        match done {
            Ok(again) => told += usize::from(again),
            Err(failure) => {
                first_failure.get_or_insert(failure);
            }
        }
    }
    LookedAfter {
        told,
        first_failure,
    }
}
