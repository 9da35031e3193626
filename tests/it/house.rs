//! The rules of the house, held by reading the tree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests folder stands in the workspace")
        .to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folders under a folder, sorted.
fn folders(of: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join(of))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The files that git tracks or would track, with an ending.
fn tracked(ending: &str) -> Vec<String> {
    let listing = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    let text = String::from_utf8(listing.stdout).unwrap();
    let files: Vec<String> = text
        .lines()
        .filter(|f| f.ends_with(ending) && root().join(f).exists())
        .map(str::to_owned)
        .collect();
    assert!(!files.is_empty(), "git lists no {ending} files");
    files
}

fn pascal(name: &str) -> String {
    name.split('-')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_use_case_has_its_one_name_in_six_places() {
    let template = read("infra/template.yaml");
    let tests = read("tests/it/main.rs");
    for name in folders("functions") {
        let snake = name.replace('-', "_");
        let manifest = read(format!("functions/{name}/Cargo.toml"));
        assert!(
            manifest.contains(&format!("\nname = \"{name}\"\n")),
            "functions/{name} is another package"
        );
        assert!(
            root()
                .join(format!("functions/{name}/src/main.rs"))
                .exists(),
            "functions/{name} has no binary"
        );
        assert!(
            root()
                .join(format!("shared/domain/src/{snake}.rs"))
                .exists(),
            "no decisions for {name}"
        );
        let events = fs::read_dir(root().join(format!("events/{name}")))
            .unwrap_or_else(|error| panic!("events/{name}: {error}"))
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .path()
                    .extension()
                    .is_some_and(|e| e == "json")
            })
            .count();
        assert!(events > 0, "events/{name} holds no event");
        assert!(
            tests.contains(&format!("mod {snake};")),
            "tests/it has no module {snake}"
        );
        let resource = format!(
            "\n  {}Function:\n    Type: AWS::Serverless::Function\n",
            pascal(&name)
        );
        assert!(
            template.contains(&resource),
            "the template has no {}Function",
            pascal(&name)
        );
        assert!(
            template.contains(&format!("../target/lambda/{name}/")),
            "the template does not deploy {name}"
        );
    }
}

#[test]
fn dependencies_run_one_way() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let place = |package: &Value| {
        let manifest = package["manifest_path"].as_str().unwrap();
        Path::new(manifest)
            .parent()
            .unwrap()
            .strip_prefix(root())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    let may_use = |from: &str, to: &str| match from {
        // What might be published by itself knows nothing of the house.
        "shared/domain" | "shared/dataverse" => false,
        "shared/dynamics" if to == "shared/dataverse" => true,
        "shared/ports" | "shared/testkit" => {
            to == "shared/domain" || (from == "shared/testkit" && to == "shared/ports")
        }
        from if from.starts_with("shared/") => matches!(to, "shared/domain" | "shared/ports"),
        from if from.starts_with("functions/") => {
            to.starts_with("shared/") && to != "shared/testkit"
        }
        from if from.starts_with("tools/") => to != "shared/testkit" && to != "tests",
        _ => true,
    };
    let mut seen = 0;
    for package in packages {
        let from = place(package);
        for dependency in package["dependencies"].as_array().unwrap() {
            let Some(path) = dependency["path"].as_str() else {
                continue;
            };
            if dependency["kind"].as_str() == Some("dev") {
                continue;
            }
            let to = Path::new(path)
                .strip_prefix(root())
                .unwrap()
                .to_str()
                .unwrap();
            assert!(may_use(&from, to), "{from} must not depend on {to}");
            seen += 1;
        }
    }
    assert!(seen > 20, "only {seen} dependencies were looked at");
}

#[test]
fn decisions_know_no_network_no_cloud_and_no_clock() {
    let manifest = read("shared/domain/Cargo.toml");
    for forbidden in [
        "aws",
        "lambda",
        "tokio",
        "reqwest",
        "http",
        "hyper",
        "axum",
        "async-trait",
        "futures",
    ] {
        let found = manifest.lines().any(|line| line.starts_with(forbidden));
        assert!(!found, "shared/domain depends on {forbidden}");
    }
    for file in tracked(".rs")
        .iter()
        .filter(|f| f.starts_with("shared/domain/src/"))
    {
        let text = read(file);
        for forbidden in [
            "async fn",
            "Timestamp::now",
            "SystemTime",
            "Instant::now",
            "new_v4",
            "now_v7",
            "std::env",
            "std::fs",
            "std::net",
        ] {
            assert!(!text.contains(forbidden), "{file} uses {forbidden}");
        }
    }
}

#[test]
fn a_main_only_wires() {
    for name in folders("functions") {
        let text = read(format!("functions/{name}/src/main.rs"));
        assert!(
            text.lines().count() <= 60,
            "functions/{name}/src/main.rs is longer than 60 lines"
        );
        let decides = text
            .split_whitespace()
            .any(|word| word == "if" || word == "match");
        assert!(!decides, "functions/{name}/src/main.rs decides something");
    }
}

#[test]
fn every_file_is_a_room_one_knows() {
    for file in tracked(".rs") {
        let lines = read(&file).lines().count();
        assert!(
            lines <= 400,
            "{file} has {lines} lines: split it by meaning"
        );
        let stem = Path::new(&file)
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            !["utils", "util", "common", "helpers", "manager", "misc"].contains(&stem.as_str()),
            "{file} is a drawer"
        );
    }
}

#[test]
fn every_package_keeps_the_lints_and_the_versions_of_the_house() {
    // The binaries for libFuzzer are a workspace of their own, built by another compiler.
    let of_this_workspace = |f: &&String| f.contains('/') && *f != "fuzz/Cargo.toml";
    for file in tracked("Cargo.toml").iter().filter(of_this_workspace) {
        let text = read(file);
        assert!(
            text.contains("[lints]\nworkspace = true"),
            "{file} does not take the workspace's lints"
        );
        let mut among_dependencies = false;
        for line in text.lines() {
            if line.starts_with('[') {
                among_dependencies = line.ends_with("dependencies]");
            }
            let versioned = line.contains("version =") || line.contains("= \"");
            assert!(
                !among_dependencies || !versioned,
                "{file}: {line:?} sets a version of its own"
            );
        }
    }
}

#[test]
fn a_port_that_touches_a_network_can_fail() {
    for file in tracked(".rs")
        .iter()
        .filter(|f| f.starts_with("shared/ports/src/"))
    {
        let text = read(file).split_whitespace().collect::<Vec<_>>().join(" ");
        for (at, _) in text.match_indices("async fn ") {
            let signature = text[at..].split(';').next().unwrap();
            let forgets_only = signature.contains("fn forget(&self, secret: &str)");
            assert!(
                signature.contains("-> Result<") || forgets_only,
                "{file}: {signature} cannot fail"
            );
        }
    }
}

#[test]
fn the_tree_speaks_of_itself_alone() {
    let mut looked_at = BTreeSet::new();
    for file in tracked("") {
        let Ok(text) = fs::read_to_string(root().join(&file)) else {
            continue;
        };
        looked_at.insert(file.clone());
        for line in text.lines() {
            let lower = line.to_lowercase();
            let workplace = ["/wo", "rk/"].concat();
            let left_open = ["todo!(", "unimplemented!(", "fixme"]
                .iter()
                .any(|w| lower.contains(w))
                && !file.ends_with("house.rs");
            assert!(
                !line.contains(&workplace),
                "{file} names a path of one machine: {line}"
            );
            assert!(!left_open, "{file} leaves something open: {line}");
        }
    }
    assert!(
        looked_at.len() > 100,
        "only {} files were looked at",
        looked_at.len()
    );
}
