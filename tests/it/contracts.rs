//! The contracts that fakes keep are kept by the real clients too, over HTTP against the stand-ins.

use async_trait::async_trait;
use cxloop_domain::record_changed::Record;
use cxloop_domain::survey_trigger::{Address, Consent};
use cxloop_ports::SurveyAsked;
use cxloop_testkit::contract;
use cxloop_testkit::contract::{
    CaseDeskFixture, CrmRowsFixture, SurveyFixture, SurveySenderFixture,
};
use serde_json::json;
use uuid::Uuid;

use crate::world::{Answered, World};

struct Company<'w> {
    world: &'w World,
    contact: Uuid,
}

#[async_trait]
impl CaseDeskFixture for Company<'_> {
    fn contact(&self) -> Uuid {
        self.contact
    }

    fn contact_email(&self) -> String {
        "iria.fernandez@example.com".to_owned()
    }

    fn queue(&self) -> String {
        "Recovery".to_owned()
    }

    fn owner(&self) -> String {
        "Avarias".to_owned()
    }

    fn run(&self) -> String {
        "only run".to_owned()
    }

    async fn resolve(&self, case: Uuid) {
        self.world.resolve(case).await;
    }

    async fn cancel(&self, case: Uuid) {
        self.world
            .patch(
                &format!("incidents({case})"),
                json!({"statecode": 2, "statuscode": 6}),
            )
            .await;
    }

    async fn delete(&self, case: Uuid) {
        self.world.delete(&format!("incidents({case})")).await;
    }
}

#[tokio::test]
async fn the_dynamics_client_keeps_the_contract_of_a_case_desk() {
    let world = World::new().await;
    let found = world
        .rows(
            "contacts",
            "$select=fullname&$filter=emailaddress1 eq 'iria.fernandez@example.com'",
        )
        .await;
    let contact = found[0]["contactid"].as_str().unwrap().parse().unwrap();
    let desk = world.desk().await;
    contract::case_desk(
        desk.as_ref(),
        &Company {
            world: &world,
            contact,
        },
    )
    .await;
}

/// The rows of the company, as the stand-in always numbers them.
struct Rows<'w> {
    world: &'w World,
    case: Uuid,
}

fn record(table: &str, id: &str) -> Record {
    Record {
        table: table.parse().unwrap(),
        id: id.parse().unwrap(),
    }
}

#[async_trait]
impl CrmRowsFixture for Rows<'_> {
    fn case(&self) -> Record {
        record("incident", &self.case.to_string())
    }

    fn contact(&self) -> Record {
        record("contact", "5a4db0c5-0005-4000-8000-000000000001")
    }

    fn email(&self) -> String {
        "iria.fernandez@example.com".to_owned()
    }

    fn phone(&self) -> String {
        "+34600000201".to_owned()
    }

    fn account(&self) -> Record {
        record("account", "5a4db0c5-0004-4000-8000-000000000001")
    }

    fn lonely_account(&self) -> Record {
        record("account", "5a4db0c5-0004-4000-8000-000000000002")
    }

    fn lead(&self) -> Record {
        record("lead", "0a1b2c3d-0000-4000-8000-000000000001")
    }

    fn user(&self) -> Record {
        record("systemuser", "5a4db0c5-0001-4000-8000-000000000002")
    }

    fn purposes(&self) -> [Uuid; 2] {
        ["1", "2"].map(|number| {
            format!("5a4db0c5-000c-4000-8000-00000000000{number}")
                .parse()
                .unwrap()
        })
    }

    async fn agrees(&self, address: &Address, purpose: Uuid, said: Consent) {
        let (channel, value) = match address {
            Address::Email(address) => (534_120_000, address.to_uppercase()),
            // As many people write it.
            Address::Phone(number) => (534_120_001, number.replace('+', "00")),
        };
        let said = match said {
            Consent::NotSet => 534_120_000,
            Consent::OptedIn => 534_120_001,
            Consent::OptedOut => 534_120_002,
        };
        let consent = json!({
            "msdynmkt_contactpointvalue": value, "msdynmkt_contactpointtype": channel, "msdynmkt_value": said,
            "msdynmkt_purposeId@odata.bind": format!("/msdynmkt_purposes({purpose})"),
        });
        self.world
            .post("msdynmkt_contactpointconsent4s", consent)
            .await;
    }

    async fn withdraws(&self) {
        let contact = format!("contacts({})", self.contact().id);
        let withdrawn = json!({ "donotemail": true, "statecode": 1 });
        self.world.patch(&contact, withdrawn).await;
    }
}

#[tokio::test]
async fn the_dynamics_client_keeps_the_contract_of_a_crm_whose_rows_send_surveys() {
    let world = World::new().await;
    let fixture = Rows {
        world: &world,
        case: Uuid::from_u128(0xca5e),
    };
    let bind = |set: &str, record: &Record| json!(format!("/{set}({})", record.id));
    let contact = bind("contacts", &fixture.contact());
    let case =
        json!({ "title": "A neveira non arrefría", "customerid_contact@odata.bind": &contact });
    world
        .patch(&format!("incidents({})", fixture.case), case)
        .await;
    let account = format!("accounts({})", fixture.account().id);
    let primary = json!({ "primarycontactid@odata.bind": &contact });
    world.patch(&account, primary).await;
    let lead = format!("leads({})", fixture.lead().id);
    world
        .patch(&lead, json!({ "subject": "Un forno", "lastname": "Louro" }))
        .await;
    world.patch(&lead, json!({ "statecode": 2 })).await;
    let rows = world.crm_rows().await;
    contract::crm_rows(rows.as_ref(), &fixture).await;
}

#[tokio::test]
async fn the_wxm_client_keeps_the_contract_of_a_survey_platform() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let fixture = SurveyFixture {
        body: world.notification_body(&key, "Detractors"),
        known: key.response,
        unknown: "0123456789abcdef01234567".parse().unwrap(),
        fetches: true,
    };
    let platform = world.platform().await;
    contract::survey_platform(platform.as_ref(), &fixture).await;
}

#[tokio::test]
async fn the_wxm_client_keeps_the_contract_of_a_sender_of_surveys() {
    let world = World::new().await;
    let fixture = SurveySenderFixture {
        questionnaire: "after-case".to_owned(),
        no_question: "NADA".to_owned(),
        valid_until: "2027-03-02T10:00:00Z".parse().unwrap(),
    };
    let sender = world.sender().await;
    contract::survey_sender(sender.as_ref(), &fixture).await;
    assert_eq!(world.surveys.invitations().len(), 1);

    let asked = SurveyAsked {
        questionnaire: "after-case".to_owned(),
        prefill: Vec::new(),
        valid_until: fixture.valid_until,
        language: Some("gl".to_owned()),
        note: "Regra avaría".to_owned(),
    };
    let link = sender.survey(&asked).await.unwrap();
    let form = reqwest::get(&link.url).await.unwrap();
    assert_eq!(form.status(), 200, "the address opens the survey");
}
