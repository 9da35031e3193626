//! Public clients, unmodified, driven by the scripts in `tests/clients`.
//! Source: Microsoft Learn, "Compose HTTP requests and handle errors" and "Execute batch operations using the Web API".

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use tokio::process::Command;

use super::organisation::Organisation;

fn project() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_owned()
}

/// Where `make clients` installs them.
fn installed() -> PathBuf {
    let tools =
        std::env::var_os("CXLOOP_TOOLS").map_or_else(|| project().join(".tools"), PathBuf::from);
    tools.join("clients")
}

async fn run(mut command: Command) -> Output {
    command.kill_on_drop(true);
    tokio::time::timeout(Duration::from_secs(300), command.output())
        .await
        .expect("the script did not end")
        .unwrap_or_else(|error| panic!("{error}: run `make clients` first"))
}

#[tokio::test(flavor = "multi_thread")]
async fn real_clients_find_the_service_that_they_know() {
    let scripts = project().join("tests/clients");
    let installed = installed();
    assert!(
        installed.join(".ready").exists(),
        "the clients are not installed: run `make clients`"
    );
    let python = installed.join("python/bin/python");
    for (program, script) in [
        (PathBuf::from("node"), "dynamics_web_api.mjs"),
        (python.clone(), "powerplatform_dataverse_client.py"),
        (python, "dataverse_api_client.py"),
    ] {
        let organisation = Organisation::start().await;
        let limited = Organisation::start().await;
        limited.dataverse.limit_requests(3);
        let mut command = Command::new(program);
        command
            .arg(scripts.join(script))
            .args([&organisation.root, "sandbox", &limited.root])
            .env("MODULES", installed.join("node"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        let output = run(command).await;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains(" passed, 0 failed"),
            "{script}\n{text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
