"""Holds one rule against a response: a score of 6 or less opens one case in the queue Recovery. The plan is stored first."""

import json

from aws import (
    each_message,
    expiry,
    gate_is_open,
    get,
    now,
    number,
    packed,
    put,
    put_unless_there,
    record,
    text,
    unpacked,
    update,
)
from dynamics import find_customer, id_of, open_case, queue

RULE = "detractor"
MOST_POINTS = 6


def plan_item(plan, version):
    return {"plan": packed(plan), "version": number(version), "expires_at": expiry(90)}


def handle(event):
    key = event["response"]
    gate_is_open("dynamics")
    stored = get(f"RESPONSE#{key}", "NORMAL")
    if stored is None:
        return
    response = json.loads(unpacked(stored["response"]))
    loop = key.replace("/", "~")
    decision_key = f"PLAN#decision/{key}"
    kept = get(decision_key, "PLAN")
    if kept is None:
        matches = response["metrics"].get("nps", MOST_POINTS + 1) <= MOST_POINTS
        decision = {"chosen": [RULE] if matches else []}
        put_unless_there(decision_key, "PLAN", plan_item(decision, 1))
    else:
        decision = json.loads(unpacked(kept["plan"]))
    decided = "A case is to be opened." if decision["chosen"] else "No rule matches."
    record(loop, [{"key": f"decided/{key}", "what": "decided", "at": now(), "actor": "cxloop", "text": decided}])
    if RULE in decision["chosen"]:
        carry_out(key, response, loop)


def carry_out(key, response, loop):
    plan_key = f"PLAN#case/{key}/{RULE}"
    standing = get(plan_key, "PLAN")
    plan = json.loads(unpacked(standing["plan"])) if standing else None
    if plan and plan.get("ticket"):
        return
    if plan is None:
        customer = find_customer(response["customer"]["email"])
        if customer is None:
            raise RuntimeError("the customer is not known")
        name = response["customer"].get("name", "A customer")
        plan = {
            "id": id_of(f"case/{key}/{RULE}"),
            "note_id": id_of(f"note/{key}/{RULE}"),
            "item_id": id_of(f"queue item/{key}/{RULE}"),
            "customer": customer,
            "queue": queue("Recovery"),
            "title": f"{name} scored {response['metrics']['nps']} in {response['location']}",
            "description": response["comment"],
            "note": f"Response {key}",
        }
        put_unless_there(plan_key, "PLAN", plan_item(plan, 1))
    ticket = open_case(plan)
    update(
        f"LOOP#{loop}",
        "HEAD",
        "SET #case = if_not_exists(#case, :case), ticket = if_not_exists(ticket, :ticket)",
        {":case": text(plan["id"]), ":ticket": text(ticket)},
        ExpressionAttributeNames={"#case": "case"},
    )
    put_unless_there(f"CASE#{plan['id']}", "LOOP", {"loop": text(loop), "expires_at": expiry(400)})
    opened = {"key": f"opened/{plan['id']}", "what": "case_opened", "at": now(), "actor": "cxloop", "text": f"Case {ticket} is open."}
    record(loop, [opened])
    put(
        plan_key,
        "PLAN",
        plan_item({**plan, "ticket": ticket}, 2),
        ConditionExpression="version = :version",
        ExpressionAttributeValues={":version": number(1)},
    )
    print(json.dumps({"level": "INFO", "message": "the case stands", "response": key, "ticket": ticket}))


def handler(batch, context):
    return each_message(batch, handle)
