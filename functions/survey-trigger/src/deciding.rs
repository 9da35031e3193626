//! Reading what an invitation depends on, at the moment when it would go out.

use cxloop_domain::configuration::SurveyRule;
use cxloop_domain::names::ConnectionName;
use cxloop_domain::survey_trigger::{
    Asked, Chosen, Draft, Invitation, InvitationState, NotSent, Person, PersonAsked, SeenRow,
    Verdict, address_of, cap_key, columns_of, consent_needed, of_person, of_row, released,
    reserved,
};
use cxloop_ports::{Failure, KeptInvitation, Remedy};
use jiff::Timestamp;

use crate::watching::{ReadRow, contended};
use crate::{RACES, Work};

impl Work<'_> {
    /// Decides on an invitation whose time has come, and sends it.
    pub(crate) async fn decide(
        &self,
        kept: KeptInvitation,
        read: Option<&ReadRow>,
    ) -> Result<(), Failure> {
        let Some(rule) = self.rule_of(&kept.invitation) else {
            return self.not(kept, NotSent::RuleRemoved).await;
        };
        match self.draft(rule, &kept, read).await {
            Ok(Verdict::Go(draft)) => match self.reserve(kept, &draft.chosen).await? {
                (kept, None) => self.send(rule, kept, draft).await,
                (kept, Some(until)) => self.not(kept, NotSent::Capped { until }).await,
            },
            Ok(Verdict::Wait(until, why)) => self.wait(kept, until, why).await,
            Ok(Verdict::Not(reason)) => self.not(kept, reason).await,
            Err(failure) if failure.remedy == Remedy::Park => {
                let what = "The CRM cannot be asked about it";
                self.refused(kept, &failure, Some(self.crm), what).await
            }
            Err(failure) => Err(failure),
        }
    }

    /// The rule of an invitation, unless it was taken out of the configuration.
    pub(crate) fn rule_of(&self, invitation: &Invitation) -> Option<&SurveyRule> {
        let rules = self.surveys.rules.iter();
        rules
            .filter(|rule| rule.table == invitation.record.table)
            .find(|rule| rule.name == invitation.rule)
    }

    /// What is sent, if anything, and to whom.
    async fn draft(
        &self,
        rule: &SurveyRule,
        kept: &KeptInvitation,
        read: Option<&ReadRow>,
    ) -> Result<Verdict<Draft>, Failure> {
        let deps = self.deps;
        let invitation = &kept.invitation;
        let row = match read.and_then(|read| read.fresh(deps.clock.now())) {
            Some(row) => Some(row.clone()),
            None => {
                let columns = columns_of(&[rule]);
                self.rows.row(&invitation.record, &columns).await?
            }
        };
        let crm = self.applied.configuration.dynamics();
        let our_user = crm.and_then(|(_, crm)| crm.application_user);
        let now = deps.clock.now();
        let asked = match of_row(rule, invitation, row.as_ref(), our_user, now) {
            Verdict::Go(asked) => asked,
            Verdict::Wait(until, why) => return Ok(Verdict::Wait(until, why)),
            Verdict::Not(reason) => return Ok(Verdict::Not(reason)),
        };
        let Some(person) = self.person(asked).await? else {
            return Ok(Verdict::Not(NotSent::NoPerson));
        };
        let address = address_of(rule, &person);
        let consent = match address.and_then(|to| consent_needed(rule, self.surveys, &to)) {
            Some(asked) => Some(self.rows.consent(&asked).await?),
            None => None,
        };
        Ok(
            match of_person(rule, self.surveys, &person, consent, deps.clock.now()) {
                Verdict::Go(chosen) => Verdict::Go(drafted(row, person, chosen)),
                Verdict::Wait(until, why) => Verdict::Wait(until, why),
                Verdict::Not(reason) => Verdict::Not(reason),
            },
        )
    }

    async fn person(&self, asked: PersonAsked) -> Result<Option<Person>, Failure> {
        let hours = self.surveys.quiet_hours.as_ref();
        let time_zone = hours.and_then(|hours| hours.time_zone_column.as_ref());
        match asked {
            PersonAsked::Row(record) => self.rows.person(&record, time_zone).await,
            PersonAsked::Written(person) => Ok(Some(person)),
            PersonAsked::Nobody => Ok(None),
        }
    }

    /// Takes one of the places that a person has. Without one left, the moment when there is. Where the place is taken is kept
    /// first, so that it is given back whatever happens in between.
    async fn reserve(
        &self,
        mut kept: KeptInvitation,
        chosen: &Chosen,
    ) -> Result<(KeptInvitation, Option<Timestamp>), Failure> {
        let (Some(cap), Some(person)) = (self.surveys.at_most, &chosen.counted_as) else {
            return Ok((kept, None));
        };
        let key = cap_key(person);
        if kept.invitation.reserved.as_ref() != Some(&key) {
            let mut next = kept.invitation.clone();
            next.reserved = Some(key.clone());
            kept = self.replaced(&kept, next).await?;
        }
        let (id, now) = (kept.invitation.id, self.deps.clock.now());
        let mut until = None;
        self.change_asked(&key, |asked| match reserved(cap, asked, id, now) {
            Ok(next) => {
                until = None;
                Some(next)
            }
            Err(moment) => {
                until = Some(moment);
                None
            }
        })
        .await?;
        Ok((kept, until))
    }

    /// Gives the place back that an invitation had which was not sent after all.
    pub(crate) async fn give_back(&self, invitation: &Invitation) -> Result<(), Failure> {
        match &invitation.reserved {
            None => Ok(()),
            Some(key) => {
                self.change_asked(key, |asked| Some(released(asked, invitation.id)))
                    .await
            }
        }
    }

    async fn change_asked(
        &self,
        key: &str,
        mut change: impl FnMut(&Asked) -> Option<Asked>,
    ) -> Result<(), Failure> {
        let plans = &self.deps.plans;
        for _ in 0..RACES {
            let kept = plans.load(key).await?;
            let before: Asked = match &kept {
                Some(kept) => serde_json::from_value(kept.plan.clone()).unwrap_or_default(),
                None => Asked::default(),
            };
            let Some(next) = change(&before) else {
                return Ok(());
            };
            if kept.is_some() && next == before {
                return Ok(());
            }
            let value = serde_json::to_value(&next).expect("times are plain data");
            let stands = match &kept {
                None => plans.keep_first(key, &value).await?.kept,
                Some(kept) => plans.replace(key, kept.version, &value).await?,
            };
            if stands.plan == value {
                return Ok(());
            }
        }
        Err(contended())
    }

    /// Keeps that an invitation was refused for good, with the words of the far side, which is a connection or none.
    pub(crate) async fn refused(
        &self,
        kept: KeptInvitation,
        failure: &Failure,
        by: Option<&ConnectionName>,
        what: &str,
    ) -> Result<(), Failure> {
        let text = format!("{what}: {}", failure.message);
        self.parked(&kept.invitation, failure, by);
        let invitation = kept.invitation.clone();
        self.settle(kept, InvitationState::Failed, text).await?;
        self.give_back(&invitation).await
    }
}

fn drafted(row: Option<SeenRow>, person: Person, chosen: Chosen) -> Draft {
    Draft {
        row: row.expect("only a row that is there is decided on"),
        person,
        chosen,
    }
}
