//! A plan, told as a difference.

use serde::Serialize;

/// What becomes of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It is made.
    Create,
    /// It is changed.
    Change,
    /// It is as it should be.
    There,
    /// It is removed.
    Remove,
    /// It stays although it is not wanted any more, because something depends on it.
    Left,
    /// It is in the way and not ours to change: nothing is carried out before a person has decided.
    Conflict,
}

impl Mark {
    /// The sign at the beginning of the line.
    pub fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Change => '~',
            Self::There | Self::Left => '=',
            Self::Remove => '-',
            Self::Conflict => '!',
        }
    }
}

/// One thing, what becomes of it, and the actions that do so, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<A> {
    /// What becomes of it.
    pub mark: Mark,
    /// The thing, such as `column cxl_rootcause of incident`.
    pub what: String,
    /// What differs, or why it stays. Empty when the mark says it all.
    pub why: Vec<String>,
    /// What carries it out.
    pub actions: Vec<A>,
}

impl<A> Line<A> {
    /// A thing that is carried out by actions.
    pub fn new(mark: Mark, what: impl Into<String>, actions: Vec<A>) -> Self {
        Self {
            mark,
            what: what.into(),
            why: Vec::new(),
            actions,
        }
    }

    /// A thing about which nothing is done.
    pub fn idle(mark: Mark, what: impl Into<String>) -> Self {
        Self::new(mark, what, Vec::new())
    }

    /// The same, with a reason or a difference.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why.push(why.into());
        self
    }

    /// The same, with the differences that were found.
    #[must_use]
    pub fn differing(mut self, why: Vec<String>) -> Self {
        self.why.extend(why);
        self
    }

    /// As it is shown: `+ column cxl_rootcause of incident`, with what differs in brackets.
    pub fn told(&self) -> String {
        let why = match self.why.as_slice() {
            [] => String::new(),
            why => format!(" ({})", why.join("; ")),
        };
        format!("{} {}{why}", self.mark.sign(), self.what)
    }
}

/// What is to be done, in the order in which it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<A> {
    /// One line for each thing.
    pub lines: Vec<Line<A>>,
}

impl<A> Default for Plan<A> {
    fn default() -> Self {
        Self { lines: Vec::new() }
    }
}

impl<A> Plan<A> {
    /// Whether everything is as it should be.
    pub fn is_done(&self) -> bool {
        self.lines
            .iter()
            .all(|line| matches!(line.mark, Mark::There | Mark::Left))
    }

    /// What is in the way.
    pub fn conflicts(&self) -> impl Iterator<Item = &Line<A>> {
        self.lines.iter().filter(|line| line.mark == Mark::Conflict)
    }

    /// What is not as it should be.
    pub fn open(&self) -> impl Iterator<Item = &Line<A>> {
        self.lines
            .iter()
            .filter(|line| !matches!(line.mark, Mark::There | Mark::Left))
    }

    /// Every action, in order.
    pub fn actions(&self) -> impl Iterator<Item = &A> {
        self.lines.iter().flat_map(|line| &line.actions)
    }
}
