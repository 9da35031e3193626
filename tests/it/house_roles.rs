//! What each function is allowed to do: written out here, so that a wider role is a decision and not an accident.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::template::{of_type, resources, template};
use rows::{READ_SECRET, ROLES};

/// What a role allows: for each resource, the actions on it.
type Allowed = BTreeMap<String, BTreeSet<&'static str>>;

/// One text or a list of texts.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}

/// The statements of a policy document as resource and action, refusing what widens a statement unseen.
fn allowed(document: &Value) -> BTreeMap<String, BTreeSet<&str>> {
    let mut allowed: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for statement in document["Statement"].as_array().unwrap() {
        let keys: BTreeSet<&str> = statement
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(statement["Effect"], "Allow");
        if keys.contains("NotResource") {
            assert_eq!(keys, BTreeSet::from(["Action", "Effect", "NotResource"]));
            let but = statement["NotResource"].as_str().unwrap();
            let actions = texts(&statement["Action"]).into_iter().collect();
            allowed.insert(format!("all but {but}"), actions);
            continue;
        }
        let mut expected = BTreeSet::from(["Action", "Effect", "Resource"]);
        // A condition only narrows, and one role may be handed over: to whom is said.
        if statement["Action"] == "iam:PassRole" {
            let to = &statement["Condition"]["StringEquals"]["iam:PassedToService"];
            assert_eq!(to, "scheduler.amazonaws.com");
            expected.insert("Condition");
        }
        assert_eq!(keys, expected);
        for resource in texts(&statement["Resource"]) {
            let actions = allowed.entry(resource.to_owned()).or_default();
            actions.extend(texts(&statement["Action"]));
        }
    }
    allowed
}

#[test]
fn every_role_allows_exactly_what_its_function_asks_for() {
    let template = template();
    let mut roles = of_type(&template, "AWS::IAM::Role");
    roles.remove("RolloutRole").expect("CodeDeploy has a role");
    roles
        .remove("SurveyScheduleRole")
        .expect("schedules have a role");
    let expected: BTreeMap<String, Allowed> = ROLES
        .iter()
        .map(|(function, rows)| {
            let rows = rows.iter().map(|(resource, actions)| {
                ((*resource).to_owned(), actions.iter().copied().collect())
            });
            (format!("{function}Role"), rows.collect())
        })
        .collect();
    let names: Vec<&str> = expected.keys().map(String::as_str).collect();
    assert_eq!(roles.keys().copied().collect::<Vec<_>>(), names);
    for (name, role) in roles {
        let properties = role["Properties"].as_object().unwrap();
        let keys: Vec<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(
            BTreeSet::from_iter(keys),
            BTreeSet::from(["AssumeRolePolicyDocument", "Policies"]),
            "{name} has more than one policy of its own"
        );
        let policies = properties["Policies"].as_array().unwrap();
        assert_eq!(policies.len(), 1, "{name}");
        assert_eq!(
            allowed(&policies[0]["PolicyDocument"]),
            expected[name],
            "{name} allows something else than its row here"
        );
    }
}

#[test]
fn every_function_has_the_role_of_its_own_name_and_nothing_beside_it() {
    let template = template();
    let functions = of_type(&template, "AWS::Serverless::Function");
    assert_eq!(functions.len(), ROLES.len());
    for (name, function) in functions {
        let properties = &function["Properties"];
        let own = name.strip_suffix("Function").unwrap();
        assert_eq!(properties["Role"], format!("{own}Role.Arn"));
        assert!(properties.get("Policies").is_none(), "{name}");
    }
}

#[test]
fn the_secrets_of_further_connections_are_read_by_those_who_talk_to_survey_connections() {
    let template = template();
    let policies = of_type(&template, "AWS::IAM::Policy");
    let names: Vec<&str> = policies.keys().copied().collect();
    assert_eq!(
        names,
        ["EncryptionKeyPolicy", "ExtraSecretsPolicy", "TracingPolicy"]
    );
    let policy = policies["ExtraSecretsPolicy"];
    assert_eq!(policy["Condition"], "ExtraSecretsAreGiven");
    assert_eq!(
        texts(&policy["Properties"]["Roles"]),
        [
            "WebhooksRole",
            "ResponseIntakeRole",
            "ResponseToCaseRole",
            "CaseWriteBackRole",
            "SurveyTriggerRole",
            "SweepRole"
        ]
    );
    let expected = BTreeMap::from([(
        "ExtraSecretArns".to_owned(),
        READ_SECRET.iter().copied().collect(),
    )]);
    assert_eq!(allowed(&policy["Properties"]["PolicyDocument"]), expected);
    let others = resources(&template)
        .values()
        .filter_map(|resource| resource["Type"].as_str())
        .filter(|kind| kind.starts_with("AWS::IAM::"))
        .filter(|kind| !["AWS::IAM::Role", "AWS::IAM::Policy"].contains(kind))
        .count();
    assert_eq!(others, 0, "rights are given in a way that is not looked at");
}

/// The policies of all functions, and of the console where there is one.
#[test]
fn what_all_functions_may_do_is_to_be_traced_and_to_have_their_services_use_the_key() {
    let template = template();
    let policies = of_type(&template, "AWS::IAM::Policy");
    let all = json!([
        "WebhooksRole",
        "ResponseIntakeRole",
        "ResponseToCaseRole",
        "CaseReopenRole",
        "CaseWriteBackRole",
        "SurveyTriggerRole",
        "SweepRole",
        ["ConsoleIsExposed", "ConsoleRole", "AWS::NoValue"],
    ]);
    for (name, condition) in [
        ("TracingPolicy", "CallsAreTraced"),
        ("EncryptionKeyPolicy", "KeyIsGiven"),
    ] {
        assert_eq!(policies[name]["Properties"]["Roles"], all, "{name}");
        assert_eq!(policies[name]["Condition"], condition, "{name}");
    }
    let tracing = &policies["TracingPolicy"]["Properties"]["PolicyDocument"];
    let put = BTreeSet::from(["xray:PutTraceSegments", "xray:PutTelemetryRecords"]);
    assert_eq!(allowed(tracing), BTreeMap::from([("*".to_owned(), put)]));

    let document = &policies["EncryptionKeyPolicy"]["Properties"]["PolicyDocument"];
    let [statement] = document["Statement"].as_array().unwrap().as_slice() else {
        panic!("{document}")
    };
    assert_eq!(statement["Resource"], "KmsKeyArn");
    let through = texts(&statement["Condition"]["StringEquals"]["kms:ViaService"]);
    let services: Vec<&str> = through
        .iter()
        .map(|s| s.split('.').next().unwrap())
        .collect();
    assert_eq!(services, ["dynamodb", "sqs", "secretsmanager"]);
}

#[test]
fn a_schedule_may_write_to_the_queue_of_invitations_or_to_what_was_not_delivered_and_nowhere_else()
{
    let template = template();
    let role = &resources(&template)["SurveyScheduleRole"]["Properties"];
    let trusted = &role["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(trusted["Principal"]["Service"], "scheduler.amazonaws.com");
    assert_eq!(
        trusted["Condition"]["StringEquals"]["aws:SourceAccount"],
        "AWS::AccountId"
    );
    let document = &role["Policies"][0]["PolicyDocument"];
    let [send, with_key] = document["Statement"].as_array().unwrap().as_slice() else {
        panic!("{document}")
    };
    assert_eq!(
        *send,
        json!({
            "Effect": "Allow", "Action": "sqs:SendMessage",
            "Resource": ["SurveyQueue.Arn", "UndeliveredQueue.Arn"],
        })
    );
    assert_eq!(with_key[0], "KeyIsGiven");
    assert_eq!(with_key[1]["Resource"], "KmsKeyArn");
    assert_eq!(with_key[2], "AWS::NoValue");
}

#[test]
fn codedeploy_may_move_the_aliases_of_this_stacks_functions_and_nothing_else() {
    let template = template();
    let role = &resources(&template)["RolloutRole"]["Properties"];
    let trusted = &role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"];
    assert_eq!(trusted, "codedeploy.amazonaws.com");
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"]
        .as_array()
        .unwrap();
    let functions = of_type(&template, "AWS::Serverless::Function");
    let mut moved = BTreeSet::new();
    for statement in statements {
        match texts(&statement["Action"]).as_slice() {
            ["lambda:GetAlias", "lambda:UpdateAlias"]
            | ["lambda:GetProvisionedConcurrencyConfig"] => {
                for resource in statement["Resource"].as_array().unwrap() {
                    let own = resource.as_array().map_or(resource, |choice| &choice[1]);
                    let own = own.as_str().unwrap();
                    let own = own.trim_start_matches("${");
                    moved.insert(own.split('.').next().unwrap().to_owned());
                }
            }
            ["cloudwatch:DescribeAlarms"] => assert_eq!(statement["Resource"], "*"),
            other => panic!("CodeDeploy may do {other:?}"),
        }
    }
    assert_eq!(
        moved.iter().map(String::as_str).collect::<Vec<_>>(),
        functions.keys().copied().collect::<Vec<_>>()
    );
}

#[test]
fn nothing_of_the_console_is_deployed_unless_it_is_exposed() {
    let template = template();
    // What belongs to all functions takes the console in by a choice of its own.
    let of_all = ["TracingPolicy", "EncryptionKeyPolicy", "RolloutRole"];
    let mut seen = 0;
    for (name, resource) in resources(&template) {
        if of_all.contains(&name.as_str()) {
            continue;
        }
        let own =
            name.starts_with("Console") || resource["Properties"].to_string().contains("Console");
        if own {
            assert_eq!(resource["Condition"], "ConsoleIsExposed", "{name}");
            seen += 1;
        }
    }
    assert!(seen > 5, "only {seen} resources are the console's");
    for (name, output) in template["Outputs"].as_object().unwrap() {
        if name.starts_with("Console") || output["Value"].to_string().contains("Console") {
            assert_eq!(output["Condition"], "ConsoleIsExposed", "{name}");
        }
    }
}

#[test]
fn a_message_is_not_delivered_again_while_its_function_may_still_be_at_work() {
    let template = template();
    let parameters = &template["Parameters"];
    let most = |parameter: &str| {
        let allowed = parameters[parameter]["AllowedValues"].as_array().unwrap();
        allowed.iter().map(|v| v.as_u64().unwrap()).max().unwrap()
    };
    // Source: AWS Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping": at least six times.
    let wait = parameters["RetryAfterSeconds"]["Default"].as_u64().unwrap();
    assert!(wait >= 6 * most("QueueFunctionTimeout"));
    assert!(
        most("QueueFunctionTimeout") <= 60,
        "a lease ends after a minute"
    );
    assert!(
        most("FunctionTimeout") <= 30,
        "the HTTP API gives up after 30"
    );
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        let properties = &function["Properties"];
        let queued = properties["Events"]["Queue"].is_object();
        let timeout = properties["Timeout"].as_str();
        assert_eq!(timeout, queued.then_some("QueueFunctionTimeout"), "{name}");
    }
    for (name, queue) in of_type(&template, "AWS::SQS::Queue") {
        let works = queue["Properties"]["RedrivePolicy"].is_object();
        let wait = queue["Properties"]["VisibilityTimeout"].as_str();
        assert_eq!(wait, works.then_some("RetryAfterSeconds"), "{name}");
    }
}
