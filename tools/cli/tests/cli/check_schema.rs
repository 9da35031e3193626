//! Columns of the file against the tables of an organisation.

use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param_contains};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::check::systems;
use crate::program::Place;

const SECRETS: &str =
    r#"{"cxloop/dynamics": {"tenant": "t", "client_id": "c", "client_secret": "s"}}"#;

/// An organisation that answers what it is made of.
async fn organisation() -> MockServer {
    let server = MockServer::start().await;
    let token = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "ficha"});
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&server)
        .await;
    let tables = [
        ("incident", "incidents"),
        ("contact", "contacts"),
        ("cxl_shop", "cxl_shops"),
    ];
    for (name, set) in tables {
        for (column, value) in [("LogicalName", name), ("EntitySetName", set)] {
            let table = rows(json!([{"LogicalName": name, "EntitySetName": set}]));
            Mock::given(path("/api/data/v9.2/EntityDefinitions"))
                .and(query_param_contains(
                    "$filter",
                    format!("{column} eq '{value}'"),
                ))
                .respond_with(table)
                .mount(&server)
                .await;
        }
    }
    let column = |name: &str, kind: &str| json!({"LogicalName": name, "AttributeType": kind, "IsValidForCreate": true});
    below(
        &server,
        "incident",
        "Attributes",
        json!([
            column("title", "String"),
            column("cxl_score", "Integer"),
            column("cxl_reason", "Picklist"),
            column("cxl_shop", "Lookup"),
            column("cxl_words", "Memo"),
            json!({"LogicalName": "cxl_reasonname", "AttributeType": "String", "IsValidForCreate": true, "AttributeOf": "cxl_reason"}),
            column("cxl_visit", "DateTime"),
            column("cxl_call", "DateTime"),
        ]),
    )
    .await;
    below(&server, "incident", "ManyToOneRelationships", json!([
        {"ReferencingAttribute": "cxl_shop", "ReferencingEntityNavigationPropertyName": "cxl_Shop", "ReferencedEntity": "cxl_shop"},
    ])).await;
    below(&server, "incident", "Keys", json!([])).await;
    below(
        &server,
        "contact",
        "Attributes",
        json!([
            column("cxl_tier", "Picklist"),
            column("cxl_hash", "String"),
            column("parentcustomerid", "Customer"),
            json!({"LogicalName": "parentcustomeridname", "AttributeType": "String", "AttributeOf": "parentcustomerid"}),
        ]),
    )
    .await;
    below(&server, "contact", "ManyToOneRelationships", json!([])).await;
    below(&server, "contact", "Keys", json!([])).await;
    below(
        &server,
        "cxl_shop",
        "Attributes",
        json!([column("cxl_code", "String")]),
    )
    .await;
    below(&server, "cxl_shop", "ManyToOneRelationships", json!([])).await;
    below(
        &server,
        "cxl_shop",
        "Keys",
        json!([{"KeyAttributes": ["cxl_code"]}]),
    )
    .await;
    let choice = |value: i64, label: &str| json!({"Value": value, "Label": {"UserLocalizedLabel": {"Label": label, "LanguageCode": 1110}}});
    below(&server, "incident", "Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata", json!([
        {"LogicalName": "cxl_reason", "OptionSet": {"Options": [choice(1, "Espera"), choice(2, "Prezo")]}},
    ])).await;
    below(
        &server,
        "incident",
        "Attributes/Microsoft.Dynamics.CRM.DateTimeAttributeMetadata",
        json!([
            {"LogicalName": "cxl_visit", "DateTimeBehavior": {"Value": "DateOnly"}},
            {"LogicalName": "cxl_call", "DateTimeBehavior": {"Value": "UserLocal"}},
        ]),
    )
    .await;
    Mock::given(method("GET"))
        .respond_with(rows(json!([])))
        .with_priority(200)
        .mount(&server)
        .await;
    server
}

fn rows(rows: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"value": rows}))
}

async fn below(server: &MockServer, table: &str, part: &str, answer: Value) {
    let at = format!("/api/data/v9.2/EntityDefinitions(LogicalName='{table}')/{part}");
    Mock::given(method("GET"))
        .and(path(at))
        .respond_with(rows(answer))
        .mount(server)
        .await;
}

fn configuration(url: &str, columns: &str) -> String {
    format!(
        r#"connections:
  dynamics: {{ kind: dynamics, url: "{url}", secret: cxloop/dynamics, token_url: "{url}/token" }}
customers:
  hashed_emails: {{ column: cxl_hash }}
case_rules:
  - name: detractor
    when: nps <= 6 && crm.cxl_tier == 1
    case:
      title: "{{{{ crm_label._parentcustomerid_value }}}}"
      columns:
{columns}
"#
    )
}

#[tokio::test]
async fn columns_that_the_tables_have_are_verified() {
    let server = organisation().await;
    let place = Place::new().with("CXLOOP_SECRETS", SECRETS);
    let columns = r#"        cxl_words: "{{ comment }}"
        cxl_score: { whole: "{{ nps }}" }
        cxl_reason: { choice: espera }
        cxl_visit: { day: "{{ submitted_at }}" }
        cxl_call: { moment: "{{ submitted_at }}" }
        cxl_shop: { lookup: { to: cxl_shops, key: cxl_code, value: "{{ location }}", navigation: cxl_Shop } }"#;
    place.file("cxloop.yaml", &configuration(&server.uri(), columns));
    let run = place.cxloop(&["check", "--schema"]).await.fine();
    let told = "verified: dynamics: 9 columns";
    assert!(
        run.out.lines().any(|line| line.starts_with(told)),
        "{run:?}"
    );
    let run = place.cxloop(&["check"]).await.fine();
    assert!(!run.out.contains("columns"), "only when asked for: {run:?}");
}

#[tokio::test]
async fn each_column_that_is_not_so_is_told_at_its_place() {
    let server = organisation().await;
    let place = Place::new().with("CXLOOP_SECRETS", SECRETS);
    let columns = r#"        cxl_wrods: "{{ comment }}"
        cxl_score: "{{ nps }}"
        cxl_reason: { choice: Atraso }
        cxl_reasonname: "{{ comment }}"
        cxl_visit: { moment: "{{ submitted_at }}" }
        cxl_call: { day: "{{ submitted_at }}" }
        cxl_shop: { lookup: { to: cxl_shops, key: cxl_number, value: "{{ location }}" } }"#;
    let text = configuration(&server.uri(), columns)
        .replace("crm.cxl_tier", "crm.parentcustomerid")
        .replace("cxl_hash", "cxl_Hash");
    place.file("cxloop.yaml", &text);
    let run = place.cxloop(&["check", "--schema"]).await;
    assert_eq!(run.code, 1, "{run:?}");
    for told in [
        "cxloop.yaml:4:18: customers.hashed_emails: columns go by their logical names in lower case: write \"cxl_hash\"",
        "cxloop.yaml:7:11: case_rules[0].when: parentcustomerid is a lookup: it is read as _parentcustomerid_value",
        "case_rules[0].case.columns.cxl_wrods: incident has no column \"cxl_wrods\"; there are cxl_call, cxl_reason, cxl_reasonname, cxl_score, cxl_shop, cxl_visit, cxl_words",
        "case_rules[0].case.columns.cxl_score: cxl_score of incident is of type Integer: write { whole: … }",
        "case_rules[0].case.columns.cxl_reason: cxl_reason has no choice \"Atraso\"; there are Espera (1), Prezo (2)",
        "case_rules[0].case.columns.cxl_reasonname: cxl_reasonname of incident only shows cxl_reason: fill in cxl_reason",
        "case_rules[0].case.columns.cxl_visit: cxl_visit of incident is a day alone: write { day: … }",
        "case_rules[0].case.columns.cxl_call: cxl_call of incident is a day and a time: write { moment: … }",
        "case_rules[0].case.columns.cxl_shop: the navigation property of cxl_shop is spelled cxl_Shop: write navigation: cxl_Shop",
    ] {
        assert!(run.out.contains(told), "{told}\n{run:?}");
    }
}

#[tokio::test]
async fn tables_that_cannot_be_asked_for_are_told_as_not_verified() {
    let place = Place::new().with("CXLOOP_SECRETS", SECRETS);
    let columns = r#"        cxl_words: "{{ comment }}""#;
    place.file("cxloop.yaml", &configuration("http://127.0.0.1:1", columns));
    let run = place.cxloop(&["check", "--schema"]).await.fine();
    assert!(
        run.out.contains("not verified: dynamics: 4 columns: "),
        "{run:?}"
    );
}

#[tokio::test]
async fn a_name_that_only_shows_a_lookup_is_no_column_to_read() {
    let server = organisation().await;
    let place = Place::new().with("CXLOOP_SECRETS", SECRETS);
    let text = configuration(&server.uri(), r#"        cxl_words: "{{ comment }}""#)
        .replace("crm.cxl_tier", "crm.parentcustomeridname");
    place.file("cxloop.yaml", &text);
    let run = place.cxloop(&["check", "--schema"]).await;
    let told = "parentcustomeridname only shows parentcustomerid and is not read: write crm_label._parentcustomerid_value";
    assert!(run.code == 1 && run.out.contains(told), "{run:?}");
}

#[tokio::test]
async fn the_stand_in_answers_what_it_is_made_of() {
    let (dynamics, _) = systems().await;
    let place = Place::new().with("CXLOOP_SECRETS", crate::program::SECRETS);
    let text = |columns: &str| {
        configuration(&dynamics, columns)
            .replace("token\" }", "sandbox/oauth2/v2.0/token\" }")
            .replace("cxl_hash", "governmentid")
            .replace("crm.cxl_tier == 1", "crm.department == \"Ouro\"")
    };
    let columns = r#"        productserialnumber: "NPS {{ nps }}"
        followupby: { moment: "{{ submitted_at }}" }
        severitycode: { choice: "1" }
        primarycontactid: { lookup: { to: contacts, id: "5a4db0c5-0005-4000-8000-000000000001" } }"#;
    place.file("cxloop.yaml", &text(columns));
    let run = place.cxloop(&["check", "--schema"]).await.fine();
    let told = "verified: dynamics: 7 columns";
    assert!(
        run.out.lines().any(|line| line.starts_with(told)),
        "{run:?}"
    );

    let columns = r#"        productserialnumbre: "NPS {{ nps }}"
        followupby: { whole: "{{ nps }}" }
        severitycode: { choice: Urxentísima }
        primarycontactid: { lookup: { to: accounts, id: "5a4db0c5-0005-4000-8000-000000000001" } }"#;
    place.file("cxloop.yaml", &text(columns));
    let run = place.cxloop(&["check", "--schema"]).await;
    assert_eq!(run.code, 1, "{run:?}");
    for told in [
        "columns.productserialnumbre: incident has no column",
        "columns.followupby: followupby of incident is of type DateTime",
        "columns.severitycode: severitycode has no choice \"Urxentísima\"",
        "columns.primarycontactid: primarycontactid does not lead to account but to contact",
    ] {
        assert!(run.out.contains(told), "{told}\n{run:?}");
    }
}
