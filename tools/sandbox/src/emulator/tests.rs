//! One emulator, started for real: what it takes to trust the rest of the sandbox to it.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::process::REGION;
use super::{Deployment, Emulator, EmulatorOptions, Stack, Tools};

fn tools() -> Tools {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools");
    std::env::var_os("CXLOOP_TOOLS").map_or_else(|| Tools::at(checkout), Tools::at)
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn answers(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[tokio::test]
async fn a_template_is_deployed_its_queue_watched_and_nothing_left_behind() {
    let state = tempfile::tempdir().unwrap();
    let options = EmulatorOptions {
        port: free_port(),
        state_dir: state.path().to_owned(),
        tools: tools(),
        environment: Default::default(),
    };
    let port = options.port;
    let emulator = Emulator::start(options).await.unwrap();
    let deployment = Deployment {
        template: Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src/emulator/fixtures/one-queue.yaml"),
        stack: "avaria".to_owned(),
        parameters: [("SecretName".to_owned(), "avaria/aberta".to_owned())].into(),
    };
    let mut made = Vec::new();
    let stack = emulator
        .deploy(&deployment, |line| made.push(line.to_owned()))
        .await
        .unwrap();
    assert!(
        made.iter()
            .any(|line| line == "created AWS::SQS::Queue WorkQueue"),
        "{made:?}"
    );

    assert!(stack.idle().await.unwrap());
    let message = json!({ "QueueUrl": stack.output("CaseQueueUrl").unwrap(), "MessageBody": "Non volverei", "DelaySeconds": 60 });
    stack
        .api
        .call("sqs", "AmazonSQS.SendMessage", &message)
        .await
        .unwrap();
    assert!(!stack.idle().await.unwrap());
    assert_eq!(stack.depths().await.unwrap().0["CaseQueue"].delayed, 1);

    let secret = json!({ "token": "atención" });
    stack.put_secret("avaria/aberta", &secret).await.unwrap();
    let asked = json!({ "SecretId": "avaria/aberta" });
    let answer = stack
        .api
        .call("secretsmanager", "secretsmanager.GetSecretValue", &asked)
        .await
        .unwrap();
    assert_eq!(answer["SecretString"], secret.to_string());

    assert!(
        stack.output("ApiId").is_err(),
        "an output that the template lacks must be named as missing"
    );
    assert!(answers(port));
    drop(emulator);
    assert!(!answers(port));
}

#[tokio::test]
async fn an_emulator_that_a_killed_run_left_behind_makes_room_for_the_next() {
    let state = tempfile::tempdir().unwrap();
    let options = EmulatorOptions {
        port: free_port(),
        state_dir: state.path().to_owned(),
        tools: tools(),
        environment: Default::default(),
    };
    let port = options.port;
    // A run that is killed drops nothing.
    std::mem::forget(Emulator::start(options.clone()).await.unwrap());
    let next = Emulator::start(options).await.unwrap();
    assert!(answers(port));
    drop(next);
    assert!(!answers(port));
}

/// Tells the test below that it is the launcher which is going to be killed: where its emulator keeps its files.
const LAUNCHER: &str = "CXLOOP_TEST_LAUNCHER";

#[tokio::test]
async fn a_killed_launcher_takes_its_emulator_along() {
    if let Some(state_dir) = std::env::var_os(LAUNCHER) {
        let state_dir = Path::new(&state_dir).to_owned();
        let port = fs::read_to_string(state_dir.join("port")).unwrap();
        let options = EmulatorOptions {
            port: port.parse().unwrap(),
            state_dir: state_dir.clone(),
            tools: tools(),
            environment: Default::default(),
        };
        let _emulator = Emulator::start(options).await.unwrap();
        fs::write(state_dir.join("ready"), "").unwrap();
        return std::future::pending().await;
    }
    let state = tempfile::tempdir().unwrap();
    let port = free_port();
    fs::write(state.path().join("port"), port.to_string()).unwrap();
    let name = "emulator::tests::a_killed_launcher_takes_its_emulator_along";
    let mut launcher = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact"])
        .env(LAUNCHER, state.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until(|| state.path().join("ready").exists()).await;
    assert!(answers(port));

    // SIGKILL, after which a process cannot do anything.
    launcher.kill().unwrap();
    launcher.wait().unwrap();

    until(|| !answers(port)).await;
}

async fn until(holds: impl Fn() -> bool) {
    let holding = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), holding)
        .await
        .expect("it never came to be so");
}

#[tokio::test]
async fn a_taken_port_is_told_apart_from_a_broken_emulator() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let state = tempfile::tempdir().unwrap();
    let options = EmulatorOptions {
        port,
        state_dir: state.path().to_owned(),
        tools: tools(),
        environment: Default::default(),
    };
    let refused = Emulator::start(options).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains(&format!("port {port} of the emulator is taken")),
        "{refused:#}"
    );
}

#[tokio::test]
async fn missing_tools_are_answered_with_the_command_that_installs_them() {
    let state = tempfile::tempdir().unwrap();
    let options = EmulatorOptions {
        port: free_port(),
        state_dir: state.path().to_owned(),
        tools: Tools::at(state.path()),
        environment: Default::default(),
    };
    let refused = Emulator::start(options).await.unwrap_err();
    assert!(refused.to_string().contains("make tools"), "{refused:#}");
}

#[tokio::test]
async fn what_ses_and_sns_took_is_listed() {
    let state = tempfile::tempdir().unwrap();
    let options = EmulatorOptions {
        port: free_port(),
        state_dir: state.path().to_owned(),
        tools: tools(),
        environment: Default::default(),
    };
    let emulator = Emulator::start(options).await.unwrap();
    let stack = Stack::new("avaria", Default::default(), &emulator);
    assert!(stack.mails().await.unwrap().is_empty());
    stack.verify_domain("example.com").await.unwrap();
    assert!(stack.texts().await.unwrap().is_empty());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let signed = |service: &str| {
        format!(
            "AWS4-HMAC-SHA256 Credential=sandbox/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=none"
        )
    };
    let mail = r#"{"FromEmailAddress":"cxloop@example.com","Destination":{"ToAddresses":["iria@example.com"]},"Content":{"Simple":{"Subject":{"Data":"Avaría"},"Body":{"Text":{"Data":"Como foi?"}}}}}"#;
    let request = http
        .post(format!("{}/v2/email/outbound-emails", emulator.endpoint()))
        .header("authorization", signed("ses"))
        .body(mail);
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    let text = "Action=Publish&Version=2010-03-31&PhoneNumber=%2B34600000201&Message=Ola";
    let request = http
        .post(emulator.endpoint())
        .header("authorization", signed("sns"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(text);
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    let mails = stack.mails().await.unwrap();
    assert_eq!((mails.len(), mails[0].subject.as_str()), (1, "Avaría"));
    let texts = stack.texts().await.unwrap();
    assert_eq!(texts[0].to, ["+34600000201"]);
}
