//! Logs: one JSON line for each decision, on standard output.
//!
//! A message reads alone; what varies stands in fields, each with one name everywhere. Never logged: a person's data, a
//! body, a secret.

pub(crate) mod fields;

use std::panic;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Libraries whose finer levels print requests with bodies and headers: never below warnings.
const LIBRARIES: [&str; 9] = [
    "aws", "h2", "hickory", "hyper", "lambda", "reqwest", "rustls", "serde", "tower",
];

/// Starts logging at a level for our own code. Later calls in the same process do nothing.
pub fn start(level: LevelFilter) {
    let started = lines(level, std::io::stdout).try_init();
    if started.is_ok() {
        panic::set_hook(Box::new(|panic| {
            // The message may quote the text that a slice was cut from, which is a customer's: only the place is logged.
            let place = panic
                .location()
                .map(|at| format!("{}:{}", at.file(), at.line()))
                .unwrap_or_default();
            tracing::error!({ fields::PLACE } = place, "panicked");
        }));
    }
}

/// The lines that [`start`] writes, written anywhere.
pub fn lines<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(writer);
    tracing_subscriber::registry()
        .with(filter(level))
        .with(lines)
}

fn filter(level: LevelFilter) -> Targets {
    LIBRARIES
        .iter()
        .fold(Targets::new().with_default(level), |targets, library| {
            targets.with_target(*library, level.min(LevelFilter::WARN))
        })
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn libraries_stay_at_warnings_whatever_is_asked_for() {
        let all = filter(LevelFilter::TRACE);
        assert!(all.would_enable("cxloop_surveys::wxm", &Level::TRACE));
        assert!(all.would_enable("response_to_case", &Level::DEBUG));
        assert!(all.would_enable("aws_smithy_runtime::client", &Level::WARN));
        for library in [
            "aws_smithy_runtime::client",
            "hyper::proto",
            "lambda_runtime",
            "reqwest::connect",
        ] {
            assert!(!all.would_enable(library, &Level::INFO), "{library}");
        }
        assert!(!filter(LevelFilter::ERROR).would_enable("hyper", &Level::WARN));
    }
}
