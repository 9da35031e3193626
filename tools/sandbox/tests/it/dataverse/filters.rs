//! `$filter` whole: operators, columns, related rows, collections, aliases, wildcards.
//! Source: Microsoft Learn, 'Filter rows using OData' and 'Use OData to query data'.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::organisation::{ACCOUNT, IRIA, Organisation, XOAN};

const PADARIA: &str = "5a4db0c5-0004-4000-8000-000000000002";

/// The values of one column of the rows that a query finds.
pub(super) async fn found(organisation: &Organisation, path: &str, column: &str) -> Vec<String> {
    let answer = organisation.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    answer.json()["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| match &row[column] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect()
}

/// Accounts with numbers, contacts and tasks to ask about.
pub(super) async fn some_sales(organisation: &Organisation) {
    for (id, revenue, employees, city) in [
        (ACCOUNT, json!(125_000.5), json!(12), "Vigo"),
        (PADARIA, json!(9_800), json!(5), "Tui"),
    ] {
        let body = json!({"revenue": revenue, "numberofemployees": employees, "address1_line1": "Rúa do Progreso 1", "address1_city": city});
        let answer = organisation.patch(&format!("accounts({id})"), body).await;
        assert!(answer.status.is_success(), "{}", answer.text);
    }
    for (account, subject, text) in [
        (ACCOUNT, "Chamar á clienta", "Non lle chegou o pedido"),
        (ACCOUNT, "Enviar presuposto", "Orçamento de São Brás"),
        (PADARIA, "Chamar ao provedor", "Fariña de millo"),
    ] {
        let body = json!({"subject": subject, "description": text, "regardingobjectid_account_task@odata.bind": format!("/accounts({account})")});
        let answer = organisation.post("tasks", body).await;
        assert!(answer.status.is_success(), "{}", answer.text);
    }
    for (name, value, contact) in [("Forno novo", 1200, IRIA), ("Neveira", 800, XOAN)] {
        let body = json!({"name": name, "estimatedvalue": value, "customerid_contact@odata.bind": format!("/contacts({contact})")});
        let answer = organisation.post("opportunities", body).await;
        assert!(answer.status.is_success(), "{}", answer.text);
    }
}

#[tokio::test]
async fn numbers_are_compared_exactly_and_columns_with_columns_of_the_same_row() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    for (filter, expected) in [
        ("revenue eq 125000.5", 1),
        ("revenue ge 9800 and revenue lt 125000.50", 1),
        ("revenue gt 1e5", 1),
        ("numberofemployees le 12", 2),
        ("numberofemployees eq null", 1),
        ("revenue ne null and not (numberofemployees eq 5)", 1),
        ("name eq address1_city", 0),
        ("name ne address1_city", 3),
        ("createdon eq modifiedon", 3),
        ("numberofemployees gt -1", 2),
    ] {
        let path = format!("accounts?$select=name&$filter={filter}");
        let names = found(&organisation, &path, "name").await;
        assert_eq!(names.len(), expected, "{filter}: {names:?}");
    }
    for refused in [
        "revenue eq numberofemployees",
        "name eq primarycontactid/fullname",
        "revenue eq '5'",
        "name in ('a','b')",
        "year(createdon) eq 2026",
    ] {
        organisation
            .get(&format!("accounts?$filter={refused}"))
            .await
            .is_refused(400, "0x80060888");
    }
}

#[tokio::test]
async fn wildcards_act_in_the_values_of_string_functions() {
    let organisation = Organisation::start().await;
    for (filter, expected) in [
        ("contains(fullname,'i_ia')", 1),
        ("startswith(fullname,'%25nez')", 0),
        ("startswith(fullname,'%25núñez')", 1),
        ("endswith(fullname,'[rz]íos')", 1),
        ("endswith(fullname,'[s-z]íos')", 0),
        ("endswith(fullname,'[^x]íos')", 1),
        ("startswith(fullname,'[i-j]')", 3),
        ("contains(emailaddress1,'.YANEZ@')", 1),
        ("contains(fullname,'çã') eq true", 1),
        ("contains(fullname,'çã') eq false", 5),
    ] {
        let path = format!("contacts?$select=fullname&$filter={filter}");
        let names = found(&organisation, &path, "fullname").await;
        assert_eq!(names.len(), expected, "{filter}: {names:?}");
    }
}

#[tokio::test]
async fn paths_follow_several_lookups_and_the_owner_has_no_more_than_a_key() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    for (path, expected) in [
        (
            "tasks?$filter=regardingobjectid_account_task/name eq 'ULTRAMARINOS A CAMELIA'",
            2,
        ),
        (
            "tasks?$filter=regardingobjectid_account_task/createdby/fullname eq 'cxloop (application)'",
            3,
        ),
        (
            "tasks?$filter=contains(regardingobjectid_account_task/address1_city,'u')",
            1,
        ),
        (
            "opportunities?$filter=customerid_contact/parentcustomerid_account/name ne null",
            1,
        ),
        ("opportunities?$filter=customerid_account/name eq null", 2),
    ] {
        assert_eq!(
            found(&organisation, path, "ownerid").await.len(),
            expected,
            "{path}"
        );
    }
    let users = found(
        &organisation,
        "systemusers?$select=systemuserid&$filter=lastname eq '(application)'",
        "systemuserid",
    )
    .await;
    let of_owner = format!(
        "accounts?$select=name&$filter=ownerid/ownerid eq {}",
        users[0]
    );
    assert_eq!(found(&organisation, &of_owner, "name").await.len(), 3);
    organisation
        .get("accounts?$filter=ownerid/fullname eq 'x'")
        .await
        .is_refused(400, "0x0");
    organisation
        .get("accounts?$filter=primarycontactid/nome eq 'x'")
        .await
        .is_refused(400, "0x0");
}

#[tokio::test]
async fn collections_are_searched_with_any_and_all_also_inside_one_another() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    for (filter, expected) in [
        ("Account_Tasks/any()", 2),
        ("not Account_Tasks/any()", 1),
        ("Account_Tasks/any(t:contains(t/subject,'chamar'))", 2),
        (
            "Account_Tasks/any(t: t/subject eq 'Enviar presuposto' and t/statecode eq 0)",
            1,
        ),
        ("Account_Tasks/any(t :t/subject eq 'Enviar presuposto')", 1),
        ("Account_Tasks/all(t:startswith(t/subject,'chamar'))", 2),
        ("Account_Tasks/all(t:t/statecode eq 1)", 1),
        (
            "Account_Tasks/any(t:t/regardingobjectid_account_task/name eq 'padaría coração do miño')",
            1,
        ),
        (
            "contact_customer_accounts/any(c:c/opportunity_customer_contacts/any(o:o/estimatedvalue gt 1000))",
            1,
        ),
        (
            "(contact_customer_accounts/any(c:c/firstname eq 'Iria' and c/opportunity_customer_contacts/any(o:o/name ne 'N/A'))) and endswith(name,'camelia')",
            1,
        ),
        (
            "contact_customer_accounts/any(c:c/emailaddress1 eq 'antia.souto@example.com')",
            1,
        ),
        (
            "Account_Tasks/any(t:t/Microsoft.Dynamics.CRM.Today(PropertyName='createdon'))",
            2,
        ),
    ] {
        let path = format!("accounts?$select=name&$filter={filter}");
        let names = found(&organisation, &path, "name").await;
        assert_eq!(names.len(), expected, "{filter}: {names:?}");
    }
    for (refused, code) in [
        ("Account_Tasks/all()", "0x80060888"),
        ("Account_Tasks/any(subject eq 'x')", "0x80060888"),
        ("Account_Tasks/any(t:subject eq 'x')", "0x80060888"),
        ("Account_Tasks/any(t:t/subject eq 'x'", "0x80060888"),
        (
            "primarycontactid/Contact_Tasks/any(t:t/subject eq 'x')",
            "0x80060888",
        ),
        ("Tasks_of_nobody/any()", "0x0"),
        ("Account_Tasks/any(t:t/assunto eq 'x')", "0x0"),
    ] {
        organisation
            .get(&format!("accounts?$filter={refused}"))
            .await
            .is_refused(400, code);
    }
}

#[tokio::test]
async fn collections_of_pairs_are_searched_too() {
    let organisation = Organisation::start().await;
    let list = organisation
        .post(
            "lists",
            json!({"listname": "Galegas", "createdfromcode": 2, "type": false}),
        )
        .await;
    assert!(list.status.is_success(), "{}", list.text);
    let list = list.key();
    for contact in [IRIA, XOAN] {
        let body = json!({"listid@odata.bind": format!("/lists({list})"), "entityid_contact@odata.bind": format!("/contacts({contact})")});
        let answer = organisation.post("listmembers", body).await;
        assert!(answer.status.is_success(), "{}", answer.text);
    }
    let members =
        format!("lists({list})/listcontact_association?$select=fullname&$orderby=fullname");
    assert_eq!(
        found(&organisation, &members, "fullname").await,
        ["Iria Fernández Núñez", "Xoán Piñeiro Ríos"]
    );
    let lists =
        "lists?$select=listname&$filter=listcontact_association/any(c:c/firstname eq 'Iria')";
    assert_eq!(found(&organisation, lists, "listname").await, ["Galegas"]);
    let contacts =
        "contacts?$select=fullname&$filter=listcontact_association/any(l:l/listname eq 'galegas')";
    assert_eq!(found(&organisation, contacts, "fullname").await.len(), 2);
    let count = organisation
        .get(&format!("lists({list})/listcontact_association/$count"))
        .await;
    assert_eq!(count.text, "\u{feff}2");
}

/// Source: Microsoft Learn, 'Use OData to query data' (use parameter aliases with query options).
#[tokio::test]
async fn aliases_stand_for_values_and_columns_but_not_inside_an_expand() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    for (query, expected) in [
        (
            "$orderby=@p1 desc,@p2&$filter=@p1 ne @p3&@p1=revenue&@p2=name",
            2,
        ),
        ("$filter=contains(@c,@v)&@c=name&@v='camelia'", 1),
        ("$filter=numberofemployees eq @nothing", 1),
        (
            "$filter=numberofemployees eq @n or numberofemployees eq @n&@n=5",
            1,
        ),
    ] {
        let path = format!("accounts?$select=name&{query}");
        assert_eq!(
            found(&organisation, &path, "name").await.len(),
            expected,
            "{query}"
        );
    }
    organisation
        .get("accounts?$expand=Account_Tasks($filter=subject eq @s)&@s='x'")
        .await
        .is_refused(400, "0x80060888");
    organisation
        .get("accounts?$filter=name eq @s&@s='x' or true")
        .await
        .is_refused(400, "0x80060888");
    organisation
        .get("accounts?$orderby=@nada")
        .await
        .is_refused(400, "0x80060888");
}

/// Source: Microsoft Learn, 'Use OData to query data' (option names are case-sensitive, unsupported options).
#[tokio::test]
async fn options_that_the_service_does_not_have_are_refused() {
    let organisation = Organisation::start().await;
    for query in [
        "$skip=1",
        "$search=x",
        "$format=json",
        "$compute=x",
        "$Select=name",
        "$top=1&$top=2",
        "$count=maybe",
    ] {
        organisation
            .get(&format!("accounts?{query}"))
            .await
            .is_refused(400, "0x80060888");
    }
    assert_eq!(
        organisation.get("accounts?other=1").await.status,
        StatusCode::OK
    );
}
