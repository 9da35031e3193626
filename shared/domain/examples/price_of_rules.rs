//! What rules cost: parsing a condition, making the context of a response, judging one rule.
//!
//! `cargo run --release --example price_of_rules -p cxloop-domain`

use std::hint::black_box;
use std::time::Instant;

use cxloop_domain::response::{Measured, Metric, Response};
use cxloop_domain::rules::{Condition, Facts};
use cxloop_domain::score::Score;

const ROUNDS: u32 = 20_000;
const CONDITION: &str = r#"nps <= 6 && location == "Vigo" && (notification == "Detractors" || comment.contains("pésima"))"#;

fn response() -> Response {
    Response {
        key: "wxm/52c7d3437c1e0c12ac50e538"
            .parse()
            .expect("a response key"),
        survey: "store-visit".into(),
        submitted_at: "2026-11-22T10:00:00Z".parse().expect("a time"),
        language: Some("gl".into()),
        channel: Some("email".into()),
        location: Some("Vigo".into()),
        customer: Default::default(),
        comment: Some("Non volverei: a atención foi pésima".into()),
        answers: Vec::new(),
        metrics: [(
            Metric::Nps,
            Measured {
                score: Score::whole(3),
                scale: None,
            },
        )]
        .into(),
        about_case: None,
        about: None,
        invitation: None,
        link: None,
    }
}

#[expect(clippy::print_stdout, reason = "an example prints its figures")]
fn measured<T>(what: &str, mut run: impl FnMut() -> T) {
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        black_box(run());
    }
    println!(
        "{what:<28} {:>8.1} µs",
        begin.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
    );
}

fn main() {
    let response = response();
    let condition = Condition::parse(CONDITION).expect("a condition");
    let facts = Facts::of(&response, "Detractors");
    measured("parse a condition", || Condition::parse(CONDITION));
    measured("make a response's context", || {
        Facts::of(&response, "Detractors")
    });
    measured("judge a rule in a context", || condition.judge(&facts));
    measured("judge with a new context", || {
        condition.judge(&Facts::of(&response, "Detractors"))
    });
}
