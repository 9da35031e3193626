//! Several requests in one, some of them all-or-nothing.
//!
//! Source: Microsoft Learn, "Execute batch operations using the Web API".

mod multipart;
mod read;
mod write;

use crate::{answer::Answer, error::Error, request::Request};

pub(crate) use multipart::is_multipart;
pub(crate) use read::read;
pub(crate) use write::{CONTENT_TYPE, write};

/// The most requests that the service takes in one batch.
pub const MOST_REQUESTS: usize = 1_000;

/// Requests that are executed in order. A failed one ends the batch: what comes after it is not
/// run, what came before it stands. [`Batch::continuing`] changes that.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    groups: Vec<Group>,
    continues: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Group {
    Alone(Request),
    ChangeSet(ChangeSet),
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a request that stands alone: any read, or a write that may succeed by itself.
    #[must_use]
    pub fn request(mut self, request: Request) -> Self {
        self.groups.push(Group::Alone(request));
        self
    }

    /// Adds writes of which either all happen or none.
    #[must_use]
    pub fn change_set(mut self, change_set: ChangeSet) -> Self {
        self.groups.push(Group::ChangeSet(change_set));
        self
    }

    /// Goes on after a failed request or change set, so that every one has an outcome.
    #[must_use]
    pub fn continuing(mut self) -> Self {
        self.continues = true;
        self
    }

    pub(crate) fn continues(&self) -> bool {
        self.continues
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }
}

impl From<ChangeSet> for Batch {
    fn from(change_set: ChangeSet) -> Self {
        Self::new().change_set(change_set)
    }
}

/// Writes of which either all happen or none. Reads are not allowed in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangeSet {
    requests: Vec<Request>,
}

impl ChangeSet {
    /// An empty change set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a write. Its place, counted from 0, names it in [`Outcome::Failed`].
    #[must_use]
    pub fn request(mut self, request: Request) -> Self {
        self.requests.push(request);
        self
    }

    /// How many writes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }
}

impl Group {
    pub(crate) fn requests(&self) -> &[Request] {
        match self {
            Self::Alone(request) => std::slice::from_ref(request),
            Self::ChangeSet(change_set) => &change_set.requests,
        }
    }
}

/// What became of one request or change set of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It happened; one answer for each of its requests, in their order.
    Done(Vec<Answer>),
    /// It did not happen, nor did any other write of the same change set.
    Failed {
        /// The place, counted from 0, of the request that failed within its change set; `None`
        /// when the service did not say which of several.
        part: Option<usize>,
        /// Why.
        error: Error,
    },
    /// It was not run, because something before it failed.
    NotRun,
}

impl Outcome {
    /// The answers of what happened, or the error of what did not.
    ///
    /// # Errors
    /// The error that the outcome holds; [`Error::Unavailable`] for what was not run.
    pub fn into_result(self) -> Result<Vec<Answer>, Error> {
        match self {
            Self::Done(answers) => Ok(answers),
            Self::Failed { error, .. } => Err(error),
            Self::NotRun => Err(Error::unavailable("the batch ended before this request")),
        }
    }
}
