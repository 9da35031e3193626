//! What the template promises to who operates it.

mod alarms;
mod operations_page;
mod rights;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

/// A file of the project as text.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The template as plain data: `!Ref X` reads as `X`, `!GetAtt X.Arn` as `X.Arn`, and `!If [A, b, c]` as a list.
pub(crate) fn template() -> Value {
    serde_saphyr::from_str(&read("infra/template.yaml")).unwrap()
}

/// Its resources by name.
pub(crate) fn resources(template: &Value) -> &Map<String, Value> {
    template["Resources"].as_object().unwrap()
}

/// Its resources of one type, such as `AWS::SQS::Queue`.
pub(crate) fn of_type<'t>(template: &'t Value, kind: &str) -> BTreeMap<&'t str, &'t Value> {
    resources(template)
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.as_str(), resource))
        .collect()
}

#[test]
fn every_parameter_says_what_it_is_for_and_stands_in_one_group_under_a_name() {
    let template = template();
    let interface = &template["Metadata"]["AWS::CloudFormation::Interface"];
    let mut grouped = Vec::new();
    for group in interface["ParameterGroups"].as_array().unwrap() {
        let names = group["Parameters"].as_array().unwrap();
        grouped.extend(names.iter().map(|name| name.as_str().unwrap()));
    }
    grouped.sort_unstable();
    let parameters = template["Parameters"].as_object().unwrap();
    let mut names: Vec<&str> = parameters.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(grouped, names);
    for (name, parameter) in parameters {
        let description = parameter["Description"].as_str().unwrap();
        assert!(
            description.len() > 20 && description.ends_with('.'),
            "{name}: {description}"
        );
        assert!(
            interface["ParameterLabels"][name]["default"].is_string(),
            "{name}"
        );
        assert!(
            parameter.get("Default").is_some(),
            "{name} has to be answered"
        );
        let bounded = ["AllowedValues", "AllowedPattern", "MinValue"]
            .iter()
            .any(|bound| parameter.get(*bound).is_some());
        assert!(
            bounded || name == "ExtraSecretArns",
            "{name} takes anything"
        );
    }
}

#[test]
fn the_functions_that_call_dynamics_run_fewer_copies_than_it_answers_at_once() {
    let template = template();
    let choices = template["Mappings"]["MaximumConcurrency"]
        .as_object()
        .unwrap();
    assert_eq!(choices.len(), 3);
    for (choice, copies) in choices {
        let copies = |of: &str| copies[of].as_u64().unwrap();
        // Source: Microsoft Learn, "Service protection API limits": 52 or more concurrent requests per user.
        let at_once = ["case", "reopen", "writeback", "survey"].map(copies);
        let at_once: u64 = at_once.iter().sum();
        assert!(at_once < 52, "{choice}");
        assert!(
            ["intake", "case", "reopen", "writeback", "survey"]
                .iter()
                .all(|of| copies(of) >= 2),
            "{choice}: AWS takes no less"
        );
    }
}

#[test]
fn a_call_is_near_its_timeout_after_four_fifths_of_it() {
    let template = template();
    let near = template["Mappings"]["NearTimeout"].as_object().unwrap();
    for parameter in ["FunctionTimeout", "QueueFunctionTimeout"] {
        for seconds in template["Parameters"][parameter]["AllowedValues"]
            .as_array()
            .unwrap()
        {
            let seconds = seconds.as_u64().unwrap();
            let milliseconds = near[&seconds.to_string()]["Milliseconds"].as_u64().unwrap();
            assert_eq!(
                milliseconds,
                seconds * 1000 * 4 / 5,
                "{parameter} {seconds}"
            );
        }
    }
}

#[test]
fn every_function_is_traced_kept_apart_by_an_alias_and_logs_into_a_group_that_forgets() {
    let template = template();
    let everywhere = &template["Globals"]["Function"];
    assert_eq!(
        everywhere["Tracing"],
        json!(["CallsAreTraced", "Active", "PassThrough"])
    );
    assert_eq!(everywhere["AutoPublishAlias"], "live");
    assert_eq!(everywhere["Timeout"], "FunctionTimeout");
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        let properties = &function["Properties"];
        let own = name.strip_suffix("Function").unwrap();
        assert_eq!(
            properties["LoggingConfig"]["LogGroup"],
            format!("{own}Logs")
        );
        assert_eq!(properties["AutoPublishAliasAllProperties"], true, "{name}");
    }
    for (name, group) in of_type(&template, "AWS::Logs::LogGroup") {
        let properties = &group["Properties"];
        assert_eq!(properties["RetentionInDays"], "LogRetentionDays", "{name}");
        assert_eq!(
            properties["KmsKeyId"],
            json!(["KeyIsGiven", "KmsKeyArn", "AWS::NoValue"])
        );
    }
    assert_eq!(of_type(&template, "AWS::Logs::LogGroup").len(), 9);
}

/// SAM reads whether a rollout is gradual from a mapping, for it knows no conditions; so each choice must have its row.
#[test]
fn every_way_of_rolling_out_is_known_to_the_mapping_that_turns_codedeploy_on() {
    let template = template();
    let preference = &template["Globals"]["Function"]["DeploymentPreference"];
    assert_eq!(
        preference["Enabled"],
        json!(["Rollout", "Rollout", "ByCodeDeploy"])
    );
    assert_eq!(preference["Role"], "RolloutRole.Arn");
    let rows = template["Mappings"]["Rollout"].as_object().unwrap();
    let choices = template["Parameters"]["Rollout"]["AllowedValues"]
        .as_array()
        .unwrap();
    let choices: BTreeSet<&str> = choices.iter().map(|c| c.as_str().unwrap()).collect();
    assert_eq!(choices, rows.keys().map(String::as_str).collect());
    for (choice, row) in rows {
        assert_eq!(row["ByCodeDeploy"], choice != "AllAtOnce", "{choice}");
    }
}

#[test]
fn everything_that_calls_a_function_calls_its_alias() {
    let template = template();
    for (name, integration) in of_type(&template, "AWS::ApiGatewayV2::Integration") {
        let called = integration["Properties"]["IntegrationUri"]
            .as_str()
            .unwrap();
        assert!(called.ends_with("Function.Alias"), "{name} calls {called}");
    }
    for (name, permission) in of_type(&template, "AWS::Lambda::Permission") {
        let called = permission["Properties"]["FunctionName"].as_str().unwrap();
        assert!(
            called.ends_with("Function.Alias"),
            "{name} is about {called}"
        );
    }
}

#[test]
fn a_queue_and_its_dead_letters_take_messages_from_nobody_else() {
    let template = template();
    let queues = of_type(&template, "AWS::SQS::Queue");
    let mut work = 0;
    for (name, queue) in &queues {
        let properties = &queue["Properties"];
        let redrive = &properties["RedriveAllowPolicy"];
        if let Some(own) = name.strip_suffix("DeadLetters") {
            let source = &queues[format!("{own}Queue").as_str()]["Properties"];
            assert_eq!(
                source["RedrivePolicy"]["deadLetterTargetArn"],
                format!("{name}.Arn")
            );
            assert_eq!(redrive["redrivePermission"], "byQueue", "{name}");
            let named = source["QueueName"].as_str().unwrap();
            let from = redrive["sourceQueueArns"][0].as_str().unwrap();
            assert!(from.ends_with(&format!(":{named}")), "{name} takes {from}");
            work += 1;
        } else {
            assert_eq!(redrive["redrivePermission"], "denyAll", "{name}");
        }
        assert_eq!(
            properties["SqsManagedSseEnabled"],
            json!(["KeyIsGiven", "AWS::NoValue", true]),
            "{name}"
        );
        assert_eq!(
            properties["KmsMasterKeyId"],
            json!(["KeyIsGiven", "KmsKeyArn", "AWS::NoValue"]),
            "{name}"
        );
    }
    assert_eq!(work, 5);
}

/// Queues carry ids only; what services tell of a message holds the address that it went to.
#[test]
fn nothing_of_a_report_comes_into_the_queue_but_its_invitation_and_what_became_of_it() {
    let template = template();
    let rules = of_type(&template, "AWS::Events::Rule");
    let mut taken_apart = 0;
    for (name, rule) in rules {
        let properties = &rule["Properties"];
        if properties["EventPattern"]["source"].is_null() {
            continue;
        }
        let pattern = properties["EventPattern"]["detail"].to_string();
        assert!(pattern.contains("cxloop-invitation"), "{name}: {pattern}");
        let input = &properties["Targets"][0]["InputTransformer"];
        // A list stands for itself, without quotes.
        let body = input["InputTemplate"].as_str().unwrap();
        let body = body.replace(":<invitation>", ":\"<invitation>\"");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert!(body["detail"]["eventType"].is_string(), "{name}: {body}");
        for (variable, path) in input["InputPathsMap"].as_object().unwrap() {
            let path = path.as_str().unwrap();
            let personal = ["destination", "Recipients", "headers", "Phone", "to"];
            assert!(!personal.iter().any(|part| path.contains(part)), "{path}");
            assert!(body.to_string().contains(&format!("<{variable}>")));
        }
        taken_apart += 1;
    }
    assert_eq!(taken_apart, 2);
}

#[test]
fn what_was_accepted_outlives_the_stack() {
    let template = template();
    let table = &resources(&template)["Table"];
    assert_eq!(table["DeletionPolicy"], "Retain");
    assert_eq!(table["UpdateReplacePolicy"], "Retain");
    let properties = &table["Properties"];
    assert_eq!(properties["DeletionProtectionEnabled"], true);
    let recovery = &properties["PointInTimeRecoverySpecification"];
    assert_eq!(recovery["PointInTimeRecoveryEnabled"], true);
    let encrypted = properties["SSESpecification"].as_array().unwrap();
    assert_eq!(encrypted[1]["KMSMasterKeyId"], "KmsKeyArn");
    assert_eq!(encrypted[2], json!({ "SSEEnabled": true }));
}

/// The path of an unsigned webhook ends in its secret.
#[test]
fn the_api_logs_routes_and_never_paths() {
    let template = template();
    let stage = &resources(&template)["HttpApiStage"]["Properties"];
    let format = stage["AccessLogSettings"]["Format"].as_str().unwrap();
    let line: Value = serde_json::from_str(format).unwrap();
    assert_eq!(line["route"], "$context.routeKey");
    for leak in ["path", "authorizer", "identity", "queryString"] {
        assert!(!format.contains(leak), "{format} logs {leak}");
    }
}

#[test]
fn every_secret_has_an_output_that_says_how_to_fill_it_in() {
    let template = template();
    let outputs = template["Outputs"].as_object().unwrap();
    for name in of_type(&template, "AWS::SecretsManager::Secret").keys() {
        let output = &outputs[&format!("{name}Name")];
        let description = output["Description"].as_str().unwrap();
        assert!(description.contains("put-secret-value"), "{description}");
        assert_eq!(
            output["Value"],
            resources(&template)[*name]["Properties"]["Name"]
        );
    }
    for (name, output) in outputs {
        assert!(output["Description"].is_string(), "{name}");
    }
}

/// Without `--resolve-s3` a template of this size is refused; and without the values beside the code, SAM publishes no new
/// version when only a value changes.
#[test]
fn a_deployment_goes_through_s3_tags_what_it_makes_and_makes_a_version_of_new_values() {
    let beside_the_code =
        "grep '^parameter_overrides' samconfig.toml > target/lambda/$$name/parameters";
    assert!(read("Makefile").contains(beside_the_code));
    let settings = read("samconfig.toml");
    assert!(settings.contains("resolve_s3 = true"));
    assert!(settings.contains("tags = \"application=cxloop\""));
    assert!(
        read("infra/template.yaml").len() < 1_000_000,
        "CloudFormation takes no more from S3"
    );
}
