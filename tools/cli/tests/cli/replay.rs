use cxloop_domain::loops::{Replay, StepKind};
use cxloop_domain::names::ResponseKey;
use cxloop_ports::{BodyKind, Inbox, InboxItem, InboxState, Loops, NewLoop, Responses};
use cxloop_testkit::samples;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::program::{Place, Run};
use crate::table::Table;

const RESPONSE: &str = "wxm/6721f0c4b7d2a93e5c180f64";

struct Scene {
    table: Table,
    bus: MockServer,
    place: Place,
}

impl Scene {
    /// A response that was taken under a name, with its loop.
    async fn begin() -> Self {
        let table = Table::start().await;
        let bus = MockServer::start().await;
        let taken = ResponseTemplate::new(200)
            .set_body_json(json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "e" }] }));
        Mock::given(wiremock::matchers::any())
            .respond_with(taken)
            .mount(&bus)
            .await;
        let place = Place::new()
            .with_account()
            .with("AWS_ENDPOINT_URL_DYNAMODB", &table.address)
            .with("AWS_ENDPOINT_URL_EVENTBRIDGE", &bus.uri())
            .with("CXLOOP_TABLE", Table::NAME)
            .with("CXLOOP_BUS", "cxloop-events");
        let response = samples::response(RESPONSE, 3);
        Responses::keep(&table.store, &response, "Detractors")
            .await
            .unwrap();
        let new = NewLoop {
            response: key(),
            survey: response.survey,
            began_at: now(),
            score: None,
        };
        table.store.begin(&new, &[]).await.unwrap();
        Self { table, bus, place }
    }

    async fn fail_a_step(&self) {
        let again = cxloop_domain::events::ResponseReceived {
            version: 1,
            response: key(),
            notification: "Detractors".to_owned(),
            kind: cxloop_domain::response::Kind::New,
            inbox_id: "i-1".parse().unwrap(),
            replay: true,
        };
        let mut step = samples::step("case/detractor", StepKind::Failed, now());
        step.replay = Some(Replay::Received(again));
        self.table
            .store
            .record(&key().loop_id(), &[step])
            .await
            .unwrap();
    }

    async fn published(&self) -> Vec<(String, Value)> {
        let requests = self.bus.received_requests().await.unwrap();
        let entries = requests.iter().map(|request| {
            let put: Value = serde_json::from_slice(&request.body).unwrap();
            let entry = put["Entries"][0].clone();
            assert_eq!(
                (&entry["EventBusName"], &entry["Source"]),
                (&"cxloop-events".into(), &"cxloop".into())
            );
            (
                entry["DetailType"].as_str().unwrap().to_owned(),
                serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap(),
            )
        });
        entries.collect()
    }

    async fn steps(&self) -> Vec<StepKind> {
        let history = Loops::load(&self.table.store, &key().loop_id())
            .await
            .unwrap()
            .unwrap();
        history.steps.iter().map(|step| step.what).collect()
    }

    async fn replay(&self, arguments: &[&str]) -> Run {
        self.place.cxloop(&[&["replay"], arguments].concat()).await
    }
}

fn key() -> ResponseKey {
    RESPONSE.parse().unwrap()
}

/// A moment ago by the wall clock, which the program goes by.
fn now() -> jiff::Timestamp {
    use cxloop_ports::Clock;
    cxloop_lambda_kit::aws::WallClock.now()
}

#[tokio::test]
async fn a_response_runs_again_under_each_of_its_names_and_the_loop_says_so() {
    let scene = Scene::begin().await;
    let run = scene.replay(&["--response", RESPONSE]).await.fine();
    assert!(run.out.ends_with("1 event published\n"), "{run:?}");
    let published = scene.published().await;
    let (name, detail) = &published[0];
    assert_eq!((name.as_str(), published.len()), ("ResponseReceived", 1));
    assert_eq!(
        (&detail["response"], &detail["notification"]),
        (&RESPONSE.into(), &"Detractors".into())
    );
    assert_eq!(
        (&detail["kind"], &detail["replay"]),
        (&"new".into(), &true.into())
    );
    assert_eq!(scene.steps().await, [StepKind::Replayed]);
}

#[tokio::test]
async fn what_failed_in_a_loop_runs_again() {
    let scene = Scene::begin().await;
    let nothing = scene
        .replay(&["--loop", key().loop_id().as_str()])
        .await
        .fine();
    assert!(nothing.out.contains("nothing had failed"), "{nothing:?}");
    scene.fail_a_step().await;
    scene
        .replay(&["--loop", key().loop_id().as_str()])
        .await
        .fine();
    let published = scene.published().await;
    assert_eq!(published.len(), 1);
    assert_eq!(
        (&published[0].1["inbox_id"], &published[0].1["replay"]),
        (&"i-1".into(), &true.into())
    );
}

#[tokio::test]
async fn everything_that_failed_runs_again_and_a_dry_run_only_lists_it() {
    let scene = Scene::begin().await;
    scene.fail_a_step().await;
    let parked = InboxItem {
        kind: BodyKind::Response,
        id: "i-2".parse().unwrap(),
        connection: "wxm".parse().unwrap(),
        accepted_at: now(),
        body: b"{}".to_vec(),
        state: InboxState::Parked {
            reason: "answer: expected an object, found nothing".to_owned(),
        },
        trace: None,
    };
    Inbox::keep(&scene.table.store, &parked).await.unwrap();
    let dry = scene
        .replay(&["--failed", "--dry-run", "--json"])
        .await
        .fine();
    assert_eq!(dry.json()["events"].as_array().unwrap().len(), 2, "{dry:?}");
    assert!(scene.published().await.is_empty());
    assert_eq!(scene.steps().await, [StepKind::Failed]);
    scene.replay(&["--failed"]).await.fine();
    let names: Vec<String> = scene
        .published()
        .await
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["ResponseReceived", "ResponseHinted"]);
}

#[tokio::test]
async fn a_kept_webhook_is_followed_again() {
    let scene = Scene::begin().await;
    let item = InboxItem {
        kind: BodyKind::Response,
        id: "i-3".parse().unwrap(),
        connection: "generic".parse().unwrap(),
        accepted_at: now(),
        body: b"Non se entende".to_vec(),
        state: InboxState::Published,
        trace: None,
    };
    Inbox::keep(&scene.table.store, &item).await.unwrap();
    scene.replay(&["--inbox", "i-3"]).await.fine();
    let published = scene.published().await;
    assert_eq!(published[0].0, "ResponseHinted");
    assert_eq!(
        (&published[0].1["connection"], &published[0].1["inbox_id"]),
        (&"generic".into(), &"i-3".into())
    );
}

/// A body of the CRM that was put aside.
fn of_the_crm(id: &str, body: &str) -> InboxItem {
    InboxItem {
        id: id.parse().unwrap(),
        connection: "dynamics".parse().unwrap(),
        kind: BodyKind::Change,
        accepted_at: now(),
        body: body.as_bytes().to_vec(),
        state: InboxState::Parked {
            reason: "non se entendía".to_owned(),
        },
        trace: None,
    }
}

#[tokio::test]
async fn a_kept_body_of_the_crm_is_read_again_and_its_rows_told_of() {
    let scene = Scene::begin().await;
    let configuration = samples::configuration();
    cxloop_ports::Configurations::apply(&scene.table.store, &configuration)
        .await
        .unwrap();
    let id = "00000000-0000-0000-0000-000000000007";
    let body =
        json!({ "MessageName": "Update", "PrimaryEntityName": "incident", "PrimaryEntityId": id });
    let item = of_the_crm("i-4", &body.to_string());
    Inbox::keep(&scene.table.store, &item).await.unwrap();
    let nothing = of_the_crm("i-5", "Non se entende");
    Inbox::keep(&scene.table.store, &nothing).await.unwrap();
    let own = of_the_crm("i-6", r#"{"MessageName":"Retrieve"}"#);
    Inbox::keep(&scene.table.store, &own).await.unwrap();
    for (id, why) in [("i-5", "no JSON"), ("i-6", "message")] {
        let run = scene.replay(&["--inbox", id]).await;
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains(why), "{run:?}");
    }
    assert!(scene.published().await.is_empty());

    for arguments in [&["--failed"][..], &["--inbox", "i-4"]] {
        scene.replay(arguments).await.fine();
    }
    let published = scene.published().await;
    assert_eq!(published.len(), 2);
    for (name, detail) in &published {
        assert_eq!(name, "RecordChanged");
        assert_eq!(detail["record"], json!({ "table": "incident", "id": id }));
        assert_eq!(detail["event_id"], published[0].1["event_id"]);
    }
    let parked = scene.table.store.parked(10).await.unwrap();
    let waiting: Vec<&str> = parked.iter().map(|body| body.id.as_str()).collect();
    assert_eq!(waiting, ["i-6", "i-5"], "what still tells of nothing waits");
}

#[tokio::test]
async fn what_is_not_known_cannot_run_again() {
    let scene = Scene::begin().await;
    for arguments in [
        ["--response", "wxm/descoñecida"],
        ["--inbox", "nowhere"],
        ["--loop", "wxm~nowhere"],
    ] {
        let run = scene.replay(&arguments).await;
        let expected = if arguments[1].is_ascii() { 1 } else { 2 };
        assert_eq!(run.code, expected, "{run:?}");
    }
    assert!(scene.published().await.is_empty());
}
