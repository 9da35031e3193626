//! The contracts that fakes keep are kept by the real clients too, over HTTP against the stand-ins.

use async_trait::async_trait;
use cxloop_ports::SurveyAsked;
use cxloop_testkit::contract;
use cxloop_testkit::contract::{CaseDeskFixture, SurveyFixture, SurveySenderFixture};
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
