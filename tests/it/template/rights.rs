//! No statement of the template is wider than it must be.

use serde_json::Value;

use super::{of_type, resources, template};

/// Every statement that allows something on `*`, with the reason.
const ON_EVERYTHING: &[(&str, &str, &str)] = &[
    (
        "TracingPolicy",
        "xray:PutTraceSegments xray:PutTelemetryRecords",
        "X-Ray's actions know no resources",
    ),
    (
        "RolloutRole",
        "cloudwatch:DescribeAlarms",
        "CodeDeploy asks for alarms without naming them",
    ),
    (
        "SurveyTriggerRole",
        "ses:SendEmail",
        "which address an invitation comes from changes without a deployment",
    ),
    (
        "SurveyTriggerRole",
        "sms-voice:SendTextMessage",
        "which number or name an invitation comes from changes without a deployment",
    ),
    (
        "SurveyTriggerRole",
        "sns:Publish",
        "a phone number is no resource; topics are left out",
    ),
    (
        "SurveyTriggerRole",
        "scheduler:CreateSchedule",
        "each moment of each invitation is a schedule of its own in one group",
    ),
];

/// Every address of callers with a wildcard, with the reason.
const CALLERS: &[(&str, &str, &str)] = &[
    (
        "WebhooksPermission",
        "${HttpApi}/*/*/webhooks/*",
        "one stage, and every method of the routes",
    ),
    (
        "ConsolePermission",
        "${HttpApi}/*/*/*",
        "what is no webhook is the console's; only its routes reach it",
    ),
];

fn statements(of: &Value, found: &mut Vec<Value>) {
    match of {
        Value::Object(map) => {
            if let Some(Value::Array(all)) = map.get("Statement") {
                // What is there only under a condition is a choice: the condition, the statement and nothing.
                let choice = |one: &Value| one.get(1).unwrap_or(one).clone();
                found.extend(all.iter().map(choice));
            }
            map.values().for_each(|inner| statements(inner, found));
        }
        Value::Array(all) => all.iter().for_each(|inner| statements(inner, found)),
        _ => {}
    }
}

fn words(value: &Value) -> Vec<&str> {
    match value {
        Value::String(word) => vec![word],
        Value::Array(all) => all.iter().flat_map(words).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn no_statement_has_a_wildcard_without_a_reason() {
    let template = template();
    let mut reasoned = 0;
    let mut seen = 0;
    for (name, resource) in resources(&template) {
        let mut all = Vec::new();
        statements(&resource["Properties"], &mut all);
        for statement in all {
            seen += 1;
            let actions = words(&statement["Action"]);
            assert!(!actions.is_empty(), "{name} allows by leaving out");
            assert!(
                actions.iter().all(|action| !action.contains('*')),
                "{name}: {actions:?}"
            );
            let named = words(&statement["Resource"]);
            let all_but = !words(&statement["NotResource"]).is_empty();
            if all_but || named.iter().any(|r| r.contains('*')) {
                let actions = actions.join(" ");
                let known = ON_EVERYTHING
                    .iter()
                    .any(|(of, what, _)| of == name && *what == actions);
                assert!(known, "{name} may do {actions} with everything");
                reasoned += 1;
            }
            assert!(!statement["Principal"].to_string().contains('*'), "{name}");
        }
    }
    assert_eq!(
        reasoned,
        ON_EVERYTHING.len(),
        "a reason for what is not there"
    );
    assert!(seen > 20, "only {seen} statements were looked at");
}

#[test]
fn whoever_is_let_in_from_outside_is_named() {
    let template = template();
    for (name, permission) in of_type(&template, "AWS::Lambda::Permission") {
        let from = permission["Properties"]["SourceArn"].as_str().unwrap();
        let known = CALLERS
            .iter()
            .any(|(of, end, _)| *of == name && from.ends_with(end));
        assert!(known, "{name} lets {from} in");
    }
    for (name, policy) in of_type(&template, "AWS::SQS::QueuePolicy") {
        let mut all = Vec::new();
        statements(policy, &mut all);
        for statement in all {
            let only = &statement["Condition"]["ArnEquals"]["aws:SourceArn"];
            assert!(!words(only).is_empty(), "{name} lets every rule in");
        }
    }
    let topic = &resources(&template)["AlarmTopicPolicy"]["Properties"]["PolicyDocument"];
    let account = &topic["Statement"][0]["Condition"]["StringEquals"]["aws:SourceAccount"];
    assert_eq!(
        account, "AWS::AccountId",
        "alarms of other accounts may publish"
    );
}
