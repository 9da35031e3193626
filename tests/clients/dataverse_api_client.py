"""usage: dataverse_api_client.py BASE_URL TOKEN LIMITED_URL

The package dataverse-api, unmodified, against the stand-in. LIMITED_URL is an organisation that allows few requests.
"""

import logging
import sys
import uuid

import requests
from dataverse_api import DataverseClient
from dataverse_api.errors import DataverseAPIError
from steps import Steps, refused, same

logging.disable(logging.CRITICAL)
FORMATTED = "@OData.Community.Display.V1.FormattedValue"


def connect(base, token):
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token}"
    return session, DataverseClient(session=session, environment_url=base)


def key_of(response):
    return response.headers["OData-EntityId"].rsplit("(", 1)[1].rstrip(")")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    base, token, limited = sys.argv[1].rstrip("/") + "/", sys.argv[2], sys.argv[3].rstrip("/") + "/"
    session, client = connect(base, token)
    run, steps, kept = uuid.uuid4().hex[:8], Steps(), {}

    def metadata():
        for name in ("account", "contact", "task", "incident", "lead"):
            kept[name] = client.entity(name)
        same(kept["incident"].entity_set_name, "incidents", "set")
        assert "incident_customer_contacts" in kept["contact"].relationships.collection_valued
        assert kept["task"].supports_create_multiple and kept["task"].supports_update_multiple

    def alternate_key():
        account = kept["account"]
        if ["accountnumber"] not in account.alternate_keys.values():
            label = {"LocalizedLabels": [{"Label": "Number", "LanguageCode": 1033}]}
            body = {"SchemaName": "new_accountnumberkey", "KeyAttributes": ["accountnumber"], "DisplayName": label}
            made = session.post(base + "api/data/v9.2/EntityDefinitions(LogicalName='account')/Keys", json=body, timeout=30)
            assert made.status_code in (200, 201, 204), made.text
            account.update_schema("altkeys")
        kept["key"] = next(name for name, of in account.alternate_keys.items() if of == ["accountnumber"])

    def create():
        made = kept["account"].create([{"name": f"Ultramarinos {run} {n}", "accountnumber": f"D{n}-{run}"} for n in range(4)])
        same([one.status_code for one in made], [204] * 4, "statuses")
        kept["ids"] = [key_of(one) for one in made]
        contact = {"lastname": f"Núñez {run}", "parentcustomerid_account@odata.bind": f"accounts({kept['ids'][0]})"}
        row = kept["contact"].create([contact], return_created=True)[0].json()
        same(row["_parentcustomerid_value"], kept["ids"][0], "parent")
        kept["person"] = row["contactid"]

    def read():
        rows = kept["account"].read(
            select=["name", "statecode"],
            filter=f"startswith(name,'Ultramarinos {run}') and not contains(name,'2')",
            order_by="name desc",
            return_formatted_values=True,
        )
        same([row["name"][-1] for row in rows], ["3", "1", "0"], "names")
        same(rows[0]["statecode" + FORMATTED], "Active", "formatted value")

    def expand():
        rows = kept["account"].read(
            select=["name"], filter=f"accountid eq {kept['ids'][0]}", expand="contact_customer_accounts($select=fullname),createdby($select=fullname)"
        )
        same(len(rows[0]["contact_customer_accounts"]), 1, "contacts")
        assert rows[0]["createdby"]["fullname"]

    def paging():
        rows = kept["account"].read(select=["name"], filter=f"startswith(name,'Ultramarinos {run}')", order_by="name", page_size=1)
        same([row["name"][-1] for row in rows], list("0123"), "names")

    def upsert():
        rows = [{"accountnumber": f"D3-{run}", "name": "vella"}, {"accountnumber": f"D4-{run}", "name": "nova"}]
        for mode in ("individual", "batch"):
            kept["account"].upsert([dict(row) for row in rows], mode=mode, altkey_name=kept["key"])
        found = kept["account"].read(select=["name", "accountnumber"], filter=f"endswith(accountnumber,'{run}')", order_by="accountnumber")
        same([row["name"] for row in found][-2:], ["vella", "nova"], "names")

    def upsert_by_id():
        one = str(uuid.uuid4())
        made = kept["account"].upsert([{"accountid": one, "name": f"con chave {run}"}])[0]
        same((made.status_code, key_of(made)), (204, one), "status and key")

    def batch():
        made = kept["task"].create([{"subject": f"lote {run} {n}"} for n in range(25)], mode="batch", batch_size=10)
        same([(one.status_code, one.text.count("HTTP/1.1 204")) for one in made], [(200, 10), (200, 10), (200, 5)], "batches")

    def multiple():
        made = kept["task"].create([{"subject": f"moitas {run} {n}"} for n in range(7)], mode="multiple", batch_size=5)
        same([len(one.json()["Ids"]) for one in made], [5, 2], "ids")

    def columns():
        gone = kept["account"].delete_columns(ids=kept["ids"][:2], columns=["accountnumber"], mode="batch")
        same(gone[0].status_code, 200, "status")
        rows = kept["account"].read(select=["accountnumber"], filter=f"accountid eq {kept['ids'][0]}")
        same(rows[0]["accountnumber"], None, "accountnumber")

    def duplicates():
        row = {"lastname": "x", "emailaddress1": f"{run}@example.com"}
        kept["contact"].create([dict(row)])
        refused(lambda: kept["contact"].create([dict(row)], detect_duplicates=True), 412, "0x80040333")

    def actions():
        case = kept["incident"].create([{"title": "Avaría", "customerid_contact@odata.bind": f"contacts({kept['person']})"}])[0]
        case = key_of(case)
        resolution = {"subject": "Feito", "incidentid@odata.bind": f"/incidents({case})"}
        done = session.post(base + "api/data/v9.2/CloseIncident", json={"IncidentResolution": resolution, "Status": 5}, timeout=30)
        same(done.status_code, 204, "status")
        rows = kept["incident"].read(select=["statecode"], filter=f"incidentid eq {case}")
        same(rows[0]["statecode"], 1, "state")

    def errors():
        refused(lambda: kept["account"].read(filter="nome eq 'x'"), 400)
        refused(lambda: kept["account"].create([{"name": "x" * 161}]), 400, "0x80044331")
        refused(lambda: kept["account"].delete(ids=[str(uuid.uuid4())]), 404, "0x80040217")

    def too_many():
        few, _ = connect(limited, token)
        answers = [few.get(limited + "api/data/v9.2/WhoAmI", timeout=30) for _ in range(10)]
        last = answers[-1]
        same((last.status_code, last.json()["error"]["code"]), (429, "0x80072322"), "status and code")
        assert 0 < int(last.headers["Retry-After"]) <= 300
        try:
            DataverseClient(session=few, environment_url=limited).entity("account")
        except DataverseAPIError as error:
            same(error.response.status_code, 429, "status")
        else:
            raise AssertionError("nothing was refused")

    def delete():
        gone = kept["account"].delete(ids=kept["ids"], mode="batch")
        same(gone[0].status_code, 200, "status")
        same(kept["account"].read(select=["name"], filter=f"accountid eq {kept['ids'][0]}"), [], "rows")

    steps.run("metadata of five tables", metadata)
    steps.run("alternate key", alternate_key)
    steps.run("create, with the row returned too", create)
    steps.run("filter, order and formatted values", read)
    steps.run("expand a collection and a lookup", expand)
    steps.run("paging", paging)
    steps.run("upsert by alternate key, one by one and in a batch", upsert)
    steps.run("upsert by primary key", upsert_by_id)
    steps.run("batches of creates", batch)
    steps.run("CreateMultiple in portions", multiple)
    steps.run("empty a column in a batch", columns)
    steps.run("duplicate detection", duplicates)
    steps.run("resolve a case", actions)
    steps.run("refusals carry status and code", errors)
    steps.run("429 with the seconds to wait", too_many)
    steps.run("delete in a batch", delete)
    return steps.end()


if __name__ == "__main__":
    sys.exit(main())
