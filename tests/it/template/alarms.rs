//! Every alarm, and the dashboard.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{of_type, resources, template};

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

/// CloudWatch drops an alarm on a metric that nobody writes without a word; the names are those of the code.
#[test]
fn our_own_metrics_are_asked_for_under_the_dimensions_they_are_written_with() {
    let template = template();
    let mut asked = BTreeSet::new();
    for resource in of_type(&template, "AWS::CloudWatch::Alarm").into_values() {
        let alarm = &resource["Properties"];
        if alarm["Namespace"] != "cxloop" {
            continue;
        }
        let dimensions: Vec<&str> = alarm["Dimensions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|dimension| dimension["Name"].as_str().unwrap())
            .collect();
        let metric = alarm["MetricName"].as_str().unwrap();
        asked.insert(format!("{metric} by {}", dimensions.join(", ")));
    }
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    assert_eq!(
        asked,
        [
            "Accepted by function, connection",
            "Parked by function",
            "Retried by function",
            "SecretDaysLeft by function, secret",
        ]
    );
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
