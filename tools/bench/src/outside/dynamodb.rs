//! DynamoDB in this process, which says what each request consumes.

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::meter::{Meter, Purpose, System};

/// A database that counts.
#[derive(Clone)]
pub(super) struct DynamoDb {
    database: Database,
    meter: Meter,
}

/// What goes back to the caller.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
}

impl DynamoDb {
    pub(super) fn new(meter: Meter) -> Result<Self, DynoxideError> {
        Ok(Self {
            database: Database::memory()?,
            meter,
        })
    }

    /// Answers an operation and counts it with what it consumed, whether or not the caller asked for that.
    pub(super) fn answer(&self, operation: &str, body: &[u8]) -> Reply {
        let outcome = match serde_json::from_slice(body) {
            Ok(request) => self.run(operation, request),
            Err(error) => Err(DynoxideError::SerializationException(error.to_string())),
        };
        let (half_read_units, write_units, reply) = match outcome {
            Ok(mut answer) => {
                let halves = half_units(&answer["ConsumedCapacity"]);
                if let Some(fields) = answer.as_object_mut() {
                    fields.remove("ConsumedCapacity");
                }
                let body = answer.to_string();
                let (read, written) = if reads(operation) {
                    (halves, 0)
                } else {
                    (0, halves.div_ceil(2))
                };
                (read, written, Reply { status: 200, body })
            }
            Err(error) => {
                // A write whose condition fails is charged as if it had been made; these items are all below 1 KB.
                // Source: Amazon DynamoDB Developer Guide, "DynamoDB read and write operations" (conditional writes).
                let written = u64::from(error.error_type().contains("ConditionalCheckFailed"));
                let reply = Reply {
                    status: error.status_code(),
                    body: error.to_json(),
                };
                (0, written, reply)
            }
        };
        let purpose = if reads(operation) {
            Purpose::Read
        } else {
            Purpose::Write
        };
        self.meter.count(
            System::Dynamodb,
            purpose,
            operation,
            half_read_units,
            write_units,
        );
        reply
    }

    fn run(&self, operation: &str, mut request: Value) -> Result<Value, DynoxideError> {
        let database = &self.database;
        if measured(operation)
            && let Some(fields) = request.as_object_mut()
        {
            fields.insert("ReturnConsumedCapacity".into(), "TOTAL".into());
        }
        match operation {
            "PutItem" => through(request, |request| database.put_item(request)),
            "GetItem" => through(request, |request| database.get_item(request)),
            "UpdateItem" => through(request, |request| database.update_item(request)),
            "DeleteItem" => through(request, |request| database.delete_item(request)),
            "Query" => through(request, |request| database.query(request)),
            "BatchGetItem" => through(request, |request| database.batch_get_item(request)),
            "BatchWriteItem" => through(request, |request| database.batch_write_item(request)),
            "TransactWriteItems" => {
                through(request, |request| database.transact_write_items(request))
            }
            "TransactGetItems" => through(request, |request| database.transact_get_items(request)),
            "CreateTable" => through(request, |request| database.create_table(request)),
            "DescribeTable" => through(request, |request| database.describe_table(request)),
            "UpdateTimeToLive" => through(request, |request| database.update_time_to_live(request)),
            other => Err(DynoxideError::SerializationException(format!(
                "{other} is not measured"
            ))),
        }
    }
}

fn measured(operation: &str) -> bool {
    !matches!(
        operation,
        "CreateTable" | "DescribeTable" | "UpdateTimeToLive"
    )
}

fn reads(operation: &str) -> bool {
    matches!(
        operation,
        "GetItem" | "Query" | "BatchGetItem" | "TransactGetItems" | "DescribeTable"
    )
}

fn through<Q: DeserializeOwned, A: Serialize>(
    request: Value,
    run: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<Value, DynoxideError> {
    let wrong = |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let answer = run(serde_json::from_value(request).map_err(wrong)?)?;
    serde_json::to_value(answer).map_err(wrong)
}

/// `CapacityUnits` of one table or of each, in halves.
fn half_units(consumed: &Value) -> u64 {
    let units = |one: &Value| {
        let units = one["CapacityUnits"].as_f64().unwrap_or(0.0);
        // Units are whole or half, so nothing is lost.
        (units * 2.0).round() as u64
    };
    match consumed {
        Value::Array(tables) => tables.iter().map(units).sum(),
        one => units(one),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with_table() -> (DynamoDb, Meter) {
        let meter = Meter::default();
        let database = DynamoDb::new(meter.clone()).unwrap();
        let table = json!({
            "TableName": "loops", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        });
        let reply = database.answer("CreateTable", table.to_string().as_bytes());
        assert_eq!(reply.status, 200, "{}", reply.body);
        (database, meter)
    }

    #[test]
    fn writes_and_reads_are_counted_with_what_they_consume() {
        let (database, meter) = with_table();
        let before = meter.read();
        let put = json!({"TableName": "loops", "Item": {"pk": {"S": "a"}, "text": {"S": "á".repeat(900)}}});
        assert_eq!(
            database
                .answer("PutItem", put.to_string().as_bytes())
                .status,
            200
        );
        for consistent in [true, false] {
            let get = json!({"TableName": "loops", "Key": {"pk": {"S": "a"}}, "ConsistentRead": consistent});
            let reply = database.answer("GetItem", get.to_string().as_bytes());
            assert!(reply.body.contains("Item") && !reply.body.contains("ConsumedCapacity"));
        }
        let since = meter.read().since(&before);
        // 1.8 KB are two write units; a consistent read is a whole unit and the other half of one.
        assert_eq!(
            since.of(System::Dynamodb, Some(Purpose::Write)).write_units,
            2
        );
        assert_eq!(
            since
                .of(System::Dynamodb, Some(Purpose::Read))
                .half_read_units,
            3
        );
    }

    #[test]
    fn a_failed_condition_is_an_error_that_costs_a_unit() {
        let (database, meter) = with_table();
        let put = json!({
            "TableName": "loops", "Item": {"pk": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(pk)",
        });
        assert_eq!(
            database
                .answer("PutItem", put.to_string().as_bytes())
                .status,
            200
        );
        let before = meter.read();
        let reply = database.answer("PutItem", put.to_string().as_bytes());
        assert_eq!(reply.status, 400);
        assert!(
            reply.body.contains("ConditionalCheckFailedException"),
            "{}",
            reply.body
        );
        assert_eq!(
            meter
                .read()
                .since(&before)
                .of(System::Dynamodb, None)
                .write_units,
            1
        );
    }

    #[test]
    fn a_body_that_is_no_json_is_refused() {
        let (database, _) = with_table();
        assert_eq!(database.answer("PutItem", b"{").status, 400);
    }
}
