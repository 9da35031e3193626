//! Which rules a response meets, and the case that follows from each.
//!
//! The identity of a case is its response and its rule. [`judge`] holds the rules against the response;
//! [`draft`] fills a rule's texts in; [`decide`] makes the plan from what the CRM knows.

mod drafting;
mod steps;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use drafting::{Draft, draft, score_in_words};
pub use steps::{case_steps, decided_step, failed_step, note_failed_step, noted_step};

use crate::cases::{
    CaseDraft, ContactDraft, CustomerKeys, CustomerRef, NoteDraft, OwnerRef, QueuePlacement,
};
use crate::configuration::{CaseRule, Configuration, Customers};
use crate::identity;
use crate::names::{ResponseKey, RuleName};
use crate::response::{Email, Response, normalised_phone};
use crate::rules::{Condition, Facts, Judgement, Verdict};
use crate::texts;

/// The case rules of one configuration version, parsed once.
#[derive(Debug)]
pub struct CaseRules {
    rules: Vec<(CaseRule, Result<Condition, String>)>,
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
        }
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

/// Holds the rules against a response: the first that matches wins, unless it says to go on.
pub fn judge(
    rules: &CaseRules,
    response: &Response,
    notification: &str,
    configuration: u64,
) -> Decision {
    let facts = Facts::of(response, notification);
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
}

/// Whose case it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whose {
    /// The row that the case belongs to.
    pub customer: CustomerRef,
    /// The contact to be created first, when it is a new one.
    pub new_contact: Option<ContactDraft>,
    /// The configured stand-in for whoever is unknown, and so nobody in particular.
    pub stand_in: bool,
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

/// The keys by which the customer of a response can be found. A hash finds nobody.
pub fn customer_keys(response: &Response) -> CustomerKeys {
    let customer = &response.customer;
    let text = |value: &Option<String>| {
        value
            .as_deref()
            .map(str::trim)
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
    };
    CustomerKeys {
        external_id: text(&customer.external_id),
        email: customer
            .email
            .as_ref()
            .and_then(Email::address)
            .map(str::to_lowercase),
        phone: customer.phone.as_deref().and_then(normalised_phone),
    }
}

/// Whose case it is: who matched, else a new contact under the id of their surest key, else the configured stand-in.
pub fn whose(
    response: &Response,
    matched: Option<&CustomerRef>,
    customers: &Customers,
) -> Result<Whose, String> {
    let whose = |customer: &CustomerRef| Whose {
        customer: customer.clone(),
        new_contact: None,
        stand_in: false,
    };
    if let Some(customer) = matched {
        return Ok(whose(customer));
    }
    if customers.create
        && let Some(contact) = new_contact(response)
    {
        return Ok(Whose {
            new_contact: Some(contact.clone()),
            ..whose(&CustomerRef::Contact(contact.id))
        });
    }
    match &customers.otherwise {
        Some(customer) => Ok(Whose { stand_in: true, ..whose(customer) }),
        None if customers.create => Err("nobody in the CRM matches, and the response carries no external id, e-mail \
             address or phone number to create a contact from; set customers.otherwise to give such cases a customer"
            .to_owned()),
        None => Err("nobody in the CRM matches, and contacts are not created; set customers.create or customers.otherwise"
            .to_owned()),
    }
}

fn new_contact(response: &Response) -> Option<ContactDraft> {
    let keys = customer_keys(response);
    let id = match (&keys.external_id, &keys.email, &keys.phone) {
        (Some(external_id), _, _) => identity::contact("external id", external_id),
        (None, Some(email), _) => identity::contact("email", email),
        (None, None, Some(phone)) => identity::contact("phone", phone),
        (None, None, None) => return None,
    };
    let name = response
        .customer
        .name
        .as_deref()
        .map(texts::one_line)
        .filter(|name| !name.is_empty());
    let (first_name, last_name) = match name {
        Some(name) => match name.split_once(' ') {
            Some((first, rest)) => (Some(texts::fit(first, 50).0), texts::fit(rest, 50).0),
            None => (None, texts::fit(&name, 50).0),
        },
        None => {
            let unnamed = keys
                .email
                .as_deref()
                .or(keys.external_id.as_deref())
                .or(keys.phone.as_deref());
            (None, texts::fit(unnamed.unwrap_or_default(), 50).0)
        }
    };
    Some(ContactDraft {
        id,
        first_name,
        last_name,
        email: keys.email,
        phone: keys.phone,
        external_id: keys.external_id,
    })
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
        customer: whose.customer.clone(),
        owner: known.owner.clone(),
        queue: known.queue.map(|queue| QueuePlacement {
            item: identity::queue_item(key, &draft.rule),
            queue,
        }),
        note: draft.note.clone(),
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
