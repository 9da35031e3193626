//! `cxloop setup dynamics` on an empty organisation.

use reqwest::Method;
use serde_json::{Value, json};

use crate::set_up_scene::Scene;

const STEPS: &str = "sdkmessageprocessingsteps?$select=name,stage,mode,asyncautodelete,filteringattributes,statecode&$expand=sdkmessageid($select=name),sdkmessageprocessingstepid_sdkmessageprocessingstepimage($select=imagetype,messagepropertyname,attributes)";

#[tokio::test]
async fn an_empty_organisation_is_set_up_once_and_the_second_run_has_nothing_to_do() {
    let scene = Scene::new().await;
    let run = scene.cxloop("setup dynamics").await.fine();
    for line in [
        "+ webhook secret in cxloop/dynamics",
        "+ publisher cxloop",
        "+ column cxl_rootcause of incident",
        "+ table cxl_surveyresponse",
        "+ key cxl_response of cxl_surveyresponse",
        "+ step cxloop: Update of incident",
        "done: step cxloop: Create of annotation",
        "dynamics: everything is set up",
    ] {
        assert!(run.out.lines().any(|told| told == line), "{line}\n{run:?}");
    }
    let endpoint = &scene
        .rows("serviceendpoints?$select=url,contract,authtype,isauthvalueset&$filter=contract eq 8")
        .await[0];
    assert_eq!(
        (
            &endpoint["url"],
            &endpoint["authtype"],
            &endpoint["isauthvalueset"]
        ),
        (
            &json!(format!("{}/webhooks/dynamics", scene.api)),
            &json!(5),
            &json!(true)
        )
    );
    let steps = scene.rows(STEPS).await;
    let of = |name: &str| {
        steps
            .iter()
            .find(|step| step["name"] == format!("cxloop: {name}"))
            .unwrap()
    };
    let update = of("Update of incident");
    assert_eq!(
        (
            &update["stage"],
            &update["mode"],
            &update["asyncautodelete"]
        ),
        (&json!(40), &json!(1), &json!(true))
    );
    let filtering = update["filteringattributes"].as_str().unwrap();
    assert!(
        filtering.split(',').any(|column| column == "cxl_rootcause"),
        "{filtering}"
    );
    assert_eq!(of("Create of incident")["filteringattributes"], Value::Null);
    let images = "sdkmessageprocessingstepid_sdkmessageprocessingstepimage";
    assert_eq!(
        of("Create of incident")[images][0]["messagepropertyname"],
        "id"
    );
    assert_eq!(of("Delete of incident")[images][0]["imagetype"], 0);
    assert_eq!(of("Close of incident")[images], json!([]));
    // All of it belongs to the solution.
    let solution = scene
        .rows("solutions?$select=solutionid&$filter=uniquename eq 'cxloop'")
        .await[0]["solutionid"]
        .clone();
    let parts = scene
        .rows(&format!(
            "solutioncomponents?$select=componenttype&$filter=_solutionid_value eq {}",
            solution.as_str().unwrap()
        ))
        .await;
    let kinds: std::collections::BTreeSet<i64> = parts
        .iter()
        .map(|part| part["componenttype"].as_i64().unwrap())
        .collect();
    assert!(
        [1, 2, 14, 92, 95].iter().all(|kind| kinds.contains(kind)),
        "{kinds:?}"
    );
    let again = scene.cxloop("setup dynamics --json").await.fine().json();
    assert_eq!(again["nothing_to_do"], true, "{again}");
    let writes = scene.dynamics.writes().len();
    let text = scene.cxloop("setup dynamics").await.fine();
    assert!(
        text.out
            .ends_with("dynamics: everything is set up; there is nothing to do\n"),
        "{text:?}"
    );
    assert_eq!(scene.dynamics.writes().len(), writes, "nothing is written");
}

#[tokio::test]
async fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let scene = Scene::new().await;
    let writes = scene.dynamics.writes().len();
    let run = scene.cxloop("setup dynamics --dry-run").await.fine();
    assert!(
        run.out.contains("+ step cxloop: Merge of incident\n"),
        "{run:?}"
    );
    assert!(
        run.out.ends_with("dry run: nothing was changed\n"),
        "{run:?}"
    );
    assert_eq!(scene.dynamics.writes().len(), writes);
    assert_eq!(scene.secret("webhook_secret"), None);
}

#[tokio::test]
async fn removal_leaves_what_holds_data_unless_it_may_go_and_rows_of_others_always() {
    let scene = Scene::new().await;
    let other = scene.crm(Method::POST, "serviceendpoints", json!({"name": "Outra", "contract": 8, "authtype": 5, "authvalue": "<settings></settings>", "url": "https://other.example/hook", "messageformat": 2})).await;
    assert_eq!(other, Value::Null);
    scene.cxloop("setup dynamics").await.fine();
    let shown = scene
        .cxloop("setup dynamics --remove --dry-run")
        .await
        .fine();
    assert!(
        shown.out.contains("- step cxloop: Update of incident\n"),
        "{shown:?}"
    );
    assert!(shown.out.contains("= column cxl_rootcause of incident (its rows hold data; --with-data removes it with them)\n"), "{shown:?}");
    scene.cxloop("setup dynamics --remove").await.fine();
    assert_eq!(scene.rows(STEPS).await.len(), 0);
    let endpoints = scene.rows("serviceendpoints?$select=name").await;
    assert_eq!(endpoints.len(), 1, "{endpoints:?}");
    let columns = "EntityDefinitions(LogicalName='incident')/Attributes?$select=LogicalName";
    let has_ours = |rows: Vec<Value>| {
        rows.iter()
            .any(|row| row["LogicalName"].as_str().unwrap().starts_with("cxl_"))
    };
    assert!(has_ours(scene.rows(columns).await));
    scene
        .cxloop("setup dynamics --remove --with-data")
        .await
        .fine();
    assert!(!has_ours(scene.rows(columns).await));
    let left = scene
        .rows("solutions?$select=uniquename&$filter=uniquename eq 'cxloop'")
        .await;
    assert_eq!(left.len(), 0);
    let again = scene
        .cxloop("setup dynamics --remove --with-data")
        .await
        .fine();
    assert!(
        again
            .out
            .ends_with("dynamics: there is nothing to remove\n"),
        "{again:?}"
    );
    scene.cxloop("setup dynamics").await.fine();
}

#[tokio::test]
async fn what_is_in_the_way_stops_it_before_anything_is_changed() {
    let scene = Scene::new().await;
    let column = json!({"@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "SchemaName": "cxl_rootcause", "DisplayName": {"LocalizedLabels": [{"Label": "Causa", "LanguageCode": 1033}]}});
    scene
        .crm(
            Method::POST,
            "EntityDefinitions(LogicalName='incident')/Attributes",
            column,
        )
        .await;
    let run = scene.cxloop("setup dynamics").await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.out
            .contains("! column cxl_rootcause of incident (it is of type String and not Picklist"),
        "{run:?}"
    );
    assert!(
        run.out
            .ends_with("something is in the way: nothing was changed\n")
    );
    assert_eq!(
        scene
            .rows("publishers?$select=uniquename&$filter=uniquename eq 'cxloop'")
            .await
            .len(),
        0
    );
    assert_eq!(scene.secret("webhook_secret"), None);
}

#[tokio::test]
async fn a_key_over_equal_values_fails_with_what_mends_it_and_is_made_anew_then() {
    let scene = Scene::set_up().await;
    let keys = "EntityDefinitions(LogicalName='incident')/Keys(LogicalName='cxl_caseofresponse')";
    scene.crm(Method::DELETE, keys, Value::Null).await;
    let customer = json!({"lastname": "Souto"});
    scene.crm(Method::POST, "contacts", customer).await;
    let contact = scene.rows("contacts?$select=contactid").await[0]["contactid"]
        .as_str()
        .unwrap()
        .to_owned();
    for title in ["Avaría", "Outra avaría"] {
        let case = json!({"title": title, "cxl_responseid": "wxm.1", "customerid_contact@odata.bind": format!("/contacts({contact})")});
        scene.crm(Method::POST, "incidents", case).await;
    }
    let run = scene.cxloop("setup dynamics").await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.out
            .contains("rows have the same cxl_responseid; clear it in all but one"),
        "{run:?}"
    );
    let case = scene.rows("incidents?$select=incidentid").await[0]["incidentid"]
        .as_str()
        .unwrap()
        .to_owned();
    scene
        .crm(
            Method::PATCH,
            &format!("incidents({case})"),
            json!({"cxl_responseid": null}),
        )
        .await;
    let run = scene.cxloop("setup dynamics").await.fine();
    assert!(
        run.out.contains("~ key cxl_caseofresponse of incident"),
        "{run:?}"
    );
}

#[tokio::test]
async fn without_an_address_or_with_one_that_dynamics_cannot_call_it_says_so() {
    let scene = Scene::new().await;
    let run = scene
        .cxloop("setup dynamics --to http://cxloop.example")
        .await;
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.err.contains("is not https"), "{run:?}");
    let run = scene.cxloop("setup dynamics --connection crm").await;
    assert!(
        run.code == 2 && run.err.contains("no connection crm of kind dynamics"),
        "{run:?}"
    );
}
