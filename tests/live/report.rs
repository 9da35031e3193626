//! One line for each thing looked at.

use std::{any::Any, future::Future, io::Write, panic::AssertUnwindSafe};

use futures::FutureExt;

/// What came of a run.
#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<String>,
    broken: usize,
    differing: usize,
    spoken: bool,
}

impl Report {
    /// A report that prints its lines as they come.
    pub(crate) fn to_people() -> Self {
        Self {
            spoken: true,
            ..Self::default()
        }
    }

    /// Runs a suite, whose panic is a broken promise.
    pub(crate) async fn check(&mut self, what: &str, suite: impl Future<Output = ()>) {
        match AssertUnwindSafe(suite).catch_unwind().await {
            Ok(()) => self.kept(what),
            Err(panic) => self.broken(what, &words(panic.as_ref())),
        }
    }

    pub(crate) fn kept(&mut self, what: &str) {
        self.say(&format!("kept     {what}"));
    }

    pub(crate) fn broken(&mut self, what: &str, why: &str) {
        self.broken += 1;
        let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
        self.say(&format!("BROKEN   {what}: {why}"));
    }

    /// A question that was answered by looking.
    pub(crate) fn seen(&mut self, question: &str, assumed: &str, seen: &str) {
        if seen == assumed {
            self.say(&format!("assumed  {question} {seen}"));
        } else {
            self.differing += 1;
            self.say(&format!(
                "DIFFERS  {question} assumed: {assumed}; seen: {seen}"
            ));
        }
    }

    pub(crate) fn open(&mut self, question: &str, why: &str) {
        self.say(&format!("open     {question} {why}"));
    }

    pub(crate) fn say(&mut self, line: &str) {
        if self.spoken {
            // Nobody is left to tell when the reader has gone.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
        self.lines.push(line.to_owned());
    }

    /// The last line.
    pub(crate) fn close(&mut self) {
        let (broken, differing) = (self.broken, self.differing);
        self.say(&format!(
            "{broken} broken, {differing} differing from docs/unverified.md"
        ));
    }

    pub(crate) fn failed(&self) -> bool {
        self.broken > 0
    }

    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
        .to_owned()
}
