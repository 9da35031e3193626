//! The page where a person ends leads and opportunities.
//! Source: Microsoft Learn, "Use Web API actions".

use reqwest::StatusCode;
use serde_json::json;

use super::organisation::{ACCOUNT, Answer, Organisation};

impl Organisation {
    async fn page(&self, path: &str) -> String {
        Answer::of(self.http.get(format!("{}{path}", self.root)))
            .await
            .text
    }

    async fn submit(&self, path: &str, text: &str) -> Answer {
        let request = self.http.post(format!("{}{path}", self.root));
        Answer::of(request.form(&[("text", text)])).await
    }
}

#[tokio::test]
async fn an_agent_qualifies_a_lead_and_wins_what_becomes_of_it() {
    let organisation = Organisation::start().await;
    let lead = json!({"subject": "Quere un forno", "firstname": "Sabela", "lastname": "Louro"});
    let lead = organisation.post("leads", lead).await.key();
    organisation
        .post(
            "lists",
            json!({"listname": "A recuperar", "createdfromcode": 4}),
        )
        .await;
    let first = organisation.page("/agent/sales").await;
    assert!(
        first.contains("Quere un forno")
            && first.contains("Sabela Louro")
            && first.contains("A recuperar: 0 members"),
        "{first}"
    );
    let done = organisation
        .submit(
            &format!("/agent/sales/leads/{lead}/qualify"),
            "Chamou dúas veces",
        )
        .await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, "/agent/sales")
    );
    let notes = organisation
        .get(&format!("leads({lead})/Lead_Annotation?$select=notetext"))
        .await
        .json();
    assert_eq!(notes["value"][0]["notetext"], "Chamou dúas veces");
    let opportunity = organisation
        .get("opportunities?$select=name,statecode")
        .await
        .json();
    let id = opportunity["value"][0]["opportunityid"].as_str().unwrap();
    organisation
        .submit(&format!("/agent/sales/opportunities/{id}/win"), "")
        .await;
    let row = organisation
        .get(&format!("opportunities({id})"))
        .await
        .json();
    assert_eq!(row["statecode"], 1);
    let again = organisation
        .submit(&format!("/agent/sales/opportunities/{id}/lose"), "")
        .await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert!(again.text.contains("The opportunity is already closed."));
    organisation
        .submit(&format!("/agent/sales/opportunities/{id}/reopen"), "")
        .await;
    organisation
        .submit(
            &format!("/agent/sales/opportunities/{id}/lose"),
            "Foi á competencia",
        )
        .await;
    let row = organisation
        .get(&format!("opportunities({id})"))
        .await
        .json();
    assert_eq!(row["statecode"], 2);
}

#[tokio::test]
async fn a_lead_is_disqualified_and_unknown_work_is_refused() {
    let organisation = Organisation::start().await;
    let lead = organisation
        .post("leads", json!({"subject": "x", "lastname": "y"}))
        .await
        .key();
    organisation
        .submit(&format!("/agent/sales/leads/{lead}/disqualify"), "")
        .await;
    let row = organisation.get(&format!("leads({lead})")).await.json();
    assert_eq!(row["statecode"], 2);
    for path in [
        format!("/agent/sales/leads/{lead}/win"),
        format!("/agent/sales/ghosts/{lead}/win"),
        format!("/agent/sales/accounts/{ACCOUNT}/win"),
    ] {
        let refused = organisation.submit(&path, "").await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn an_agent_merges_a_case_by_the_number_of_the_other() {
    let organisation = Organisation::start().await;
    let (kept, gone) = (
        organisation.open_case("a").await,
        organisation.open_case("b").await,
    );
    let ticket = organisation
        .get(&format!("incidents({kept})?$select=ticketnumber"))
        .await
        .json();
    let path = format!("/agent/cases/{gone}/merge");
    let unknown = organisation.submit(&path, "CAS-0").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    let merged = organisation
        .submit(&path, ticket["ticketnumber"].as_str().unwrap())
        .await;
    assert_eq!(merged.status, StatusCode::SEE_OTHER, "{}", merged.text);
    let row = organisation.get(&format!("incidents({gone})")).await.json();
    assert_eq!(row["_masterid_value"], kept.as_str());
}
