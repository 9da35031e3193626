//! The invitations to surveys, as pages and as JSON: what was sent, what waits, and why nothing was sent.

use askama::Template;
use cxloop_domain::configuration::Configuration;
use cxloop_domain::console::{INVITATION_STATES, invitation_in_words, row_link, why_of_invitation};
use cxloop_domain::survey_trigger::{Invitation, InvitationState};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use serde::Serialize;
use uuid::Uuid;

use crate::pages::{html, moment, not_found};
use crate::{Answer, Deps, api};

/// How many invitations the list shows.
const PAGE: usize = 50;
/// How many are read at once when only those in one state are shown.
const READ_AT_ONCE: usize = 200;
/// How many are read at most to fill one page.
const READ_AT_MOST: usize = 1_000;

/// Which part of the list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Only those in this state.
    pub(crate) state: Option<&'static str>,
    /// Only those that something became of before.
    pub(crate) before: Option<Timestamp>,
}

/// A part of the list.
#[derive(Serialize)]
struct Listed {
    invitations: Vec<Invitation>,
    /// Where the next part begins: the `before` to ask with. The end when it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    older: Option<Timestamp>,
}

#[derive(Template)]
#[template(path = "invitations.html")]
struct InvitationsPage {
    states: Vec<StateLink>,
    state: Option<&'static str>,
    rows: Vec<InvitationRow>,
    is_first: bool,
    older: Option<String>,
}

struct StateLink {
    word: &'static str,
    words: &'static str,
    is_chosen: bool,
}

struct InvitationRow {
    id: String,
    rule: String,
    table: String,
    link: Option<String>,
    state: &'static str,
    class: &'static str,
    why: String,
    changed_at: String,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    row: InvitationRow,
    row_id: String,
    occurrence: u32,
    began_at: String,
    response: Option<(String, String)>,
    trail: Vec<(String, String)>,
    can_replay: bool,
    may_be_out: bool,
}

pub(crate) async fn page(deps: &Deps, listing: &Listing) -> Answer {
    let listed = listed(deps, listing).await?;
    let applied = deps.configurations.current().await?;
    let rows = listed.invitations.iter();
    Ok(html(
        StatusCode::OK,
        &InvitationsPage {
            states: state_links(listing.state),
            state: listing.state,
            rows: rows
                .map(|invitation| row(&applied.configuration, invitation))
                .collect(),
            is_first: listing.before.is_none(),
            older: listed.older.map(|before| before.to_string()),
        },
    ))
}

pub(crate) async fn one(deps: &Deps, id: Uuid) -> Answer {
    let Some(kept) = deps.invitations.load(id).await? else {
        return Ok(not_found());
    };
    let applied = deps.configurations.current().await?;
    let invitation = &kept.invitation;
    let response = match &invitation.state {
        InvitationState::Answered { response } => {
            Some((response.loop_id().to_string(), response.to_string()))
        }
        _ => None,
    };
    let trail = invitation.trail.iter();
    Ok(html(
        StatusCode::OK,
        &InvitationPage {
            row: row(&applied.configuration, invitation),
            row_id: invitation.record.id.to_string(),
            occurrence: invitation.occurrence,
            began_at: moment(invitation.began_at),
            response,
            trail: trail
                .map(|one| (moment(one.at), one.text.clone()))
                .collect(),
            can_replay: invitation.again(deps.clock.now()).is_some(),
            may_be_out: invitation.state == InvitationState::Unknown,
        },
    ))
}

pub(crate) async fn api_page(deps: &Deps, listing: &Listing) -> Answer {
    api::json(StatusCode::OK, &listed(deps, listing).await?)
}

pub(crate) async fn api_one(deps: &Deps, id: Uuid) -> Answer {
    match deps.invitations.load(id).await? {
        Some(kept) => api::json(StatusCode::OK, &kept.invitation),
        None => api::json(
            StatusCode::NOT_FOUND,
            &serde_json::json!({ "error": "there is no such invitation" }),
        ),
    }
}

/// A page of the list. One that shows a single state may be short, or empty, and still lead on to older ones: no page reads
/// the whole list.
async fn listed(deps: &Deps, listing: &Listing) -> Answered<Listed> {
    let at_once = if listing.state.is_some() {
        READ_AT_ONCE
    } else {
        PAGE + 1
    };
    let mut invitations: Vec<Invitation> = Vec::new();
    let mut before = listing.before.unwrap_or(Timestamp::MAX);
    for _ in 0..READ_AT_MOST / at_once {
        let read = deps.invitations.newest(at_once, before).await?;
        let is_last = read.len() < at_once;
        for invitation in read {
            // Those of the very same moment stay together, so that no page begins in the middle of them.
            if invitations.len() >= PAGE && invitation.changed_at < before {
                return Ok(Listed {
                    invitations,
                    older: Some(before),
                });
            }
            before = invitation.changed_at;
            if listing
                .state
                .is_none_or(|word| invitation.state.word() == word)
            {
                invitations.push(invitation);
            }
        }
        if is_last {
            return Ok(Listed {
                invitations,
                older: None,
            });
        }
        if listing.state.is_none() {
            break;
        }
    }
    Ok(Listed {
        invitations,
        older: Some(before),
    })
}

type Answered<T> = Result<T, cxloop_ports::Failure>;

fn state_links(chosen: Option<&'static str>) -> Vec<StateLink> {
    let states = INVITATION_STATES.iter();
    states
        .map(|(word, words)| StateLink {
            word,
            words,
            is_chosen: chosen == Some(*word),
        })
        .collect()
}

fn row(configuration: &Configuration, invitation: &Invitation) -> InvitationRow {
    let root = configuration
        .dynamics()
        .filter(|(name, _)| **name == invitation.connection)
        .map(|(_, crm)| crm.url.as_str());
    InvitationRow {
        id: invitation.id.to_string(),
        rule: invitation.rule.to_string(),
        table: invitation.record.table.to_string(),
        link: root.and_then(|root| row_link(root, &invitation.record)),
        state: invitation_in_words(&invitation.state),
        class: class(&invitation.state),
        why: why_of_invitation(invitation),
        changed_at: moment(invitation.changed_at),
    }
}

fn class(state: &InvitationState) -> &'static str {
    use InvitationState as State;
    match state {
        State::Due | State::Waiting { .. } | State::Sending => "waiting",
        State::Sent | State::Delivered | State::Answered { .. } => "open",
        State::NotSent { .. } => "quiet",
        State::Unknown | State::Bounced | State::Complained => "reopened",
        State::Failed => "failed",
    }
}
