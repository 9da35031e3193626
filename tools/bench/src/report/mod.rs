//! What is shown: a table for people, a file for programs.

mod judged;
mod table;
mod way_back;

use std::fmt::Write;

use serde::Serialize;

use crate::aims::Aim;
use crate::outside::System;
use crate::parts::{
    EchoFigures, FunctionFigures, GrowthStep, JobFigures, RivalFigures, SandboxFigures,
    UnchangedFigures,
};

use table::Table;

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The machine.
    pub machine: String,
    /// Each function by itself.
    pub functions: Vec<FunctionFigures>,
    /// The whole job, once for each way in which responses come.
    pub jobs: Vec<JobFigures>,
    /// The same job by others.
    pub rivals: Vec<RivalFigures>,
    /// The growth.
    pub growth: Vec<GrowthStep>,
    /// The sweep over unchanged cases.
    pub unchanged: Option<UnchangedFigures>,
    /// Edits on both sides.
    pub echo: Option<EchoFigures>,
    /// The way back in the sandbox.
    pub sandbox: Option<SandboxFigures>,
    /// What is aimed at, and whether it is so.
    pub aims: Vec<Aim>,
}

impl Report {
    /// Holds the aims against what was measured.
    pub fn judge(&mut self) {
        self.aims = judged::aims(self);
    }

    /// Whether an aim was missed.
    #[must_use]
    pub fn misses(&self) -> bool {
        self.aims.iter().any(|aim| !aim.met)
    }

    /// The tables as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.machine);
        section(
            &mut text,
            "Functions (release build, one event at a time)",
            &self.functions_table(),
        );
        section(&mut text, "  asked per event", &self.events_asked_table());
        for job in &self.jobs {
            section(
                &mut text,
                &format!("The whole job: {}", job.name),
                &job_table(job),
            );
            section(&mut text, "  asked per response", &asked_table(job));
            if let Some(table) = bill_table(job) {
                section(&mut text, "  a million responses cost", &table);
            }
        }
        section(&mut text, "The same job by hand", &self.rivals_table());
        section(
            &mut text,
            "  asked per response",
            &self.rivals_asked_table(),
        );
        section(&mut text, "Growth", &self.growth_table());
        section(&mut text, "The way back", &way_back::table(self));
        section(&mut text, "Aims", &self.aims_table());
        text
    }

    fn functions_table(&self) -> Table {
        let mut table = functions_header();
        for function in &self.functions {
            table.row(function_row(&function.function, function));
        }
        table
    }

    fn events_asked_table(&self) -> Table {
        let mut table = Table::new(&["function", "system", "operation", "requests"]);
        for function in &self.functions {
            for one in &function.operations {
                table.row([
                    function.function.clone(),
                    format!("{:?}", one.system),
                    one.operation.clone(),
                    hundredths(one.hundredths_each),
                ]);
            }
        }
        table
    }

    fn rivals_table(&self) -> Table {
        let mut table = functions_header();
        if self.rivals.is_empty() {
            return table;
        }
        let ours = self.functions.iter().map(|function| ("cxloop", function));
        let theirs = self.rivals.iter().flat_map(|rival| {
            rival
                .functions
                .iter()
                .map(|function| (rival.name.as_str(), function))
        });
        for (name, function) in ours.chain(theirs) {
            if self.rivals[0]
                .functions
                .iter()
                .any(|known| known.function == function.function)
            {
                table.row(function_row(
                    &format!("{name} {}", function.function),
                    function,
                ));
            }
        }
        for job in self
            .jobs
            .iter()
            .take(1)
            .chain(self.rivals.iter().map(|rival| &rival.job))
        {
            table.row([
                format!("{}, whole job", job.name),
                String::new(),
                String::new(),
                format!("{}/s", job.responses_per_second),
                String::new(),
                milliseconds(job.cpu_per_response_nanoseconds / 1_000),
                megabytes(
                    job.functions
                        .iter()
                        .map(|function| function.peak_memory_bytes)
                        .max()
                        .unwrap_or_default(),
                ),
                String::new(),
            ]);
        }
        table
    }

    /// That the rivals do the same work.
    fn rivals_asked_table(&self) -> Table {
        let mut table = Table::new(&[
            "",
            "DynamoDB",
            "write units",
            "read units",
            "EventBridge",
            "Dynamics",
        ]);
        if self.rivals.is_empty() {
            return table;
        }
        let theirs = self.rivals.iter().map(|rival| &rival.job);
        for job in self.jobs.iter().take(1).chain(theirs) {
            let asked = |system| hundredths(job.hundredths(system, None));
            table.row([
                job.name.clone(),
                asked(System::Dynamodb),
                hundredths(job.write_units_hundredths),
                hundredths(job.read_units_hundredths),
                asked(System::EventBridge),
                asked(System::Dynamics),
            ]);
        }
        table
    }

    fn growth_table(&self) -> Table {
        let header = [
            "responses",
            "ms each",
            "CPU ms each",
            "DynamoDB",
            "write units",
            "Dynamics",
            "peak MB",
        ];
        let mut table = Table::new(&header);
        for step in &self.growth {
            table.row([
                step.responses.to_string(),
                milliseconds(step.microseconds_per_response),
                milliseconds(step.cpu_per_response_nanoseconds / 1_000),
                hundredths(step.dynamodb_hundredths),
                hundredths(step.write_units_hundredths),
                hundredths(step.dynamics_hundredths),
                megabytes(step.peak_memory_bytes),
            ]);
        }
        table
    }

    fn aims_table(&self) -> Table {
        let mut table = Table::new(&["aim", "wanted", "measured", ""]);
        for aim in &self.aims {
            let verdict = if aim.met { "met" } else { "MISSED" };
            table.row([
                aim.what.clone(),
                aim.wanted.clone(),
                aim.measured.clone(),
                verdict.to_owned(),
            ]);
        }
        table
    }
}

fn section(text: &mut String, title: &str, table: &Table) {
    if !table.is_empty() {
        write!(text, "\n{title}\n{table}").expect("writing into memory cannot fail");
    }
}

fn functions_header() -> Table {
    Table::new(&[
        "function", "cold ms", "first ms", "p50 ms", "p99 ms", "CPU ms", "peak MB", "zip MB",
    ])
}

fn function_row(name: &str, figures: &FunctionFigures) -> [String; 8] {
    [
        name.to_owned(),
        milliseconds(figures.cold_start_microseconds),
        milliseconds(figures.first_event_microseconds),
        milliseconds(figures.p50_microseconds),
        milliseconds(figures.p99_microseconds),
        milliseconds(figures.cpu_per_event_nanoseconds / 1_000),
        megabytes(figures.peak_memory_bytes),
        figures.zip_bytes.map(megabytes).unwrap_or_default(),
    ]
}

fn job_table(job: &JobFigures) -> Table {
    let mut table = Table::new(&["function", "CPU ms", "billed ms", "peak MB"]);
    for function in &job.functions {
        table.row([
            function.function.clone(),
            milliseconds(function.cpu_nanoseconds / 1_000),
            milliseconds(function.billed_microseconds),
            megabytes(function.peak_memory_bytes),
        ]);
    }
    table.row([
        format!("together, {}/s", job.responses_per_second),
        milliseconds(job.cpu_per_response_nanoseconds / 1_000),
        milliseconds(
            job.functions
                .iter()
                .map(|function| function.billed_microseconds)
                .sum(),
        ),
        String::new(),
    ]);
    table
}

fn asked_table(job: &JobFigures) -> Table {
    let mut table = Table::new(&["system", "operation", "requests"]);
    for one in &job.operations {
        table.row([
            format!("{:?}", one.system),
            one.operation.clone(),
            hundredths(one.hundredths_each),
        ]);
    }
    let units = [
        ("write units", job.write_units_hundredths),
        ("read units", job.read_units_hundredths),
    ];
    for (name, count) in units {
        table.row(["Dynamodb".to_owned(), name.to_owned(), hundredths(count)]);
    }
    table
}

fn bill_table(job: &JobFigures) -> Option<Table> {
    let (bill, total) = (job.bill_cents?, job.bill_total_cents?);
    let mut table = Table::new(&["of", "$"]);
    let lines = [
        ("Lambda, time", bill.lambda_time),
        ("Lambda, requests", bill.lambda_requests),
        ("API Gateway", bill.http_api),
        ("DynamoDB, writes", bill.writes),
        ("DynamoDB, reads", bill.reads),
        ("EventBridge", bill.events),
        ("SQS", bill.queues),
        ("together", total),
    ];
    for (name, cents) in lines {
        table.row([name.to_owned(), hundredths(cents)]);
    }
    Some(table)
}

/// Microseconds as milliseconds.
pub(crate) fn milliseconds(microseconds: u64) -> String {
    let (whole, thousandths) = (microseconds / 1_000, microseconds % 1_000);
    match whole {
        0..10 => format!("{whole}.{thousandths:03}"),
        10..100 => format!("{whole}.{:02}", thousandths / 10),
        _ => format!("{whole}.{}", thousandths / 100),
    }
}

/// Bytes as millions of bytes.
pub(crate) fn megabytes(bytes: u64) -> String {
    hundredths(bytes / 10_000)
}

/// Hundredths as a number.
pub(crate) fn hundredths(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_with_three_digits_or_more() {
        assert_eq!(milliseconds(987), "0.987");
        assert_eq!(milliseconds(12_345), "12.34");
        assert_eq!(milliseconds(301_999), "301.9");
        assert_eq!(megabytes(9_129_999), "9.12");
        assert_eq!(hundredths(2_705), "27.05");
    }

    #[test]
    fn what_was_not_measured_is_not_shown() {
        let report = Report {
            machine: "2 processors".to_owned(),
            ..Report::default()
        };
        assert_eq!(report.text(), "2 processors\n");
        assert!(!report.misses());
    }
}
