"""The few requests to the Dataverse Web API that a case takes."""

import json
import os
import re
import time
import uuid
from urllib.parse import quote, urlencode

import urllib3

from aws import secret

ROOT = os.environ["DYNAMICS_URL"]
API = f"{ROOT}/api/data/v9.2"
ODATA = {"OData-Version": "4.0", "OData-MaxVersion": "4.0", "Accept": "application/json"}
NAME_SECONDS = 600

http = urllib3.PoolManager(timeout=20.0, retries=False)
_token = {"until": 0.0}
_queues = {}


def id_of(name):
    """A UUIDv5, so that a repeat writes the same row."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def bearer():
    if _token["until"] > time.monotonic():
        return _token["bearer"]
    fields = secret(os.environ["DYNAMICS_SECRET"])
    form = {
        "grant_type": "client_credentials",
        "client_id": fields["client_id"],
        "client_secret": fields["client_secret"],
        "scope": f"{ROOT}/.default",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = http.request("POST", f"{ROOT}/{fields['tenant']}/oauth2/v2.0/token", body=urlencode(form), headers=headers)
    if answer.status != 200:
        raise RuntimeError(f"no token: {answer.status}")
    granted = json.loads(answer.data)
    _token.update(bearer=granted["access_token"], until=time.monotonic() + int(granted["expires_in"]) - 120)
    return _token["bearer"]


def ask(path, method="GET", body=None, **headers):
    everything = {**ODATA, "Authorization": f"Bearer {bearer()}", **headers}
    answer = http.request(method, f"{API}/{path}", body=body, headers=everything)
    if answer.status >= 300:
        raise RuntimeError(f"Dynamics answered {answer.status}")
    return answer.data.decode()


def quoted(value):
    escaped = value.replace("'", "''")
    return quote(f"'{escaped}'", safe="")


def find_customer(email):
    columns = ["emailaddress1", "emailaddress2", "emailaddress3"]
    matches = "%20or%20".join(f"{column}%20eq%20{quoted(email)}" for column in columns)
    query = f"$select={','.join(columns)}&$filter=statecode%20eq%200%20and%20({matches})&$orderby=createdon%20desc&$top=20"
    rows = json.loads(ask(f"contacts?{query}"))["value"]
    wanted = email.lower()
    for row in rows:
        if any((row.get(column) or "").lower() == wanted for column in columns):
            return row["contactid"]
    return None


def queue(name):
    known = _queues.get(name)
    if known and time.monotonic() - known[0] < NAME_SECONDS:
        return known[1]
    path = f"queues?$select=name&$filter=name%20eq%20{quoted(name)}%20and%20statecode%20eq%200"
    rows = json.loads(ask(path))["value"]
    if len(rows) != 1:
        raise RuntimeError(f"queue {name} is not one")
    _queues[name] = (time.monotonic(), rows[0]["queueid"])
    return rows[0]["queueid"]


def part(place, path, row, more=""):
    return (
        f"--changes\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {place}\r\n\r\n"
        f"PATCH /api/data/v9.2/{path} HTTP/1.1\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"If-None-Match: *\r\n{more}\r\n{json.dumps(row)}\r\n"
    )


def open_case(plan):
    """Case, note and queue item in one change set; the ticket's number."""
    case = plan["id"]
    row = {
        "title": plan["title"],
        "description": plan["description"],
        "prioritycode": 1,
        "caseorigincode": 3,
        "casetypecode": 2,
        "routecase": False,
        "customerid_contact@odata.bind": f"/contacts({plan['customer']})",
    }
    about = {"objectid_incident@odata.bind": f"/incidents({case})"}
    note = {**about, "subject": plan["note"], "notetext": plan["description"]}
    item = {**about, "queueid@odata.bind": f"/queues({plan['queue']})"}
    body = (
        "--batch\r\nContent-Type: multipart/mixed; boundary=changes\r\n\r\n"
        + part(1, f"incidents({case})?$select=ticketnumber", row, "Prefer: return=representation\r\n")
        + part(2, f"annotations({plan['note_id']})", note)
        + part(3, f"queueitems({plan['item_id']})", item)
        + "--changes--\r\n--batch--\r\n"
    )
    answer = ask("$batch", "POST", body.encode(), **{"Content-Type": "multipart/mixed; boundary=batch"})
    ticket = re.search(r'"ticketnumber":"([^"]+)"', answer)
    if ticket:
        return ticket[1]
    return json.loads(ask(f"incidents({case})?$select=ticketnumber"))["ticketnumber"]
