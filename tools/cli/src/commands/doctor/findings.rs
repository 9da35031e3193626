//! What was found, a line each.

use cxloop_domain::doctor::{Health, Judgement};
use cxloop_ports::{Failure, Remedy};
use serde_json::{Value, json};

use crate::Report;
use crate::report::count;

/// One thing and how it is.
struct Finding {
    check: String,
    health: Health,
    told: String,
    /// The command that mends it, or what a person does.
    mend: Option<String>,
}

/// What was found.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a thing.
    pub(super) fn add(
        &mut self,
        check: &str,
        health: Health,
        told: impl Into<String>,
        mend: Option<&str>,
    ) {
        self.0.push(Finding {
            check: check.to_owned(),
            health,
            told: told.into(),
            mend: mend.map(str::to_owned),
        });
    }

    /// It is as it should be.
    pub(super) fn ok(&mut self, check: &str, told: impl Into<String>) {
        self.add(check, Health::Ok, told, None);
    }

    /// It works, and should not stay so.
    pub(super) fn warning(&mut self, check: &str, told: impl Into<String>, mend: &str) {
        self.add(check, Health::Warning, told, Some(mend));
    }

    /// It does not work.
    pub(super) fn failed(&mut self, check: &str, told: impl Into<String>, mend: &str) {
        self.add(check, Health::Failed, told, Some(mend));
    }

    /// It does not answer.
    pub(super) fn unreachable(&mut self, check: &str, told: impl Into<String>, mend: Option<&str>) {
        self.add(check, Health::Unreachable, told, mend);
    }

    /// It is as it was judged, or as `fine` says.
    pub(super) fn judged(
        &mut self,
        check: &str,
        judgement: Judgement,
        fine: impl Into<String>,
        mend: &str,
    ) {
        match judgement {
            None => self.ok(check, fine),
            Some((health, told)) => self.add(check, health, told, Some(mend)),
        }
    }

    /// It could not be asked: a failure that passes is one to reach it.
    pub(super) fn trouble(&mut self, check: &str, failure: &Failure, mend: &str) {
        let health = match failure.remedy {
            Remedy::Retry | Remedy::WaitUntil { .. } | Remedy::ComeBack { .. } => {
                Health::Unreachable
            }
            Remedy::Mend | Remedy::Park => Health::Failed,
        };
        self.add(
            check,
            health,
            failure.message.trim_end_matches('.'),
            Some(mend),
        );
    }

    /// Adds what another examination found.
    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The report: a line each, and what it comes to.
    pub(super) fn report(self) -> Report {
        let of = |health: Health| {
            self.0
                .iter()
                .filter(|finding| finding.health == health)
                .count()
        };
        let (warnings, unreachable) = (of(Health::Warning), of(Health::Unreachable));
        let failed = of(Health::Failed) + unreachable;
        let findings: Vec<Value> = self.0.iter().map(Finding::to_json).collect();
        let mut lines: Vec<String> = self.0.iter().map(Finding::line).collect();
        lines.push(match (failed, warnings) {
            (0, 0) => "all is well".to_owned(),
            (0, warnings) => format!("all works, with {}", count(warnings, "warning")),
            (failed, warnings) => format!("{failed} failed, {}", count(warnings, "warning")),
        });
        Report {
            text: lines.join("\n"),
            json: json!({ "fine": failed == 0, "failed": failed, "warnings": warnings, "findings": findings }),
            fine: failed == 0,
            unreachable: unreachable > 0,
        }
    }
}

impl Finding {
    fn line(&self) -> String {
        let mend = match (&self.mend, self.health) {
            (Some(mend), health) if health != Health::Ok => format!(" -> {mend}"),
            _ => String::new(),
        };
        format!(
            "{:<8} {}: {}{mend}",
            self.health.word(),
            self.check,
            self.told
        )
    }

    fn to_json(&self) -> Value {
        json!({ "check": self.check, "health": self.health, "told": self.told, "mend": self.mend })
    }
}
