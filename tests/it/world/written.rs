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
        // An error means that another test has done it.
        let _ = tracing::subscriber::set_global_default(Undecided);
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

/// Takes nothing, and lets no line be ruled out for all threads: without it, a line that is first met by a thread whose log
/// nobody takes may be remembered as one that nobody ever wants.
struct Undecided;

impl tracing::Subscriber for Undecided {
    fn register_callsite(
        &self,
        _: &'static tracing::Metadata<'static>,
    ) -> tracing::subscriber::Interest {
        tracing::subscriber::Interest::sometimes()
    }

    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        false
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {}

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
