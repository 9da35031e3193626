//! Leads and opportunities. Source: Microsoft Learn, "QualifyLead action", "WinOpportunity action", "LoseOpportunity action",
//! "Use Web API actions" and "Web service error codes".

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::organisation::{ACCOUNT, NOWHERE, Organisation};

const CRM: &str = "Microsoft.Dynamics.CRM";

impl Organisation {
    async fn lead(&self) -> String {
        let row = json!({
            "subject": "Reforma da padaría", "firstname": "Antón", "lastname": "Reboreda", "companyname": "Obras Reboreda",
            "emailaddress1": "anton@example.com", "telephone1": "+34886000300", "address1_city": "Cangas", "estimatedamount": 1200.5,
        });
        let made = self.post("leads", row).await;
        assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
        made.key()
    }

    async fn opportunity(&self) -> String {
        let row = json!({"name": "Forno novo", "estimatedvalue": 4000, "customerid_account@odata.bind": format!("/accounts({ACCOUNT})")});
        let made = self.post("opportunities", row).await;
        assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
        made.key()
    }

    async fn states(&self, path: &str) -> (i64, i64) {
        let row = self
            .get(&format!("{path}?$select=statecode,statuscode"))
            .await
            .json();
        (
            row["statecode"].as_i64().unwrap(),
            row["statuscode"].as_i64().unwrap(),
        )
    }
}

fn everything(status: i64) -> Value {
    json!({"CreateAccount": true, "CreateContact": true, "CreateOpportunity": true, "Status": status})
}

fn close(opportunity: &str, status: i64) -> Value {
    json!({"Status": status, "OpportunityClose": {"subject": "Pechada", "opportunityid@odata.bind": format!("/opportunities({opportunity})")}})
}

#[tokio::test]
async fn a_qualified_lead_becomes_account_contact_and_opportunity() {
    let organisation = Organisation::start().await;
    let lead = organisation.lead().await;
    let path = format!("leads({lead})/{CRM}.QualifyLead");
    let qualified = organisation.post(&path, everything(3)).await;
    assert_eq!(qualified.status, StatusCode::OK, "{}", qualified.text);
    let body = qualified.json();
    let made = |kind: &str| {
        let found = body["value"].as_array().unwrap().iter();
        let wanted = format!("#{CRM}.{kind}");
        let row = found
            .clone()
            .find(|row| row["@odata.type"] == wanted.as_str())
            .unwrap();
        row[format!("{kind}id")].as_str().unwrap().to_owned()
    };
    let (account, contact, opportunity) = (made("account"), made("contact"), made("opportunity"));
    let row = organisation
        .get(&format!("accounts({account})"))
        .await
        .json();
    assert_eq!(
        (
            &row["name"],
            &row["address1_city"],
            &row["_originatingleadid_value"]
        ),
        (&json!("Obras Reboreda"), &json!("Cangas"), &json!(lead))
    );
    let row = organisation
        .get(&format!("contacts({contact})"))
        .await
        .json();
    assert_eq!(
        (&row["fullname"], &row["_parentcustomerid_value"]),
        (&json!("Antón Reboreda"), &json!(account))
    );
    let row = organisation
        .get(&format!("opportunities({opportunity})"))
        .await
        .json();
    assert_eq!(
        [
            &row["name"],
            &row["estimatedvalue"],
            &row["_customerid_value"],
            &row["_parentcontactid_value"],
            &row["_originatingleadid_value"]
        ],
        [
            &json!("Reforma da padaría"),
            &json!(1200.5),
            &json!(account),
            &json!(contact),
            &json!(lead)
        ]
    );
    assert_eq!(organisation.states(&format!("leads({lead})")).await, (1, 3));
    organisation
        .post(&path, everything(3))
        .await
        .is_refused(400, "0x80040519");
}

#[tokio::test]
async fn qualifying_makes_only_what_is_asked_for_and_takes_a_given_customer() {
    let organisation = Organisation::start().await;
    let lead = organisation.lead().await;
    let path = format!("leads({lead})/{CRM}.QualifyLead");
    organisation
        .post(&path, everything(4))
        .await
        .is_refused(400, "0x80048408");
    organisation
        .post(&path, json!({"Status": 3}))
        .await
        .is_refused(400, "0x80048d19");
    let body = json!({
        "CreateAccount": false, "CreateContact": false, "CreateOpportunity": true, "Status": -1,
        "OpportunityCustomerId": {"@odata.type": format!("{CRM}.account"), "accountid": ACCOUNT},
    });
    let made = organisation.post(&path, body).await.json();
    let made = made["value"].as_array().unwrap().clone();
    assert_eq!(made.len(), 1);
    let id = made[0]["opportunityid"].as_str().unwrap();
    let row = organisation
        .get(&format!("opportunities({id})"))
        .await
        .json();
    assert_eq!(row["_customerid_value"], ACCOUNT);
}

#[tokio::test]
async fn a_lead_goes_from_one_end_to_the_other_only_when_it_was_opened_again() {
    let organisation = Organisation::start().await;
    let path = format!("leads({})", organisation.lead().await);
    let set = async |state: i64| {
        organisation
            .patch(&path, json!({ "statecode": state }))
            .await
    };
    assert_eq!(set(2).await.status, StatusCode::NO_CONTENT);
    assert_eq!(organisation.states(&path).await, (2, 4));
    set(1).await.is_refused(400, "0x80040519");
    organisation
        .patch(&path, json!({"subject": "Outra"}))
        .await
        .is_refused(400, "0x80040519");
    assert_eq!(set(0).await.status, StatusCode::NO_CONTENT);
    assert_eq!(set(1).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_won_opportunity_has_its_value_its_day_and_a_completed_activity() {
    let organisation = Organisation::start().await;
    let id = organisation.opportunity().await;
    let won = organisation.post("WinOpportunity", close(&id, 3)).await;
    assert_eq!(won.status, StatusCode::NO_CONTENT, "{}", won.text);
    let row = organisation
        .get(&format!("opportunities({id})"))
        .await
        .json();
    assert_eq!(
        [
            &row["statecode"],
            &row["statuscode"],
            &row["actualvalue"],
            &row["actualclosedate"]
        ],
        [&json!(1), &json!(3), &json!(4000), &json!("2026-05-28")]
    );
    let closes = organisation
        .get(&format!("opportunities({id})/Opportunity_OpportunityClose"))
        .await
        .json();
    let activity = &closes["value"][0];
    assert_eq!(
        [
            &activity["subject"],
            &activity["statecode"],
            &activity["statuscode"],
            &activity["actualrevenue"],
            &activity["opportunitystatecode"]
        ],
        [
            &json!("Pechada"),
            &json!(1),
            &json!(2),
            &json!(4000),
            &json!(1)
        ]
    );
    for action in ["WinOpportunity", "LoseOpportunity"] {
        organisation
            .post(action, close(&id, -1))
            .await
            .is_refused(400, "0x80040515");
    }
}

#[tokio::test]
async fn a_lost_opportunity_says_why_and_what_was_got() {
    let organisation = Organisation::start().await;
    let id = organisation.opportunity().await;
    organisation
        .post("LoseOpportunity", close(&id, 3))
        .await
        .is_refused(400, "0x80048408");
    let mut body = close(&id, 5);
    body["OpportunityClose"]["opportunityid@odata.bind"] = json!(format!(
        "{}/api/data/v9.2/opportunities({id})",
        organisation.root
    ));
    body["OpportunityClose"]["actualrevenue"] = json!(10);
    body["OpportunityClose"]["actualend"] = json!("2026-04-01T09:00:00Z");
    let lost = organisation.post("LoseOpportunity", body).await;
    assert_eq!(lost.status, StatusCode::NO_CONTENT, "{}", lost.text);
    let row = organisation
        .get(&format!("opportunities({id})"))
        .await
        .json();
    assert_eq!(
        [
            &row["statecode"],
            &row["statuscode"],
            &row["actualvalue"],
            &row["actualclosedate"]
        ],
        [&json!(2), &json!(5), &json!(10), &json!("2026-04-01")]
    );
}

#[tokio::test]
async fn an_opportunity_is_closed_by_its_actions_alone_and_opened_by_its_state() {
    let organisation = Organisation::start().await;
    let id = organisation.opportunity().await;
    let path = format!("opportunities({id})");
    organisation
        .patch(&path, json!({"statecode": 1, "statuscode": 3}))
        .await
        .is_refused(400, "0x80040516");
    organisation
        .post(
            "WinOpportunity",
            json!({"Status": 3, "OpportunityClose": {"subject": "x"}}),
        )
        .await
        .is_refused(400, "0x80043b15");
    organisation
        .post("WinOpportunity", close(NOWHERE, 3))
        .await
        .is_refused(404, "0x80040217");
    organisation.post("WinOpportunity", close(&id, 3)).await;
    organisation
        .patch(&path, json!({"statecode": 2, "statuscode": 4}))
        .await
        .is_refused(400, "0x80040515");
    organisation
        .patch(&path, json!({"name": "Outro"}))
        .await
        .is_refused(400, "0x80040515");
    let opened = organisation.patch(&path, json!({"statecode": 0})).await;
    assert_eq!(opened.status, StatusCode::NO_CONTENT, "{}", opened.text);
    assert_eq!(organisation.states(&path).await, (0, 1));
}
