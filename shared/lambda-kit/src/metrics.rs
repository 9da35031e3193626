//! Metrics: one line in CloudWatch's embedded format for each signal, on standard output beside the logs.
//!
//! CloudWatch reads metrics out of log lines, so that no request is made for them and nothing is waited for. Every value
//! on a line is a name of ours, a word from a list, or a number, so that a line is put together without escaping.
//! Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use cxloop_domain::signals::Signal;
use cxloop_ports::{Clock, Signals};

use crate::trace;

/// The namespace of all metrics.
pub const NAMESPACE: &str = "cxloop";

/// Where a line has room without growing: the longest has a connection's name, a trace and one more dimension.
const LINE_BYTES: usize = 512;

/// Writes signals in the embedded metric format.
pub struct EmbeddedMetrics {
    function: &'static str,
    clock: Arc<dyn Clock>,
    sink: Mutex<Box<dyn Write + Send>>,
}

impl EmbeddedMetrics {
    /// Metrics of a function, written to a sink. Each line is handed over whole.
    pub fn new(
        function: &'static str,
        clock: Arc<dyn Clock>,
        sink: impl Write + Send + 'static,
    ) -> Self {
        Self {
            function,
            clock,
            sink: Mutex::new(Box::new(sink)),
        }
    }

    /// Metrics of a function on standard output, from where Lambda takes them to CloudWatch.
    pub fn on_standard_output(function: &'static str, clock: Arc<dyn Clock>) -> Self {
        Self::new(function, clock, io::stdout())
    }

    fn line(&self, signal: &Signal<'_>) -> String {
        let name = signal.name();
        let own = own_dimension(signal);
        let (unit, value) = match signal {
            Signal::SecondsToCase { milliseconds, .. }
            | Signal::SecondsToWriteBack { milliseconds, .. } => {
                let (seconds, rest) = (milliseconds / 1_000, milliseconds % 1_000);
                ("Seconds", format!("{seconds}.{rest:03}"))
            }
            Signal::SecretDaysLeft { days, .. } => ("Count", days.to_string()),
            _ => ("Count", "1".to_owned()),
        };
        let mut line = String::with_capacity(LINE_BYTES);
        line.push_str(r#"{"_aws":{"Timestamp":"#);
        push(&mut line, self.clock.now().as_millisecond());
        line.push_str(r#","CloudWatchMetrics":[{"Namespace":""#);
        line.push_str(NAMESPACE);
        line.push_str(r#"","Dimensions":[["function"]"#);
        if signal.connection().is_some() {
            line.push_str(r#",["function","connection"]"#);
        }
        if let Some((dimension, _)) = own {
            push(&mut line, format_args!(r#",["function","{dimension}"]"#));
        }
        push(
            &mut line,
            format_args!(r#"],"Metrics":[{{"Name":"{name}","Unit":"{unit}"}}]}}]}}"#),
        );
        push(
            &mut line,
            format_args!(r#","function":"{}""#, self.function),
        );
        if let Some(connection) = signal.connection() {
            push(&mut line, format_args!(r#","connection":"{connection}""#));
        }
        if let Some((dimension, word)) = own {
            // The only word that is not from a list of ours is a secret's name, whose alphabet has nothing to escape either.
            // Source: AWS Secrets Manager API Reference, "CreateSecret" (Name).
            push(&mut line, format_args!(r#","{dimension}":"{word}""#));
        }
        if let Some(trace) = trace::current() {
            push(&mut line, format_args!(r#","trace":"{trace}""#));
        }
        push(&mut line, format_args!(",\"{name}\":{value}}}\n"));
        line
    }
}

/// The dimension that a signal has besides function and connection.
fn own_dimension<'s>(signal: &Signal<'s>) -> Option<(&'static str, &'s str)> {
    match signal {
        Signal::Refused { reason, .. } => Some(("reason", reason.as_str())),
        Signal::PassedOver { reason, .. } => Some(("reason", reason.as_str())),
        Signal::Decided { verdict, .. } => Some(("verdict", verdict.as_str())),
        Signal::Invitation { state, .. } => Some(("state", state)),
        Signal::SecretDaysLeft { secret, .. } => Some(("secret", secret)),
        Signal::Accepted { .. }
        | Signal::SecondsToCase { .. }
        | Signal::SecondsToWriteBack { .. }
        | Signal::Retried { .. }
        | Signal::Throttled { .. }
        | Signal::Parked { .. } => None,
    }
}

fn push(line: &mut String, value: impl std::fmt::Display) {
    write!(line, "{value}").expect("writing into memory cannot fail");
}

impl Signals for EmbeddedMetrics {
    fn count(&self, signal: Signal<'_>) {
        let line = self.line(&signal);
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        // A count that cannot be written is lost, and nothing else is: work goes on.
        let _ = sink.write_all(line.as_bytes()).and_then(|()| sink.flush());
    }
}

#[cfg(test)]
mod tests {
    use cxloop_domain::signals::{RefusalKind, Verdict};
    use serde_json::{Value, json};

    use super::*;
    use crate::test_doubles::HandClock;
    use crate::trace::{Work, within};

    fn written(signal: &Signal<'_>) -> Value {
        let clock = HandClock::at("2026-03-02T10:00:00.250Z");
        let line = EmbeddedMetrics::new("webhooks", clock, io::sink()).line(signal);
        assert!(line.len() <= LINE_BYTES, "{} bytes: {line}", line.len());
        let (line, after) = line.split_once('\n').unwrap();
        assert_eq!(after, "", "one line");
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    #[test]
    fn a_count_names_its_function_its_connection_and_its_trace() {
        let connection = "wxm".parse().unwrap();
        let work = Work {
            function: "webhooks",
            trace: Some("1-5759e988-bd862e3fe1be46a994272793".parse().unwrap()),
        };
        let line = within(work, || {
            written(&Signal::Accepted {
                connection: &connection,
            })
        });
        let metrics = json!([{ "Name": "Accepted", "Unit": "Count" }]);
        let dimensions = json!([["function"], ["function", "connection"]]);
        let expected = json!({
            "_aws": {
                "Timestamp": 1_772_445_600_250_i64,
                "CloudWatchMetrics": [{ "Namespace": "cxloop", "Dimensions": dimensions, "Metrics": metrics }],
            },
            "function": "webhooks", "connection": "wxm", "trace": "1-5759e988-bd862e3fe1be46a994272793", "Accepted": 1,
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn every_dimension_of_every_signal_has_its_value_on_the_line() {
        let connection = format!("c{}", "x".repeat(30)).parse().unwrap();
        let refused = |connection| Signal::Refused {
            connection,
            reason: RefusalKind::TooLarge,
        };
        let decided = Signal::Decided {
            connection: &connection,
            verdict: Verdict::RuleFailed,
        };
        let seconds = Signal::SecondsToCase {
            connection: &connection,
            milliseconds: 61_007,
        };
        for (signal, sets) in [
            (refused(None), 2),
            (refused(Some(&connection)), 3),
            (decided, 3),
            (seconds, 2),
            (Signal::Retried { connection: None }, 1),
            (Signal::Parked { connection: None }, 1),
            (
                Signal::SecretDaysLeft {
                    secret: "cxloop/dynamics",
                    days: -2,
                },
                2,
            ),
        ] {
            let line = written(&signal);
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            let dimensions = directive["Dimensions"].as_array().unwrap();
            assert_eq!(dimensions.len(), sets, "{line}");
            for name in dimensions.iter().flat_map(|set| set.as_array().unwrap()) {
                assert!(line[name.as_str().unwrap()].is_string(), "{name}: {line}");
            }
            let metric = directive["Metrics"][0]["Name"].as_str().unwrap();
            assert!(line[metric].is_number(), "{line}");
        }
        assert_eq!(written(&seconds)["SecondsToCase"].to_string(), "61.007");
        let expired = written(&Signal::SecretDaysLeft {
            secret: "cxloop/dynamics",
            days: -2,
        });
        assert_eq!(expired["secret"], "cxloop/dynamics");
        assert_eq!(expired["SecretDaysLeft"], -2);
    }
}
