//! Rows of any table of a CRM, its people and what they agreed to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cxloop_domain::columns::CrmColumn;
use cxloop_domain::configuration::Applied;
use cxloop_domain::names::{ColumnName, ConnectionName};
use cxloop_domain::record_changed::Record;
use cxloop_domain::survey_trigger::{Address, Consent, ConsentAsked, Person, SeenRow};
use cxloop_ports::{CrmRowDesks, CrmRows, Failure};
use serde_json::json;
use uuid::Uuid;

use super::Faults;

/// A text that was written into a column of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenText {
    /// The row.
    pub record: Record,
    /// The column.
    pub column: ColumnName,
    /// The text.
    pub text: String,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<Record, SeenRow>,
    people: BTreeMap<Record, Person>,
    consents: Vec<(ConsentAsked, Consent)>,
    missing: BTreeSet<(ColumnName, ColumnName)>,
    writes: Vec<WrittenText>,
    versions: u64,
    reads: u64,
}

/// Rows in memory, behind the connection `dynamics`. Each change gives a row a higher version.
#[derive(Default)]
pub struct FakeCrmRows {
    state: Mutex<State>,
    faults: Faults,
}

impl FakeCrmRows {
    /// The user that cxloop itself is in this CRM.
    pub const OUR_USER: Uuid = Uuid::from_u128(0x0c10_0000_0000_4000_8000_0000_0000_0001);

    /// What it fails with.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Puts a row there, in place of one with the same id. Its version is the CRM's.
    pub fn put(&self, row: SeenRow) {
        let mut state = self.state.lock().expect(LOCK);
        state.versions += 1;
        let row_version = state.versions;
        let row = SeenRow { row_version, ..row };
        state.rows.insert(row.record.clone(), row);
    }

    /// Changes a row that is there.
    pub fn change(&self, record: &Record, change: impl FnOnce(&mut SeenRow)) {
        let mut state = self.state.lock().expect(LOCK);
        state.versions += 1;
        let row_version = state.versions;
        if let Some(row) = state.rows.get_mut(record) {
            change(row);
            row.row_version = row_version;
        }
    }

    /// Deletes a row, and the person who it is.
    pub fn delete(&self, record: &Record) {
        let mut state = self.state.lock().expect(LOCK);
        state.rows.remove(record);
        state.people.remove(record);
    }

    /// Says who is found in a row: of an account, its primary contact.
    pub fn put_person(&self, record: &Record, person: Person) {
        let mut state = self.state.lock().expect(LOCK);
        state.people.insert(record.clone(), person);
    }

    /// Keeps what the owner of an address said to a purpose, in place of what they said to it before.
    pub fn put_consent(&self, address: &Address, purpose: Option<Uuid>, consent: Consent) {
        let said = ConsentAsked {
            address: address.clone(),
            purpose,
        };
        let mut state = self.state.lock().expect(LOCK);
        state.consents.retain(|(before, _)| *before != said);
        state.consents.push((said, consent));
    }

    /// A table has no such column.
    pub fn lacks(&self, table: &ColumnName, column: &ColumnName) {
        let mut state = self.state.lock().expect(LOCK);
        state.missing.insert((table.clone(), column.clone()));
    }

    /// The row with all its columns.
    pub fn get(&self, record: &Record) -> Option<SeenRow> {
        self.state.lock().expect(LOCK).rows.get(record).cloned()
    }

    /// The texts that were written, oldest first.
    pub fn writes(&self) -> Vec<WrittenText> {
        self.state.lock().expect(LOCK).writes.clone()
    }

    /// How many requests read something.
    pub fn reads(&self) -> u64 {
        self.state.lock().expect(LOCK).reads
    }
}

impl State {
    fn has<'a>(
        &self,
        table: &ColumnName,
        columns: impl IntoIterator<Item = &'a ColumnName>,
    ) -> Result<(), Failure> {
        for column in columns {
            if self.missing.contains(&(table.clone(), column.clone())) {
                let problem = format!("The table {table} has no column called {column}.");
                return Err(Failure::park(problem, "fake"));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl CrmRows for FakeCrmRows {
    async fn our_user(&self) -> Result<Uuid, Failure> {
        self.faults.check()?;
        Ok(Self::OUR_USER)
    }

    async fn row(
        &self,
        record: &Record,
        columns: &BTreeSet<ColumnName>,
    ) -> Result<Option<SeenRow>, Failure> {
        self.faults.check()?;
        let mut state = self.state.lock().expect(LOCK);
        state.reads += 1;
        state.has(&record.table, columns)?;
        let asked = |name: &str| columns.iter().any(|column| column.as_str() == name);
        Ok(state.rows.get(record).cloned().map(|mut row| {
            row.columns.retain(|name, _| asked(name));
            row.tables.retain(|name, _| asked(name));
            row
        }))
    }

    async fn person(
        &self,
        record: &Record,
        time_zone: Option<&ColumnName>,
    ) -> Result<Option<Person>, Failure> {
        self.faults.check()?;
        let mut state = self.state.lock().expect(LOCK);
        state.reads += 1;
        Ok(state.people.get(record).cloned().map(|person| Person {
            time_zone: person.time_zone.filter(|_| time_zone.is_some()),
            ..person
        }))
    }

    async fn consent(&self, asked: &ConsentAsked) -> Result<Consent, Failure> {
        self.faults.check()?;
        let mut state = self.state.lock().expect(LOCK);
        state.reads += 1;
        let said = state.consents.iter().filter(|(said, _)| {
            said.address == asked.address
                && (asked.purpose.is_none() || said.purpose == asked.purpose)
        });
        let said: Vec<Consent> = said.map(|(_, consent)| *consent).collect();
        let strongest = [Consent::OptedOut, Consent::OptedIn];
        let found = strongest.into_iter().find(|consent| said.contains(consent));
        Ok(found.unwrap_or(Consent::NotSet))
    }

    async fn write_text(
        &self,
        record: &Record,
        column: &ColumnName,
        text: &str,
    ) -> Result<(), Failure> {
        self.faults.check()?;
        let mut state = self.state.lock().expect(LOCK);
        state.has(&record.table, [column])?;
        let next = state.versions + 1;
        let Some(row) = state.rows.get_mut(record) else {
            return Err(Failure::park("The row is gone.", "fake"));
        };
        if row.text(column.as_str()).as_deref() == Some(text) {
            return Ok(());
        }
        let written = CrmColumn {
            value: json!(text),
            label: None,
        };
        row.columns.insert(column.to_string(), written);
        row.row_version = next;
        state.versions = next;
        state.writes.push(WrittenText {
            record: record.clone(),
            column: column.clone(),
            text: text.to_owned(),
        });
        Ok(())
    }
}

/// Hands out one CRM, whatever the configuration says.
pub struct FakeRowDesks(Option<Arc<FakeCrmRows>>);

impl FakeRowDesks {
    /// The CRM is connected as `dynamics`.
    pub fn with(rows: &Arc<FakeCrmRows>) -> Self {
        Self(Some(Arc::clone(rows)))
    }

    /// No CRM is connected.
    pub fn none() -> Self {
        Self(None)
    }
}

impl CrmRowDesks for FakeRowDesks {
    fn rows(&self, _: &Applied) -> Result<(ConnectionName, Arc<dyn CrmRows>), Failure> {
        let rows = self
            .0
            .as_ref()
            .ok_or_else(|| Failure::mend("no CRM is connected", ""))?;
        let name = "dynamics".parse().expect("a connection name");
        Ok((name, Arc::clone(rows) as Arc<dyn CrmRows>))
    }
}

const LOCK: &str = "nobody panics while the CRM works";
