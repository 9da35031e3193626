//! Alternate keys in addresses, as constraints, and in upserts.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::organisation::{Answer, IRIA, Organisation, XOAN};

pub(super) async fn with_key(table: &str, columns: &[&str]) -> Organisation {
    let organisation = Organisation::start().await;
    add_key(&organisation, table, "new_chave", columns).await;
    organisation
}

async fn add_key(organisation: &Organisation, table: &str, schema: &str, columns: &[&str]) {
    let label = json!({"LocalizedLabels": [{"Label": "Chave", "LanguageCode": 1033}]});
    let answer = organisation
        .post(
            &format!("EntityDefinitions(LogicalName='{table}')/Keys"),
            json!({"SchemaName": schema, "KeyAttributes": columns, "DisplayName": label}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
}

/// Source: Microsoft Learn, "Use an alternate key to reference a record".
#[tokio::test]
async fn a_row_is_read_bound_and_deleted_by_its_key() {
    let organisation = with_key("account", &["accountnumber"]).await;
    let found = organisation
        .get("accounts(accountnumber='A-1001')?$select=name")
        .await;
    assert_eq!(found.json()["name"], "Ultramarinos A Camelia");
    let property = organisation
        .get("accounts(accountnumber='A-1001')/name")
        .await;
    assert_eq!(property.json()["value"], "Ultramarinos A Camelia");
    let bound = organisation
        .post("contacts", json!({"lastname": "Couto", "parentcustomerid_account@odata.bind": "/accounts(accountnumber='A-1001')"}))
        .await;
    assert_eq!(bound.status, StatusCode::NO_CONTENT, "{}", bound.text);
    organisation
        .get("accounts(accountnumber='A-9999')")
        .await
        .is_refused(404, "0x80060891");
    organisation
        .get("accounts(telephone1='1')")
        .await
        .is_refused(400, "0x80060890");
    let gone =
        Answer::of(organisation.request(Method::DELETE, "accounts(accountnumber='A-1003')")).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    organisation
        .get("accounts(accountnumber='A-1003')")
        .await
        .is_refused(404, "0x80060891");
}

/// Source: Microsoft Learn, "Define alternate keys for a table" (characters that break addresses with keys).
#[tokio::test]
async fn letters_that_break_addresses_are_refused_in_the_values_of_a_key() {
    let organisation = with_key("account", &["accountnumber"]).await;
    for letter in [
        "%2F", "%3C", "%3E", "*", "%25", "%26", ":", "%5C", "%3F", "%2B",
    ] {
        let path = format!("accounts(accountnumber='A{letter}1')");
        let answer = organisation.get(&path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        let answer = organisation.patch(&path, json!({"name": "X"})).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
    for fine in ["A-1", "A.1", "A_1", "A'%27", "ñ%20é"] {
        let path = format!("accounts(accountnumber='{fine}')");
        let fine = organisation.patch(&path, json!({"name": "Boa"})).await;
        assert_eq!(fine.status, StatusCode::NO_CONTENT, "{path} {}", fine.text);
    }
}

/// Source: Microsoft Learn, "Use Upsert to create or update a record".
#[tokio::test]
async fn an_upsert_by_key_answers_with_the_key_and_tells_by_its_status_what_it_did() {
    let organisation = with_key("account", &["accountnumber"]).await;
    let path = "accounts(accountnumber='A-77')";
    let created = organisation.patch(path, json!({"name": "Tenda"})).await;
    assert_eq!(created.status, StatusCode::NO_CONTENT, "{}", created.text);
    assert!(created.header("odata-entityid").ends_with(path));
    let updated = organisation
        .patch(path, json!({"name": "Tendas", "accountnumber": "Z-1"}))
        .await;
    assert_eq!(updated.status, StatusCode::NO_CONTENT);
    assert!(updated.header("odata-entityid").ends_with(path));
    // A key column in the body is dropped from an update.
    let read = organisation.get(path).await.json();
    assert_eq!(
        (&read["name"], &read["accountnumber"]),
        (&json!("Tendas"), &json!("A-77"))
    );
    // And wins over the address in a new row.
    let other = organisation
        .patch(
            "accounts(accountnumber='A-78')",
            json!({"name": "Outra", "accountnumber": "A-79"}),
        )
        .await;
    assert_eq!(other.status, StatusCode::NO_CONTENT);
    assert_eq!(
        organisation
            .get("accounts(accountnumber='A-79')")
            .await
            .json()["name"],
        "Outra"
    );
    let telling = async |path: &str| {
        let request = organisation
            .request(Method::PATCH, &format!("{path}?$select=accountid"))
            .header("Prefer", "return=representation")
            .json(&json!({"name": "Nome"}));
        Answer::of(request).await.status.as_u16()
    };
    assert_eq!(telling("accounts(accountnumber='A-80')").await, 201);
    assert_eq!(telling("accounts(accountnumber='A-80')").await, 200);
    let conditional = async |header: &str, path: &str| {
        let request = organisation
            .request(Method::PATCH, path)
            .header(header, "*")
            .json(&json!({"name": "Nome"}));
        Answer::of(request).await
    };
    conditional("If-Match", "accounts(accountnumber='A-81')")
        .await
        .is_refused(404, "0x80060891");
    conditional("If-None-Match", "accounts(accountnumber='A-80')")
        .await
        .is_refused(412, "0x80040237");
}

/// Source: Microsoft Learn, "Define alternate keys for a table" (uniqueness) and "Web service error codes".
#[tokio::test]
async fn a_second_row_with_the_same_key_is_refused_and_empty_keys_do_not_count() {
    let organisation = with_key("account", &["accountnumber"]).await;
    organisation
        .post(
            "accounts",
            json!({"name": "Copia", "accountnumber": "a-1001"}),
        )
        .await
        .is_refused(412, "0x80060892");
    for name in ["Sen número", "Tampouco"] {
        let made = organisation.post("accounts", json!({"name": name})).await;
        assert_eq!(made.status, StatusCode::NO_CONTENT);
    }
    let second = organisation
        .get("accounts?$select=accountid&$filter=accountnumber eq 'A-1002'")
        .await
        .json()["value"][0]["accountid"]
        .as_str()
        .unwrap()
        .to_owned();
    organisation
        .patch(
            &format!("accounts({second})"),
            json!({"accountnumber": "A-1001"}),
        )
        .await
        .is_refused(412, "0x80060892");
}

/// Source: Microsoft Learn, "Define alternate keys for a table" (column types) and "Use an alternate key to reference a record".
#[tokio::test]
async fn keys_consist_of_lookups_choices_numbers_and_dates_too() {
    let organisation = with_key("incident", &["customerid", "casetypecode", "followupby"]).await;
    let body = |contact: &str| json!({"title": "Chave composta", "customerid_contact@odata.bind": format!("/contacts({contact})"), "casetypecode": 2, "followupby": "2026-05-01T10:00:00Z"});
    let made = organisation.post("incidents", body(IRIA)).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    organisation
        .post("incidents", body(IRIA))
        .await
        .is_refused(412, "0x80060892");
    let other = organisation.post("incidents", body(XOAN)).await;
    assert_eq!(other.status, StatusCode::NO_CONTENT);
    let path = format!(
        "incidents(_customerid_value={IRIA},casetypecode=2,followupby=2026-05-01T10:00:00Z)"
    );
    assert_eq!(
        organisation.get(&path).await.json()["incidentid"],
        made.key()
    );
}

/// Source: Microsoft Learn, "Define alternate keys for a table" (limits).
#[tokio::test]
async fn a_key_has_limits_of_its_own() {
    let organisation = Organisation::start().await;
    let keys = "EntityDefinitions(LogicalName='contact')/Keys";
    let refused = async |columns: Value| {
        let answer = organisation
            .post(
                keys,
                json!({"SchemaName": "new_k", "KeyAttributes": columns}),
            )
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{columns}");
    };
    refused(json!([])).await;
    refused(json!(["description"])).await;
    refused(json!(["donotemail"])).await;
    let number =
        |count: usize| -> Vec<String> { (1..=count).map(|at| format!("new_n{at}")).collect() };
    for name in number(17) {
        let column = json!({"@odata.type": "Microsoft.Dynamics.CRM.IntegerAttributeMetadata", "SchemaName": name});
        let made = organisation
            .post(
                "EntityDefinitions(LogicalName='contact')/Attributes",
                column,
            )
            .await;
        assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    }
    refused(json!(number(17))).await;
    // 250 letters of two bytes each, twice, are more than 900 bytes.
    for name in ["new_longa", "new_longb"] {
        let column = json!({"@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "SchemaName": name, "MaxLength": 250});
        organisation
            .post(
                "EntityDefinitions(LogicalName='contact')/Attributes",
                column,
            )
            .await;
    }
    refused(json!(["new_longa", "new_longb"])).await;
    for at in 1..=10 {
        add_key(
            &organisation,
            "contact",
            &format!("new_key{at}"),
            &[&format!("new_n{at}")],
        )
        .await;
    }
    refused(json!(["new_n11"])).await;
}

/// Source: Microsoft Learn, "Define alternate keys for a table" (index states).
#[tokio::test]
async fn the_index_of_a_key_is_pending_then_in_progress_then_active_or_failed() {
    let organisation = Organisation::start().await;
    organisation.dataverse.wait_for_key_indexes();
    add_key(&organisation, "account", "new_chave", &["accountnumber"]).await;
    let status = async |key: &str| {
        let path = format!(
            "EntityDefinitions(LogicalName='account')/Keys(LogicalName='{key}')?$select=EntityKeyIndexStatus"
        );
        organisation.get(&path).await.json()["EntityKeyIndexStatus"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    organisation
        .get("accounts(accountnumber='A-1001')")
        .await
        .is_refused(400, "0x80060890");
    assert_eq!(status("new_chave").await, "Pending");
    assert_eq!(status("new_chave").await, "InProgress");
    assert_eq!(status("new_chave").await, "Active");
    let found = organisation.get("accounts(accountnumber='A-1001')").await;
    assert_eq!(found.status, StatusCode::OK);
    for _ in 0..2 {
        organisation
            .post("accounts", json!({"name": "Xemelga", "sic": "77"}))
            .await;
    }
    add_key(&organisation, "account", "new_sic", &["sic"]).await;
    assert_eq!(status("new_sic").await, "Pending");
    organisation.pass(6);
    assert_eq!(status("new_sic").await, "Failed");
}
