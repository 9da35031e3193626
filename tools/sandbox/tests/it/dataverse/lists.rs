//! Marketing lists. Source: Microsoft Learn, "List (marketing list) table" and the actions AddMemberList, AddListMembersList,
//! RemoveMemberList and CopyMembersList.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::organisation::{ACCOUNT, Answer, IRIA, NOWHERE, Organisation, XOAN};

const CRM: &str = "Microsoft.Dynamics.CRM";

impl Organisation {
    async fn list(&self, row: Value) -> String {
        let mut list = json!({"listname": "Descontentos", "createdfromcode": 2});
        list.as_object_mut()
            .unwrap()
            .extend(row.as_object().unwrap().clone());
        let made = self.post("lists", list).await;
        assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
        made.key()
    }

    async fn on_list(&self, list: &str, action: &str, entity: &str) -> Answer {
        let path = format!("lists({list})/{CRM}.{action}");
        self.post(&path, json!({ "EntityId": entity })).await
    }

    async fn members(&self, list: &str) -> (Vec<String>, Value) {
        let path = format!("lists({list})/listcontact_association?$select=contactid");
        let found = self.get(&path).await.json();
        let ids = found["value"].as_array().unwrap().iter();
        let ids = ids.map(|row| row["contactid"].as_str().unwrap().to_owned());
        let count = self.get(&format!("lists({list})")).await.json()["membercount"].clone();
        (ids.collect(), count)
    }
}

#[tokio::test]
async fn members_are_added_once_read_back_counted_and_removed() {
    let organisation = Organisation::start().await;
    let list = organisation.list(json!({})).await;
    let added = organisation.on_list(&list, "AddMemberList", IRIA).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text);
    let again = organisation.on_list(&list, "AddMemberList", IRIA).await;
    assert_eq!(again.json()["Id"], added.json()["Id"], "harmless");
    assert_eq!(
        organisation.members(&list).await,
        (vec![IRIA.to_owned()], json!(1))
    );
    let lists = organisation
        .get(&format!(
            "contacts({IRIA})/listcontact_association?$select=listname"
        ))
        .await;
    assert_eq!(lists.json()["value"][0]["listid"], list.as_str());
    let removed = organisation.on_list(&list, "RemoveMemberList", IRIA).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.text);
    assert_eq!(organisation.members(&list).await, (vec![], json!(0)));
    organisation
        .on_list(&list, "RemoveMemberList", IRIA)
        .await
        .is_refused(400, "0x80040203");
}

#[tokio::test]
async fn several_members_are_added_together_or_not_at_all() {
    let organisation = Organisation::start().await;
    let list = organisation.list(json!({})).await;
    let body = |members: Value| json!({"List": {"@odata.type": format!("{CRM}.list"), "listid": list}, "Members": members});
    let contact = |id: &str| json!({"@odata.type": format!("{CRM}.contact"), "contactid": id});
    let account = json!({"@odata.type": format!("{CRM}.account"), "accountid": ACCOUNT});
    organisation
        .post("AddListMembersList", body(json!([contact(IRIA), account])))
        .await
        .is_refused(400, "0x80040301");
    organisation
        .post(
            "AddListMembersList",
            body(json!([contact(IRIA), contact(NOWHERE)])),
        )
        .await
        .is_refused(404, "0x80040217");
    assert_eq!(organisation.members(&list).await, (vec![], Value::Null));
    let done = organisation
        .post(
            "AddListMembersList",
            body(json!([contact(IRIA), contact(XOAN)])),
        )
        .await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
    assert_eq!(
        organisation.members(&list).await,
        (vec![IRIA.to_owned(), XOAN.to_owned()], json!(2))
    );
}

#[tokio::test]
async fn a_list_takes_only_its_own_kind_of_members() {
    let organisation = Organisation::start().await;
    let list = organisation.list(json!({})).await;
    organisation
        .on_list(&list, "AddMemberList", ACCOUNT)
        .await
        .is_refused(400, "0x80040301");
    organisation
        .on_list(&list, "AddMemberList", NOWHERE)
        .await
        .is_refused(404, "0x80040217");
}

#[tokio::test]
async fn locked_and_dynamic_lists_keep_their_members() {
    let organisation = Organisation::start().await;
    let locked = organisation.list(json!({"lockstatus": true})).await;
    let dynamic = organisation.list(json!({"type": true})).await;
    for action in ["AddMemberList", "RemoveMemberList"] {
        organisation
            .on_list(&locked, action, IRIA)
            .await
            .is_refused(400, "0x80040302");
        organisation
            .on_list(&dynamic, action, IRIA)
            .await
            .is_refused(400, "0x80040203");
    }
}

#[tokio::test]
async fn the_members_of_a_list_are_copied_to_another_of_the_same_kind() {
    let organisation = Organisation::start().await;
    let (from, to) = (
        organisation.list(json!({})).await,
        organisation.list(json!({})).await,
    );
    let accounts = organisation.list(json!({"createdfromcode": 1})).await;
    organisation.on_list(&from, "AddMemberList", IRIA).await;
    organisation.on_list(&from, "AddMemberList", XOAN).await;
    organisation.on_list(&to, "AddMemberList", XOAN).await;
    let path = format!("lists({from})/{CRM}.CopyMembersList");
    let copied = organisation.post(&path, json!({"TargetListId": to})).await;
    assert_eq!(copied.status, StatusCode::NO_CONTENT, "{}", copied.text);
    assert_eq!(
        organisation.members(&to).await,
        (vec![IRIA.to_owned(), XOAN.to_owned()], json!(2))
    );
    organisation
        .post(&path, json!({"TargetListId": accounts}))
        .await
        .is_refused(400, "0x80040301");
}

#[tokio::test]
async fn only_the_messages_of_lists_change_their_members() {
    let organisation = Organisation::start().await;
    let list = organisation.list(json!({})).await;
    organisation.on_list(&list, "AddMemberList", IRIA).await;
    let path = format!("lists({list})/listcontact_association({IRIA})/$ref");
    Answer::of(organisation.request(Method::DELETE, &path))
        .await
        .is_refused(400, "0x80040800");
    let (members, count) = organisation.members(&list).await;
    assert_eq!((members, count), (vec![IRIA.to_owned()], json!(1)));
    organisation
        .post("lists", json!({"listname": "Novos", "createdfromcode": 2, "listcontact_association": [{"lastname": "Couto"}]}))
        .await
        .is_refused(400, "0x80040800");
}
