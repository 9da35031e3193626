//! One emulator, started for real: what it takes to trust the rest of the sandbox to it.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;

use serde_json::json;

use super::{Deployment, Emulator, EmulatorOptions, Tools};

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
    };
    let port = options.port;
    // A run that is killed drops nothing.
    std::mem::forget(Emulator::start(options.clone()).await.unwrap());
    let next = Emulator::start(options).await.unwrap();
    assert!(answers(port));
    drop(next);
    assert!(!answers(port));
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
    };
    let refused = Emulator::start(options).await.unwrap_err();
    assert!(refused.to_string().contains("make tools"), "{refused:#}");
}
