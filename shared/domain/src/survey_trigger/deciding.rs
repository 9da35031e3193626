//! Whether an invitation may go out, and when.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::consent::Consent;
use super::invitation::Invitation;
use super::person::{Address, Person, PersonAsked, person_of, phone_number};
use super::quiet::quiet_until;
use super::reasons::NotSent;
use super::row::{SeenRow, holds};
use crate::configuration::{Channel, Enforcement, Exclusion, SurveyRule, Surveys};
use crate::rules::Judgement;

/// What is decided of an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<T> {
    /// It goes on.
    Go(T),
    /// It is looked at again at a moment, for a reason in words.
    Wait(Timestamp, &'static str),
    /// It is not sent.
    Not(NotSent),
}

/// Whom an invitation may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The address. `None` where the row gets the link.
    pub address: Option<Address>,
    /// Who is counted for how often they are asked: the id of their row, else the address.
    pub counted_as: Option<String>,
}

/// An invitation that may go out now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The row.
    pub row: SeenRow,
    /// The person.
    pub person: Person,
    /// Where it goes.
    pub chosen: Chosen,
}

/// Whether the row still asks for the invitation, and where its person is found. `our_user` is cxloop's own user in the CRM.
pub fn of_row(
    rule: &SurveyRule,
    invitation: &Invitation,
    row: Option<&SeenRow>,
    our_user: Option<Uuid>,
    now: Timestamp,
) -> Verdict<PersonAsked> {
    let Some(row) = row else {
        return Verdict::Not(NotSent::RowGone);
    };
    if !row.is_one_of(&rule.column, &rule.to) {
        return Verdict::Not(NotSent::StateLeft);
    }
    if let Some(by) = excluded_row(rule, row, our_user) {
        return Verdict::Not(NotSent::Excluded { by });
    }
    match holds(rule, row) {
        Judgement::Matched => {}
        Judgement::NotApplicable { .. } => {
            let verdict = "is not applicable: a column that it asks about is empty".to_owned();
            return Verdict::Not(NotSent::Condition { verdict });
        }
        other => {
            let verdict = other.to_string();
            return Verdict::Not(NotSent::Condition { verdict });
        }
    }
    let due = rule.delay.map_or(invitation.began_at, |delay| {
        let delay = SignedDuration::from_secs(delay.seconds());
        invitation
            .began_at
            .checked_add(delay)
            .unwrap_or(Timestamp::MAX)
    });
    if due > now {
        return Verdict::Wait(due, "the delay of its rule");
    }
    let open_for = SignedDuration::from_secs(rule.survey.valid_for.seconds());
    if now.duration_since(due) > open_for {
        return Verdict::Not(NotSent::TooLate);
    }
    match person_of(&rule.person, row) {
        PersonAsked::Nobody => Verdict::Not(NotSent::NoPerson),
        PersonAsked::Row(record) if !PersonAsked::is_person(&record.table) => {
            Verdict::Not(NotSent::NoPerson)
        }
        found => Verdict::Go(found),
    }
}

fn excluded_row(rule: &SurveyRule, row: &SeenRow, our_user: Option<Uuid>) -> Option<Exclusion> {
    let is_merged = row.text("merged").as_deref() == Some("true");
    if rule.exclude.contains(&Exclusion::Merged) && is_merged {
        return Some(Exclusion::Merged);
    }
    let creator = row.text("_createdby_value");
    let by_program = creator.and_then(|id| id.parse().ok()) == our_user;
    let agent_opened = rule.exclude.contains(&Exclusion::AgentOpened) && !by_program;
    agent_opened.then_some(Exclusion::AgentOpened)
}

/// Whether the person may be asked so, and when. `consent` is what the CRM holds, where the rule's purpose asks for it.
pub fn of_person(
    rule: &SurveyRule,
    surveys: &Surveys,
    person: &Person,
    consent: Option<Consent>,
    now: Timestamp,
) -> Verdict<Chosen> {
    if person.is_inactive {
        return Verdict::Not(NotSent::Inactive);
    }
    if let Some(by) = excluded_person(rule, surveys, person) {
        return Verdict::Not(NotSent::Excluded { by });
    }
    let address = match rule.send.channel() {
        None => None,
        Some(channel) => match address_for(channel, person) {
            Ok(address) => Some(address),
            Err(reason) => return Verdict::Not(reason),
        },
    };
    if let Some(reason) = refused(rule, surveys, consent) {
        return Verdict::Not(reason);
    }
    if address.is_some()
        && let Some(hours) = &surveys.quiet_hours
        && let Some(until) = quiet_until(hours, person.time_zone.as_deref(), now)
    {
        return Verdict::Wait(until, "the quiet hours");
    }
    let row = person.record.as_ref().map(|record| record.id.to_string());
    let counted_as = row.or_else(|| address.as_ref().map(|address| address.as_str().to_owned()));
    Verdict::Go(Chosen {
        address,
        counted_as,
    })
}

fn excluded_person(rule: &SurveyRule, surveys: &Surveys, person: &Person) -> Option<Exclusion> {
    let is_user = |record: &crate::record_changed::Record| record.table.as_str() == "systemuser";
    let is_internal = person.record.as_ref().is_some_and(is_user)
        || person
            .account
            .is_some_and(|account| surveys.internal_accounts.contains(&account));
    if rule.exclude.contains(&Exclusion::Internal) && is_internal {
        return Some(Exclusion::Internal);
    }
    let domain = person
        .email
        .as_deref()
        .and_then(|email| email.rsplit_once('@'))
        .map(|(_, domain)| domain.trim().to_lowercase());
    let is_ours = domain.is_some_and(|domain| {
        surveys.employee_domains.iter().any(|ours| {
            let ours = ours.trim().trim_start_matches('@').to_lowercase();
            domain == ours || domain.ends_with(&format!(".{ours}"))
        })
    });
    (rule.exclude.contains(&Exclusion::Employees) && is_ours).then_some(Exclusion::Employees)
}

/// The address that a rule would use, where the person has one that may be used.
pub fn address_of(rule: &SurveyRule, person: &Person) -> Option<Address> {
    address_for(rule.send.channel()?, person).ok()
}

/// The person's address for a channel, unless their row forbids to use it.
fn address_for(channel: Channel, person: &Person) -> Result<Address, NotSent> {
    let do_not = |column: &str| NotSent::DoNot {
        column: column.to_owned(),
    };
    match channel {
        Channel::Email => {
            let email = person.email.as_deref().map(str::trim);
            let email = email.filter(|email| email.contains('@'));
            let email = email.ok_or(NotSent::NoAddress { channel })?;
            if person.do_not.email {
                return Err(do_not("donotemail"));
            }
            if person.do_not.bulk_email {
                return Err(do_not("donotbulkemail"));
            }
            Ok(Address::Email(email.to_owned()))
        }
        Channel::Sms => {
            let phone = person
                .phone
                .as_deref()
                .filter(|phone| !phone.trim().is_empty());
            let phone = phone.ok_or(NotSent::NoAddress { channel })?;
            if person.do_not.phone {
                return Err(do_not("donotphone"));
            }
            phone_number(phone)
                .map(Address::Phone)
                .ok_or(NotSent::UnusableNumber)
        }
    }
}

fn refused(rule: &SurveyRule, surveys: &Surveys, consent: Option<Consent>) -> Option<NotSent> {
    let name = rule.purpose.as_ref()?;
    let purpose = name.to_string();
    let enforcement = surveys.purposes.get(name)?.enforcement;
    match (enforcement, consent.unwrap_or(Consent::NotSet)) {
        (Enforcement::Disabled, _) | (_, Consent::OptedIn) => None,
        (Enforcement::Restrictive | Enforcement::NonRestrictive, Consent::OptedOut) => {
            Some(NotSent::OptedOut { purpose })
        }
        (Enforcement::Restrictive, Consent::NotSet) => Some(NotSent::NotOptedIn { purpose }),
        (Enforcement::NonRestrictive, Consent::NotSet) => None,
    }
}
