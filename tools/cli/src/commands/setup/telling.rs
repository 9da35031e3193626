//! How a plan is shown, and what came of it.

use cxloop_domain::setup::{Line, Mark, Plan};
use serde_json::{Value, json};

use crate::arguments::SetupChoice;
use crate::{Report, output};

/// Lines of several plans, and what is told beside them.
#[derive(Default)]
pub(super) struct Telling {
    lines: Vec<Shown>,
    notes: Vec<String>,
    json: bool,
}

struct Shown {
    mark: Mark,
    what: String,
    why: Vec<String>,
}

impl Telling {
    /// Nothing yet. What is done is shown meanwhile, unless the result is for programs.
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            ..Self::default()
        }
    }

    /// Shows the lines of a plan.
    pub(super) fn plan<A>(&mut self, plan: &Plan<A>) {
        plan.lines.iter().for_each(|line| self.line(line));
    }

    /// Shows one line.
    pub(super) fn line<A>(&mut self, line: &Line<A>) {
        self.progress(&line.told());
        self.lines.push(Shown {
            mark: line.mark,
            what: line.what.clone(),
            why: line.why.clone(),
        });
    }

    /// Shows what is going on.
    pub(super) fn progress(&self, line: &str) {
        if !self.json {
            output::progress(line);
        }
    }

    /// Says something beside the plan, at the end.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Whether something is in the way.
    pub(super) fn has_conflicts(&self) -> bool {
        self.lines.iter().any(|line| line.mark == Mark::Conflict)
    }

    fn is_done(&self) -> bool {
        self.lines
            .iter()
            .all(|line| matches!(line.mark, Mark::There | Mark::Left))
    }

    /// The end: `whole` says whether everything that was wanted is so now.
    pub(super) fn report(self, system: &str, choice: &SetupChoice, whole: bool) -> Report {
        let conflicts = self.has_conflicts();
        let last = match (conflicts, self.is_done(), choice.dry_run, choice.remove) {
            (true, ..) => "something is in the way: nothing was changed".to_owned(),
            (_, true, _, false) => {
                format!("{system}: everything is set up; there is nothing to do")
            }
            (_, true, _, true) => format!("{system}: there is nothing to remove"),
            (_, _, true, _) => "dry run: nothing was changed".to_owned(),
            (_, _, _, true) => format!("{system}: removed"),
            _ if whole => format!("{system}: everything is set up"),
            _ => format!("{system}: not everything is set up yet"),
        };
        let lines: Vec<Value> = self
            .lines
            .iter()
            .map(|line| json!({ "mark": line.mark, "what": line.what, "why": line.why }))
            .collect();
        let json = json!({
            "system": system,
            "dry_run": choice.dry_run,
            "remove": choice.remove,
            "lines": lines,
            "nothing_to_do": self.is_done(),
            "fine": whole && !conflicts,
            "notes": self.notes,
        });
        let mut text = self.notes;
        text.push(last);
        Report {
            text: text.join("\n"),
            json,
            fine: whole && !conflicts,
            unreachable: false,
        }
    }
}
