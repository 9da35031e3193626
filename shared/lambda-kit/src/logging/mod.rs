//! Logs: one JSON line for each decision, on standard output.
//!
//! A message reads alone; what varies stands in fields, each with one name everywhere ([`fields`]). The function and the
//! trace of the work at hand ([`crate::trace`]) are on every line without being asked for. Never logged: a person's
//! data, a body, a secret.

pub mod fields;
mod line;
pub mod outcomes;

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
            tracing::error!(
                { fields::OUTCOME } = outcomes::PANICKED,
                { fields::PLACE } = place,
                "the code panicked, which is a bug"
            );
        }));
    }
}

/// The lines that [`start`] writes, written anywhere.
pub fn lines<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .event_format(line::JsonLine)
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
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing::Level;

    use super::*;
    use crate::trace::{Work, within};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// The lines that a closure logs.
    fn logged(log: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = lines(LevelFilter::TRACE, move || writer.clone());
        tracing::subscriber::with_default(subscriber, log);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let line = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        text.lines().map(line).collect()
    }

    #[test]
    fn a_line_is_flat_json_whatever_stands_in_its_fields() {
        let odd = "a \"quote\", a \\ and\na\tline\u{1}: avaría";
        let mut lines = logged(|| {
            tracing::warn!(
                { fields::REASON } = odd,
                { fields::DETAIL } = ?Some("x"),
                { fields::COUNT } = 3,
                "something {}",
                "happened"
            );
        });
        let line = lines.pop().unwrap();
        assert_eq!(line[fields::REASON], odd);
        assert_eq!(line[fields::DETAIL], "Some(\"x\")");
        assert_eq!(line[fields::COUNT], 3);
        assert_eq!(line[fields::MESSAGE], "something happened");
        assert_eq!(line[fields::LEVEL], "WARN");
        assert_eq!(line[fields::TARGET], module_path!());
        let time: Result<jiff::Timestamp, _> = line[fields::TIMESTAMP].as_str().unwrap().parse();
        assert!(time.is_ok(), "{line}");
        assert_eq!(line.get(fields::FUNCTION), None, "no work, no function");
    }

    #[test]
    fn a_line_names_the_function_and_the_trace_of_its_work() {
        let work = |trace: Option<&str>| Work {
            function: "response-intake",
            trace: trace.map(|trace| trace.parse().unwrap()),
        };
        let root = "1-5759e988-bd862e3fe1be46a994272793";
        let lines = logged(|| {
            within(work(Some(root)), || tracing::info!("one"));
            within(work(None), || tracing::info!("two"));
            within(work(None), || {
                tracing::info!({ fields::FUNCTION } = "sweep", "three")
            });
        });
        let told: Vec<_> = lines
            .iter()
            .map(|line| json!([line["function"], line["trace"]]))
            .collect();
        let expected = [
            json!(["response-intake", root]),
            json!(["response-intake", null]),
            json!(["sweep", null]),
        ];
        assert_eq!(told, expected);
    }

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
