//! A writer that keeps what is written: the log's or the metrics' lines.

use std::io::Write;
use std::sync::{Arc, Mutex};

use cxloop_lambda_kit::logging;
use serde_json::Value;
use tracing::level_filters::LevelFilter;

/// What the stand-ins are made of.
const STAND_INS: [&str; 4] = ["axum", "cxloop_sandbox", "dynoxide", "wiremock"];

/// What was written. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Written {
    /// Takes the log of this thread, at its finest level, until the guard is dropped.
    pub(crate) fn log(&self) -> tracing::subscriber::DefaultGuard {
        let writer = self.clone();
        let lines = logging::lines(LevelFilter::TRACE, move || writer.clone());
        tracing::subscriber::set_default(lines)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines, without those of the stand-ins, which share the test's thread and are never deployed.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let line = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let ours = |line: &Value| {
            let target = line["target"].as_str().unwrap_or_default();
            !STAND_INS.iter().any(|name| target.starts_with(name))
        };
        self.text().lines().map(line).filter(ours).collect()
    }
}
