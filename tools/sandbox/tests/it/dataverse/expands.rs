//! `$expand`: options, nesting, pages of collections, references, and what cannot stand together.
//! Source: Microsoft Learn, 'Join tables using OData'.

use reqwest::Method;
use serde_json::{Value, json};

use super::filters::some_sales;
use super::organisation::{ACCOUNT, Answer, IRIA, Organisation};

async fn get(organisation: &Organisation, path: &str, prefer: &str) -> Value {
    let request = organisation
        .request(Method::GET, path)
        .header("Prefer", prefer);
    let answer = Answer::of(request).await;
    assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.text);
    answer.json()
}

async fn follow(organisation: &Organisation, link: &Value, prefer: &str) -> Value {
    let request = organisation
        .http
        .get(link.as_str().unwrap())
        .bearer_auth("sandbox")
        .header("Prefer", prefer);
    Answer::of(request).await.json()
}

const CAMELIA: &str = "$filter=name eq 'Ultramarinos A Camelia'";

#[tokio::test]
async fn a_single_level_brings_whole_collections_with_a_link_that_knows_no_pages() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    let path = format!(
        "accounts?$select=name&{CAMELIA}&$expand=Account_Tasks($select=subject;$filter=contains(subject,'a') and not contains(description,'a;b');$orderby=subject desc),contact_customer_accounts($select=fullname)"
    );
    let page = get(&organisation, &path, "odata.maxpagesize=1").await;
    assert!(page["@odata.context"].as_str().unwrap().ends_with(
        "$metadata#accounts(name,Account_Tasks(subject),contact_customer_accounts(fullname))"
    ));
    let row = &page["value"][0];
    let subjects: Vec<&str> = row["Account_Tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["subject"].as_str().unwrap())
        .collect();
    assert_eq!(subjects, ["Enviar presuposto", "Chamar á clienta"]);
    let task = &row["Account_Tasks"][0];
    assert_eq!(task["_regardingobjectid_value"], ACCOUNT);
    assert!(task["@odata.etag"].is_string() && task["activityid"].is_string());
    let link = &row["Account_Tasks@odata.nextLink"];
    assert!(!link.as_str().unwrap().contains("skiptoken"));
    let again = follow(&organisation, link, "odata.maxpagesize=5").await;
    let again: Vec<&Value> = again["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| &task["subject"])
        .collect();
    assert_eq!(again, subjects);
    assert_eq!(
        row["contact_customer_accounts"][0]["fullname"],
        "Iria Fernández Núñez"
    );
    let single = get(
        &organisation,
        &format!("accounts({ACCOUNT})?$select=name&$expand=Account_Tasks($select=subject;$top=1)"),
        "",
    )
    .await;
    assert_eq!(single["Account_Tasks"].as_array().unwrap().len(), 1);
    assert!(single.get("Account_Tasks@odata.nextLink").is_none());
}

#[tokio::test]
async fn nested_expands_cut_collections_into_pages() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    let path = format!(
        "accounts?$select=name&{CAMELIA}&$expand=Account_Tasks($select=subject),contact_customer_accounts($select=fullname;$expand=owninguser($select=fullname))"
    );
    let one = "odata.maxpagesize=1";
    let page = get(&organisation, &path, one).await;
    let row = &page["value"][0];
    let first = row["Account_Tasks"].as_array().unwrap();
    assert_eq!(first.len(), 1);
    assert!(
        first[0].get("@odata.etag").is_none() && first[0].get("_regardingobjectid_value").is_none()
    );
    let link = &row["Account_Tasks@odata.nextLink"];
    assert!(link.as_str().unwrap().contains("$skiptoken="));
    let second = follow(&organisation, link, one).await;
    assert_eq!(second["value"].as_array().unwrap().len(), 1);
    assert_ne!(second["value"][0]["subject"], first[0]["subject"]);
    // The last page of a collection has a link as well; what it leads to is empty.
    let contacts = &row["contact_customer_accounts@odata.nextLink"];
    assert_eq!(
        follow(&organisation, contacts, one).await["value"],
        json!([])
    );
    let user = &row["contact_customer_accounts"][0]["owninguser"];
    assert_eq!(user["fullname"], "cxloop (application)");
    assert_eq!(user["ownerid"], user["systemuserid"]);
    let all = get(&organisation, &path, "").await;
    let row = &all["value"][0];
    assert_eq!(row["Account_Tasks"].as_array().unwrap().len(), 2);
    assert!(row.get("Account_Tasks@odata.nextLink").is_none());
}

#[tokio::test]
async fn lookups_are_expanded_over_several_levels() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    let path = "tasks?$select=subject&$filter=subject eq 'Chamar ao provedor'&$expand=regardingobjectid_account_task($select=name;$expand=createdby($select=fullname),primarycontactid($select=fullname))";
    let page = get(&organisation, path, "").await;
    let account = &page["value"][0]["regardingobjectid_account_task"];
    assert_eq!(account["name"], "Padaría Coração do Miño");
    assert!(account.get("@odata.etag").is_none() && account["accountid"].is_string());
    assert_eq!(account["createdby"]["fullname"], "cxloop (application)");
    assert_eq!(account["primarycontactid"], Value::Null);
    assert!(page["@odata.context"].as_str().unwrap().ends_with(
        "#tasks(subject,regardingobjectid_account_task(name,createdby(fullname),primarycontactid(fullname)))"
    ));
}

#[tokio::test]
async fn a_lookup_gives_its_reference_in_place_of_its_row() {
    let organisation = Organisation::start().await;
    let row = get(&organisation, &format!("contacts({IRIA})?$select=fullname&$expand=parentcustomerid_account/$ref,parentcustomerid_contact/$ref"), "").await;
    let address = row["parentcustomerid_account"]["@odata.id"]
        .as_str()
        .unwrap();
    assert!(address.ends_with(&format!("/api/data/v9.2/accounts({ACCOUNT})")));
    assert_eq!(row["_parentcustomerid_value"], ACCOUNT);
    assert_eq!(row["parentcustomerid_contact"], Value::Null);
    let refused = organisation
        .get("accounts?$expand=Account_Tasks/$ref")
        .await;
    refused.is_refused(400, "0x80060888");
    assert!(
        refused
            .text
            .contains("Expand with $ref is only supported on lookup type navigation property.")
    );
}

#[tokio::test]
async fn what_cannot_stand_together_is_refused() {
    let organisation = Organisation::start().await;
    let only = "Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship.";
    for expand in [
        "Account_Tasks($top=1),contact_customer_accounts($expand=owninguser)",
        "Account_Tasks($orderby=subject;$expand=owninguser)",
        "primarycontactid($orderby=fullname)",
        "primarycontactid($top=1)",
    ] {
        let refused = organisation
            .get(&format!("accounts?$expand={expand}"))
            .await;
        refused.is_refused(400, "0x80060888");
        assert!(refused.text.contains(only), "{expand}: {}", refused.text);
    }
    let many = |count: usize| {
        let items: Vec<String> = (0..count).map(|_| "createdby".to_owned()).collect();
        format!("primarycontactid($expand={})", items[..1].join(","))
    };
    assert_eq!(
        organisation
            .get(&format!("accounts?$expand={}", many(1)))
            .await
            .status
            .as_u16(),
        200
    );
    let nested = "createdby,modifiedby,owninguser,parentaccountid($expand=createdby,modifiedby,owninguser,parentaccountid($expand=createdby,modifiedby,owninguser,primarycontactid($expand=createdby,modifiedby,owninguser,parentcustomerid_account)))";
    organisation
        .get(&format!("accounts?$expand={nested}"))
        .await
        .is_refused(400, "0x80060888");
    for (expand, code) in [
        ("Account_Tasks($skip=1)", "0x80060888"),
        ("Account_Tasks($count=true)", "0x80060888"),
        ("Account_Tasks($levels=2)", "0x80060888"),
        ("Account_Tasks($select=subject", "0x80060888"),
        ("Account_Tasks,Account_Tasks", "0x80060888"),
        ("Account_Tasks($select=assunto)", "0x0"),
        ("account_tasks", "0x0"),
        ("Account_Tasks($expand=nada)", "0x0"),
    ] {
        organisation
            .get(&format!("accounts?$expand={expand}"))
            .await
            .is_refused(400, code);
    }
}

#[tokio::test]
async fn pairs_are_expanded_alone_and_never_nested() {
    let organisation = Organisation::start().await;
    let list = organisation
        .post(
            "lists",
            json!({"listname": "Portuguesas", "createdfromcode": 2, "type": false}),
        )
        .await
        .key();
    let member = json!({"listid@odata.bind": format!("/lists({list})"), "entityid_contact@odata.bind": format!("/contacts({IRIA})")});
    organisation.post("listmembers", member).await;
    let page = get(
        &organisation,
        "lists?$select=listname&$expand=listcontact_association($select=fullname)",
        "",
    )
    .await;
    assert_eq!(
        page["value"][0]["listcontact_association"][0]["fullname"],
        "Iria Fernández Núñez"
    );
    for expand in [
        "listcontact_association,createdby",
        "listcontact_association($expand=createdby)",
        "createdby($expand=createdby),listcontact_association",
    ] {
        organisation
            .get(&format!("lists?$expand={expand}"))
            .await
            .is_refused(400, "0x80060888");
    }
}
