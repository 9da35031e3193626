//! Every stored input, and seeded variations of them, are run through their targets.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be read fails the test, and says where"
)]

mod variation;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use cxloop_fuzz_targets::{TARGETS, Target};
use variation::Varied;

const VARIATIONS: u64 = 3_000;
const VARIATIONS_OVER_LOOPBACK: u64 = 300;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("fuzz")
}

fn inputs(target: &Target) -> Vec<Vec<u8>> {
    let folder = fuzz().join("corpus").join(target.name);
    let listing =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = listing.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// A number from the environment: more variations than usual, or others.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs an input; a panic is told with the input that made it.
fn run(target: &Target, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_err() {
        panic!("{} fails on: {}", target.name, input.escape_ascii());
    }
}

fn holds(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let inputs = inputs(target);
    assert!(
        inputs.len() >= 3,
        "{name} has only {} stored inputs",
        inputs.len()
    );
    for input in &inputs {
        run(target, input);
    }
    let count = if target.over_loopback {
        number("CXLOOP_FUZZ_VARIATIONS").map_or(VARIATIONS_OVER_LOOPBACK, |count| count / 10)
    } else {
        number("CXLOOP_FUZZ_VARIATIONS").unwrap_or(VARIATIONS)
    };
    let seed = number("CXLOOP_FUZZ_SEED").unwrap_or(0x5EED);
    let mut varied = Varied::of(&inputs, seed);
    for _ in 0..count {
        run(target, &varied.next());
    }
}

#[test]
fn bodies_of_webhooks_say_something_or_are_refused() {
    holds("webhook");
}

#[test]
fn answers_of_the_survey_platform_come_into_normal_form_or_fail() {
    holds("normalisation");
}

#[test]
fn bodies_of_the_crm_tell_of_rows_or_are_put_aside() {
    holds("execution_context");
}

#[test]
fn whatever_dynamics_answers_has_a_verdict() {
    holds("dynamics_answer");
}

#[test]
fn whatever_the_token_endpoint_answers_has_a_verdict() {
    holds("dynamics_token");
}

#[test]
fn every_group_of_a_batch_has_an_outcome_or_the_batch_fails() {
    holds("batch_answer");
}

#[test]
fn configurations_are_read_or_their_mistakes_named() {
    holds("configuration");
}

#[test]
fn signatures_are_verified_over_the_bytes_that_were_sent() {
    holds("signature");
}

#[test]
fn the_stand_in_answers_any_query() {
    holds("stand_in_query");
}

#[test]
fn the_stand_in_answers_any_address() {
    holds("stand_in_address");
}

#[test]
fn the_stand_in_answers_any_batch() {
    holds("stand_in_batch");
}

#[test]
fn every_target_has_a_binary_for_libfuzzer() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for target in TARGETS {
        let binary = fuzz().join(format!("fuzz_targets/{}.rs", target.name));
        assert!(binary.exists(), "{} has no binary", target.name);
        let named = format!("name = \"{}\"", target.name);
        assert!(
            manifest.contains(&named),
            "fuzz/Cargo.toml does not name {}",
            target.name
        );
    }
}
