//! Sends surveys when rows of the CRM reach the state of a rule.
//!
//! An event only says that something changed. The row is read, held against what was last seen of it, and stored together with
//! what is to be begun. Each time that a row reaches the state of a rule has one invitation, which is recorded before anything is
//! sent: condition, consent and cap are looked at again at the moment of sending, and a lost answer is never followed by a
//! second message unless the rule asks for it.

mod deciding;
mod invitations;
mod sending;
mod watching;

use std::sync::Arc;

use cxloop_domain::configuration::{Applied, Surveys};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::survey_trigger::Arrival;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{
    Claims, Clock, Configurations, CrmRowDesks, CrmRows, Failure, Gates, Invitations, Loops, Mail,
    Plans, Signals, SurveySenders, TextMessages, WakeUps,
};

/// How often a message that lost a race looks at what is stored anew before it comes back later.
const RACES: usize = 8;

/// What this function needs, and what its policy allows.
pub struct Deps {
    /// The rules.
    pub configurations: Arc<dyn Configurations>,
    /// What was last seen of rows, and when people were asked.
    pub plans: Arc<dyn Plans>,
    /// One worker at a time for each invitation.
    pub claims: Arc<dyn Claims>,
    /// What becomes of each invitation.
    pub invitations: Arc<dyn Invitations>,
    /// The loop of a case tells of the invitations about it.
    pub loops: Arc<dyn Loops>,
    /// Which survey platforms are closed. The gate of the CRM is asked by `rows`.
    pub gates: Arc<dyn Gates>,
    /// The CRM.
    pub rows: Arc<dyn CrmRowDesks>,
    /// The survey platforms.
    pub senders: Arc<dyn SurveySenders>,
    /// E-mails.
    pub mail: Arc<dyn Mail>,
    /// Text messages.
    pub text_messages: Arc<dyn TextMessages>,
    /// Brings an invitation back when its time has come.
    pub wake_ups: Arc<dyn WakeUps>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Counts what becomes of invitations.
    pub signals: Arc<dyn Signals>,
    /// This worker's name for leases, unlike that of any other.
    pub worker: String,
}

/// One message at work: what all parts look at.
struct Work<'w> {
    deps: &'w Deps,
    applied: &'w Applied,
    surveys: &'w Surveys,
    rows: &'w dyn CrmRows,
    /// The connection of the CRM.
    crm: &'w ConnectionName,
}

/// Does what follows from a message.
pub async fn handle(deps: &Deps, told: Arrival) -> Result<(), Failure> {
    if let Arrival::Reported(report) = &told {
        return invitations::reported(deps, report).await;
    }
    let applied = deps.configurations.current().await?;
    // Without rules a waiting invitation is looked at all the same: its rule was removed, and that is what it then says.
    let none = Surveys::default();
    let surveys = applied.configuration.surveys.as_ref().unwrap_or(&none);
    if let Arrival::Changed(event) = &told
        && watching::rules_of(surveys, event).is_empty()
    {
        return Ok(());
    }
    let (crm, rows) = deps.rows.rows(&applied)?;
    let work = Work {
        deps,
        applied: &applied,
        surveys,
        rows: rows.as_ref(),
        crm: &crm,
    };
    let told_by = match &told {
        Arrival::Changed(event) => &event.connection,
        Arrival::Due(due) => &due.connection,
        Arrival::Reported(_) => &crm,
    };
    if *told_by != crm {
        tracing::warn!(
            { fields::OUTCOME } = outcomes::GONE,
            { fields::CONNECTION } = told_by.as_str(),
            "the message came from a connection that is not the CRM"
        );
        return Ok(());
    }
    match told {
        Arrival::Changed(event) => Box::pin(work.changed(&event)).await,
        Arrival::Due(due) => Box::pin(work.advance(due.invitation, due.replay, None)).await,
        Arrival::Reported(_) => Ok(()),
    }
}
