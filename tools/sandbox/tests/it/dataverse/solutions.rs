//! Solutions: components and the prefix of the publisher.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::organisation::{Answer, Organisation};

async fn in_solution(organisation: &Organisation, path: &str, body: Value) -> Answer {
    Answer::of(
        organisation
            .request(Method::POST, path)
            .header("MSCRM.SolutionUniqueName", "cxloop")
            .json(&body),
    )
    .await
}

/// Source: Microsoft Learn, "Use optional parameters" and "Compose HTTP requests and handle errors"
/// (`MSCRM.SolutionUniqueName`).
#[tokio::test]
async fn what_is_made_with_the_header_belongs_to_the_solution_and_has_its_prefix() {
    let organisation = Organisation::start().await;
    let column = |schema: &str| json!({"@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "SchemaName": schema});
    let attributes = "EntityDefinitions(LogicalName='contact')/Attributes";
    let unknown = in_solution(&organisation, attributes, column("cxl_A")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let publisher = organisation
        .post(
            "publishers",
            json!({"uniquename": "cxloop", "friendlyname": "cxloop", "customizationprefix": "cxl"}),
        )
        .await
        .key();
    let solution = organisation
        .post("solutions", json!({"uniquename": "cxloop", "friendlyname": "cxloop", "version": "1.0.0.0", "publisherid@odata.bind": format!("/publishers({publisher})")}))
        .await
        .key();
    let made = in_solution(&organisation, attributes, column("cxl_A")).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    let foreign = in_solution(&organisation, attributes, column("new_B")).await;
    assert_eq!(foreign.status, StatusCode::BAD_REQUEST);
    let endpoint = in_solution(
        &organisation,
        "serviceendpoints",
        json!({"name": "cxloop", "contract": 8, "authtype": 5, "url": "https://example.com/hooks", "messageformat": 2, "connectionmode": 1}),
    )
    .await;
    assert_eq!(endpoint.status, StatusCode::NO_CONTENT, "{}", endpoint.text);
    let components = organisation
        .get(&format!("solutioncomponents?$select=componenttype,objectid&$filter=_solutionid_value eq {solution}&$orderby=componenttype"))
        .await
        .json();
    let kinds: Vec<i64> = components["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["componenttype"].as_i64().unwrap())
        .collect();
    assert_eq!(kinds, [2, 95]);
    assert_eq!(components["value"][1]["objectid"], endpoint.key());
    let without = organisation.post(attributes, column("Sen")).await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST);
}
