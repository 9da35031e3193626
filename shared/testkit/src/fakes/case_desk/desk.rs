//! The role itself.

use std::collections::BTreeSet;

use async_trait::async_trait;
use cxloop_domain::cases::{
    CaseDraft, CaseFacts, CaseState, ContactDraft, CustomerRef, DESCRIPTION_CHARS,
    NOTE_SUBJECT_CHARS, NOTE_TEXT_CHARS, NoteDraft, OwnerRef, QueuePlacement, Reopening,
    TITLE_CHARS,
};
use cxloop_domain::customers::{
    CustomerSearch, Found, FoundBy, FoundContact, HashSearch, MOST_CONTACTS, algorithm_of,
    hashed_address,
};
use cxloop_domain::names::ColumnName;
use cxloop_domain::response::normalised_phone;
use cxloop_ports::{
    AddressPage, AddressesFrom, CaseDesk, Failure, OpenedCase, ReopenOutcome, Written,
};
use uuid::Uuid;

use super::{ContactRow, FakeCase, FakeCaseDesk, FakeNote, QueueItem, State};

fn refused(words: &str) -> Failure {
    Failure::park(format!("the CRM refuses: {words}"), "")
}

impl State {
    fn check_columns(&self, columns: &[(&str, bool)]) -> Result<(), Failure> {
        for (column, set) in columns {
            if let Some(words) = self.refused.get(*column)
                && *set
            {
                return Err(refused(&format!("{column}: {words}")));
            }
        }
        Ok(())
    }

    fn check_length(column: &str, text: &str, longest: usize) -> Result<(), Failure> {
        if text.chars().count() > longest {
            return Err(refused(&format!(
                "{column} is longer than {longest} characters"
            )));
        }
        Ok(())
    }

    fn check_note(&self, note: &NoteDraft) -> Result<(), Failure> {
        self.check_columns(&[("subject", true), ("notetext", true)])?;
        Self::check_length("subject", &note.subject, NOTE_SUBJECT_CHARS)?;
        Self::check_length("notetext", &note.text, NOTE_TEXT_CHARS)
    }

    fn check_placement(&self, placement: Option<&QueuePlacement>) -> Result<(), Failure> {
        match placement {
            Some(placement) if !self.queues.values().any(|queue| *queue == placement.queue) => {
                Err(refused("the queue does not exist"))
            }
            _ => Ok(()),
        }
    }

    fn check_case(&self, case: &CaseDraft) -> Result<(), Failure> {
        self.check_columns(&[
            ("title", true),
            ("customerid", true),
            ("description", case.description.is_some()),
            ("prioritycode", case.priority.is_some()),
            ("caseorigincode", case.origin.is_some()),
            ("casetypecode", case.case_type.is_some()),
            ("ownerid", case.owner.is_some()),
        ])?;
        Self::check_length("title", &case.title, TITLE_CHARS)?;
        Self::check_length(
            "description",
            case.description.as_deref().unwrap_or_default(),
            DESCRIPTION_CHARS,
        )?;
        let known = match &case.customer {
            CustomerRef::Contact(id) => self.contacts.iter().any(|contact| contact.id == *id),
            CustomerRef::Account(id) => self.accounts.contains(id),
        };
        if !known {
            return Err(refused("the customer does not exist"));
        }
        self.check_note(&case.note)?;
        self.check_placement(case.queue.as_ref())
    }

    fn children_of(&self, case: Uuid) -> u32 {
        let of_case = |row: &&FakeCase| row.draft.parent == Some(case);
        let children = self.cases.values().filter(of_case).count();
        u32::try_from(children).expect("a test's families are small")
    }

    fn place(&mut self, case: Uuid, placement: Option<&QueuePlacement>) {
        let Some(placement) = placement else { return };
        // A case stands in one queue at a time, and where an agent holds it, it stays.
        if self
            .queue_items
            .values()
            .any(|item| item.case == case && item.active)
        {
            return;
        }
        let order = u32::try_from(self.queue_items.len()).expect("a test's queues are small");
        self.queue_items.insert(
            placement.item,
            QueueItem {
                case,
                queue: placement.queue,
                active: true,
                order,
            },
        );
    }

    /// Active contacts, newest first.
    fn contacts_where(&self, matches: impl Fn(&ContactRow) -> bool) -> Vec<FoundContact> {
        let active = self.contacts.iter().rev().filter(|contact| contact.active);
        active
            .filter(|contact| matches(contact))
            .take(MOST_CONTACTS)
            .map(|contact| FoundContact {
                id: contact.id,
                account: contact.account,
                columns: contact.columns.clone(),
            })
            .collect()
    }

    fn search(&self, search: &CustomerSearch) -> Option<Found> {
        let keys = &search.keys;
        let by_external_id = || {
            let wanted = keys.external_id.as_ref()?;
            Some(self.contacts_where(|contact| contact.external_id.as_ref() == Some(wanted)))
        };
        let by_email = || {
            let wanted = keys.email.as_ref()?.to_lowercase();
            Some(self.contacts_where(|contact| {
                let email = contact.email.as_ref();
                email.is_some_and(|email| email.to_lowercase() == wanted)
            }))
        };
        let by_hash = || {
            let wanted = keys.email_hash.as_deref()?;
            let HashSearch::Among(candidates) = &search.hashes else {
                return None;
            };
            Some(self.contacts_where(|contact| {
                let hash = contact.email.as_deref().and_then(|email| {
                    hashed_address(algorithm_of(wanted).unwrap_or_default(), email)
                });
                candidates.contains(&contact.id) && hash.as_deref() == Some(wanted)
            }))
        };
        let by_phone = || {
            let wanted = normalised_phone(keys.phone.as_deref()?)?;
            Some(self.contacts_where(|contact| {
                contact.phone.as_deref().and_then(normalised_phone).as_ref() == Some(&wanted)
            }))
        };
        let searches: [(FoundBy, Look<'_>); 4] = [
            (FoundBy::ExternalId, &by_external_id),
            (FoundBy::Email, &by_email),
            (FoundBy::EmailHash, &by_hash),
            (FoundBy::Phone, &by_phone),
        ];
        searches.into_iter().find_map(|(by, look)| {
            let contacts = look()?;
            (!contacts.is_empty()).then(|| Found {
                by,
                contacts: contacts
                    .into_iter()
                    .map(|contact| named(contact, &search.columns))
                    .collect(),
            })
        })
    }
}

/// Looks by one key; `None` when the response does not have it.
type Look<'l> = &'l dyn Fn() -> Option<Vec<FoundContact>>;

/// The contact with the columns that were asked for and no others.
fn named(contact: FoundContact, wanted: &BTreeSet<ColumnName>) -> FoundContact {
    let columns = contact.columns.into_iter();
    FoundContact {
        columns: columns
            .filter(|(name, _)| wanted.iter().any(|wanted| wanted.as_str() == name))
            .collect(),
        ..contact
    }
}

#[async_trait]
impl CaseDesk for FakeCaseDesk {
    async fn find_customer(&self, search: &CustomerSearch) -> Result<Option<Found>, Failure> {
        Ok(self.open()?.search(search))
    }

    /// One page, whatever changed.
    async fn contact_addresses(&self, _: &AddressesFrom) -> Result<AddressPage, Failure> {
        let state = self.open()?;
        let contacts = state.contacts.iter();
        Ok(AddressPage {
            contacts: contacts
                .filter_map(|contact| Some((contact.id, vec![contact.email.clone()?])))
                .collect(),
            next: None,
        })
    }

    async fn choice(&self, column: &str, label: &str) -> Result<i64, Failure> {
        let state = self.open()?;
        let key = (column.to_owned(), label.to_lowercase());
        state
            .choices
            .get(&key)
            .copied()
            .ok_or_else(|| refused(&format!("{column} has no choice {label}")))
    }

    async fn queue(&self, name: &str) -> Result<Uuid, Failure> {
        let state = self.open()?;
        state
            .queues
            .get(name)
            .copied()
            .ok_or_else(|| refused(&format!("there is no queue {name}")))
    }

    async fn owner(&self, name: &str) -> Result<OwnerRef, Failure> {
        let state = self.open()?;
        state
            .owners
            .get(name)
            .cloned()
            .ok_or_else(|| refused(&format!("there is no user or team {name}")))
    }

    async fn create_contact(&self, contact: &ContactDraft) -> Result<Written, Failure> {
        let mut state = self.open()?;
        if state.contacts.iter().any(|known| known.id == contact.id) {
            return Ok(Written::Before);
        }
        state.check_columns(&[
            ("lastname", true),
            ("firstname", contact.first_name.is_some()),
            ("emailaddress1", contact.email.is_some()),
            ("mobilephone", contact.phone.is_some()),
            ("externaluseridentifier", contact.external_id.is_some()),
        ])?;
        state.contacts.push(ContactRow::of(contact));
        Ok(Written::Now)
    }

    async fn open_case(&self, case: &CaseDraft) -> Result<OpenedCase, Failure> {
        let now = self.clock.now();
        let mut state = self.open()?;
        if let Some(known) = state.cases.get(&case.id) {
            return Ok(OpenedCase {
                ticket: known.ticket.clone(),
                written: Written::Before,
            });
        }
        state.check_case(case)?;
        state.tickets += 1;
        let ticket = format!("CAS-{:05}", state.tickets);
        let row = FakeCase {
            draft: case.clone(),
            ticket: ticket.clone(),
            state: CaseState::Active,
            version: 1,
            resolved_at: None,
        };
        state.cases.insert(case.id, row);
        state.notes.insert(
            case.note.id,
            FakeNote {
                case: case.id,
                note: case.note.clone(),
                written_at: now,
            },
        );
        state.place(case.id, case.queue.as_ref());
        Ok(OpenedCase {
            ticket,
            written: Written::Now,
        })
    }

    async fn add_note(&self, case: Uuid, note: &NoteDraft) -> Result<Written, Failure> {
        let now = self.clock.now();
        let mut state = self.open()?;
        if state.notes.contains_key(&note.id) {
            return Ok(Written::Before);
        }
        if !state.cases.contains_key(&case) {
            return Err(refused("the case does not exist"));
        }
        state.check_note(note)?;
        state.notes.insert(
            note.id,
            FakeNote {
                case,
                note: note.clone(),
                written_at: now,
            },
        );
        Ok(Written::Now)
    }

    async fn read_case(&self, case: Uuid) -> Result<Option<CaseFacts>, Failure> {
        let state = self.open()?;
        let stays = state.queue_items.values().filter(|item| item.case == case);
        let queue = stays.max_by_key(|item| item.order).map(|item| item.queue);
        Ok(state.cases.get(&case).map(|row| CaseFacts {
            id: case,
            etag: row.etag(),
            state: row.state,
            ticket: row.ticket.clone(),
            title: row.draft.title.clone(),
            customer: Some(row.draft.customer.clone()),
            queue,
            resolved_at: row.resolved_at,
            master: None,
            parent: row.draft.parent,
            children: state.children_of(case),
        }))
    }

    async fn reopen(&self, reopening: &Reopening) -> Result<ReopenOutcome, Failure> {
        let now = self.clock.now();
        let mut state = self.open()?;
        if state.notes.contains_key(&reopening.note.id) {
            return Ok(ReopenOutcome::AlreadyDone);
        }
        if state
            .cases
            .get(&reopening.case)
            .is_none_or(|row| row.etag() != reopening.etag)
        {
            return Ok(ReopenOutcome::Changed);
        }
        state.check_columns(&[("statecode", true), ("statuscode", true)])?;
        state.check_note(&reopening.note)?;
        state.check_placement(reopening.queue.as_ref())?;
        let row = state
            .cases
            .get_mut(&reopening.case)
            .expect("its version was just compared");
        row.state = CaseState::Active;
        row.version += 1;
        let note = FakeNote {
            case: reopening.case,
            note: reopening.note.clone(),
            written_at: now,
        };
        state.notes.insert(reopening.note.id, note);
        state.place(reopening.case, reopening.queue.as_ref());
        Ok(ReopenOutcome::Reopened)
    }

    fn case_link(&self, case: Uuid) -> String {
        format!("http://127.0.0.1:8687/main.aspx?etn=incident&id={case}")
    }
}
