//! What each function's role allows, in full.

/// A resource and the actions on it.
pub(super) type Row = (&'static str, &'static [&'static str]);

/// What Lambda needs to hand a queue's messages to a function, and the function to send one again.
/// Source: AWS Managed Policy Reference, "AWSLambdaSQSQueueExecutionRole".
const QUEUE: &[&str] = &[
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:SendMessage",
];
const LOGS: &[&str] = &["logs:CreateLogStream", "logs:PutLogEvents"];
const PUBLISH: &[&str] = &["events:PutEvents"];
pub(super) const READ_SECRET: &[&str] = &["secretsmanager:GetSecretValue"];
const SEND_EMAIL: &[&str] = &["ses:SendEmail"];
const INDEX: &str = "${Table.Arn}/index/gsi1";

/// For each function: resource and actions. Recording on a loop puts the step, queries all steps and updates the head,
/// each on the table itself, and a transaction takes the rights of its items; only lists are in the index.
pub(super) const ROLES: &[(&str, &[Row])] = &[
    (
        "Webhooks",
        &[
            (
                "Table.Arn",
                &[
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                ],
            ),
            ("EventBus.Arn", PUBLISH),
            ("WxmSecret", READ_SECRET),
            ("GenericSecret", READ_SECRET),
            // For `webhook_secret` alone, which stands beside what opens the CRM.
            ("DynamicsSecret", READ_SECRET),
            ("WebhooksLogs.Arn", LOGS),
        ],
    ),
    (
        "ResponseIntake",
        &[
            (
                "Table.Arn",
                &[
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:Query",
                ],
            ),
            ("IntakeQueue.Arn", QUEUE),
            ("EventBus.Arn", PUBLISH),
            ("WxmSecret", READ_SECRET),
            ("ResponseIntakeLogs.Arn", LOGS),
        ],
    ),
    (
        "ResponseToCase",
        &[
            // The one that gives leases back, and that writes pages of the address index.
            (
                "Table.Arn",
                &[
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:BatchWriteItem",
                    "dynamodb:Query",
                ],
            ),
            ("CaseQueue.Arn", QUEUE),
            ("DynamicsSecret", READ_SECRET),
            ("WxmSecret", READ_SECRET),
            ("ResponseToCaseLogs.Arn", LOGS),
        ],
    ),
    (
        "CaseReopen",
        &[
            (
                "Table.Arn",
                &[
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:Query",
                ],
            ),
            ("ReopenQueue.Arn", QUEUE),
            // A reopening is told like a change by anybody else.
            ("EventBus.Arn", PUBLISH),
            ("DynamicsSecret", READ_SECRET),
            ("CaseReopenLogs.Arn", LOGS),
        ],
    ),
    (
        "CaseWriteBack",
        &[
            (
                "Table.Arn",
                &[
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:Query",
                ],
            ),
            ("WriteBackQueue.Arn", QUEUE),
            ("DynamicsSecret", READ_SECRET),
            ("WxmSecret", READ_SECRET),
            ("CaseWriteBackLogs.Arn", LOGS),
        ],
    ),
    (
        "SurveyTrigger",
        &[
            (
                "Table.Arn",
                &[
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:Query",
                ],
            ),
            ("SurveyQueue.Arn", QUEUE),
            ("DynamicsSecret", READ_SECRET),
            ("WxmSecret", READ_SECRET),
            // What sends to people: from any address, number and name of this account.
            (
                "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*",
                SEND_EMAIL,
            ),
            (
                "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${EmailConfigurationSet}",
                SEND_EMAIL,
            ),
            (
                "arn:${AWS::Partition}:sms-voice:${AWS::Region}:${AWS::AccountId}:*",
                &["sms-voice:SendTextMessage"],
            ),
            ("all but arn:${AWS::Partition}:sns:*:*:*", &["sns:Publish"]),
            // What comes back later.
            (
                "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/${SurveySchedules}/*",
                &["scheduler:CreateSchedule"],
            ),
            ("SurveyScheduleRole.Arn", &["iam:PassRole"]),
            ("SurveyTriggerLogs.Arn", LOGS),
        ],
    ),
    (
        "Sweep",
        &[
            // Reads the rules, and reads and moves on how far changes are known.
            (
                "Table.Arn",
                &[
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                ],
            ),
            (INDEX, &["dynamodb:Query"]),
            ("EventBus.Arn", PUBLISH),
            // To ask Dynamics, and for the day in the field `expires`; it is in the secret and not in a tag, so that whoever changes the one
            // has the other before their eyes.
            ("DynamicsSecret", READ_SECRET),
            // To ask which responses were given.
            ("WxmSecret", READ_SECRET),
            ("SweepLogs.Arn", LOGS),
        ],
    ),
    (
        "Console",
        &[
            (
                "Table.Arn",
                &[
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:Query",
                ],
            ),
            (INDEX, &["dynamodb:Query"]),
            ("EventBus.Arn", PUBLISH),
            ("ConsoleLogs.Arn", LOGS),
        ],
    ),
];
