//! Gauges as lines in CloudWatch's embedded metric format, which CloudWatch reads out of the function's log.
//!
//! Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".

use std::io::{self, Write};
use std::sync::Arc;

use cxloop_ports::{Clock, Gauges};
use serde_json::json;

/// Writes gauges of one function to standard output.
pub struct EmbeddedGauges {
    function: &'static str,
    clock: Arc<dyn Clock>,
}

impl EmbeddedGauges {
    /// Gauges of the function of this name.
    pub fn new(function: &'static str, clock: Arc<dyn Clock>) -> Self {
        Self { function, clock }
    }

    fn line(&self, secret: &str, days: i64) -> String {
        let line = json!({
            "_aws": {
                "Timestamp": self.clock.now().as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "cxloop",
                    "Dimensions": [["function", "secret"]],
                    "Metrics": [{ "Name": "SecretDaysLeft", "Unit": "Count" }],
                }],
            },
            "function": self.function,
            "secret": secret,
            "SecretDaysLeft": days,
        });
        format!("{line}\n")
    }
}

impl Gauges for EmbeddedGauges {
    fn secret_days_left(&self, secret: &str, days: i64) {
        let line = self.line(secret, days);
        let mut output = io::stdout().lock();
        // A number that cannot be written is lost, and nothing else is: the next hour says it again.
        let _ = output
            .write_all(line.as_bytes())
            .and_then(|()| output.flush());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::test_doubles::HandClock;

    #[test]
    fn a_gauge_is_one_line_with_the_dimensions_that_the_alarm_asks_for() {
        let gauges = EmbeddedGauges::new("sweep", HandClock::at("2026-03-02T10:00:00.250Z"));
        let line = gauges.line("cxloop/dynamics", -2);
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        let line: Value = serde_json::from_str(&line).unwrap();
        let told = (&line["function"], &line["secret"], &line["SecretDaysLeft"]);
        assert_eq!(
            told,
            (&json!("sweep"), &json!("cxloop/dynamics"), &json!(-2))
        );
        let metrics = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metrics["Dimensions"], json!([["function", "secret"]]));
        assert_eq!(line["_aws"]["Timestamp"], 1_772_445_600_250_i64);
    }
}
