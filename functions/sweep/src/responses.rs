//! Responses of which no webhook told: what the platform's own rules for us choose, and nobody has heard of, goes the way
//! that a webhook's body goes.

use std::sync::Arc;

use cxloop_domain::configuration::{Applied, WxmConnection};
use cxloop_domain::events::{Outgoing, ResponseHinted};
use cxloop_domain::names::{ConnectionName, ResponseKey};
use cxloop_domain::signals::{Healed, Signal};
use cxloop_domain::sweep::begins_pages_until;
use cxloop_domain::untold_responses::{Place, checkpoint_key, window};
use cxloop_domain::webhooks::inbox_id;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{
    Answered, BodyKind, Failure, InboxItem, InboxState, Lane, NotificationRule, Remedy,
    SurveyPlatform,
};
use jiff::Timestamp;

use crate::passing::{unless_asked_to_wait, unless_to_be_mended};
use crate::{Deps, FUNCTION};

/// Asks one account. Returns how many responses were told, or the failure; being asked to wait is none.
pub(crate) async fn tell(
    deps: &Deps,
    applied: &Applied,
    (connection, wxm): (&ConnectionName, &WxmConnection),
) -> Result<usize, Failure> {
    let work = Account {
        deps,
        applied,
        connection,
        platform: deps.platforms.platform(applied, connection)?,
        key: checkpoint_key(connection, &wxm.url),
        until: begins_pages_until(deps.clock.now()),
    };
    let mut told = 0;
    let done = work.tell(&mut told).await;
    if told > 0 {
        tracing::warn!(
            { fields::FUNCTION } = FUNCTION,
            { fields::OUTCOME } = outcomes::SWEPT,
            { fields::CONNECTION } = connection.as_str(),
            { fields::HEALED } = Healed::Response.as_str(),
            { fields::COUNT } = told,
            "responses of which no webhook had told are told"
        );
    }
    if let Err(failure) = done
        && let Some(failure) = work.fails(failure).await
    {
        return Err(failure);
    }
    Ok(told)
}

/// One account at work.
struct Account<'w> {
    deps: &'w Deps,
    applied: &'w Applied,
    connection: &'w ConnectionName,
    platform: Arc<dyn SurveyPlatform>,
    /// That of its checkpoint.
    key: String,
    /// Until when further pages are begun.
    until: Timestamp,
}

impl Account<'_> {
    async fn tell(&self, told: &mut usize) -> Result<(), Failure> {
        let (clock, checkpoints) = (&self.deps.clock, &self.deps.checkpoints);
        let (mut checkpoint, mut version) = checkpoints.load(&self.key).await?;
        let mut rules: Option<Vec<NotificationRule>> = None;
        while clock.now() < self.until {
            let Some(reading) = checkpoint.due(clock.now()) else {
                break;
            };
            let rules = match &mut rules {
                Some(rules) => rules,
                none => {
                    self.may_ask().await?;
                    none.insert(self.platform.notification_rules().await?)
                }
            };
            let place = Place::of(&reading);
            let next_page = match rules.get(place.rule) {
                None => None,
                Some(rule) => {
                    self.may_ask().await?;
                    let page = self.platform.answered(rule, window(&reading), place.page);
                    let page = page.await?;
                    for answered in &page.responses {
                        *told += usize::from(self.tell_one(answered).await?);
                    }
                    page.next
                }
            };
            let next = checkpoint.after_page(&reading, place.after(next_page, rules.len()));
            // Only now does the page count as read: a run that dies before looks at all of it again.
            if !checkpoints.keep(&self.key, version, &next).await? {
                break;
            }
            (checkpoint, version) = (next, version + 1);
        }
        Ok(())
    }

    /// Lets case work go first, and keeps the account's pace.
    async fn may_ask(&self) -> Result<(), Failure> {
        let (gates, now) = (&self.deps.gates, self.deps.clock.now());
        gates.pass(self.connection, Lane::History, now).await?;
        let pace = &self.applied.configuration;
        match pace.requests_per_second(self.connection) {
            Some(per_second) => gates.take(self.connection, 1, per_second, now).await,
            None => Ok(()),
        }
    }

    /// Whether a response had to be told. It is kept and published as a webhook's body is, and kept only once.
    async fn tell_one(&self, answered: &Answered) -> Result<bool, Failure> {
        let deps = self.deps;
        let response = ResponseKey::new(self.connection.clone(), answered.response.clone());
        if deps.loops.of_response(&response).await?.is_some() {
            return Ok(false);
        }
        let id = inbox_id(self.connection, None, &answered.body);
        let known = deps.inbox.load(&id).await?;
        if known.as_ref().is_some_and(is_parked) {
            return Ok(false);
        }
        if known.is_none() {
            let item = InboxItem {
                id: id.clone(),
                connection: self.connection.clone(),
                kind: BodyKind::Response,
                accepted_at: deps.clock.now(),
                body: answered.body.clone(),
                state: InboxState::Unpublished,
                trace: None,
            };
            deps.inbox.keep(&item).await?;
        }
        let event = ResponseHinted {
            connection: self.connection.clone(),
            inbox_id: id.clone(),
        };
        deps.bus.publish(&Outgoing::of(&event)).await?;
        let now = deps.clock.now();
        deps.inbox.published(&id, BodyKind::Response, now).await?;
        if known.is_none() {
            deps.signals.count(Signal::Healed {
                connection: self.connection,
                what: Healed::Response,
            });
        }
        Ok(known.is_none())
    }

    /// What a failure leads to; `None` when the next run is soon enough.
    async fn fails(&self, failure: Failure) -> Option<Failure> {
        let failure = unless_asked_to_wait(self.deps, failure).await?;
        tracing::error!(
            { fields::FUNCTION } = FUNCTION,
            { fields::OUTCOME } = outcomes::FAILED,
            { fields::CONNECTION } = self.connection.as_str(),
            { fields::DETAIL } = failure.detail,
            "it could not be read which responses were given on the survey platform"
        );
        let failure = match failure.remedy {
            // What the platform refuses for good is a person's to mend as well.
            Remedy::Park => Failure {
                remedy: Remedy::Mend,
                ..failure
            },
            _ => failure,
        };
        unless_to_be_mended(self.deps, self.connection, failure)
    }
}

fn is_parked(item: &InboxItem) -> bool {
    matches!(item.state, InboxState::Parked { .. })
}
