//! Promises of a CRM whose rows send surveys.

use std::collections::BTreeSet;

use async_trait::async_trait;
use cxloop_domain::names::ColumnName;
use cxloop_domain::record_changed::Record;
use cxloop_domain::survey_trigger::{Address, Consent, ConsentAsked};
use cxloop_ports::{CrmRows, Remedy};
use uuid::Uuid;

use super::{refused, well};

/// What the suite needs of the CRM it is held against.
#[async_trait]
pub trait CrmRowsFixture: Send + Sync {
    /// An active case of [`CrmRowsFixture::contact`], with something in its title and nothing in its description.
    fn case(&self) -> Record;

    /// An active contact who belongs to [`CrmRowsFixture::account`].
    fn contact(&self) -> Record;

    /// The contact's e-mail address, of which no consent is known.
    fn email(&self) -> String;

    /// The contact's mobile number, in international form.
    fn phone(&self) -> String;

    /// An account whose primary contact is the contact.
    fn account(&self) -> Record;

    /// An account without a primary contact.
    fn lonely_account(&self) -> Record;

    /// A lead that was disqualified.
    fn lead(&self) -> Record;

    /// An active user.
    fn user(&self) -> Record;

    /// Two purposes.
    fn purposes(&self) -> [Uuid; 2];

    /// The owner of an address says something to a purpose.
    async fn agrees(&self, address: &Address, purpose: Uuid, said: Consent);

    /// The contact does not want e-mails any more and is deactivated.
    async fn withdraws(&self);
}

/// Checks a CRM as rows.
pub async fn crm_rows(rows: &dyn CrmRows, fixture: &dyn CrmRowsFixture) {
    reads_rows(rows, fixture).await;
    writes_texts(rows, fixture).await;
    finds_people(rows, fixture).await;
    knows_consent(rows, fixture).await;
}

fn columns(names: &[&str]) -> BTreeSet<ColumnName> {
    names.iter().map(|name| column(name)).collect()
}

fn column(name: &str) -> ColumnName {
    name.parse().expect("a column's name")
}

fn gone(table: &str) -> Record {
    Record {
        table: column(table),
        id: Uuid::from_u128(0x90e),
    }
}

async fn reads_rows(rows: &dyn CrmRows, fixture: &dyn CrmRowsFixture) {
    let case = fixture.case();
    let asked = columns(&["statecode", "_customerid_value", "title", "description"]);
    let read = well(rows.row(&case, &asked).await).expect("the case is there");
    assert_eq!(read.record, case);
    assert!(read.row_version > 0);
    let state = &read.columns["statecode"];
    assert_eq!(
        (state.value.as_i64(), state.label.as_deref()),
        (Some(0), Some("Active")),
        "a choice has its value and its label"
    );
    assert!(read.text("title").is_some());
    assert_eq!(read.text("description"), None, "what is empty is not there");
    assert_eq!(
        read.lookup("_customerid_value"),
        Some(fixture.contact()),
        "a lookup leads to a row of its table"
    );
    let again = well(rows.row(&case, &asked).await);
    assert_eq!(again, Some(read), "asked twice, answered the same");

    let fewer = well(rows.row(&case, &columns(&["statecode"])).await).expect("the case is there");
    let names: Vec<&String> = fewer.columns.keys().collect();
    assert_eq!(names, ["statecode"], "only what is asked for is answered");
    assert!(fewer.tables.is_empty());

    assert_eq!(
        well(rows.row(&gone("incident"), &asked).await),
        None,
        "a row that is gone is no failure"
    );
    let unknown = columns(&["statecode", "new_inexistente"]);
    let failure = refused(rows.row(&case, &unknown).await, "there is no such column");
    assert_eq!(failure.remedy, Remedy::Park);
    assert!(
        failure.message.contains("new_inexistente"),
        "the column is named: {failure:?}"
    );
}

async fn writes_texts(rows: &dyn CrmRows, fixture: &dyn CrmRowsFixture) {
    let (case, description) = (fixture.case(), column("description"));
    let link = "https://enquisas.example.com/s/ábrete?t=1&u=2";
    let before = well(rows.row(&case, &BTreeSet::new()).await).expect("the case is there");
    well(rows.write_text(&case, &description, link).await);
    let asked = columns(&["description"]);
    let written = well(rows.row(&case, &asked).await).expect("the case is there");
    assert_eq!(written.text("description").as_deref(), Some(link));
    assert!(written.row_version > before.row_version);
    well(rows.write_text(&case, &description, link).await);
    assert_eq!(
        well(rows.row(&case, &asked).await),
        Some(written),
        "what stands there is not written again"
    );
    let failure = refused(
        rows.write_text(&gone("incident"), &description, link).await,
        "nothing is written into a row that is gone, and none is made",
    );
    assert_eq!(failure.remedy, Remedy::Park);
    assert_eq!(well(rows.row(&gone("incident"), &asked).await), None);
}

async fn finds_people(rows: &dyn CrmRows, fixture: &dyn CrmRowsFixture) {
    let contact = well(rows.person(&fixture.contact(), None).await).expect("the contact is there");
    assert_eq!(contact.record, Some(fixture.contact()));
    assert_eq!(contact.email, Some(fixture.email()));
    assert_eq!(contact.phone, Some(fixture.phone()));
    assert_eq!(contact.account, Some(fixture.account().id));
    assert!(contact.name.is_some() && !contact.is_inactive && !contact.do_not.email);

    let of_account = well(rows.person(&fixture.account(), None).await).expect("its contact");
    assert_eq!(of_account, contact, "an account is its primary contact");
    let nobody = [fixture.lonely_account(), gone("contact"), gone("account")];
    for record in nobody.iter().chain([&fixture.case()]) {
        assert_eq!(well(rows.person(record, None).await), None, "{record:?}");
    }
    let lead = well(rows.person(&fixture.lead(), None).await).expect("the lead is there");
    assert_eq!(lead.record, Some(fixture.lead()));
    assert!(!lead.is_inactive, "a lead at its end can still be asked");
    let user = well(rows.person(&fixture.user(), None).await).expect("the user is there");
    assert_eq!(user.record, Some(fixture.user()));
    assert!(user.email.is_some() && !user.is_inactive);

    fixture.withdraws().await;
    for record in [fixture.contact(), fixture.account()] {
        let person = well(rows.person(&record, None).await).expect("still there");
        assert!(person.is_inactive && person.do_not.email, "{person:?}");
        assert!(!person.do_not.phone);
    }
}

async fn knows_consent(rows: &dyn CrmRows, fixture: &dyn CrmRowsFixture) {
    let email = Address::Email(fixture.email());
    let phone = Address::Phone(fixture.phone());
    let [surveys, offers] = fixture.purposes();
    let said = async |address: &Address, purpose: Option<Uuid>| {
        let address = address.clone();
        well(rows.consent(&ConsentAsked { address, purpose }).await)
    };
    for purpose in [None, Some(surveys)] {
        assert_eq!(said(&email, purpose).await, Consent::NotSet);
    }
    fixture.agrees(&email, surveys, Consent::OptedIn).await;
    assert_eq!(said(&email, Some(surveys)).await, Consent::OptedIn);
    assert_eq!(
        said(&email, Some(offers)).await,
        Consent::NotSet,
        "each purpose is agreed to for itself"
    );
    assert_eq!(said(&email, None).await, Consent::OptedIn);
    assert_eq!(
        said(&phone, None).await,
        Consent::NotSet,
        "and each address"
    );
    fixture.agrees(&email, offers, Consent::OptedOut).await;
    assert_eq!(said(&email, Some(surveys)).await, Consent::OptedIn);
    assert_eq!(
        said(&email, None).await,
        Consent::OptedOut,
        "a refusal counts before an agreement"
    );
    fixture.agrees(&phone, surveys, Consent::OptedOut).await;
    assert_eq!(said(&phone, Some(surveys)).await, Consent::OptedOut);
}
