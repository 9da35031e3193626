"""Verifies a signed webhook (Standard Webhooks), keeps its body and publishes its id."""

import base64
import hashlib
import hmac
import json
import os
import time

from aws import expiry, now, packed, publish, put_unless_there, secret, shard, text, update

TOLERANCE_SECONDS = 300


def verified(headers, body):
    key = base64.b64decode(secret(os.environ["SENDER_SECRET"])["webhook_secret"].removeprefix("whsec_"))
    name, at = headers.get("webhook-id"), headers.get("webhook-timestamp", "")
    if not name or not at.isdigit() or abs(time.time() - int(at)) > TOLERANCE_SECONDS:
        return False
    expected = base64.b64encode(hmac.digest(key, f"{name}.{at}.{body}".encode(), "sha256"))
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected, entry.removeprefix("v1,").encode()) for entry in given)


def handler(event, context):
    if event["requestContext"]["http"]["method"] != "POST":
        return {"statusCode": 200}
    body = base64.b64decode(event["body"]).decode() if event["isBase64Encoded"] else event["body"]
    if not verified(event["headers"], body):
        return {"statusCode": 401}
    data = json.loads(body).get("data", {})
    if not data.get("id") or not data.get("survey"):
        return {"statusCode": 422}
    connection = "generic"
    inbox_id = hashlib.sha256(f"{connection}/{event['headers']['webhook-id']}".encode()).hexdigest()[:32]
    accepted_at = now()
    item = {
        "id": text(inbox_id),
        "connection": text(connection),
        "accepted_at": text(accepted_at),
        "body": packed(body),
        "state": text("unpublished"),
        "gsi1pk": text(f"UNPUBLISHED#{shard(inbox_id)}"),
        "gsi1sk": text(accepted_at),
        "expires_at": expiry(90),
    }
    put_unless_there(f"INBOX#{inbox_id}", "BODY", item)
    publish("ResponseHinted", {"connection": connection, "inbox_id": inbox_id})
    update(
        f"INBOX#{inbox_id}",
        "BODY",
        "SET #state = :published REMOVE gsi1pk, gsi1sk",
        {":published": text("published")},
        ExpressionAttributeNames={"#state": "state"},
    )
    print(json.dumps({"level": "INFO", "message": "webhook kept and published", "inbox_id": inbox_id}))
    return {"statusCode": 200, "headers": {"cache-control": "no-store"}}
