//! `$apply`: groups, aggregates, their names, formatted values and limits.
//! Source: Microsoft Learn, 'Aggregate data using OData'.

use reqwest::Method;
use serde_json::{Value, json};

use super::filters::some_sales;
use super::organisation::{Answer, Organisation};

async fn apply(organisation: &Organisation, set: &str, option: &str) -> Vec<Value> {
    let answer = organisation.get(&format!("{set}?$apply={option}")).await;
    assert_eq!(answer.status.as_u16(), 200, "{option}: {}", answer.text);
    let body = answer.json();
    assert!(
        body["@odata.context"]
            .as_str()
            .unwrap()
            .ends_with(&format!("#{set}"))
    );
    body["value"].as_array().unwrap().clone()
}

#[tokio::test]
async fn rows_are_grouped_counted_and_added_up() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    for (set, option, expected) in [
        (
            "accounts",
            "groupby((statecode,statuscode))",
            json!([{"statecode": 0, "statuscode": 1}]),
        ),
        (
            "accounts",
            "groupby((statuscode),aggregate($count as total))",
            json!([{"statuscode": 1, "total": 3}]),
        ),
        (
            "accounts",
            "groupby((address1_city))&$top=2",
            json!([{"address1_city": "Braga"}, {"address1_city": "Tui"}]),
        ),
        (
            "accounts",
            "aggregate(revenue with sum as total)",
            json!([{"total": 134_800.5}]),
        ),
        (
            "accounts",
            "aggregate(revenue with average as mean,numberofemployees with max as most)",
            json!([{"mean": 67_400.25, "most": 12}]),
        ),
        (
            "accounts",
            "filter(revenue gt 10000)/aggregate($count as n,revenue with min as least)",
            json!([{"n": 1, "least": 125_000.5}]),
        ),
        (
            "accounts",
            "filter(contains(name,'a'))/filter(numberofemployees ne null)/groupby((name))&$orderby=name desc",
            json!([{"name": "Ultramarinos A Camelia"}, {"name": "Padaría Coração do Miño"}]),
        ),
        (
            "tasks",
            "groupby((regardingobjectid_account_task/name),aggregate($count as n))",
            json!([{"account_name": "Padaría Coração do Miño", "n": 1}, {"account_name": "Ultramarinos A Camelia", "n": 2}]),
        ),
        (
            "accounts",
            "groupby((numberofemployees),aggregate($count as n))",
            json!([{"n": 1}, {"numberofemployees": 5, "n": 1}, {"numberofemployees": 12, "n": 1}]),
        ),
        (
            "accounts",
            "filter(name eq 'nada')/aggregate(revenue with sum as total,$count as n)",
            json!([{"n": 0}]),
        ),
        (
            "contacts",
            "aggregate(createdon with min as first,createdon with max as last)",
            json!([{"first": "2026-05-28T20:26:40Z", "last": "2026-05-28T20:26:40Z"}]),
        ),
    ] {
        let groups = apply(&organisation, set, option).await;
        assert_eq!(Value::Array(groups), expected, "{option}");
    }
}

#[tokio::test]
async fn groups_are_formatted_for_people() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    let request = organisation
        .request(Method::GET, "accounts?$apply=groupby((statuscode),aggregate($count as n,revenue with sum as total))")
        .header("Prefer", "odata.include-annotations=\"OData.Community.Display.V1.FormattedValue\"");
    let body = Answer::of(request).await.json();
    let group = &body["value"][0];
    let formatted = |name: &str| {
        group[format!("{name}@OData.Community.Display.V1.FormattedValue")]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        (formatted("statuscode"), formatted("n")),
        ("Active".to_owned(), "3".to_owned())
    );
    assert!(formatted("total").ends_with("134,800.50"));
}

#[tokio::test]
async fn what_cannot_be_aggregated_is_refused() {
    let organisation = Organisation::start().await;
    let order = organisation
        .get("accounts?$apply=groupby((statuscode),aggregate($count as n))&$orderby=n desc")
        .await;
    order.is_refused(400, "0x80060888");
    assert!(
        order
            .text
            .contains("The query node SingleValueOpenPropertyAccess is not supported")
    );
    for (option, code) in [
        ("groupby((createdon))", "0x80060888"),
        ("aggregate(name with sum as n)", "0x80060888"),
        ("aggregate(createdon with sum as n)", "0x80060888"),
        ("aggregate(name with countdistinct as n)", "0x80060888"),
        ("aggregate(revenue with sum)", "0x80060888"),
        ("aggregate($count as n,$count as n)", "0x80060888"),
        ("groupby(statuscode)", "0x80060888"),
        ("groupby((statuscode),filter(revenue gt 1))", "0x80060888"),
        ("aggregate($count as n)/filter(n gt 1)", "0x80060888"),
        ("filter(revenue gt 1)", "0x80060888"),
        ("topcount(2,revenue)", "0x80060888"),
        ("nothing", "0x80060888"),
        ("groupby((estado))", "0x0"),
        ("aggregate($count as n)&$select=name", "0x80060888"),
        ("aggregate($count as n)&$filter=revenue gt 1", "0x80060888"),
    ] {
        organisation
            .get(&format!("accounts?$apply={option}"))
            .await
            .is_refused(400, code);
    }
}
