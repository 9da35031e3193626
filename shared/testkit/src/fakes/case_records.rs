//! Cases as a CRM has them, for what flows back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cxloop_domain::case_write_back::CaseRecord;
use cxloop_domain::configuration::{Applied, WriteBack};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::record_changed::Record;
use cxloop_ports::{CaseRecordDesks, CaseRecords, Failure};
use uuid::Uuid;

use super::Faults;

#[derive(Default)]
struct State {
    cases: BTreeMap<Uuid, CaseRecord>,
    regarding: BTreeMap<Uuid, Uuid>,
    versions: u64,
    reads: u64,
}

/// Cases in memory, behind the connection `dynamics`. Each change gives the case a higher version.
#[derive(Default)]
pub struct FakeCaseRecords {
    state: Mutex<State>,
    faults: Faults,
}

impl FakeCaseRecords {
    /// What it fails with.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Puts a case there, in place of one with the same id.
    pub fn put(&self, case: CaseRecord) {
        let mut state = self.state.lock().expect(LOCK);
        state.versions += 1;
        let row_version = state.versions;
        let case = CaseRecord {
            row_version,
            ..case
        };
        state.cases.insert(case.id, case);
    }

    /// Changes a case that is there.
    pub fn change(&self, id: Uuid, change: impl FnOnce(&mut CaseRecord)) {
        let mut state = self.state.lock().expect(LOCK);
        state.versions += 1;
        let row_version = state.versions;
        if let Some(case) = state.cases.get_mut(&id) {
            change(case);
            case.row_version = row_version;
        }
    }

    /// Deletes a case.
    pub fn delete(&self, id: Uuid) {
        self.state.lock().expect(LOCK).cases.remove(&id);
    }

    /// Says which case a note or activity belongs to.
    pub fn regards(&self, activity: Uuid, case: Uuid) {
        let mut state = self.state.lock().expect(LOCK);
        state.regarding.insert(activity, case);
    }

    /// How often a case was read.
    pub fn reads(&self) -> u64 {
        self.state.lock().expect(LOCK).reads
    }
}

#[async_trait]
impl CaseRecords for FakeCaseRecords {
    async fn record(&self, case: Uuid, _: &WriteBack) -> Result<Option<CaseRecord>, Failure> {
        self.faults.check()?;
        let mut state = self.state.lock().expect(LOCK);
        state.reads += 1;
        Ok(state.cases.get(&case).cloned())
    }

    async fn case_of(&self, row: &Record) -> Result<Option<Uuid>, Failure> {
        self.faults.check()?;
        let state = self.state.lock().expect(LOCK);
        Ok(state.regarding.get(&row.id).copied())
    }

    fn link(&self, case: Uuid) -> String {
        format!("https://crm.example/{case}")
    }
}

/// Hands out one CRM, whatever the configuration says.
pub struct FakeRecordDesks(Arc<FakeCaseRecords>);

impl FakeRecordDesks {
    /// The CRM is connected as `dynamics`.
    pub fn with(records: &Arc<FakeCaseRecords>) -> Self {
        Self(Arc::clone(records))
    }
}

impl CaseRecordDesks for FakeRecordDesks {
    fn records(&self, _: &Applied) -> Result<(ConnectionName, Arc<dyn CaseRecords>), Failure> {
        let name = "dynamics".parse().expect("a connection name");
        Ok((name, Arc::clone(&self.0) as Arc<dyn CaseRecords>))
    }
}

const LOCK: &str = "nobody panics while the CRM works";
