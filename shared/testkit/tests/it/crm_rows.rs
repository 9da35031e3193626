//! The fake of a CRM's rows keeps the contract.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cxloop_domain::columns::CrmColumn;
use cxloop_domain::record_changed::Record;
use cxloop_domain::survey_trigger::{Address, Consent, DoNot, Person, SeenRow};
use cxloop_testkit::contract::{self, CrmRowsFixture};
use cxloop_testkit::fakes::FakeCrmRows;
use serde_json::json;
use uuid::Uuid;

struct InMemory {
    rows: FakeCrmRows,
}

fn record(table: &str, number: u128) -> Record {
    Record {
        table: table.parse().expect("a table's name"),
        id: Uuid::from_u128(number),
    }
}

fn contact() -> Person {
    Person {
        record: Some(record("contact", 2)),
        name: Some("Iria Fernández".to_owned()),
        email: Some("iria@example.com".to_owned()),
        phone: Some("+34600000201".to_owned()),
        account: Some(Uuid::from_u128(3)),
        ..Person::default()
    }
}

#[async_trait]
impl CrmRowsFixture for InMemory {
    fn case(&self) -> Record {
        record("incident", 1)
    }

    fn contact(&self) -> Record {
        record("contact", 2)
    }

    fn email(&self) -> String {
        contact().email.expect("the contact has an address")
    }

    fn phone(&self) -> String {
        contact().phone.expect("the contact has a number")
    }

    fn account(&self) -> Record {
        record("account", 3)
    }

    fn lonely_account(&self) -> Record {
        record("account", 4)
    }

    fn lead(&self) -> Record {
        record("lead", 5)
    }

    fn user(&self) -> Record {
        record("systemuser", 6)
    }

    fn purposes(&self) -> [Uuid; 2] {
        [7, 8].map(Uuid::from_u128)
    }

    async fn agrees(&self, address: &Address, purpose: Uuid, said: Consent) {
        self.rows.put_consent(address, Some(purpose), said);
    }

    async fn withdraws(&self) {
        let withdrawn = Person {
            is_inactive: true,
            do_not: DoNot {
                email: true,
                ..DoNot::default()
            },
            ..contact()
        };
        self.rows.put_person(&self.contact(), withdrawn.clone());
        self.rows.put_person(&self.account(), withdrawn);
    }
}

#[tokio::test]
async fn the_fake_rows_of_a_crm_keep_the_contract() {
    let fixture = InMemory {
        rows: FakeCrmRows::default(),
    };
    let column = |value, label: Option<&str>| CrmColumn {
        value,
        label: label.map(str::to_owned),
    };
    let customer = json!(fixture.contact().id);
    let columns = [
        ("statecode", column(json!(0), Some("Active"))),
        ("title", column(json!("Avaría"), None)),
        (
            "_customerid_value",
            column(customer, Some("Iria Fernández")),
        ),
    ];
    fixture.rows.put(SeenRow {
        record: fixture.case(),
        row_version: 0,
        columns: columns
            .map(|(name, column)| (name.to_owned(), column))
            .into(),
        tables: BTreeMap::from([("_customerid_value".to_owned(), fixture.contact().table)]),
    });
    let missing = "new_inexistente".parse().unwrap();
    fixture.rows.lacks(&fixture.case().table, &missing);
    for record in [fixture.contact(), fixture.account()] {
        fixture.rows.put_person(&record, contact());
    }
    for record in [fixture.lead(), fixture.user()] {
        let person = Person {
            record: Some(record.clone()),
            account: None,
            ..contact()
        };
        fixture.rows.put_person(&record, person);
    }
    contract::crm_rows(&fixture.rows, &fixture).await;
    let written: Vec<String> = fixture
        .rows
        .writes()
        .into_iter()
        .map(|written| written.column.to_string())
        .collect();
    assert_eq!(written, ["description"]);
}
