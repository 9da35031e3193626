//! The page where a person works on cases.
//! Source: Microsoft Learn, "Incident (case) entity" and "CloseIncident action".

use reqwest::StatusCode;
use serde_json::json;

use super::organisation::{Answer, NOWHERE, Organisation, RECOVERY};

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
