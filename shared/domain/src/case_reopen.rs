//! What a response about a case does to that case: reopen it, leave a note, open a follow-up, or nothing.
//!
//! [`judge`] holds the thresholds against the rating; [`decide`] makes the plan from the case as it is now.

mod steps;
mod telling;
#[cfg(test)]
mod tests;
mod wording;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use steps::{failed_step, outcome_steps, resolved_step};
pub use telling::reopened;

use crate::cases::{
    CaseDraft, CaseFacts, CaseState, CustomerRef, NoteDraft, Origin, Priority, QueuePlacement,
    Reopening,
};
use crate::columns::ColumnValue;
use crate::configuration::{Configuration, Otherwise, ReopenColumns, Threshold};
use crate::identity;
use crate::names::{ColumnName, ResponseKey, RuleName};
use crate::response::Response;
use crate::rules::{Condition, Facts, Judgement, Verdict};
use crate::signals;

/// The thresholds of one configuration version, with their conditions parsed once.
#[derive(Debug)]
pub struct Thresholds {
    thresholds: Vec<(Threshold, Option<Result<Condition, String>>)>,
}

impl Thresholds {
    /// Parses the conditions.
    pub fn parse(configuration: &Configuration) -> Self {
        let parse = |t: &Threshold| {
            t.when
                .as_deref()
                .map(|w| Condition::parse(w).map_err(|p| p.to_string()))
        };
        Self {
            thresholds: configuration
                .reopen
                .iter()
                .map(|t| (t.clone(), parse(t)))
                .collect(),
        }
    }
}

/// Holds the thresholds against a response. The first that is broken decides; the verdicts say why, and why not.
pub fn judge<'t>(
    thresholds: &'t Thresholds,
    response: &Response,
    notification: &str,
) -> (Vec<Verdict>, Option<&'t Threshold>) {
    let facts = Facts::of(response, notification);
    let mut verdicts = Vec::new();
    let mut broken: Option<&Threshold> = None;
    for (threshold, condition) in &thresholds.thresholds {
        let metric = threshold.metric;
        let score = response.score(metric);
        let mut looked_at = score.map_or_else(String::new, |score| {
            format!("{metric} = {score}, below = {}", threshold.below)
        });
        let judgement = match (broken, score, condition) {
            (Some(winner), _, _) => Judgement::NotReached {
                winner: winner.name.to_string(),
            },
            (None, None, _) => Judgement::NotApplicable {
                missing: metric.to_string(),
            },
            (None, Some(score), _) if score >= threshold.below => Judgement::NotMatched,
            (None, Some(_), None) => Judgement::Matched,
            (None, Some(_), Some(Err(problem))) => Judgement::Failed {
                why: problem.clone(),
            },
            (None, Some(_), Some(Ok(condition))) => {
                let further = condition.looked_at(response, notification);
                if !further.is_empty() {
                    looked_at = format!("{looked_at}, {further}");
                }
                condition.judge(&facts)
            }
        };
        if judgement == Judgement::Matched {
            broken = Some(threshold);
        }
        verdicts.push(Verdict {
            rule: threshold.name.clone(),
            looked_at,
            judgement,
        });
    }
    (verdicts, broken)
}

/// The key under which the plan for a response about a case is stored: one plan per response.
pub fn plan_key(response: &ResponseKey) -> String {
    format!("reopen/{response}")
}

/// The set of responses that reopened a case, for counting.
pub fn reopened_key(case: Uuid) -> String {
    format!("reopened/{case}")
}

/// What is written into a case that is reopened by a response at a moment.
pub fn reopened_columns(
    columns: &ReopenColumns,
    response: &Response,
    now: Timestamp,
) -> BTreeMap<ColumnName, ColumnValue> {
    let reopened_on = columns
        .reopened_on
        .clone()
        .map(|column| (column, ColumnValue::Moment(now)));
    let by = columns
        .response
        .clone()
        .map(|column| (column, ColumnValue::Text(response.key.response.to_string())));
    reopened_on.into_iter().chain(by).collect()
}

/// What is known when the plan is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The case as it is now; `None` when it is gone.
    pub case: Option<CaseFacts>,
    /// What is written into the case itself when it is reopened.
    pub columns: BTreeMap<ColumnName, ColumnValue>,
    /// How often other responses reopened it.
    pub reopened_before: u32,
    /// The queue that the threshold names.
    pub queue: Option<Uuid>,
    /// The customer, looked up only when the case is gone.
    pub customer: Option<CustomerRef>,
    /// The ticket number of a case that is gone, when the loop still knows it.
    pub old_ticket: Option<String>,
}

/// A plan for a response about a case: stored before anything is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReopenPlan {
    /// The response.
    pub response: ResponseKey,
    /// The case it is about, or the one that this was merged into.
    pub case: Uuid,
    /// The case's ticket number, as far as known.
    pub ticket: String,
    /// The ticket number of the case that the rating is about, where that was merged into this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_from: Option<String>,
    /// The configuration version that decided.
    pub configuration: u64,
    /// The notification names that the rating was judged under.
    pub judged: BTreeSet<String>,
    /// The thresholds, with what came of each.
    pub verdicts: Vec<Verdict>,
    /// When the case had been resolved.
    pub resolved_at: Option<Timestamp>,
    /// What is done.
    pub course: Course,
    /// Whether it is carried out.
    pub progress: Progress,
}

impl ReopenPlan {
    /// Whether a further announcement of the rating is to be judged: while nothing was done about it, another
    /// notification name may break a threshold, and a person's replay may meet other thresholds.
    pub fn is_open_to(&self, notification: &str, replay: bool) -> bool {
        match self.progress {
            Progress::Intended => false,
            Progress::Refused { .. } => replay,
            Progress::Done => {
                let nothing = matches!(self.course, Course::Nothing { .. });
                nothing && (replay || !self.judged.contains(notification))
            }
        }
    }
}

/// How far a plan is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// To be carried out.
    Intended,
    /// Carried out.
    Done,
    /// Refused for good; a replay plans anew.
    Refused {
        /// Why.
        reason: String,
    },
}

/// What is done about a rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// The case is made active again.
    Reopen {
        /// The threshold that was broken.
        threshold: RuleName,
        /// The change set.
        reopening: Reopening,
    },
    /// Only a note is left on the case.
    Note {
        /// The threshold that was broken.
        threshold: RuleName,
        /// The note.
        note: NoteDraft,
        /// Why it is not reopened.
        why: String,
    },
    /// A new case is opened in its place.
    FollowUp {
        /// The threshold that was broken.
        threshold: RuleName,
        /// The new case.
        draft: Box<CaseDraft>,
        /// Why the old one is not reopened.
        why: String,
    },
    /// Nothing is done.
    Nothing {
        /// Why.
        why: String,
    },
}

impl Course {
    /// What was decided, in a word for logs and metrics.
    pub fn verdict(&self) -> signals::Verdict {
        match self {
            Self::Reopen { .. } => signals::Verdict::Reopen,
            Self::Note { .. } => signals::Verdict::Note,
            Self::FollowUp { .. } => signals::Verdict::FollowUp,
            Self::Nothing { .. } => signals::Verdict::Nothing,
        }
    }

    /// The threshold that was broken, if one was.
    pub fn threshold(&self) -> Option<&RuleName> {
        match self {
            Self::Reopen { threshold, .. }
            | Self::Note { threshold, .. }
            | Self::FollowUp { threshold, .. } => Some(threshold),
            Self::Nothing { .. } => None,
        }
    }
}

/// A rating that cannot be acted on, for good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// Why, for a person.
    pub reason: String,
}

/// Decides what a broken threshold does to the case as it is now.
///
/// An active case gets only a note. A cancelled or gone one cannot be reopened and gets a follow-up, as does a merged one
/// whose master is not known.
/// A resolved one is reopened unless the rating comes too late or too often: then the threshold's `otherwise` holds.
pub fn decide(
    response: &Response,
    threshold: &Threshold,
    known: &Known,
) -> Result<Course, Refused> {
    let Some(case) = &known.case else {
        return follow_up(response, threshold, known, "the case no longer exists");
    };
    match case.state {
        CaseState::Active => Ok(note(response, threshold, "the case is active already")),
        CaseState::Cancelled => follow_up(response, threshold, known, "the case was cancelled"),
        CaseState::Merged => follow_up(
            response,
            threshold,
            known,
            "the case was merged into another",
        ),
        CaseState::Resolved => match obstacle(response, threshold, case, known.reopened_before) {
            None => Ok(reopen(response, threshold, case, known)),
            Some(why) => match threshold.otherwise {
                Otherwise::FollowUp => follow_up(response, threshold, known, &why),
                Otherwise::Note => Ok(note(response, threshold, &why)),
                Otherwise::Nothing => Ok(Course::Nothing { why }),
            },
        },
    }
}

/// Why a resolved case is not reopened, if there is a reason.
fn obstacle(
    response: &Response,
    threshold: &Threshold,
    case: &CaseFacts,
    reopened_before: u32,
) -> Option<String> {
    if let (Some(within), Some(resolved_at)) = (threshold.within, case.resolved_at) {
        let after = response.submitted_at.as_second() - resolved_at.as_second();
        if after > within.seconds() {
            return Some(format!(
                "the rating came later than {within} after the case was resolved"
            ));
        }
    }
    match threshold.at_most {
        Some(at_most) if reopened_before >= at_most => Some(format!(
            "the case was reopened {reopened_before} times already, and {at_most} is the most"
        )),
        _ => None,
    }
}

fn reopen(response: &Response, threshold: &Threshold, case: &CaseFacts, known: &Known) -> Course {
    let queue = known.queue.or(case.queue);
    let reopening = Reopening {
        case: case.id,
        etag: case.etag.clone(),
        note: NoteDraft {
            id: identity::reopening_note(&response.key, &threshold.name),
            ..wording::note(response, threshold, "Reopened", None)
        },
        queue: queue.map(|queue| QueuePlacement {
            item: identity::queue_item(&response.key, &threshold.name),
            queue,
        }),
        columns: known.columns.clone(),
    };
    Course::Reopen {
        threshold: threshold.name.clone(),
        reopening,
    }
}

fn note(response: &Response, threshold: &Threshold, why: &str) -> Course {
    let note = wording::note(response, threshold, "Not reopened", Some(why));
    Course::Note {
        threshold: threshold.name.clone(),
        note,
        why: why.to_owned(),
    }
}

fn follow_up(
    response: &Response,
    threshold: &Threshold,
    known: &Known,
    why: &str,
) -> Result<Course, Refused> {
    let case = known.case.as_ref();
    let customer = case
        .and_then(|c| c.customer.clone())
        .or_else(|| known.customer.clone());
    let Some(customer) = customer else {
        let reason = format!("{why}, and no customer is known to open a follow-up case for");
        return Err(Refused { reason });
    };
    let queue = known.queue.or(case.and_then(|c| c.queue));
    let ticket = case
        .map(|c| c.ticket.as_str())
        .or(known.old_ticket.as_deref());
    let draft = CaseDraft {
        id: identity::case(&response.key, &threshold.name),
        title: wording::follow_up_title(ticket, case.map(|c| c.title.as_str())),
        description: Some(wording::description(response)),
        priority: Some(Priority::High),
        origin: Some(Origin::Web),
        case_type: None,
        columns: std::collections::BTreeMap::new(),
        customer,
        parent: case.filter(|case| case.takes_a_child()).map(|case| case.id),
        owner: None,
        queue: queue.map(|queue| QueuePlacement {
            item: identity::queue_item(&response.key, &threshold.name),
            queue,
        }),
        note: wording::follow_up_note(response, threshold, ticket, why),
    };
    Ok(Course::FollowUp {
        threshold: threshold.name.clone(),
        draft: Box::new(draft),
        why: why.to_owned(),
    })
}
