//! The form of a log line: one flat JSON object, with the function and the trace that the work belongs to.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::fields;
use crate::trace;

/// Writes lines into the buffer that the subscriber keeps for each thread: no line costs an allocation of its own.
pub(super) struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        write!(writer, "{{\"{}\":\"", fields::TIMESTAMP)?;
        SystemTime.format_time(&mut writer)?;
        let level = metadata.level();
        write!(writer, "\",\"{}\":\"{level}\"", fields::LEVEL)?;
        let mut line = Fields {
            writer: &mut writer,
            has_function: false,
            written: Ok(()),
        };
        event.record(&mut line);
        let has_function = line.has_function;
        line.written?;
        if let Some(work) = trace::work() {
            if !has_function {
                write!(writer, ",\"{}\":\"{}\"", fields::FUNCTION, work.function)?;
            }
            if let Some(trace) = work.trace {
                write!(writer, ",\"{}\":\"{trace}\"", fields::TRACE)?;
            }
        }
        let target = metadata.target();
        writeln!(writer, ",\"{}\":\"{target}\"}}", fields::TARGET)
    }
}

struct Fields<'l, 'w> {
    writer: &'l mut Writer<'w>,
    has_function: bool,
    written: fmt::Result,
}

impl Fields<'_, '_> {
    fn write(&mut self, field: &Field, value: fmt::Arguments<'_>, quoted: bool) {
        if self.written.is_ok() {
            self.has_function |= field.name() == fields::FUNCTION;
            self.written = self.try_write(field, value, quoted);
        }
    }

    fn try_write(&mut self, field: &Field, value: fmt::Arguments<'_>, quoted: bool) -> fmt::Result {
        write!(self.writer, ",\"{}\":", field.name())?;
        if !quoted {
            return self.writer.write_fmt(value);
        }
        self.writer.write_char('"')?;
        Escaped(self.writer).write_fmt(value)?;
        self.writer.write_char('"')
    }
}

impl Visit for Fields<'_, '_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, format_args!("{value}"), false);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, format_args!("{value}"), false);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(field, format_args!("{value}"), false);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(field, format_args!("{value}"), true);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(field, format_args!("{value:?}"), true);
    }
}

/// Text within a JSON string. Source: RFC 8259, section 7, "Strings".
struct Escaped<'l, 'w>(&'l mut Writer<'w>);

impl fmt::Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let special = |c: char| c == '"' || c == '\\' || c < ' ';
        let mut rest = text;
        while let Some(at) = rest.find(special) {
            self.0.write_str(&rest[..at])?;
            let byte = rest.as_bytes()[at];
            match byte {
                b'"' => self.0.write_str("\\\"")?,
                b'\\' => self.0.write_str("\\\\")?,
                b'\n' => self.0.write_str("\\n")?,
                _ => write!(self.0, "\\u{byte:04x}")?,
            }
            rest = &rest[at + 1..];
        }
        self.0.write_str(rest)
    }
}
