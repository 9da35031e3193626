//! Which rules a response meets, and the case that follows from each.
//!
//! The identity of a case is its response and its rule. [`judge`] holds the rules against the response;
//! [`draft`] fills a rule's texts in; [`decide`] makes the plan from what the CRM knows.

mod columns;
mod customer;
mod drafting;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use customer::{Whose, customer_keys, whose};
pub use drafting::{Draft, draft, score_in_words};
pub use steps::{
    case_steps, decided_after_all_step, decided_step, failed_step, note_failed_step, noted_step,
    undecided_step,
};

use crate::cases::{
    CaseDraft, ContactDraft, CustomerRef, NOTE_TEXT_CHARS, NoteDraft, OwnerRef, QueuePlacement,
};
use crate::columns::{ColumnValue, CrmColumns};
use crate::configuration::{CaseRule, Configuration};
use crate::identity;
use crate::names::{ColumnName, ResponseKey, RuleName};
use crate::response::Response;
use crate::rules::{Condition, Facts, Judgement, Verdict};
use crate::texts;

/// The case rules of one configuration version, parsed once.
#[derive(Debug)]
pub struct CaseRules {
    rules: Vec<(CaseRule, Result<Condition, String>)>,
    customer_columns: BTreeSet<ColumnName>,
}

impl CaseRules {
    /// Parses the conditions. One that cannot be read gives every response the verdict "failed" with the
    /// reason; checking keeps such a rule from being applied in the first place.
    pub fn parse(configuration: &Configuration) -> Self {
        let parse =
            |rule: &CaseRule| Condition::parse(&rule.when).map_err(|problem| problem.to_string());
        Self {
            rules: configuration
                .case_rules
                .iter()
                .map(|rule| (rule.clone(), parse(rule)))
                .collect(),
            customer_columns: configuration.customer_columns(),
        }
    }

    /// The columns of the customer that conditions and templates name.
    pub fn customer_columns(&self) -> &BTreeSet<ColumnName> {
        &self.customer_columns
    }

    /// Whether some condition asks about the customer, who then has to be found before anything is judged.
    pub fn ask_about_the_customer(&self) -> bool {
        let conditions = self
            .rules
            .iter()
            .filter_map(|(_, condition)| condition.as_ref().ok());
        conditions
            .into_iter()
            .any(Condition::asks_about_the_customer)
    }

    /// The rule of a name.
    pub fn rule(&self, name: &RuleName) -> Option<&CaseRule> {
        self.rules
            .iter()
            .map(|(rule, _)| rule)
            .find(|rule| rule.name == *name)
    }
}

/// What the rules make of a response that was announced under one notification name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The configuration version that decided.
    pub configuration: u64,
    /// Each rule in file order with what it looked at and what came of it.
    pub verdicts: Vec<Verdict>,
    /// The rules that act, in file order.
    pub chosen: Vec<RuleName>,
}

/// Holds the rules against a response and what is known of its customer: the first that matches wins, unless it says to
/// go on.
pub fn judge(
    rules: &CaseRules,
    response: &Response,
    notification: &str,
    configuration: u64,
    customer: Option<&CrmColumns>,
) -> Decision {
    let facts = Facts::of(response, notification).knowing(customer);
    let mut decision = Decision {
        configuration,
        verdicts: Vec::new(),
        chosen: Vec::new(),
    };
    let mut winner: Option<&RuleName> = None;
    for (rule, condition) in &rules.rules {
        let (judgement, looked_at) = match (winner, condition) {
            (Some(winner), _) => (
                Judgement::NotReached {
                    winner: winner.to_string(),
                },
                String::new(),
            ),
            (None, Ok(condition)) => (
                condition.judge(&facts),
                condition.looked_at(response, notification),
            ),
            (None, Err(problem)) => (
                Judgement::Failed {
                    why: problem.clone(),
                },
                String::new(),
            ),
        };
        if judgement == Judgement::Matched {
            decision.chosen.push(rule.name.clone());
            winner = (!rule.go_on).then_some(&rule.name);
        }
        decision.verdicts.push(Verdict {
            rule: rule.name.clone(),
            looked_at,
            judgement,
        });
    }
    decision
}

/// The key under which the decision for a response and notification is stored.
pub fn decision_key(response: &ResponseKey, notification: &str) -> String {
    format!(
        "decision/{}",
        identity::derive("decision", &[&response.to_string(), notification])
    )
}

/// The key under which the plan for a response and rule is stored.
pub fn plan_key(response: &ResponseKey, rule: &RuleName) -> String {
    format!("case/{response}/{rule}")
}

/// What the CRM knows that the plan depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The customer, when somebody matched.
    pub customer: Option<CustomerRef>,
    /// The queue that the draft names.
    pub queue: Option<Uuid>,
    /// The owner that the draft names.
    pub owner: Option<OwnerRef>,
    /// The values of the choices that the draft names by label.
    pub choices: BTreeMap<ColumnName, i64>,
}

/// A plan for one response and rule: stored before anything is written, and the one that every retry runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CasePlan {
    /// The response.
    pub response: ResponseKey,
    /// The rule.
    pub rule: RuleName,
    /// How far it is.
    pub progress: Progress,
    /// The contact to be created first.
    pub new_contact: Option<ContactDraft>,
    /// What is done.
    pub course: Course,
    /// Template of the note that the response gets on its platform; none where the platform has no notes.
    pub response_note: Option<String>,
    /// The claim that must still be ours when the case is opened, under `open_case: attach`.
    pub claim: Option<String>,
}

/// How far a plan is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// To be carried out.
    Intended,
    /// The case stands; the note on the response is still to come.
    Opened {
        /// Its ticket number.
        ticket: String,
    },
    /// Carried out.
    Done {
        /// The ticket number that came of it.
        ticket: String,
    },
    /// Refused for good, with no case made; a replay plans anew.
    Refused {
        /// Why.
        reason: String,
    },
}

/// What is done for a response and rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// A case is opened.
    Open(Box<CaseDraft>),
    /// The response is added to a case that the customer already has open from this rule.
    Attach {
        /// That case.
        case: Uuid,
        /// Its ticket number.
        ticket: String,
        /// The note.
        note: NoteDraft,
    },
}

impl Course {
    /// The case that the response ends up in.
    pub fn case(&self) -> Uuid {
        match self {
            Self::Open(draft) => draft.id,
            Self::Attach { case, .. } => *case,
        }
    }
}

/// A response that no case can be made of, for good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rule {rule}: {reason}")]
pub struct Refused {
    /// The rule.
    pub rule: RuleName,
    /// Why, for a person.
    pub reason: String,
}

/// The plan to open a case.
pub fn decide(
    response: &Response,
    draft: &Draft,
    whose: &Whose,
    known: &Known,
    claim: Option<String>,
) -> CasePlan {
    let key = &response.key;
    let case = CaseDraft {
        id: identity::case(key, &draft.rule),
        title: draft.title.clone(),
        description: draft.description.clone(),
        priority: draft.priority,
        origin: draft.origin,
        case_type: draft.case_type,
        columns: columns(draft, known),
        customer: whose.customer.clone(),
        parent: None,
        owner: known.owner.clone(),
        queue: known.queue.map(|queue| QueuePlacement {
            item: identity::queue_item(key, &draft.rule),
            queue,
        }),
        note: saying_why(&draft.note, whose.why.as_deref()),
    };
    CasePlan {
        response: key.clone(),
        rule: draft.rule.clone(),
        progress: Progress::Intended,
        new_contact: whose.new_contact.clone(),
        course: Course::Open(Box::new(case)),
        response_note: draft.response_note.clone(),
        claim,
    }
}

/// The draft's columns, with the choices whose labels were looked up.
fn columns(draft: &Draft, known: &Known) -> BTreeMap<ColumnName, ColumnValue> {
    let value = |name: &ColumnName, drafted: &ColumnValue| match known.choices.get(name) {
        Some(choice) => ColumnValue::Choice(*choice),
        None => drafted.clone(),
    };
    draft
        .columns
        .iter()
        .map(|(name, drafted)| (name.clone(), value(name, drafted)))
        .collect()
}

/// The note with the reason for its customer first, where no cut takes it away.
fn saying_why(note: &NoteDraft, why: Option<&str>) -> NoteDraft {
    match why {
        None => note.clone(),
        Some(why) => NoteDraft {
            text: texts::fit(&format!("{why}\n\n{}", note.text), NOTE_TEXT_CHARS).0,
            ..note.clone()
        },
    }
}

/// The plan that takes the place of one to open a case, when the customer already has an open case from the same rule.
pub fn attached(plan: &CasePlan, draft: &CaseDraft, case: Uuid, ticket: &str) -> CasePlan {
    let course = Course::Attach {
        case,
        ticket: ticket.to_owned(),
        note: draft.note.clone(),
    };
    CasePlan {
        course,
        claim: None,
        ..plan.clone()
    }
}

/// The key of the claim that lets one customer have one open case from a rule.
pub fn claim_key(rule: &RuleName, customer: &CustomerRef) -> String {
    match customer {
        CustomerRef::Contact(id) => format!("open/{rule}/contact/{id}"),
        CustomerRef::Account(id) => format!("open/{rule}/account/{id}"),
    }
}

/// The note that a response gets on its platform: the configured text with the ticket number, and the marker to find it by.
pub fn response_note(template: &str, ticket: &str, case: Uuid, marker: &str) -> String {
    let values = serde_json::json!({ "ticket": ticket, "case_id": case });
    let text = texts::fill(template, &values).unwrap_or_else(|_| format!("Case {ticket} is open."));
    format!("{} [cxloop {marker}]", text.trim())
}
