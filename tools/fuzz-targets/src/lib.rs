//! What is done with bytes that anybody may have sent: one function for each place where such bytes come in.
//!
//! Each function takes any bytes and must come back: a panic, an endless loop or a broken promise is a finding. `make fuzz` lets
//! libFuzzer search for one; the tests of this crate run the stored inputs and seeded variations of them each time.

mod configuration;
mod connections;
mod dynamics;
mod loopback;
mod signatures;
mod stand_in;
mod surveys;

/// A place where bytes come in.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, which is that of its folder of inputs and of its binary in `fuzz/`.
    pub name: &'static str,
    /// Takes any bytes.
    pub run: fn(&[u8]),
    /// Exchanges requests over the loopback, which takes a hundred times as long as reading a text.
    pub over_loopback: bool,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    text("webhook", surveys::webhook),
    exchange("normalisation", surveys::normalisation),
    text("execution_context", dynamics::execution_context),
    exchange("dynamics_answer", dynamics::answer),
    exchange("dynamics_token", dynamics::token),
    exchange("batch_answer", dynamics::batch),
    text("configuration", configuration::read),
    text("signature", signatures::verified),
    text("stand_in_query", stand_in::query),
    text("stand_in_address", stand_in::address),
    text("stand_in_batch", stand_in::batch),
];

const fn text(name: &'static str, run: fn(&[u8])) -> Target {
    Target {
        name,
        run,
        over_loopback: false,
    }
}

const fn exchange(name: &'static str, run: fn(&[u8])) -> Target {
    Target {
        name,
        run,
        over_loopback: true,
    }
}

/// Runs the target of this name.
///
/// # Panics
/// When there is none, and when the bytes are a finding.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("the name is that of a target").run)(bytes);
}

/// The first line and what comes after it.
fn head_and_body(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (head, body) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &bytes[bytes.len()..]),
    };
    (String::from_utf8_lossy(head).trim().to_owned(), body)
}

/// The moment at which everything happens: 2026-03-02T10:09:00Z.
fn now() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_772_446_140).expect("the second is within the calendar")
}
