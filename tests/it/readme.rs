//! The commands of the README, run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use cxloop_sandbox::launch::free_base_port;
use tokio::io::{AsyncBufReadExt, BufReader};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The command lines of the README's shell blocks, without their comments.
fn commands() -> Vec<String> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut inside = false;
    let mut found = Vec::new();
    for line in readme.lines() {
        let line = line.trim();
        if line.starts_with("```") {
            inside = !inside && line == "```sh";
        } else if inside {
            found.push(line.split(" #").next().unwrap().trim().to_owned());
        }
    }
    found
}

fn run(command: &mut Command) -> Output {
    command
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn the_readme_begins_with_what_it_is_for_then_the_picture_then_two_commands_then_deployment() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let order = [
        "cxloop closes the loop",
        "┌─────────────────┐",
        "make run",
        "make test",
        "## Deploy it",
        "make deploy",
    ];
    let places: Vec<usize> = order
        .iter()
        .map(|text| readme.find(text).unwrap_or_else(|| panic!("{text}")))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    let deployment = readme
        .split("## Deploy it")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    assert!(
        deployment.lines().count() < 50,
        "deployment is longer than a page"
    );
}

#[test]
fn every_make_command_of_the_readme_is_one_that_make_knows() {
    let targets: Vec<String> = commands()
        .iter()
        .filter_map(|c| c.strip_prefix("make "))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        targets,
        ["run", "test", "bench", "fuzz", "package", "live", "deploy"]
    );
    for target in targets {
        let output = run(Command::new("make").args(["--dry-run", &target]));
        assert!(
            output.status.success(),
            "make {target}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn every_cxloop_command_of_the_readme_does_what_it_says() {
    let lines: Vec<String> = commands()
        .into_iter()
        .filter(|c| c.starts_with("cargo run --bin cxloop -- "))
        .collect();
    assert_eq!(
        lines.len(),
        5,
        "check, apply, two set-ups and the doctor: {lines:?}"
    );
    for line in lines {
        let mut arguments: Vec<&str> = line.split(' ').skip(1).collect();
        if let Some(file) = arguments.iter().position(|a| *a == "cxloop.yaml") {
            arguments[file] = "tools/sandbox/cxloop.yaml";
        }
        let applies = arguments.contains(&"apply");
        let checks = arguments.contains(&"check");
        arguments.push(if checks { "--offline" } else { "--help" });
        let output = run(Command::new(env!("CARGO")).args(&arguments));
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{line}: {told} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!applies || told.contains("--table"), "{told}");
    }
}

/// `make run` builds what is missing, starts, says where, and ends without a trace on ctrl-c.
#[tokio::test]
async fn make_run_starts_the_sandbox_and_ctrl_c_ends_it() {
    let port = free_base_port().unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut make = tokio::process::Command::new("make")
        .args(["run", &format!("PORT={port}")])
        .env("CXLOOP_STATE", state.path())
        .current_dir(root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(make.stdout.take().unwrap()).lines();
    let address = format!("http://127.0.0.1:{port}/");
    let mut told = String::new();
    loop {
        let line = tokio::time::timeout(Duration::from_secs(240), lines.next_line())
            .await
            .expect("it says something");
        let line = line
            .unwrap()
            .unwrap_or_else(|| panic!("make run ended:\n{told}"));
        let ready = line.contains("start here") && line.contains(&address);
        told.push_str(&line);
        told.push('\n');
        if ready {
            break;
        }
    }
    let page = reqwest::get(&address).await.unwrap().text().await.unwrap();
    assert!(page.contains("id=\"answer-survey\""), "{page}");

    let group = make.id().unwrap();
    let interrupted = Command::new("kill")
        .args(["-INT", "--", &format!("-{group}")])
        .status()
        .unwrap();
    assert!(interrupted.success());
    tokio::time::timeout(Duration::from_secs(60), make.wait())
        .await
        .expect("ctrl-c ends it")
        .unwrap();
    assert!(reqwest::get(&address).await.is_err(), "the front is gone");
    let emulator = format!("http://127.0.0.1:{}/", port + 10);
    assert!(
        reqwest::get(&emulator).await.is_err(),
        "the emulator is gone"
    );
}
