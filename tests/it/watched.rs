//! Every function run from its code by `make watch`, and every file of `events/` handed to it by `make invoke`, beside a running
//! sandbox, as `events/README.md` tells a person to do it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::{Child, Command};

use crate::story::stage::Stage;

/// What the answer of a function to a file must be.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// The HTTP function answers this status.
    Status(u16),
    /// The queue function reports the messages at these places of the batch as failed.
    Failed(&'static [usize]),
    /// The function ends without an error.
    Nothing,
}

use Expected::{Failed, Nothing, Status};

/// In the order of the chain of `events/README.md`.
const EVENTS: &[(&str, &str, Expected)] = &[
    ("webhooks", "probe.json", Status(200)),
    ("webhooks", "wxm-wrong-token.json", Status(401)),
    ("webhooks", "wxm-camel-case.json", Status(200)),
    ("webhooks", "wxm-pascal-case.json", Status(200)),
    ("webhooks", "wxm-unparsable.json", Status(200)),
    ("webhooks", "standard-new.json", Status(200)),
    ("webhooks", "standard-about-case.json", Status(200)),
    ("webhooks", "dynamics-assign.json", Status(200)),
    ("webhooks", "dynamics-close-stripped.json", Status(200)),
    ("webhooks", "dynamics-close.json", Status(200)),
    ("webhooks", "dynamics-create-own.json", Status(200)),
    ("webhooks", "dynamics-lead-qualified.json", Status(200)),
    ("webhooks", "dynamics-merge.json", Status(200)),
    ("webhooks", "dynamics-note-deleted.json", Status(200)),
    ("webhooks", "dynamics-note.json", Status(200)),
    ("webhooks", "dynamics-opportunity-won.json", Status(200)),
    ("webhooks", "dynamics-phone-call.json", Status(200)),
    ("webhooks", "dynamics-reactivate.json", Status(200)),
    ("webhooks", "dynamics-unreadable.json", Status(200)),
    ("webhooks", "dynamics-update-2017.json", Status(200)),
    (
        "webhooks",
        "dynamics-update-byte-order-mark.json",
        Status(200),
    ),
    ("webhooks", "dynamics-update-capital-keys.json", Status(200)),
    ("webhooks", "dynamics-update-garbled.json", Status(200)),
    ("webhooks", "dynamics-update-multiple.json", Status(200)),
    ("webhooks", "dynamics-update-stripped.json", Status(200)),
    (
        "webhooks",
        "dynamics-update-typed-scalars.json",
        Status(200),
    ),
    ("webhooks", "dynamics-update.json", Status(200)),
    ("webhooks", "dynamics-wrong-secret.json", Status(401)),
    ("response-intake", "hinted-wxm.json", Failed(&[])),
    ("response-intake", "hinted-new.json", Failed(&[])),
    ("response-intake", "hinted-about-case.json", Failed(&[])),
    ("response-intake", "mixed-batch.json", Failed(&[1, 2])),
    ("response-to-case", "new-wxm.json", Failed(&[])),
    ("response-to-case", "new.json", Failed(&[])),
    ("response-to-case", "mixed-batch.json", Failed(&[1, 2])),
    ("case-reopen", "about-case.json", Failed(&[])),
    ("case-write-back", "case-changed.json", Failed(&[])),
    ("survey-trigger", "case-resolved.json", Failed(&[])),
    ("survey-trigger", "invitation-due.json", Failed(&[])),
    ("survey-trigger", "email-delivered.json", Failed(&[])),
    ("survey-trigger", "text-message-blocked.json", Failed(&[])),
    ("sweep", "every-minute.json", Nothing),
    ("console", "loops.json", Status(200)),
    ("console", "invitations.json", Status(200)),
    ("console", "loop.json", Status(200)),
    ("console", "api-loops-of-response.json", Status(200)),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn make(stage: &Stage, arguments: &[String]) -> Command {
    let mut make = Command::new("make");
    make.args(arguments)
        .env("CXLOOP_STATE", stage.state())
        .current_dir(root())
        .stdin(Stdio::null());
    make
}

/// A function under `make watch`; it ends with this value.
struct Watched {
    make: Child,
    port: u16,
}

impl Watched {
    async fn start(stage: &Stage, function: &str) -> Self {
        // Bound and let go: cargo-lambda takes no port 0.
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let arguments = [
            "watch".to_owned(),
            format!("FUNCTION={function}"),
            format!("WATCH_PORT={port}"),
        ];
        let make = make(stage, &arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let listens = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .is_err()
            {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(300), listens)
            .await
            .unwrap_or_else(|_| panic!("make watch FUNCTION={function} never listened"));
        Self { make, port }
    }

    /// The answer to the event, as `make invoke` prints it.
    async fn invoke(&self, stage: &Stage, function: &str, event: &Path) -> Value {
        let arguments = [
            "invoke".to_owned(),
            format!("FUNCTION={function}"),
            format!("WATCH_PORT={}", self.port),
            format!("EVENT={}", event.display()),
        ];
        let output = make(stage, &arguments).output().await.unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{function} {}: {told}{}",
            event.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_str(told.trim()).unwrap_or_else(|error| panic!("{error}: {told}"))
    }

    async fn end(mut self) {
        let group = format!("-{}", self.make.id().unwrap());
        let ended = Command::new("kill")
            .args(["-INT", "--", &group])
            .status()
            .await
            .unwrap();
        assert!(ended.success());
        let gone = tokio::time::timeout(Duration::from_secs(20), self.make.wait()).await;
        if gone.is_err() {
            let _ = Command::new("kill")
                .args(["-KILL", "--", &group])
                .status()
                .await;
            panic!("ctrl-c did not end make watch");
        }
    }
}

/// The file to hand over: a signed copy where the signature of the file is too old, as every signature in a file is.
async fn ready(stage: &Stage, function: &str, file: &str) -> PathBuf {
    let event = root().join("events").join(function).join(file);
    if function != "webhooks" || !file.starts_with("standard-") {
        return event;
    }
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--bin", "cxloop", "--", "send"])
        .arg(&event)
        .args(["--envelope", "--secret", stage.sandbox.webhook_secret()])
        .env("CXLOOP_STATE", stage.state())
        .current_dir(root())
        .output()
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let signed = stage.state().join(file);
    std::fs::write(&signed, output.stdout).unwrap();
    signed
}

fn check(answer: &Value, event: &Path, expected: Expected) {
    match expected {
        Nothing => {}
        Status(status) => assert_eq!(
            answer["statusCode"],
            status,
            "{}: {answer}",
            event.display()
        ),
        Failed(places) => {
            let batch: Value =
                serde_json::from_str(&std::fs::read_to_string(event).unwrap()).unwrap();
            let ids: Vec<&Value> = places
                .iter()
                .map(|place| &batch["Records"][place]["messageId"])
                .collect();
            let failed: Vec<&Value> = answer["batchItemFailures"]
                .as_array()
                .unwrap_or_else(|| panic!("{}: {answer}", event.display()))
                .iter()
                .map(|failure| &failure["itemIdentifier"])
                .collect();
            assert_eq!(failed, ids, "{}", event.display());
        }
    }
}

#[test]
fn every_event_file_is_run() {
    let listed: BTreeSet<PathBuf> = EVENTS
        .iter()
        .map(|(function, file, _)| Path::new(function).join(file))
        .collect();
    let events = root().join("events");
    let mut there = BTreeSet::new();
    for folder in std::fs::read_dir(&events).unwrap() {
        let folder = folder.unwrap().path();
        if folder.is_dir() {
            for file in std::fs::read_dir(&folder).unwrap() {
                let file = file.unwrap().path();
                there.insert(file.strip_prefix(&events).unwrap().to_owned());
            }
        }
    }
    assert_eq!(listed, there);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_function_runs_from_its_code_beside_the_sandbox_with_each_of_its_events() {
    let stage = Stage::set().await;
    let mut running: Option<(&str, Watched)> = None;
    for (function, file, expected) in EVENTS {
        if running.as_ref().is_none_or(|(name, _)| name != function) {
            if let Some((_, watched)) = running.take() {
                watched.end().await;
            }
            running = Some((function, Watched::start(&stage, function).await));
        }
        let Some((_, watched)) = &running else {
            continue;
        };
        let event = ready(&stage, function, file).await;
        let answer = watched.invoke(&stage, function, &event).await;
        check(&answer, &event, *expected);
    }
    if let Some((_, watched)) = running.take() {
        watched.end().await;
    }
    stage.idle().await;
    for (case, title) in [
        ("c5fb4edd-3d61-5714-bc5e-efb1c9baff99", "Antía Souto Lugrís"),
        ("de246b7d-db4c-5ce4-9991-bb18707486b5", "Xoán Piñeiro Ríos"),
    ] {
        let found = stage
            .rows(
                "incidents",
                &format!("$select=title&$filter=incidentid eq {case}"),
            )
            .await;
        assert_eq!(found.len(), 1, "{case}");
        let told = found[0]["title"].as_str().unwrap();
        assert!(told.contains(title), "{told}");
    }
}
