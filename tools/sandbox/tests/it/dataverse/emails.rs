//! Sending e-mails. Source: Microsoft Learn, "SendEmail action", "Activity party table" and "Web service error codes".

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::organisation::{AGENT, Answer, IRIA, Organisation};

impl Organisation {
    async fn send(&self, parties: &[Value], issue: bool) -> (String, Answer) {
        let email = self
            .post(
                "emails",
                json!({"subject": "Sentímolo", "description": "Bos días"}),
            )
            .await;
        assert_eq!(email.status, StatusCode::NO_CONTENT, "{}", email.text);
        let id = email.key();
        for party in parties {
            let mut row = party.clone();
            row["activityid@odata.bind"] = json!(format!("/activitypointers({id})"));
            let made = self.post("activityparties", row).await;
            assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
        }
        let path = format!("emails({id})/Microsoft.Dynamics.CRM.SendEmail");
        let sent = self.post(&path, json!({ "IssueSend": issue })).await;
        (id, sent)
    }
}

fn from_agent() -> Value {
    json!({"participationtypemask": 1, "partyid_systemuser@odata.bind": format!("/systemusers({AGENT})")})
}

fn to_iria() -> Value {
    json!({"participationtypemask": 2, "partyid_contact@odata.bind": format!("/contacts({IRIA})")})
}

#[tokio::test]
async fn a_sent_email_waits_to_go_out_and_cannot_be_changed() {
    let organisation = Organisation::start().await;
    for (issue, status) in [(true, 6), (false, 3)] {
        let (id, sent) = organisation.send(&[from_agent(), to_iria()], issue).await;
        assert_eq!(sent.status, StatusCode::OK, "{}", sent.text);
        assert_eq!(sent.json()["Subject"], "Sentímolo");
        let path = format!("emails({id})");
        let row = organisation.get(&path).await.json();
        assert_eq!(
            (&row["statecode"], &row["statuscode"]),
            (&json!(1), &json!(status))
        );
        organisation
            .patch(&path, json!({"subject": "Outra cousa"}))
            .await
            .is_refused(400, "0x80040203");
        let again = format!("{path}/Microsoft.Dynamics.CRM.SendEmail");
        organisation
            .post(&again, json!({"IssueSend": true}))
            .await
            .is_refused(400, "0x80040203");
    }
}

#[tokio::test]
async fn an_email_needs_a_recipient_and_a_sender_of_the_house() {
    let organisation = Organisation::start().await;
    let (_, none) = organisation.send(&[from_agent()], true).await;
    none.is_refused(400, "0x80040b04");
    let contact = json!({"participationtypemask": 1, "partyid_contact@odata.bind": format!("/contacts({IRIA})")});
    for sender in [vec![to_iria()], vec![to_iria(), contact]] {
        let (_, refused) = organisation.send(&sender, true).await;
        refused.is_refused(400, "0x80040203");
    }
}
