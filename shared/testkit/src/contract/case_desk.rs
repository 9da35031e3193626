//! Promises of a case desk.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cxloop_domain::cases::{
    CaseDraft, CaseState, ContactDraft, CustomerKeys, CustomerRef, QueuePlacement, Reopening,
};
use cxloop_domain::customers::{CustomerSearch, FoundBy, HashSearch, hashed_address};
use cxloop_domain::identity;
use cxloop_ports::{AddressesFrom, CaseDesk, Remedy, ReopenOutcome, Written};
use futures::future::join_all;
use uuid::Uuid;

use super::{COPIES, refused, well};
use crate::samples;

/// What the suite needs of the CRM it is held against, and what agents do there behind the desk's back.
#[async_trait]
pub trait CaseDeskFixture: Send + Sync {
    /// An active contact.
    fn contact(&self) -> Uuid;

    /// The contact's e-mail address, which no other active contact has.
    fn contact_email(&self) -> String;

    /// The name of a queue.
    fn queue(&self) -> String;

    /// The full name of a user or the name of a team.
    fn owner(&self) -> String;

    /// A text that makes the suite's rows different from those of its last run against the same CRM.
    fn run(&self) -> String;

    /// An agent resolves the case.
    async fn resolve(&self, case: Uuid);

    /// An agent calls the case off.
    async fn cancel(&self, case: Uuid);

    /// An agent deletes the case.
    async fn delete(&self, case: Uuid);
}

/// Checks a case desk.
pub async fn case_desk(desk: &dyn CaseDesk, fixture: &dyn CaseDeskFixture) {
    finds_customers(desk, fixture).await;
    finds_queues_and_owners(desk, fixture).await;
    opens_one_case(desk, fixture).await;
    reopens_a_resolved_case(desk, fixture).await;
    leaves_changed_cases_alone(desk, fixture).await;
}

fn draft(fixture: &dyn CaseDeskFixture, name: &str) -> CaseDraft {
    samples::case(&format!("{} {name}", fixture.run()), fixture.contact())
}

fn reopening(case: &CaseDraft, etag: String, queue: Option<QueuePlacement>) -> Reopening {
    Reopening {
        case: case.id,
        etag,
        note: samples::note(&format!("reopened {}", case.id)),
        queue,
        columns: BTreeMap::new(),
    }
}

/// Customers are found by their keys and created once.
pub async fn finds_customers(desk: &dyn CaseDesk, fixture: &dyn CaseDeskFixture) {
    let by_email = |email: &str| CustomerKeys {
        email: Some(email.to_owned()),
        ..CustomerKeys::default()
    };
    let known = Some((FoundBy::Email, fixture.contact()));
    assert_eq!(found(desk, by_email(&fixture.contact_email())).await, known);
    let shouted = fixture.contact_email().to_uppercase();
    assert_eq!(
        found(desk, by_email(&shouted)).await,
        known,
        "case does not tell addresses apart"
    );

    let email = format!("d'antas.{}@example.com", fixture.run());
    assert_eq!(
        found(desk, by_email(&email)).await,
        None,
        "a quote in an address is no syntax"
    );
    let external_id = format!("cliente-{}", fixture.run());
    let contact = ContactDraft {
        id: identity::contact("email", &email),
        first_name: Some("Brais".to_owned()),
        last_name: "d'Antas Muñoz".to_owned(),
        email: Some(email.clone()),
        phone: None,
        external_id: Some(external_id.clone()),
    };
    assert_eq!(well(desk.create_contact(&contact).await), Written::Now);
    assert_eq!(
        well(desk.create_contact(&contact).await),
        Written::Before,
        "a repeat meets the first"
    );
    assert_eq!(
        found(desk, by_email(&email)).await,
        Some((FoundBy::Email, contact.id))
    );
    let both = CustomerKeys {
        external_id: Some(external_id),
        ..by_email(&fixture.contact_email())
    };
    assert_eq!(
        found(desk, both).await,
        Some((FoundBy::ExternalId, contact.id)),
        "the company's own id is the surest key"
    );
    finds_by_hash(desk, fixture, &email, contact.id).await;
}

/// The surest key that somebody has, and who is the newest with it.
async fn found(desk: &dyn CaseDesk, keys: CustomerKeys) -> Option<(FoundBy, Uuid)> {
    let found = well(desk.find_customer(&CustomerSearch::by(keys)).await)?;
    Some((found.by, found.contacts[0].id))
}

async fn finds_by_hash(
    desk: &dyn CaseDesk,
    fixture: &dyn CaseDeskFixture,
    email: &str,
    contact: Uuid,
) {
    let search = |candidates: &[Uuid]| CustomerSearch {
        keys: CustomerKeys {
            email_hash: hashed_address("sha512", email),
            ..CustomerKeys::default()
        },
        hashes: HashSearch::Among(candidates.to_vec()),
        ..CustomerSearch::default()
    };
    let both = search(&[fixture.contact(), contact]);
    let found = well(desk.find_customer(&both).await).expect("one of them has the address");
    assert_eq!((found.by, found.contacts.len()), (FoundBy::EmailHash, 1));
    assert_eq!(found.contacts[0].id, contact);
    for nobody in [vec![fixture.contact()], vec![]] {
        assert_eq!(
            well(desk.find_customer(&search(&nobody)).await),
            None,
            "who has another address by now is not found"
        );
    }
    let mut from = AddressesFrom::Start {
        changed_since: None,
    };
    let mut seen = false;
    for _ in 0..1_000 {
        let page = well(desk.contact_addresses(&from).await);
        let has = |(id, addresses): &(Uuid, Vec<String>)| {
            *id == contact && addresses.iter().any(|address| address == email)
        };
        seen |= page.contacts.iter().any(has);
        match page.next {
            Some(next) => from = AddressesFrom::Next(next),
            None => break,
        }
    }
    assert!(seen, "a reading of all addresses comes to every contact");
}

/// Queues and owners are found by name, and named when they are not.
pub async fn finds_queues_and_owners(desk: &dyn CaseDesk, fixture: &dyn CaseDeskFixture) {
    let queue = well(desk.queue(&fixture.queue()).await);
    assert_eq!(well(desk.queue(&fixture.queue()).await), queue);
    well(desk.owner(&fixture.owner()).await);
    let nowhere = format!("Ningures {}", fixture.run());
    let failure = refused(desk.queue(&nowhere).await, "an unknown queue is refused");
    assert_eq!(failure.remedy, Remedy::Park);
    assert!(failure.message.contains(&nowhere), "and named: {failure:?}");
    let failure = refused(desk.owner(&nowhere).await, "an unknown owner is refused");
    assert_eq!(failure.remedy, Remedy::Park);
    assert!(failure.message.contains(&nowhere), "and named: {failure:?}");
}

/// Of many attempts one opens the case, with its note and queue item or not at all.
pub async fn opens_one_case(desk: &dyn CaseDesk, fixture: &dyn CaseDeskFixture) {
    let mut case = draft(fixture, "opened");
    assert_eq!(well(desk.read_case(case.id).await), None);
    let queue = well(desk.queue(&fixture.queue()).await);
    case.queue = Some(QueuePlacement {
        item: identity::derive("test item", &[&case.id.to_string()]),
        queue,
    });
    case.owner = Some(well(desk.owner(&fixture.owner()).await));
    let opened = join_all((0..COPIES).map(|_| desk.open_case(&case))).await;
    let opened: Vec<_> = opened.into_iter().map(well).collect();
    let now = opened
        .iter()
        .filter(|opened| opened.written == Written::Now)
        .count();
    assert_eq!(now, 1, "of ten at once one opens the case");
    assert!(!opened[0].ticket.is_empty());
    assert!(
        opened.iter().all(|one| one.ticket == opened[0].ticket),
        "and all learn its ticket"
    );

    let facts = well(desk.read_case(case.id).await).expect("it was opened");
    assert_eq!(
        (facts.id, facts.state, facts.ticket),
        (case.id, CaseState::Active, opened[0].ticket.clone())
    );
    assert_eq!(
        (facts.title, facts.customer),
        (case.title.clone(), Some(case.customer.clone()))
    );
    assert_eq!((facts.queue, facts.resolved_at), (Some(queue), None));
    assert!(desk.case_link(case.id).contains(&case.id.to_string()));

    let note = samples::note(&format!("further {}", case.id));
    assert_eq!(well(desk.add_note(case.id, &note).await), Written::Now);
    assert_eq!(
        well(desk.add_note(case.id, &note).await),
        Written::Before,
        "a note is written once"
    );

    let mut homeless = draft(fixture, "homeless");
    homeless.customer = CustomerRef::Contact(identity::derive("test contact", &["nobody"]));
    let failure = refused(
        desk.open_case(&homeless).await,
        "a case of nobody is refused",
    );
    assert_eq!(failure.remedy, Remedy::Park);
    assert_eq!(
        well(desk.read_case(homeless.id).await),
        None,
        "and leaves nothing behind"
    );
}

/// A resolved case is reopened once.
pub async fn reopens_a_resolved_case(desk: &dyn CaseDesk, fixture: &dyn CaseDeskFixture) {
    let mut case = draft(fixture, "reopened");
    let queue = well(desk.queue(&fixture.queue()).await);
    case.queue = Some(QueuePlacement {
        item: identity::derive("test item", &[&case.id.to_string()]),
        queue,
    });
    well(desk.open_case(&case).await);
    fixture.resolve(case.id).await;
    let facts = well(desk.read_case(case.id).await).expect("it is there");
    assert_eq!(
        (facts.state, facts.queue),
        (CaseState::Resolved, Some(queue)),
        "its last queue is remembered"
    );
    assert!(facts.resolved_at.is_some());
    let note = samples::note(&format!("on the resolved {}", case.id));
    assert_eq!(
        well(desk.add_note(case.id, &note).await),
        Written::Now,
        "a resolved case takes notes"
    );

    let facts = well(desk.read_case(case.id).await).expect("it is there");
    let placement = QueuePlacement {
        item: identity::derive("test item again", &[&case.id.to_string()]),
        queue,
    };
    let reopening = reopening(&case, facts.etag, Some(placement));
    assert_eq!(well(desk.reopen(&reopening).await), ReopenOutcome::Reopened);
    assert_eq!(
        well(desk.reopen(&reopening).await),
        ReopenOutcome::AlreadyDone,
        "our note tells that it was we"
    );
    let facts = well(desk.read_case(case.id).await).expect("it is there");
    assert_eq!((facts.state, facts.queue), (CaseState::Active, Some(queue)));

    fixture.resolve(case.id).await;
    let again = well(desk.reopen(&reopening).await);
    assert_eq!(
        again,
        ReopenOutcome::AlreadyDone,
        "a replay after the next closing reopens nothing"
    );
    let facts = well(desk.read_case(case.id).await).expect("it is there");
    assert_eq!(facts.state, CaseState::Resolved);
}

/// A case that changed meanwhile is left as it is.
pub async fn leaves_changed_cases_alone(desk: &dyn CaseDesk, fixture: &dyn CaseDeskFixture) {
    let case = draft(fixture, "changed");
    well(desk.open_case(&case).await);
    let before = well(desk.read_case(case.id).await).expect("it was opened");
    fixture.resolve(case.id).await;
    let outcome = well(desk.reopen(&reopening(&case, before.etag, None)).await);
    assert_eq!(
        outcome,
        ReopenOutcome::Changed,
        "the version that was decided on is gone"
    );
    let facts = well(desk.read_case(case.id).await).expect("it is there");
    assert_eq!(facts.state, CaseState::Resolved, "and nothing was done");

    let cancelled = draft(fixture, "cancelled");
    well(desk.open_case(&cancelled).await);
    fixture.cancel(cancelled.id).await;
    let facts = well(desk.read_case(cancelled.id).await).expect("it is there");
    assert_eq!(facts.state, CaseState::Cancelled);

    let deleted = draft(fixture, "deleted");
    well(desk.open_case(&deleted).await);
    let before = well(desk.read_case(deleted.id).await).expect("it was opened");
    fixture.delete(deleted.id).await;
    assert_eq!(well(desk.read_case(deleted.id).await), None);
    let note = samples::note(&format!("on the deleted {}", deleted.id));
    let failure = refused(
        desk.add_note(deleted.id, &note).await,
        "a deleted case takes no notes",
    );
    assert_eq!(failure.remedy, Remedy::Park);
    match desk.reopen(&reopening(&deleted, before.etag, None)).await {
        Ok(outcome) => assert_eq!(
            outcome,
            ReopenOutcome::Changed,
            "a deleted case is decided anew"
        ),
        Err(failure) => assert_eq!(failure.remedy, Remedy::Park),
    }
}
