//! The page where a person works on cases.
//! Source: Microsoft Learn, "Incident (case) entity" and "CloseIncident action".

use reqwest::StatusCode;
use serde_json::json;

use super::organisation::{Answer, IRIA, NOWHERE, Organisation, RECOVERY};

async fn page(organisation: &Organisation, path: &str) -> Answer {
    Answer::of(
        organisation
            .http
            .get(format!("{}{path}", organisation.root)),
    )
    .await
}

async fn submit(organisation: &Organisation, path: &str, fields: &[(&str, &str)]) -> Answer {
    Answer::of(
        organisation
            .http
            .post(format!("{}{path}", organisation.root))
            .form(fields),
    )
    .await
}

#[tokio::test]
async fn the_list_shows_open_and_closed_cases_newest_first() {
    let organisation = Organisation::start().await;
    let closed = organisation.open_case("Pechado").await;
    organisation.open_case("Máis vello").await;
    organisation.open_case("Máis novo").await;
    organisation.close_case(&closed).await;
    let list = page(&organisation, "/").await.text;
    let place = |text: &str| {
        list.find(text)
            .unwrap_or_else(|| panic!("{text} is not in {list}"))
    };
    assert!(place("Máis novo") < place("Máis vello") && place("Máis vello") < place("Pechado"));
    assert!(list.contains("Iria Fernández Núñez") && list.contains("Resolved"));
}

#[tokio::test]
async fn an_agent_notes_resolves_reactivates_and_cancels_a_case() {
    let organisation = Organisation::start().await;
    let id = organisation
        .open_case("Non volverei: a atención foi pésima")
        .await;
    organisation.post("queueitems", json!({"queueid@odata.bind": format!("/queues({RECOVERY})"), "objectid_incident@odata.bind": format!("/incidents({id})")})).await;
    let path = format!("/agent/cases/{id}");
    let first = page(&organisation, &path).await.text;
    assert!(
        first.contains("id=\"state\">Active")
            && first.contains("id=\"ticket\">CAS-01001-")
            && first.contains("id=\"queue\">Recovery"),
        "{first}"
    );
    assert!(
        first.contains("id=\"resolve\"")
            && first.contains("id=\"add-note\"")
            && first.contains("id=\"cancel\"")
    );
    let noted = submit(
        &organisation,
        &format!("{path}/note"),
        &[("subject", "Chamada"), ("text", "<b>Falei</b> coa clienta")],
    )
    .await;
    assert_eq!(
        (noted.status, noted.header("location")),
        (StatusCode::SEE_OTHER, path.as_str())
    );
    assert!(
        !page(&organisation, &path).await.text.contains("<b>Falei"),
        "words of people are never markup"
    );
    assert!(
        page(&organisation, &path)
            .await
            .text
            .contains("Uxía Castiñeira, 2026-05-28"),
        "a person signs"
    );
    submit(
        &organisation,
        &format!("{path}/resolve"),
        &[("subject", "Desculpas e vale"), ("text", "")],
    )
    .await;
    let resolved = page(&organisation, &path).await.text;
    assert!(
        resolved.contains("id=\"state\">Resolved")
            && resolved.contains("Desculpas e vale")
            && !resolved.contains("id=\"resolve\"")
    );
    let again = submit(
        &organisation,
        &format!("{path}/resolve"),
        &[("subject", "x")],
    )
    .await;
    assert!(
        again.status == StatusCode::BAD_REQUEST && again.text.contains("already been resolved")
    );
    submit(&organisation, &format!("{path}/reactivate"), &[]).await;
    assert!(
        page(&organisation, &path)
            .await
            .text
            .contains("id=\"state\">Active")
    );
    submit(&organisation, &format!("{path}/cancel"), &[]).await;
    assert!(
        page(&organisation, &path)
            .await
            .text
            .contains("id=\"state\">Cancelled")
    );
}

#[tokio::test]
async fn an_unknown_case_is_not_found() {
    let organisation = Organisation::start().await;
    assert_eq!(
        page(&organisation, &format!("/agent/cases/{NOWHERE}"))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_address_of_a_record_leads_to_the_case() {
    let organisation = Organisation::start().await;
    let answer = page(
        &organisation,
        &format!("/main.aspx?etn=incident&pagetype=entityrecord&id={NOWHERE}"),
    )
    .await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (
            StatusCode::SEE_OTHER,
            format!("/agent/cases/{NOWHERE}").as_str()
        )
    );
}

#[tokio::test]
async fn a_mistake_in_a_form_is_said_on_its_page() {
    let organisation = Organisation::start().await;
    let id = organisation.open_case("Avaría").await;
    let path = format!("/agent/cases/{id}");
    let without_title = submit(&organisation, "/agent/cases", &[("title", " ")]).await;
    assert!(
        without_title.status == StatusCode::BAD_REQUEST
            && without_title.text.contains("A case needs a title."),
        "{}",
        without_title.text
    );
    for (action, fields, told) in [
        ("status", [("value", "5")], "is not a valid status code"),
        ("status", [("value", "x")], "Choose a status."),
        ("cause", [("text", " ")], "Write what the cause was."),
        (
            "merge",
            [("text", "CAS-0")],
            "There is no case with this number.",
        ),
    ] {
        let answer = submit(&organisation, &format!("{path}/{action}"), &fields).await;
        assert!(
            answer.status.is_client_error()
                && answer.text.contains("role=\"alert\"")
                && answer.text.contains(told),
            "{action}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_cause_is_chosen_where_somebody_added_a_choice_for_it() {
    let organisation = Organisation::start().await;
    let label = |text: &str| json!({"LocalizedLabels": [{"Label": text, "LanguageCode": 1033}]});
    let option = |value: i64, text: &str| json!({"Value": value, "Label": label(text)});
    let column = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.PicklistAttributeMetadata", "AttributeType": "Picklist",
        "AttributeTypeName": {"Value": "PicklistType"}, "SchemaName": "new_RootCause", "DisplayName": label("Causa"),
        "RequiredLevel": {"Value": "None"},
        "OptionSet": {"@odata.type": "Microsoft.Dynamics.CRM.OptionSetMetadata", "IsGlobal": false, "OptionSetType": "Picklist",
            "Options": [option(100_000_000, "Peza rota"), option(100_000_001, "Demora")]},
    });
    let made = organisation
        .post(
            "EntityDefinitions(LogicalName='incident')/Attributes",
            column,
        )
        .await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    let id = organisation.open_case("Avaría").await;
    let path = format!("/agent/cases/{id}");
    let shown = page(&organisation, &path).await.text;
    assert!(
        shown.contains("<option value=\"100000001\">Demora</option>"),
        "{shown}"
    );
    submit(
        &organisation,
        &format!("{path}/cause"),
        &[("value", "100000001")],
    )
    .await;
    let row = organisation
        .get(&format!("incidents({id})?$select=new_rootcause"))
        .await
        .json();
    assert_eq!(row["new_rootcause"], json!(100_000_001));
    let shown = page(&organisation, &path).await.text;
    assert!(
        shown.contains("<option value=\"100000001\" selected>Demora</option>"),
        "{shown}"
    );
}

#[tokio::test]
async fn consent_is_noted_and_a_contact_is_taken_out_of_use() {
    let organisation = Organisation::start().await;
    let path = format!("/agent/contacts/{IRIA}");
    let answer = submit(
        &organisation,
        &format!("{path}/consent"),
        &[("donotemail", "on"), ("donotphone", "on")],
    )
    .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    submit(&organisation, &format!("{path}/deactivate"), &[]).await;
    let row = organisation
        .get(&format!(
            "contacts({IRIA})?$select=donotemail,donotphone,donotbulkemail,statecode"
        ))
        .await
        .json();
    let read =
        ["donotemail", "donotphone", "donotbulkemail", "statecode"].map(|name| row[name].clone());
    assert_eq!(read, [json!(true), json!(true), json!(false), json!(1)]);
    let shown = page(&organisation, "/agent/contacts").await.text;
    assert!(
        shown.contains("name=\"donotemail\" checked") && shown.contains("Inactive"),
        "{shown}"
    );
    submit(&organisation, &format!("{path}/activate"), &[]).await;
    submit(&organisation, &format!("{path}/consent"), &[]).await;
    let row = organisation
        .get(&format!("contacts({IRIA})?$select=donotemail,statecode"))
        .await
        .json();
    assert_eq!(
        (&row["donotemail"], &row["statecode"]),
        (&json!(false), &json!(0))
    );
}

#[tokio::test]
async fn what_a_contact_agreed_to_is_one_row_for_each_purpose_and_channel() {
    const PURPOSE: &str = "5a4db0c5-000c-4000-8000-000000000001";
    let organisation = Organisation::start().await;
    let path = format!("/agent/contacts/{IRIA}/agreements");
    let field = format!("{PURPOSE}:534120000");
    for value in ["534120002", "534120002", "534120001"] {
        let answer = submit(&organisation, &path, &[(field.as_str(), value)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    }
    let of_others = format!("{PURPOSE}:534120001");
    submit(&organisation, &path, &[(of_others.as_str(), "534120000")]).await;
    let found = organisation
        .get("msdynmkt_contactpointconsent4s?$select=msdynmkt_contactpointvalue,msdynmkt_value,_msdynmkt_purposeid_value&$filter=msdynmkt_contactpointtype eq 534120000 and _msdynmkt_topicid_value eq null")
        .await
        .json();
    let rows = found["value"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{found}");
    assert_eq!(
        rows[0]["msdynmkt_contactpointvalue"],
        "iria.fernandez@example.com"
    );
    assert_eq!(rows[0]["msdynmkt_value"], json!(534_120_001));
    assert_eq!(rows[0]["_msdynmkt_purposeid_value"], PURPOSE);
    let all = organisation
        .get("msdynmkt_contactpointconsent4s?$select=msdynmkt_value")
        .await
        .json();
    assert_eq!(
        all["value"].as_array().unwrap().len(),
        1,
        "nothing is noted of who said nothing: {all}"
    );
    let shown = page(&organisation, "/agent/contacts").await.text;
    let chosen = "<option value=\"534120001\" selected>opted in</option>";
    assert!(shown.contains(chosen), "{shown}");
    let unknown = submit(&organisation, &path, &[("outra cousa", "1")]).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn leads_and_opportunities_are_added_on_the_sales_page() {
    let organisation = Organisation::start().await;
    let lead = [
        ("topic", "Quere un forno"),
        ("last_name", "Louro"),
        ("email", "louro@example.com"),
    ];
    let answer = submit(&organisation, "/agent/sales/leads", &lead).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let opportunity = [("topic", "Forno novo"), ("customer", IRIA)];
    let answer = submit(&organisation, "/agent/sales/opportunities", &opportunity).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let shown = page(&organisation, "/agent/sales").await.text;
    assert!(
        shown.contains("Quere un forno") && shown.contains("Forno novo"),
        "{shown}"
    );
    let without = submit(&organisation, "/agent/sales/leads", &[("topic", "")]).await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST);
}
