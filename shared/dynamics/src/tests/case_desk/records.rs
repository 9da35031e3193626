//! Cases with everything that flows back from them.

use cxloop_domain::case_write_back::CommentKind;
use cxloop_domain::cases::CaseState;
use cxloop_domain::configuration::{WriteBack, read};
use cxloop_domain::record_changed::Record;
use cxloop_ports::{CaseRecords, Remedy};
use serde_json::{Value, json};
use uuid::Uuid;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use super::{CASE, Organisation, answer_reads, desk, gone, row};

const US: Uuid = Uuid::from_u128(0x0a);
const AGENT: Uuid = Uuid::from_u128(0x0b);
const LABEL: &str = "@OData.Community.Display.V1.FormattedValue";

fn settings(yaml: &str) -> WriteBack {
    let text = format!(
        "connections:\n  crm: {{ kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: s }}\nwrite_back:\n{yaml}"
    );
    read(&text).unwrap().write_back.unwrap()
}

const FIELDS: &str = "  comments: { activity_column: category, activity_value: public }\n  fields:\n    - { question: A, column: casetypecode }\n    - { question: B, column: _ownerid_value }\n";

fn activity(number: u128, by: Uuid, columns: Value) -> Value {
    let mut activity = json!({
        "activityid": Uuid::from_u128(number), "subject": "Re: avaría", "description": "<p>Ola</p>",
        "createdon": "2026-11-22T10:05:00Z", "_createdby_value": by, "statecode": 1, "directioncode": true,
        "category": null
    });
    let fields = activity.as_object_mut().unwrap();
    fields.extend(columns.as_object().unwrap().clone());
    activity
}

fn case() -> Value {
    let ours = "9671d036-53c9-57f5-814c-9ca70e43eedc";
    json!({
        "@odata.etag": "W/\"4711\"", "incidentid": CASE, "ticketnumber": "CAS-01001", "statecode": 1, "statuscode": 5,
        format!("statuscode{LABEL}"): "Problem Solved", "merged": false, "createdon": "2026-11-22T10:00:00Z",
        "modifiedon": "2026-11-22T11:00:00Z", "_ownerid_value": AGENT, format!("_ownerid_value{LABEL}"): "Sabela",
        "_masterid_value": null, "casetypecode": 2, format!("casetypecode{LABEL}"): "Problem",
        "Incident_IncidentResolutions": [
            {"createdon": "2026-11-22T10:30:00Z", "statecode": 2, "subject": "vella", "description": null},
            {"createdon": "2026-11-22T10:59:00Z", "statecode": 1, "subject": "Peza", "description": "Cambiada"}
        ],
        "Incident_Annotation": [
            {"annotationid": Uuid::from_u128(1), "subject": "s", "notetext": "dun axente", "createdon": "2026-11-22T10:01:00Z", "_createdby_value": AGENT},
            {"annotationid": Uuid::from_u128(2), "subject": "s", "notetext": "do noso usuario", "createdon": "2026-11-22T10:02:00Z", "_createdby_value": US},
            {"annotationid": ours, "subject": "s", "notetext": "coa nosa id", "createdon": "2026-11-22T10:03:00Z", "_createdby_value": AGENT}
        ],
        "Incident_Emails": [activity(4, AGENT, json!({"category": "public"}))],
        "Incident_Phonecalls": [activity(5, AGENT, json!({"directioncode": false}))]
    })
}

async fn organisation() -> Organisation {
    let organisation = Organisation::start().await;
    let us = json!({"UserId": US, "BusinessUnitId": Uuid::nil(), "OrganizationId": Uuid::nil()});
    Mock::given(method("GET"))
        .and(path("/api/data/v9.2/WhoAmI"))
        .respond_with(ResponseTemplate::new(200).set_body_json(us))
        .expect(1)
        .mount(&organisation.server)
        .await;
    organisation
}

#[tokio::test]
async fn a_case_is_read_with_its_comments_and_resolutions_and_ours_are_known_as_ours() {
    let organisation = organisation().await;
    answer_reads(&organisation, "incidents", row(case())).await;
    let desk = desk(&organisation);
    let settings = settings(FIELDS);
    for _ in 0..2 {
        let read = desk.record(CASE, &settings).await.unwrap().unwrap();
        assert_eq!((read.row_version, read.state), (4711, CaseState::Resolved));
        assert_eq!(read.status, "Problem Solved");
        assert_eq!(read.resolution.as_deref(), Some("Peza: Cambiada"));
        assert_eq!(read.reopen_count, 1);
        assert_eq!(
            read.resolved_at,
            Some("2026-11-22T10:59:00Z".parse().unwrap())
        );
        let ours: Vec<bool> = read
            .comments
            .iter()
            .map(|comment| comment.is_ours)
            .collect();
        assert_eq!(ours, [false, true, true, false, false]);
        let email = &read.comments[3];
        assert!(email.kind == CommentKind::Email && email.went_out && email.marker.is_some());
        assert!(!read.comments[4].went_out, "a call that came in");
        assert_eq!(
            read.columns["_ownerid_value"].label.as_deref(),
            Some("Sabela")
        );
    }
}

#[tokio::test]
async fn labels_are_told_in_the_language_that_was_chosen() {
    let organisation = organisation().await;
    answer_reads(&organisation, "incidents", row(case())).await;
    let label = |value: i64, text: &str| {
        json!({"Value": value, "Label": {"LocalizedLabels": [
            {"Label": "?", "LanguageCode": 1033}, {"Label": text, "LanguageCode": 1110}
        ]}})
    };
    for (kind, column, option) in [
        ("Status", "statuscode", label(5, "Resolto")),
        ("Picklist", "casetypecode", label(2, "Avaría")),
    ] {
        let place = format!(
            "/api/data/v9.2/EntityDefinitions(LogicalName='incident')/Attributes/Microsoft.Dynamics.CRM.{kind}AttributeMetadata"
        );
        let found = json!({"value": [{"LogicalName": column, "OptionSet": {"Options": [option]}}]});
        Mock::given(method("GET"))
            .and(path(place))
            .respond_with(ResponseTemplate::new(200).set_body_json(found))
            .expect(1)
            .mount(&organisation.server)
            .await;
    }
    let desk = desk(&organisation);
    let settings = settings(&format!("  label_language: 1110\n{FIELDS}"));
    for _ in 0..2 {
        let read = desk.record(CASE, &settings).await.unwrap().unwrap();
        assert_eq!(read.status, "Resolto");
        assert_eq!(
            read.columns["casetypecode"].label.as_deref(),
            Some("Avaría")
        );
        assert_eq!(
            read.columns["_ownerid_value"].label.as_deref(),
            Some("Sabela")
        );
    }
}

#[tokio::test]
async fn a_case_that_is_gone_is_none_and_one_without_a_version_is_passing_trouble() {
    let settings = settings(FIELDS);
    let first = organisation().await;
    answer_reads(&first, "incidents", gone()).await;
    assert_eq!(desk(&first).record(CASE, &settings).await, Ok(None));
    let second = organisation().await;
    let mut cut = case();
    cut.as_object_mut().unwrap().remove("@odata.etag");
    answer_reads(&second, "incidents", row(cut)).await;
    let failure = desk(&second).record(CASE, &settings).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Retry);
}

#[tokio::test]
async fn an_activity_leads_to_its_case_and_to_no_other_row() {
    let organisation = Organisation::start().await;
    let regarding = |table: &str| {
        row(json!({
            "_regardingobjectid_value": CASE,
            "_regardingobjectid_value@Microsoft.Dynamics.CRM.lookuplogicalname": table
        }))
    };
    answer_reads(&organisation, "emails", regarding("incident")).await;
    answer_reads(&organisation, "phonecalls", regarding("contact")).await;
    answer_reads(&organisation, "tasks", gone()).await;
    let desk = desk(&organisation);
    for (table, expected) in [
        ("email", Some(CASE)),
        ("phonecall", None),
        ("task", None),
        ("account", None),
    ] {
        let changed = Record {
            table: table.parse().unwrap(),
            id: Uuid::from_u128(3),
        };
        assert_eq!(desk.case_of(&changed).await, Ok(expected), "{table}");
    }
}
