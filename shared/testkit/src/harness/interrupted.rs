//! Every role, with its outgoing calls counted and interruptible.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::address_index::{IndexName, Progress};
use cxloop_domain::case_write_back::{CaseRecord, Intended, Settled};
use cxloop_domain::cases::{CaseDraft, CaseFacts, ContactDraft, NoteDraft, OwnerRef, Reopening};
use cxloop_domain::changed_records::{Checkpoint, Reading};
use cxloop_domain::configuration::{Applied, Configuration, WriteBack};
use cxloop_domain::customers::{CustomerSearch, Found};
use cxloop_domain::events::Outgoing;
use cxloop_domain::loops::{Loop, LoopHistory, Step};
use cxloop_domain::names::{ColumnName, ConnectionName, InboxId, LoopId, ResponseId, ResponseKey};
use cxloop_domain::record_changed::Record;
use cxloop_domain::response::Response;
use cxloop_domain::survey_trigger::Invitation;
use cxloop_ports::{
    AddressIndex, AddressPage, AddressesFrom, AnsweredPage, Awaited, BodyKind, Bus, Capabilities,
    CaseDesk, CaseDesks, CaseRecordDesks, CaseRecords, ChangedPage, ChangedRecords, Checkpoints,
    Claims, Configurations, CrmChanges, FailedJobsPage, Failure, Gates, Hint, Inbox, InboxItem,
    Invitations, Kept, KeptFirst, KeptInvitation, Lane, Loops, NewLoop, Noted, NotificationRule,
    OpenedCase, Overdue, ParkedBody, Plans, Postpone, ReopenOutcome, Responses, Secrets,
    StoredResponse, SurveyPlatform, SurveyPlatforms, TiedCase, Unparsable, Written,
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;
use uuid::Uuid;

use super::Interruptions;

/// A role whose outgoing calls are counted and can be interrupted. Implements whichever roles its inside does.
pub struct Interrupted<T: ?Sized> {
    inner: Arc<T>,
    interruptions: Arc<Interruptions>,
}

impl<T: ?Sized> Interrupted<T> {
    /// Puts the counter in front of a role.
    pub fn new(inner: Arc<T>, interruptions: &Arc<Interruptions>) -> Self {
        Self {
            inner,
            interruptions: Arc::clone(interruptions),
        }
    }
}

macro_rules! interrupted {
    ($role:ident, $prefix:literal, { $($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)+ }) => {
        #[async_trait]
        impl<T: $role + ?Sized> $role for Interrupted<T> {
            $(
                async fn $name(&self, $($arg: $type),*) -> Result<$answer, Failure> {
                    let name = concat!($prefix, ".", stringify!($name));
                    self.interruptions.around(name, || self.inner.$name($($arg),*)).await
                }
            )+
        }
    };
}

mod rows;
mod sending;

interrupted!(Inbox, "inbox", {
    keep(item: &InboxItem) -> ();
    load(id: &InboxId) -> Option<InboxItem>;
    published(id: &InboxId, kind: BodyKind, at: Timestamp) -> ();
    park(id: &InboxId, reason: &str) -> ();
    unpark(id: &InboxId) -> ();
    unpublished_before(before: Timestamp, limit: usize) -> Vec<Overdue>;
    unfinished_before(before: Timestamp, limit: usize) -> Vec<Overdue>;
    finished(id: &InboxId) -> ();
    parked(limit: usize) -> Vec<ParkedBody>;
});

interrupted!(Responses, "responses", {
    keep(response: &Response, notification: &str) -> StoredResponse;
    load(key: &ResponseKey) -> Option<StoredResponse>;
});

interrupted!(Plans, "plans", {
    load(key: &str) -> Option<Kept>;
    keep_first(key: &str, plan: &Value) -> KeptFirst;
    replace(key: &str, version: u64, plan: &Value) -> Kept;
});

interrupted!(Claims, "claims", {
    claim(key: &str, holder: &str) -> String;
    take_over(key: &str, from: &str, to: &str) -> String;
    lease(key: &str, holder: &str, now: Timestamp, until: Timestamp) -> bool;
    release(key: &str, holder: &str) -> ();
    join(key: &str, member: &str) -> u32;
    leave(key: &str, member: &str) -> ();
    others(key: &str, member: &str) -> u32;
});

interrupted!(Loops, "loops", {
    begin(new: &NewLoop, steps: &[Step]) -> ();
    record(id: &LoopId, steps: &[Step]) -> ();
    tie_case(id: &LoopId, case: &TiedCase<'_>, steps: &[Step]) -> ();
    tie_response(id: &LoopId, response: &ResponseKey) -> ();
    of_case(case: Uuid) -> Option<LoopId>;
    of_response(response: &ResponseKey) -> Option<LoopId>;
    load(id: &LoopId) -> Option<LoopHistory>;
    newest(now: Timestamp, limit: usize) -> Vec<Loop>;
    failed(limit: usize) -> Vec<Loop>;
});

interrupted!(Configurations, "configurations", {
    current() -> Arc<Applied>;
    apply(configuration: &Configuration) -> Applied;
});

interrupted!(Gates, "gates", {
    closed_until(connection: &ConnectionName, lane: Lane, now: Timestamp) -> Option<Timestamp>;
    close(connection: &ConnectionName, until: Timestamp) -> ();
    hold_back_history(connection: &ConnectionName, until: Timestamp) -> ();
    take(connection: &ConnectionName, requests: u32, per_second: u32, now: Timestamp) -> ();
});

interrupted!(AddressIndex, "addresses", {
    contacts(index: &IndexName, hash: &str) -> Vec<Uuid>;
    add(index: &IndexName, entries: &[(String, Uuid)]) -> ();
    progress(index: &IndexName, algorithm: &str) -> Progress;
    keep_progress(index: &IndexName, algorithm: &str, progress: &Progress) -> ();
});

interrupted!(Checkpoints, "checkpoints", {
    load(key: &str) -> (Checkpoint, u64);
    keep(key: &str, version: u64, checkpoint: &Checkpoint) -> bool;
});

interrupted!(Invitations, "invitations", {
    load(id: Uuid) -> Option<KeptInvitation>;
    begin(invitation: &Invitation) -> KeptInvitation;
    replace(version: u64, invitation: &Invitation) -> KeptInvitation;
    newest(limit: usize, before: Timestamp) -> Vec<Invitation>;
    awaited_before(before: Timestamp, limit: usize) -> Vec<Awaited>;
    looked_after(awaited: &Awaited) -> ();
});

interrupted!(ChangedRecords, "changed_records", {
    page(table: &ColumnName, reading: &Reading) -> ChangedPage;
    failed_jobs(steps: &[Uuid], since: Timestamp, next: Option<&str>) -> FailedJobsPage;
});

interrupted!(Bus, "bus", { publish(event: &Outgoing) -> (); });

interrupted!(Postpone, "postpone", { send_again(body: &str, delay_seconds: u32) -> (); });

#[async_trait]
impl<T: Secrets + ?Sized> Secrets for Interrupted<T> {
    async fn field(&self, secret: &str, field: &str) -> Result<SecretString, Failure> {
        self.interruptions
            .around("secrets.field", || self.inner.field(secret, field))
            .await
    }

    async fn forget(&self, secret: &str) {
        self.inner.forget(secret).await;
    }
}

#[async_trait]
impl<T: SurveyPlatform + ?Sized> SurveyPlatform for Interrupted<T> {
    fn parse(&self, body: &[u8]) -> Result<Hint, Unparsable> {
        self.inner.parse(body)
    }

    async fn fetch(&self, response: &ResponseId) -> Result<Option<Response>, Failure> {
        self.interruptions
            .around("survey_platform.fetch", || self.inner.fetch(response))
            .await
    }

    async fn note(
        &self,
        response: &ResponseId,
        marker: &str,
        text: &str,
    ) -> Result<Noted, Failure> {
        self.interruptions
            .around("survey_platform.note", || {
                self.inner.note(response, marker, text)
            })
            .await
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn write_back(
        &self,
        response: &ResponseId,
        intended: &Intended,
    ) -> Result<Settled, Failure> {
        self.interruptions
            .around("survey_platform.write_back", || {
                self.inner.write_back(response, intended)
            })
            .await
    }

    async fn notification_rules(&self) -> Result<Vec<NotificationRule>, Failure> {
        self.interruptions
            .around("survey_platform.notification_rules", || {
                self.inner.notification_rules()
            })
            .await
    }

    async fn answered(
        &self,
        rule: &NotificationRule,
        between: (Timestamp, Timestamp),
        page: u32,
    ) -> Result<AnsweredPage, Failure> {
        self.interruptions
            .around("survey_platform.answered", || {
                self.inner.answered(rule, between, page)
            })
            .await
    }
}

impl<T: SurveyPlatforms + ?Sized> SurveyPlatforms for Interrupted<T> {
    fn platform(
        &self,
        applied: &Applied,
        connection: &ConnectionName,
    ) -> Result<Arc<dyn SurveyPlatform>, Failure> {
        let platform = self.inner.platform(applied, connection)?;
        Ok(Arc::new(Interrupted::new(platform, &self.interruptions)))
    }
}

#[async_trait]
impl<T: CaseDesk + ?Sized> CaseDesk for Interrupted<T> {
    async fn find_customer(&self, search: &CustomerSearch) -> Result<Option<Found>, Failure> {
        self.interruptions
            .around("case_desk.find_customer", || {
                self.inner.find_customer(search)
            })
            .await
    }

    async fn contact_addresses(&self, from: &AddressesFrom) -> Result<AddressPage, Failure> {
        self.interruptions
            .around("case_desk.contact_addresses", || {
                self.inner.contact_addresses(from)
            })
            .await
    }

    async fn choice(&self, column: &str, label: &str) -> Result<i64, Failure> {
        self.interruptions
            .around("case_desk.choice", || self.inner.choice(column, label))
            .await
    }

    async fn queue(&self, name: &str) -> Result<Uuid, Failure> {
        self.interruptions
            .around("case_desk.queue", || self.inner.queue(name))
            .await
    }

    async fn owner(&self, name: &str) -> Result<OwnerRef, Failure> {
        self.interruptions
            .around("case_desk.owner", || self.inner.owner(name))
            .await
    }

    async fn create_contact(&self, contact: &ContactDraft) -> Result<Written, Failure> {
        self.interruptions
            .around("case_desk.create_contact", || {
                self.inner.create_contact(contact)
            })
            .await
    }

    async fn open_case(&self, case: &CaseDraft) -> Result<OpenedCase, Failure> {
        self.interruptions
            .around("case_desk.open_case", || self.inner.open_case(case))
            .await
    }

    async fn add_note(&self, case: Uuid, note: &NoteDraft) -> Result<Written, Failure> {
        self.interruptions
            .around("case_desk.add_note", || self.inner.add_note(case, note))
            .await
    }

    async fn read_case(&self, case: Uuid) -> Result<Option<CaseFacts>, Failure> {
        self.interruptions
            .around("case_desk.read_case", || self.inner.read_case(case))
            .await
    }

    async fn reopen(&self, reopening: &Reopening) -> Result<ReopenOutcome, Failure> {
        self.interruptions
            .around("case_desk.reopen", || self.inner.reopen(reopening))
            .await
    }

    fn case_link(&self, case: Uuid) -> String {
        self.inner.case_link(case)
    }
}

impl<T: CrmChanges + ?Sized> CrmChanges for Interrupted<T> {
    fn of(&self, applied: &Applied) -> Option<(ConnectionName, Arc<dyn ChangedRecords>)> {
        let (connection, crm) = self.inner.of(applied)?;
        Some((
            connection,
            Arc::new(Interrupted::new(crm, &self.interruptions)),
        ))
    }
}

impl<T: CaseDesks + ?Sized> CaseDesks for Interrupted<T> {
    fn desk(&self, applied: &Applied) -> Result<(ConnectionName, Arc<dyn CaseDesk>), Failure> {
        let (connection, desk) = self.inner.desk(applied)?;
        Ok((
            connection,
            Arc::new(Interrupted::new(desk, &self.interruptions)),
        ))
    }
}

#[async_trait]
impl<T: CaseRecords + ?Sized> CaseRecords for Interrupted<T> {
    async fn record(
        &self,
        case: Uuid,
        settings: &WriteBack,
    ) -> Result<Option<CaseRecord>, Failure> {
        self.interruptions
            .around("case_records.record", || self.inner.record(case, settings))
            .await
    }

    async fn case_of(&self, row: &Record) -> Result<Option<Uuid>, Failure> {
        self.interruptions
            .around("case_records.case_of", || self.inner.case_of(row))
            .await
    }

    fn link(&self, case: Uuid) -> String {
        self.inner.link(case)
    }
}

impl<T: CaseRecordDesks + ?Sized> CaseRecordDesks for Interrupted<T> {
    fn records(
        &self,
        applied: &Applied,
    ) -> Result<(ConnectionName, Arc<dyn CaseRecords>), Failure> {
        let (connection, records) = self.inner.records(applied)?;
        Ok((
            connection,
            Arc::new(Interrupted::new(records, &self.interruptions)),
        ))
    }
}
