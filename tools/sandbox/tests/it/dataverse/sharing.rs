//! Sharing and assigning rows. Source: Microsoft Learn, "GrantAccess action", "RevokeAccess action", "ModifyAccess action",
//! "RetrievePrincipalAccess function" and "Assign a record".

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::organisation::{ACCOUNT, AGENT, NOWHERE, Organisation};

const CRM: &str = "Microsoft.Dynamics.CRM";

fn account() -> Value {
    json!({"@odata.type": format!("{CRM}.account"), "accountid": ACCOUNT})
}

fn agent() -> Value {
    json!({"@odata.type": format!("{CRM}.systemuser"), "systemuserid": AGENT})
}

fn share(mask: &str) -> Value {
    json!({"Target": account(), "PrincipalAccess": {"Principal": agent(), "AccessMask": mask}})
}

impl Organisation {
    async fn rights(&self) -> String {
        let path = format!(
            "systemusers({AGENT})/{CRM}.RetrievePrincipalAccess(Target=@t)?@t={{'@odata.id':'accounts({ACCOUNT})'}}"
        );
        let answer = self.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()["AccessRights"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn access_is_granted_changed_and_revoked() {
    let organisation = Organisation::start().await;
    assert_eq!(organisation.rights().await, "None");
    for (action, mask, expected) in [
        ("GrantAccess", "ReadAccess", "ReadAccess"),
        ("GrantAccess", "WriteAccess", "ReadAccess, WriteAccess"),
        (
            "ModifyAccess",
            "ReadAccess,AppendAccess",
            "ReadAccess, AppendAccess",
        ),
    ] {
        let done = organisation.post(action, share(mask)).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
        assert_eq!(organisation.rights().await, expected);
    }
    let revoke = json!({"Target": account(), "Revokee": agent()});
    let done = organisation.post("RevokeAccess", revoke).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
    assert_eq!(organisation.rights().await, "None");
}

#[tokio::test]
async fn unknown_rights_rows_and_principals_are_refused() {
    let organisation = Organisation::start().await;
    organisation
        .post("GrantAccess", share("Everything"))
        .await
        .is_refused(400, "0x80048d19");
    let mut body = share("ReadAccess");
    body["PrincipalAccess"]["Principal"] = account();
    organisation
        .post("GrantAccess", body)
        .await
        .is_refused(400, "0x80040203");
    let mut body = share("ReadAccess");
    body["Target"]["accountid"] = json!(NOWHERE);
    organisation
        .post("GrantAccess", body)
        .await
        .is_refused(404, "0x80040217");
}

#[tokio::test]
async fn an_owner_has_every_right() {
    let organisation = Organisation::start().await;
    let assigned = organisation
        .patch(
            &format!("accounts({ACCOUNT})"),
            json!({"ownerid@odata.bind": format!("/systemusers({AGENT})")}),
        )
        .await;
    assert_eq!(assigned.status, StatusCode::NO_CONTENT, "{}", assigned.text);
    let rights = organisation.rights().await;
    assert_eq!(rights.split(", ").count(), 8, "{rights}");
}
