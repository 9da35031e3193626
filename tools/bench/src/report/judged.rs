//! The aims, held against a report.

use super::{Report, hundredths, megabytes, milliseconds};
use crate::aims::{
    Aim, COLD_START, CPU_PER_EVENT, DYNAMICS_REQUESTS, GROWTH, NONE, PEAK_MEMORY, WRITE_BACK_READS,
    WRITE_BACK_WRITES, ZIP, ZIP_WITH_RULES,
};
use crate::outside::{Purpose, System};
use crate::parts::{FunctionFigures, GrowthStep};

/// The functions in which conditions are evaluated.
const WITH_RULES: [&str; 3] = ["response-to-case", "case-reopen", "survey-trigger"];

/// What is compared between two steps.
type Figure = fn(&GrowthStep) -> u64;

pub(super) fn aims(report: &Report) -> Vec<Aim> {
    let mut aims: Vec<Aim> = report.functions.iter().flat_map(of_function).collect();
    if let Some(job) = report.jobs.first() {
        for (what, purpose) in [("reads", Purpose::Read), ("writes", Purpose::Write)] {
            let figure = job.hundredths(System::Dynamics, Some(purpose));
            aims.push(Aim::new(
                format!("a known customer's new case: {what} of Dynamics"),
                DYNAMICS_REQUESTS,
                figure,
                hundredths,
            ));
        }
    }
    let write_back = |it: &&FunctionFigures| it.function == "case-write-back";
    if let Some(figures) = report.functions.iter().find(write_back) {
        let asked = [
            (
                "reads of Dynamics",
                System::Dynamics,
                Purpose::Read,
                WRITE_BACK_READS,
            ),
            ("writes of Dynamics", System::Dynamics, Purpose::Write, NONE),
            (
                "reads of the survey platform",
                System::Surveys,
                Purpose::Read,
                WRITE_BACK_READS,
            ),
            (
                "writes of the survey platform",
                System::Surveys,
                Purpose::Write,
                WRITE_BACK_WRITES,
            ),
        ];
        for (what, system, purpose, bound) in asked {
            let figure = figures.hundredths(system, purpose);
            let what = format!("a case's change, written back: {what}");
            aims.push(Aim::new(what, bound, figure, hundredths));
        }
    }
    if let Some(echo) = &report.echo {
        let what = format!(
            "{} edits on both sides: changes told of own writes",
            echo.edits_of_agents + echo.edits_on_the_platform
        );
        aims.push(Aim::new(what, NONE, echo.echoes, |echoes| {
            echoes.to_string()
        }));
    }
    if let Some(unchanged) = &report.unchanged {
        let what = format!("the sweep over {} cases: peak memory, MB", unchanged.rows);
        aims.push(Aim::new(
            what,
            PEAK_MEMORY,
            unchanged.peak_memory_bytes,
            megabytes,
        ));
    }
    if let (Some(early), Some(late)) = (settled(&report.growth), report.growth.last()) {
        let figures: [(&str, Figure); 3] = [
            ("requests", |step| {
                step.dynamodb_hundredths + step.dynamics_hundredths
            }),
            ("write units", |step| step.write_units_hundredths),
            ("processor time", |step| step.cpu_per_response_nanoseconds),
        ];
        for (what, figure) in figures {
            let percent = figure(late) * 100 / figure(early).max(1);
            let what = format!("growth to {}: {what} per response", late.responses);
            aims.push(Aim::new(what, GROWTH, percent, |percent| {
                format!("{percent} %")
            }));
        }
    }
    aims
}

/// The first step that is long enough to be compared with.
fn settled(steps: &[GrowthStep]) -> Option<&GrowthStep> {
    steps
        .iter()
        .find(|step| step.responses >= 100)
        .or(steps.first())
}

fn of_function(figures: &FunctionFigures) -> Vec<Aim> {
    let name = &figures.function;
    let mut aims = vec![
        Aim::new(
            format!("{name}: cold start, ms"),
            COLD_START,
            figures.cold_start_microseconds,
            milliseconds,
        ),
        Aim::new(
            format!("{name}: peak memory, MB"),
            PEAK_MEMORY,
            figures.peak_memory_bytes,
            megabytes,
        ),
        Aim::new(
            format!("{name}: CPU per event, ms"),
            CPU_PER_EVENT,
            figures.cpu_per_event_nanoseconds,
            |nanoseconds| milliseconds(nanoseconds / 1_000),
        ),
    ];
    if let Some(bytes) = figures.zip_bytes {
        let bound = if WITH_RULES.contains(&name.as_str()) {
            ZIP_WITH_RULES
        } else {
            ZIP
        };
        aims.push(Aim::new(
            format!("{name}: zip, MB"),
            bound,
            bytes,
            megabytes,
        ));
    }
    aims
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(responses: u64, cpu: u64) -> GrowthStep {
        GrowthStep {
            responses,
            microseconds_per_response: 1,
            cpu_per_response_nanoseconds: cpu,
            dynamodb_hundredths: 2_000,
            write_units_hundredths: 3_000,
            dynamics_hundredths: 200,
            peak_memory_bytes: 1,
        }
    }

    #[test]
    fn growth_is_missed_when_a_late_response_costs_more_than_an_early_one() {
        let report = |late| Report {
            growth: vec![step(10, 900), step(100, 500), step(10_000, late)],
            ..Report::default()
        };
        let missed = |late| aims(&report(late)).iter().filter(|aim| !aim.met).count();
        assert_eq!(missed(575), 0);
        assert_eq!(missed(600), 1);
    }

    #[test]
    fn a_function_with_rules_may_be_larger() {
        let figures = |function: &str| FunctionFigures {
            function: function.to_owned(),
            cold_start_microseconds: 17_999,
            cold_start_cpu_microseconds: 1,
            first_event_microseconds: 1,
            first_event_cpu_microseconds: 1,
            p50_microseconds: 1,
            p99_microseconds: 1,
            cpu_per_event_nanoseconds: 999_999,
            peak_memory_bytes: 15_999_999,
            zip_bytes: Some(4_500_000),
            operations: Vec::new(),
        };
        assert!(
            of_function(&figures("response-to-case"))
                .iter()
                .all(|aim| aim.met)
        );
        let missed: Vec<String> = of_function(&figures("webhooks"))
            .into_iter()
            .filter(|aim| !aim.met)
            .map(|aim| aim.what)
            .collect();
        assert_eq!(missed, ["webhooks: zip, MB"]);
    }
}
