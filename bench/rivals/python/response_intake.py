"""Reads a kept body into a response's normal form, stores it, begins its loop and tells of it."""

import json

from aws import (
    each_message,
    expiry,
    gate_is_open,
    get,
    now,
    number,
    packed,
    publish,
    put_unless_there,
    record,
    shard,
    text,
    unpacked,
    update,
)


def normal(connection, body):
    data = body["data"]
    return {
        "key": f"{connection}/{data['id']}",
        "survey": data["survey"],
        "submitted_at": data.get("submitted_at", body.get("timestamp")),
        "language": data.get("language"),
        "channel": data.get("channel"),
        "location": data.get("location"),
        "comment": data.get("comment"),
        "customer": data.get("customer", {}),
        "answers": data.get("answers", []),
        "metrics": data.get("metrics", {}),
        "about_case": data.get("case_id"),
    }


def take_in(hint):
    connection, inbox_id = hint["connection"], hint["inbox_id"]
    kept = get(f"INBOX#{inbox_id}", "BODY")
    if kept is None:
        return
    gate_is_open(connection)
    response = normal(connection, json.loads(unpacked(kept["body"])))
    key = response["key"]
    update(
        f"RESPONSE#{key}",
        "NORMAL",
        "SET #response = if_not_exists(#response, :response), expires_at = if_not_exists(expires_at, :expires), "
        "gsi1pk = if_not_exists(gsi1pk, :person), gsi1sk = if_not_exists(gsi1sk, :place)",
        {
            ":response": packed(response),
            ":expires": expiry(400),
            ":person": text(f"PERSON#{response['customer'].get('email')}"),
            ":place": text(f"RESPONSE#{key}"),
        },
        ExpressionAttributeNames={"#response": "response"},
        ReturnValues="ALL_NEW",
    )
    loop, at = key.replace("/", "~"), now()
    head = {
        "id": text(loop),
        "response": text(key),
        "survey": text(response["survey"]),
        "began_at": text(at),
        "changed_at": text(at),
        "state": text("received"),
        "version": number(0),
        "gsi1pk": text(f"LOOPS#{at[:10]}#{shard(loop)}"),
        "gsi1sk": text(f"{at}#{loop}"),
        "expires_at": expiry(400),
    }
    put_unless_there(f"LOOP#{loop}", "HEAD", head)
    step = {
        "key": f"received/{key}",
        "what": "response_received",
        "at": kept["accepted_at"]["S"],
        "actor": "customer",
        "text": f"The customer answered {response['survey']}.",
    }
    record(loop, [step])
    kind = "about_case" if response["about_case"] else "new"
    event = {"version": 1, "response": key, "notification": "", "kind": kind, "inbox_id": inbox_id}
    publish("ResponseReceived", event)
    print(json.dumps({"level": "INFO", "message": "response taken in", "response": key}))


def handler(batch, context):
    return each_message(batch, take_in)
