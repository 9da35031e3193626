"""Clients, made once for each process, and what all three functions ask of them."""

import functools
import gzip
import json
import os
import time
from datetime import datetime, timezone

import boto3

TABLE = os.environ["TABLE"]
SECRET_SECONDS = 300

dynamodb = boto3.client("dynamodb")
_secrets = {}


@functools.cache
def client(name):
    return boto3.client(name)


def now():
    return datetime.now(timezone.utc).isoformat()


def secret(name):
    known = _secrets.get(name)
    if known and time.monotonic() - known[0] < SECRET_SECONDS:
        return known[1]
    answer = client("secretsmanager").get_secret_value(SecretId=name)
    fields = json.loads(answer["SecretString"])
    _secrets[name] = (time.monotonic(), fields)
    return fields


def publish(name, detail):
    entry = {
        "EventBusName": os.environ["BUS"],
        "Source": "cxloop",
        "DetailType": name,
        "Detail": json.dumps(detail),
        "Time": datetime.now(timezone.utc),
    }
    answer = client("events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise RuntimeError(f"not published: {answer['Entries'][0]['ErrorCode']}")


def text(value):
    return {"S": str(value)}


def number(value):
    return {"N": str(value)}


def packed(value):
    content = value if isinstance(value, str) else json.dumps(value)
    return {"B": gzip.compress(content.encode(), compresslevel=6)}


def unpacked(attribute):
    return gzip.decompress(attribute["B"]).decode()


def expiry(days):
    return number(int(time.time()) + days * 86_400)


def key(pk, sk):
    return {"pk": text(pk), "sk": text(sk)}


def get(pk, sk):
    return dynamodb.get_item(TableName=TABLE, Key=key(pk, sk), ConsistentRead=True).get("Item")


def put(pk, sk, attributes, **condition):
    """Whether the item was written; False when the condition does not hold."""
    try:
        dynamodb.put_item(TableName=TABLE, Item={**key(pk, sk), **attributes}, **condition)
        return True
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False


def put_unless_there(pk, sk, attributes):
    return put(pk, sk, attributes, ConditionExpression="attribute_not_exists(pk)")


def update(pk, sk, expression, values, **more):
    return dynamodb.update_item(
        TableName=TABLE, Key=key(pk, sk), UpdateExpression=expression, ExpressionAttributeValues=values, **more
    )


def everything(pk):
    answer = dynamodb.query(
        TableName=TABLE,
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": text(pk)},
    )
    return answer["Items"]


def record(loop, steps):
    """Writes steps of a loop and lets its head say what they amount to."""
    pk = f"LOOP#{loop}"
    for step in steps:
        item = {"step": text(json.dumps(step)), "kind": text(step["what"]), "expires_at": expiry(400)}
        put_unless_there(pk, f"STEP#{step['key']}", item)
    items = everything(pk)
    head = next(item for item in items if item["sk"]["S"] == "HEAD")
    told = [json.loads(item["step"]["S"]) for item in items if "step" in item]
    last = max(told, key=lambda step: step["at"])
    version = int(head["version"]["N"])
    update(
        pk,
        "HEAD",
        "SET #state = :state, changed_at = :at, version = :next, gsi1pk = :list, gsi1sk = :place",
        {
            ":state": text(last["what"]),
            ":at": text(last["at"]),
            ":next": number(version + 1),
            ":version": number(version),
            ":list": text(f"LOOPS#{last['at'][:10]}#{shard(loop)}"),
            ":place": text(f"{last['at']}#{loop}"),
        },
        ExpressionAttributeNames={"#state": "state"},
        ConditionExpression="version = :version",
    )


def shard(name):
    value = 0
    for letter in name:
        value = (value * 31 + ord(letter)) & 0xFFFFFFFF
    return value % 4


def gate_is_open(connection):
    gate = get(f"GATE#{connection}", "CLOSED")
    if gate and gate["until"]["S"] > now():
        raise RuntimeError(f"{connection} is closed until {gate['until']['S']}")


def each_message(batch, handle):
    """Runs the messages of a batch one after another and reports those that failed."""
    failures = []
    for message in batch["Records"]:
        try:
            handle(json.loads(message["body"])["detail"])
        except Exception as error:  # any failure of one message is that message's own
            print(json.dumps({"level": "ERROR", "message": repr(error)}))
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}
