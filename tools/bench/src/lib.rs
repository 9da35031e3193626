//! Measures the functions as Lambda would run them: the real binaries, started as processes with the environment that the
//! template gives them, fed by a Runtime API of our own, with every outside system a real server on loopback.
//!
//! What is measured and what is only assumed stands in `docs/performance.md`.

pub mod aims;
pub mod archive;
mod arguments;
mod error;
pub mod events;
pub mod outside;
pub mod parts;
pub mod percentile;
pub mod prices;
pub mod process_figures;
pub mod programs;
pub mod report;
pub mod running;
pub mod runtime_api;
pub mod template;

use std::fs;
use std::path::Path;

pub use arguments::{Arguments, Part};
pub use error::Error;
pub use report::Report;

use parts::{Arrival, FUNCTIONS, Kind, Measuring, Times};
use programs::Places;
use template::Template;

/// Measures what the command line asks for and writes `target/bench.json`. `tell` is told how far it is. What had been measured
/// before a part failed is kept.
///
/// # Errors
/// Something is missing, or a function does not do its work.
pub async fn measure(
    arguments: &Arguments,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<(Report, Option<Error>), Error> {
    let places = places(arguments)?;
    let template = Template::read(&places.root.join("infra/template.yaml"))?;
    let measuring = Measuring {
        places: &places,
        template: &template,
        times: if arguments.quick {
            Times::QUICK
        } else {
            Times::FULL
        },
        now: cxloop_sandbox::stand_in::wall_clock(),
        tell,
    };
    let mut report = Report {
        machine: machine(),
        ..Report::default()
    };
    let failed = measure_parts(arguments, &measuring, &mut report)
        .await
        .err();
    report.judge();
    write(&report, &places.root.join("target/bench.json"))?;
    Ok((report, failed))
}

async fn measure_parts(
    arguments: &Arguments,
    measuring: &Measuring<'_>,
    report: &mut Report,
) -> Result<(), Error> {
    if arguments.wants(Part::Functions) {
        report.functions = parts::functions(Kind::Ours, &FUNCTIONS, measuring).await?;
        report.functions.extend(parts::changes(measuring).await?);
    }
    if arguments.wants(Part::Job) {
        for arrival in [Arrival::Signed, Arrival::Hinted] {
            report
                .jobs
                .push(parts::job(Kind::Ours, arrival, measuring).await?);
        }
    }
    if arguments.wants(Part::Rivals) {
        report.rivals = parts::rivals(measuring).await?;
    }
    if arguments.wants(Part::Growth) {
        report.growth = parts::growth(measuring).await?;
    }
    if arguments.wants(Part::Sweep) {
        report.unchanged = Some(parts::unchanged(measuring).await?);
    }
    if arguments.wants(Part::Echo) {
        report.echo = Some(parts::echo(measuring).await?);
    }
    if arguments.wants(Part::Sandbox) {
        report.sandbox = Some(parts::sandbox(measuring).await?);
    }
    Ok(())
}

fn places(arguments: &Arguments) -> Result<Places, Error> {
    let root = fs::canonicalize(&arguments.root)
        .map_err(|error| Error::unusable(arguments.root.display().to_string(), error))?;
    let absolute = |given: &Option<std::path::PathBuf>, otherwise: &str| match given {
        Some(folder) => std::path::absolute(folder).unwrap_or_else(|_| folder.clone()),
        None => root.join(otherwise),
    };
    let output = root.join("target/bench");
    fs::create_dir_all(&output)
        .map_err(|error| Error::unusable(output.display().to_string(), error))?;
    Ok(Places {
        binaries: absolute(&arguments.binaries, "target/lambda"),
        tools: absolute(&arguments.tools, ".tools"),
        output,
        root,
    })
}

fn write(report: &Report, path: &Path) -> Result<(), Error> {
    let json = serde_json::to_string_pretty(report).expect("a report is plain data");
    fs::write(path, json + "\n").map_err(|error| Error::unusable(path.display().to_string(), error))
}

/// The processor and how busy the machine was, without which no figure means anything.
fn machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, model)| model.trim());
    let count = processors
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("unknown");
    format!("{count} × {model}; load at the start {load}")
}
