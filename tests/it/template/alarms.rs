//! Every alarm, and the dashboard.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use cxloop_domain::signals::Signal;
use cxloop_lambda_kit::metrics::{EmbeddedMetrics, NAMESPACE};
use cxloop_ports::Signals;
use cxloop_testkit::ManualClock;
use serde_json::{Value, json};

use super::{of_type, resources, template};
use crate::world::Written;

const FUNCTION_ALARMS: [(&str, &str); 3] = [
    ("Errors", "Errors"),
    ("Throttles", "Throttles"),
    ("Duration", "Duration"),
];

fn alarm<'t>(template: &'t Value, name: &str) -> &'t Value {
    let alarm = resources(template).get(name);
    &alarm.unwrap_or_else(|| panic!("there is no {name}"))["Properties"]
}

#[test]
fn every_queue_has_an_alarm_for_its_age_or_for_holding_anything() {
    let template = template();
    for name in of_type(&template, "AWS::SQS::Queue").keys() {
        let queue = json!([{ "Name": "QueueName", "Value": format!("{name}.QueueName") }]);
        let watching: Vec<&Value> = of_type(&template, "AWS::CloudWatch::Alarm")
            .into_values()
            .map(|alarm| &alarm["Properties"])
            .filter(|alarm| alarm["Dimensions"] == queue)
            .collect();
        let [watching] = watching.as_slice() else {
            panic!("{name} is watched by {} alarms", watching.len())
        };
        let works = resources(&template)[*name]["Properties"]["RedrivePolicy"].is_object();
        let (metric, threshold) = if works {
            (
                "ApproximateAgeOfOldestMessage",
                json!("OldestMessageSeconds"),
            )
        } else {
            ("ApproximateNumberOfMessagesVisible", json!(1))
        };
        assert_eq!(watching["MetricName"], metric, "{name}");
        assert_eq!(watching["Threshold"], threshold, "{name}");
        assert_eq!(watching["Statistic"], "Maximum", "{name}");
    }
}

/// A message that waits by design must not ring.
#[test]
fn a_postponed_message_is_younger_than_what_an_age_alarm_rings_at() {
    let template = template();
    let least = &template["Parameters"]["OldestMessageSeconds"]["MinValue"];
    assert!(
        least.as_u64().unwrap() > 900,
        "SQS delays by up to 900 seconds"
    );
}

#[test]
fn every_function_has_its_alarms_and_rolls_back_on_them() {
    let template = template();
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        let own = name.strip_suffix("Function").unwrap();
        for (ending, metric) in FUNCTION_ALARMS {
            let alarm = alarm(&template, &format!("{own}{ending}Alarm"));
            assert_eq!(alarm["Namespace"], "AWS/Lambda");
            assert_eq!(alarm["MetricName"], metric);
            assert_eq!(
                alarm["Dimensions"],
                json!([{ "Name": "FunctionName", "Value": name }])
            );
        }
        let duration = alarm(&template, &format!("{own}DurationAlarm"));
        let timeout = function["Properties"]["Timeout"]
            .as_str()
            .unwrap_or("FunctionTimeout");
        assert_eq!(
            duration["Threshold"],
            json!(["NearTimeout", timeout, "Milliseconds"]),
            "{name}"
        );
        let rollback = &function["Properties"]["DeploymentPreference"]["Alarms"];
        let errors = json!(format!("{own}ErrorsAlarm"));
        assert!(rollback.as_array().unwrap().contains(&errors), "{name}");
        // A panic behind the API is answered 503 and is no error of the function.
        let behind_the_api = ["Webhooks", "Console"].contains(&own);
        let answered = rollback
            .as_array()
            .unwrap()
            .contains(&json!("ApiErrorsAlarm"));
        assert_eq!(behind_the_api, answered, "{name}");
    }
}

#[test]
fn silence_rings_and_other_missing_numbers_do_not() {
    let template = template();
    let silent: BTreeSet<&str> = BTreeSet::from(["ConnectionSilenceAlarm", "SweepSilenceAlarm"]);
    for (name, resource) in of_type(&template, "AWS::CloudWatch::Alarm") {
        let alarm = &resource["Properties"];
        let expected = if silent.contains(name) {
            "breaching"
        } else {
            "notBreaching"
        };
        assert_eq!(alarm["TreatMissingData"], expected, "{name}");
        for when in ["AlarmActions", "OKActions"] {
            assert_eq!(alarm[when], json!(["AlarmTopic"]), "{name}");
        }
    }
    let connection = alarm(&template, "ConnectionSilenceAlarm");
    assert_eq!(connection["EvaluationPeriods"], "SilentHours");
    assert_eq!(connection["Period"], 3600);
    // Source: Amazon CloudWatch API Reference, "PutMetricAlarm": seven days for periods of an hour and longer.
    let most = &template["Parameters"]["SilentHours"]["MaxValue"];
    assert_eq!(most.as_u64().unwrap() * 3600, 7 * 24 * 3600);
}

/// Every metric that the functions can write, with each set of dimensions that it is written under: what the code itself puts
/// on a line for each signal.
fn written() -> BTreeSet<(String, Vec<String>)> {
    let connection = "wxm".parse().unwrap();
    let some = Some(&connection);
    let secret = "cxloop/dynamics";
    let lines = Written::default();
    let metrics = EmbeddedMetrics::new(
        "sweep",
        Arc::new(ManualClock::at("2026-11-22T10:00:00Z")),
        lines.clone(),
    );
    for signal in [
        Signal::Accepted {
            connection: &connection,
        },
        Signal::Parked { connection: some },
        Signal::Retried { connection: some },
        Signal::SecretDaysLeft { secret, days: 1 },
    ] {
        metrics.count(signal);
    }
    let mut all = BTreeSet::new();
    for line in lines.lines() {
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        let metric = directive["Metrics"][0]["Name"].as_str().unwrap();
        for set in directive["Dimensions"].as_array().unwrap() {
            let names = set.as_array().unwrap().iter();
            let names = names.map(|name| name.as_str().unwrap().to_owned());
            all.insert((metric.to_owned(), names.collect()));
        }
    }
    all
}

/// CloudWatch takes an alarm on a metric that nobody writes without a word, and it never rings.
#[test]
fn our_own_metrics_are_asked_for_under_the_dimensions_they_are_written_with() {
    let template = template();
    let written = written();
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let mut asked = 0;
    for (name, resource) in of_type(&template, "AWS::CloudWatch::Alarm") {
        let alarm = &resource["Properties"];
        if alarm["Namespace"] != NAMESPACE {
            continue;
        }
        let dimensions = alarm["Dimensions"].as_array().unwrap();
        let names = dimensions
            .iter()
            .map(|dimension| dimension["Name"].as_str().unwrap().to_owned());
        let metric = alarm["MetricName"].as_str().unwrap().to_owned();
        let asks = (metric, names.collect());
        assert!(written.contains(&asks), "{name}: nobody writes {asks:?}");
        let function = dimensions
            .iter()
            .find(|dimension| dimension["Name"] == "function");
        let function = function.unwrap()["Value"].as_str().unwrap();
        assert!(functions.join(function).is_dir(), "{name}: {function}");
        asked += 1;
    }
    assert!(asked > 4, "{asked}");
}

/// A dashboard whose body is no JSON is refused only by AWS.
#[test]
fn the_dashboard_is_json_and_names_resources_that_exist() {
    let template = template();
    let body = resources(&template)["LoopDashboard"]["Properties"]["DashboardBody"]
        .as_str()
        .unwrap();
    for place in body.split("${").skip(1) {
        let name = place.split(['}', '.']).next().unwrap();
        let known = name.starts_with("AWS::") || resources(&template).contains_key(name);
        assert!(known, "the dashboard names {name}");
    }
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["widgets"].as_array().unwrap().len(), 10);
}
