//! What was measured of the way from an agent's work back to the response.

use super::table::Table;
use super::{Report, megabytes, milliseconds};
use crate::parts::{EchoFigures, Reading, SandboxFigures, UnchangedFigures};

pub(super) fn table(report: &Report) -> Table {
    let mut table = Table::new(&["what", "measured"]);
    if let Some(sandbox) = &report.sandbox {
        of_sandbox(sandbox, &mut table);
    }
    if let Some(unchanged) = &report.unchanged {
        of_sweep(unchanged, &mut table);
    }
    if let Some(echo) = &report.echo {
        of_echo(echo, &mut table);
    }
    table
}

fn of_sandbox(figures: &SandboxFigures, table: &mut Table) {
    let changes = figures.changes;
    let times = [
        (
            "from an answer to its case, ms: p50",
            figures.case_p50_microseconds,
        ),
        (
            "from an answer to its case, ms: p99",
            figures.case_p99_microseconds,
        ),
        (
            "from a change to the response, ms: p50",
            figures.p50_microseconds,
        ),
        (
            "from a change to the response, ms: p99",
            figures.p99_microseconds,
        ),
    ];
    for (what, figure) in times {
        let what = format!("the sandbox, {changes} times: {what}");
        table.row([what, milliseconds(figure)]);
    }
}

fn of_sweep(figures: &UnchangedFigures, table: &mut Table) {
    let readings = [("first", &figures.first), ("next", &figures.next)];
    for (which, reading) in readings {
        for (what, figure) in of_reading(reading) {
            let what = format!("{} unchanged cases, {which} reading: {what}", figures.rows);
            table.row([what, figure]);
        }
    }
    let what = format!(
        "{} unchanged cases: peak memory of the sweep, MB",
        figures.rows
    );
    table.row([what, megabytes(figures.peak_memory_bytes)]);
}

fn of_reading(reading: &Reading) -> [(&'static str, String); 5] {
    [
        ("runs", reading.runs.to_string()),
        ("reads of Dynamics", reading.dynamics_reads.to_string()),
        (
            "requests to DynamoDB",
            reading.dynamodb_requests.to_string(),
        ),
        ("ms", milliseconds(reading.took_microseconds)),
        ("CPU ms", milliseconds(reading.cpu_nanoseconds / 1_000)),
    ]
}

fn of_echo(figures: &EchoFigures, table: &mut Table) {
    let edits = figures.edits_of_agents + figures.edits_on_the_platform;
    let counts = [
        ("cases", figures.cases),
        ("by agents", figures.edits_of_agents),
        ("on the survey platform", figures.edits_on_the_platform),
        ("webhooks of what agents did", figures.webhooks_of_agents),
        ("webhooks of own writes", figures.webhooks_of_own_writes),
        ("changes told of agents' work", figures.changes_of_agents),
        ("changes told of own writes", figures.echoes),
        (
            "changes that functions told of themselves",
            figures.changes_told_by_functions,
        ),
        ("messages that failed once", figures.failures),
        ("reads of Dynamics", figures.dynamics_reads),
        ("writes of the survey platform", figures.platform_writes),
        ("notes of people that the platform lost", figures.notes_lost),
        (
            "seconds until all rest",
            figures.took_microseconds / 1_000_000,
        ),
    ];
    for (what, count) in counts {
        table.row([format!("{edits} edits: {what}"), count.to_string()]);
    }
}
