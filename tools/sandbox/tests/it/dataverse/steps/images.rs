//! Images: the row before and after, as far as a step wants it.
//! Source: Microsoft Learn, "Understand the execution context" (entity images) and "Register a plug-in" (define entity images).

use serde_json::json;

use super::receiver::{keys, pair};
use super::registered::Registered;

#[tokio::test]
async fn images_hold_the_wanted_columns_before_and_after_with_their_texts() {
    let registered = Registered::start().await;
    let step = registered.step("Update", "incident", json!({})).await;
    let wanted = "statuscode,ticketnumber,customerid";
    for (alias, kind) in [("Antes", 0), ("Despois", 1), ("Ambas", 2)] {
        let more =
            json!({"entityalias": alias, "name": alias, "imagetype": kind, "attributes": wanted});
        assert_eq!(registered.image(&step, more).await.status, 204);
    }
    let organisation = &registered.organisation;
    let case = organisation.open_case("Avaría").await;
    let path = format!("incidents({case})");
    organisation
        .patch(&path, json!({"statecode": 0, "statuscode": 2}))
        .await;
    let body = &registered.told().await[0];
    let (before, after) = (&body["PreEntityImages"], &body["PostEntityImages"]);
    let mut names = keys(before);
    names.sort_unstable();
    assert_eq!(names, ["Ambas", "Antes"]);
    let mut names = keys(after);
    names.sort_unstable();
    assert_eq!(names, ["Ambas", "AsynchronousStepPrimaryName", "Despois"]);
    for (image, label) in [
        (pair(before, "Antes"), "In Progress"),
        (pair(after, "Despois"), "On Hold"),
    ] {
        assert_eq!(image.get("__type"), None, "images carry no type");
        let mut columns = keys(&image["Attributes"]);
        columns.sort_unstable();
        assert_eq!(
            columns,
            ["customerid", "incidentid", "statuscode", "ticketnumber"]
        );
        assert_eq!(pair(&image["FormattedValues"], "statuscode"), label);
        let customer = pair(&image["Attributes"], "customerid");
        assert_eq!(
            customer["Name"],
            json!("Iria Fernández Núñez"),
            "images name their lookups"
        );
        assert_eq!(
            pair(&image["FormattedValues"], "customerid"),
            "Iria Fernández Núñez"
        );
    }
}

#[tokio::test]
async fn an_image_without_columns_has_all_that_are_not_empty() {
    let registered = Registered::start().await;
    let step = registered.step("Create", "incident", json!({})).await;
    let more = json!({"messagepropertyname": "id"});
    assert_eq!(registered.image(&step, more).await.status, 204);
    registered.organisation.open_case("Avaría").await;
    let body = &registered.told().await[0];
    let image = pair(&body["PostEntityImages"], "Despois");
    let columns = keys(&image["Attributes"]);
    for column in [
        "title",
        "ticketnumber",
        "statecode",
        "ownerid",
        "createdon",
        "incidentid",
    ] {
        assert!(columns.contains(&column), "{column}: {columns:?}");
    }
    assert_eq!(body["PreEntityImages"], json!([]));
}

#[tokio::test]
async fn asynchronous_steps_are_told_the_name_of_the_row() {
    let registered = Registered::start().await;
    registered.step("Update", "incident", json!({})).await;
    let organisation = &registered.organisation;
    let case = organisation.open_case("Avaría").await;
    organisation
        .patch(&format!("incidents({case})"), json!({"prioritycode": 1}))
        .await;
    let body = &registered.told().await[0];
    let image = pair(&body["PostEntityImages"], "AsynchronousStepPrimaryName");
    assert_eq!(keys(&image["Attributes"]), ["title", "incidentid"]);
    assert_eq!(pair(&image["Attributes"], "title"), "Avaría");
    assert_eq!(image["FormattedValues"], json!([]));
}

#[tokio::test]
async fn a_deleted_row_is_seen_before_only() {
    let registered = Registered::start().await;
    let step = registered.step("Delete", "incident", json!({})).await;
    let more = json!({"imagetype": 0, "entityalias": "Antes", "attributes": "title"});
    assert_eq!(registered.image(&step, more).await.status, 204);
    let organisation = &registered.organisation;
    let case = organisation.open_case("Avaría").await;
    let path = format!("incidents({case})");
    super::super::organisation::Answer::of(organisation.request(reqwest::Method::DELETE, &path))
        .await;
    let body = &registered.told().await[0];
    let target = pair(&body["InputParameters"], "Target");
    assert_eq!(
        (&target["LogicalName"], &target["Id"]),
        (&json!("incident"), &json!(case))
    );
    let image = pair(&body["PreEntityImages"], "Antes");
    assert_eq!(pair(&image["Attributes"], "title"), "Avaría");
    assert_eq!(body["PostEntityImages"], json!([]));
}
