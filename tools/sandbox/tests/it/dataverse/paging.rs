//! Pages, counts and the cookies between pages.
//! Source: Microsoft Learn, 'Page results using OData' and 'Count rows using OData'.

use reqwest::Method;
use serde_json::json;

use super::organisation::{Answer, Organisation};

async fn with_tasks(subjects: &[&str]) -> Organisation {
    let organisation = Organisation::start().await;
    for subject in subjects {
        add(&organisation, subject).await;
    }
    organisation
}

async fn add(organisation: &Organisation, subject: &str) {
    let answer = organisation
        .post("tasks", json!({"subject": subject}))
        .await;
    assert!(answer.status.is_success(), "{}", answer.text);
}

async fn page(
    organisation: &Organisation,
    address: &str,
    size: usize,
) -> (Vec<String>, Option<String>) {
    let request = match address.starts_with("http") {
        true => organisation.http.get(address).bearer_auth("sandbox"),
        false => organisation.request(Method::GET, address),
    };
    let answer = Answer::of(request.header("Prefer", format!("odata.maxpagesize={size}"))).await;
    assert_eq!(answer.status.as_u16(), 200, "{address}: {}", answer.text);
    let body = answer.json();
    let subjects = body["value"].as_array().unwrap().iter();
    (
        subjects
            .map(|row| row["subject"].as_str().unwrap().to_owned())
            .collect(),
        body["@odata.nextLink"].as_str().map(str::to_owned),
    )
}

#[tokio::test]
async fn a_page_goes_on_behind_the_last_row_whatever_came_or_went_meanwhile() {
    let organisation = with_tasks(&["b", "d", "f", "h", "j"]).await;
    let start = "tasks?$select=subject&$orderby=subject";
    let (first, next) = page(&organisation, start, 2).await;
    assert_eq!(first, ["b", "d"]);
    add(&organisation, "a").await;
    add(&organisation, "e").await;
    let last = organisation
        .get("tasks?$filter=subject eq 'd'")
        .await
        .json();
    let gone = format!(
        "tasks({})",
        last["value"][0]["activityid"].as_str().unwrap()
    );
    Answer::of(organisation.request(Method::DELETE, &gone)).await;
    let (second, next) = page(&organisation, &next.unwrap(), 2).await;
    assert_eq!(second, ["e", "f"]);
    let (third, next) = page(&organisation, &next.unwrap(), 2).await;
    assert_eq!((third, next), (vec!["h".to_owned(), "j".to_owned()], None));
}

#[tokio::test]
async fn equal_and_empty_values_neither_repeat_nor_lose_rows() {
    let organisation = with_tasks(&[
        "Ánimo",
        "ánimo",
        "ÁNIMO",
        "até já",
        "<&\"'>",
        "não; sim, talvez",
    ])
    .await;
    for order in [
        "subject desc",
        "category,subject",
        "prioritycode desc,subject",
        "scheduledend desc",
        "_createdby_value,subject",
        "createdon,statecode",
        "modifiedon desc",
    ] {
        let mut seen = Vec::new();
        let mut next = Some(format!("tasks?$select=subject&$orderby={order}"));
        while let Some(address) = next {
            let (subjects, link) = page(&organisation, &address, 1).await;
            assert_eq!(subjects.len(), 1, "{order}");
            seen.extend(subjects);
            next = link;
        }
        seen.sort();
        assert_eq!(
            seen,
            [
                "<&\"'>",
                "até já",
                "não; sim, talvez",
                "ÁNIMO",
                "Ánimo",
                "ánimo"
            ],
            "{order}"
        );
    }
}

#[tokio::test]
async fn the_cookie_is_encoded_twice_and_belongs_to_its_query() {
    let organisation = with_tasks(&["a", "b", "c"]).await;
    let (_, next) = page(
        &organisation,
        "tasks?$select=subject&$filter=contains(subject,'')&$orderby=subject",
        1,
    )
    .await;
    let next = next.unwrap();
    assert!(
        next.contains(
            "$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253Ccookie%2520page="
        ),
        "{next}"
    );
    assert!(next.contains("istracking=%22False%22"));
    let (second, _) = page(&organisation, &next, 1).await;
    assert_eq!(second, ["b"]);
    let token = &next[next.find("$skiptoken=").unwrap()..];
    for wrong in [
        format!("tasks?{token}"),
        "tasks?$skiptoken=2".to_owned(),
        "tasks?$skiptoken=%3Ccookie%20/%3E".to_owned(),
    ] {
        organisation.get(&wrong).await.is_refused(400, "0x80060888");
    }
}

#[tokio::test]
async fn top_limits_an_answer_but_not_pages() {
    let organisation = with_tasks(&["a", "b", "c", "d"]).await;
    let top = organisation
        .get("tasks?$select=subject&$orderby=subject desc&$top=3")
        .await
        .json();
    let subjects: Vec<&str> = top["value"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["subject"].as_str())
        .collect();
    assert_eq!(
        (subjects, top.get("@odata.nextLink")),
        (vec!["d", "c", "b"], None)
    );
    let none = organisation.get("tasks?$top=0&$count=true").await.json();
    assert_eq!(
        (&none["value"], &none["@odata.count"]),
        (&json!([]), &json!(4))
    );
    let (first, next) = page(&organisation, "tasks?$select=subject&$top=1", 2).await;
    assert_eq!((first.len(), next.is_some()), (2, true));
}

#[tokio::test]
async fn counts_come_with_their_annotations_in_every_form_of_the_wildcard() {
    let organisation = with_tasks(&["a", "b", "c"]).await;
    for (prefer, total, exceeded) in [
        ("odata.include-annotations=\"*\"", true, true),
        (
            "odata.include-annotations=\"Microsoft.Dynamics.CRM.*\"",
            true,
            true,
        ),
        (
            "odata.include-annotations=\"OData.*,Microsoft.Dynamics.CRM.totalrecordcount\"",
            true,
            false,
        ),
        (
            "odata.include-annotations=\"OData.Community.Display.V1.FormattedValue\"",
            false,
            false,
        ),
    ] {
        for (query, count) in [
            ("tasks?$top=1", json!(-1)),
            ("tasks?$top=1&$count=true", json!(3)),
        ] {
            let request = organisation
                .request(Method::GET, query)
                .header("Prefer", prefer);
            let body = Answer::of(request).await.json();
            let annotation = body.get("@Microsoft.Dynamics.CRM.totalrecordcount");
            assert_eq!(annotation, total.then_some(&count), "{prefer} {query}");
            let limit = body.get("@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded");
            assert_eq!(limit, exceeded.then_some(&json!(false)), "{prefer} {query}");
        }
    }
    let plain = organisation
        .get("tasks/$count?$filter=subject ne 'a'")
        .await;
    assert_eq!(
        (plain.text.as_str(), plain.header("content-type")),
        ("\u{feff}2", "text/plain")
    );
}

/// Source: Microsoft Learn, 'RetrieveTotalRecordCount Function'.
#[tokio::test]
async fn the_rows_of_whole_tables_are_counted_by_name() {
    let organisation = with_tasks(&["a"]).await;
    for path in [
        "RetrieveTotalRecordCount(EntityNames=['contact','task'])",
        "RetrieveTotalRecordCount(EntityNames=@p1)?@p1=[\"contact\",\"task\"]",
    ] {
        let body = organisation.get(path).await.json();
        let counts = &body["EntityRecordCountCollection"];
        assert_eq!(
            (&counts["Keys"], &counts["Values"]),
            (&json!(["contact", "task"]), &json!([6, 1]))
        );
        assert!(
            body["@odata.context"]
                .as_str()
                .unwrap()
                .ends_with("#Microsoft.Dynamics.CRM.RetrieveTotalRecordCountResponse")
        );
    }
    organisation
        .get("RetrieveTotalRecordCount(EntityNames=['nada'])")
        .await
        .is_refused(400, "0x80040203");
    organisation
        .get("RetrieveTotalRecordCount(Names=['contact'])")
        .await
        .is_refused(400, "0x80060888");
}
