//! What `docs/operations.md` says is there and is what it says.

use std::collections::BTreeSet;
use std::process::Command;

use super::{of_type, read, template};

#[test]
fn every_alarm_has_its_heading_in_the_operations_page_and_every_heading_its_alarm() {
    let template = template();
    let page = read("docs/operations.md");
    let alarms: BTreeSet<&str> = of_type(&template, "AWS::CloudWatch::Alarm")
        .into_keys()
        .collect();
    let mut told = BTreeSet::new();
    for section in page.split("\n### ").skip(1) {
        let (heading, text) = section.split_once('\n').unwrap();
        let named: Vec<&str> = heading
            .split(", ")
            .filter(|w| w.ends_with("Alarm"))
            .collect();
        if named.is_empty() {
            continue;
        }
        let text = text.split("\n#").next().unwrap();
        assert!(
            text.contains("**Do:**"),
            "{heading} does not say what to do"
        );
        for name in named {
            assert!(told.insert(name), "{name} has two headings");
        }
    }
    assert_eq!(told, alarms);
}

/// Words that stand for an output of the stack.
#[test]
fn every_output_that_the_page_names_is_one() {
    let template = template();
    let outputs = template["Outputs"].as_object().unwrap();
    let page = read("docs/operations.md");
    let mut seen = 0;
    for word in page.split(|c: char| !c.is_ascii_alphanumeric()) {
        let one = ["Url", "Name", "Arn"].iter().any(|end| word.ends_with(end));
        let parameter = template["Parameters"].get(word).is_some();
        let of_aws = ["AttributeName", "EventSourceArn"].contains(&word);
        if one && !parameter && !of_aws && word.len() > 4 && word.starts_with(char::is_uppercase) {
            assert!(outputs.contains_key(word), "there is no output {word}");
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} outputs are named");
}

#[test]
fn every_cxloop_command_of_the_page_is_one_that_cxloop_knows() {
    every_command_is_known("docs/operations.md");
}

#[test]
fn every_cxloop_command_of_the_page_about_setup_is_one_that_cxloop_knows() {
    every_command_is_known("docs/setup.md");
}

fn every_command_is_known(page: &str) {
    let page = read(page);
    let spans = page.split('`').skip(1).step_by(2);
    let lines = page.lines().map(str::trim);
    let commands: BTreeSet<&str> = spans
        .chain(lines)
        .filter(|line| line.starts_with("cxloop ") && !line.contains('`'))
        .filter(|line| line.split(' ').nth(1).is_some_and(|w| w != "works"))
        .collect();
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        let run = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--bin", "cxloop", "--"])
            .args(command.split_whitespace().skip(1))
            .arg("--help")
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .output()
            .unwrap();
        let refused = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{command}: {refused}");
    }
}
