"""usage: powerplatform_dataverse_client.py BASE_URL TOKEN LIMITED_URL

Microsoft's own client for Python, unmodified, against the stand-in. LIMITED_URL is an organisation that allows few requests.
The client refuses plain http, so its address is put right after it was made; everything else is the client's own code.
"""

import sys
import uuid
import warnings

warnings.simplefilter("ignore")
from azure.core.credentials import AccessToken  # noqa: E402
from PowerPlatform.Dataverse.client import DataverseClient  # noqa: E402
from PowerPlatform.Dataverse.models.filters import col  # noqa: E402
from PowerPlatform.Dataverse.models.query_builder import ExpandOption  # noqa: E402
from PowerPlatform.Dataverse.models.upsert import UpsertItem  # noqa: E402
from steps import Steps, refused, same  # noqa: E402

FORMATTED = "@OData.Community.Display.V1.FormattedValue"


class StaticToken:
    def __init__(self, token):
        self.token = token

    def get_token(self, *scopes, **options):
        return AccessToken(self.token, 4102444800)


def connect(base, token):
    client = DataverseClient("https://" + base.split("://", 1)[1], StaticToken(token))
    client._base_url = base
    return client


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    base, token, limited = (text.rstrip("/") for text in sys.argv[1:4])
    client = connect(base, token)
    records, run, steps, kept = client.records, uuid.uuid4().hex[:8], Steps(), {}

    def key():
        keys = client.tables.get_alternate_keys("account")
        if not any(key.key_attributes == ["accountnumber"] for key in keys):
            client.tables.create_alternate_key("account", "new_accountnumberkey", ["accountnumber"])
        names = [key.key_attributes for key in client.tables.get_alternate_keys("account")]
        assert ["accountnumber"] in names, names

    def create():
        kept["account"] = records.create("account", {"name": f"Padaría {run}", "telephone1": "+34886000101"})
        kept["contact"] = records.create(
            "contact",
            {"firstname": "Antía", "lastname": run, "parentcustomerid_account@odata.bind": f"/accounts({kept['account']})"},
        )
        row = records.retrieve("contact", kept["contact"], select=["fullname", "_parentcustomerid_value"])
        same((row["fullname"], row["_parentcustomerid_value"]), (f"Antía {run}", kept["account"]), "contact")

    def bulk():
        ids = records.create("account", [{"name": f"Conxunto {run} {n}", "accountnumber": f"B{n}-{run}"} for n in range(10)])
        same(len(set(ids)), 10, "ids")
        records.update("account", ids, {"description": "Cambiado"})
        records.update("account", ids[:2], [{"telephone1": "1"}, {"telephone1": "2"}])
        rows = [records.retrieve("account", one, select=["description", "telephone1"]) for one in ids[:3]]
        same([row["telephone1"] for row in rows], ["1", "2", None], "telephones")
        same({row["description"] for row in rows}, {"Cambiado"}, "descriptions")
        kept["bulk"] = ids

    def bulk_is_atomic():
        rows = [{"name": f"Atómico {run}"}, {"name": "x" * 161}]
        refused(lambda: records.create("account", rows), 400, "0x80044331")
        same(list(records.list("account", filter=f"name eq 'Atómico {run}'", select=["name"])), [], "rows")

    def upsert_by_key():
        records.upsert("account", [UpsertItem({"accountnumber": f"K-{run}"}, {"name": "feito"})])
        records.upsert("account", [UpsertItem({"accountnumber": f"K-{run}"}, {"name": "cambiado"})])
        rows = list(records.list("account", filter=f"accountnumber eq 'K-{run}'", select=["name"]))
        same([row["name"] for row in rows], ["cambiado"], "rows")

    def upsert_many():
        items = [UpsertItem({"accountnumber": f"B{n}-{run}"}, {"name": f"de novo {n}"}) for n in range(8, 12)]
        records.upsert("account", items)
        rows = list(records.list("account", filter=f"startswith(name,'de novo') and endswith(accountnumber,'{run}')", select=["name"]))
        same(len(rows), 4, "rows")

    def upsert_the_same_twice():
        item = UpsertItem({"accountnumber": f"T-{run}"}, {"name": "dúas veces"})
        error = refused(lambda: records.upsert("account", [item, item]), 412)
        assert error is not None
        same(list(records.list("account", filter=f"accountnumber eq 'T-{run}'", select=["name"])), [], "rows")

    def query():
        chosen = (
            client.query.builder("account")
            .select("name", "statecode")
            .where(col("accountnumber").in_([f"B1-{run}", f"B3-{run}"]) & (col("statecode") == 0))
            .order_by("name", descending=True)
            .include_formatted_values()
        )
        rows = [row for page in chosen.execute_pages() for row in page]
        same([row["name"] for row in rows], [f"Conxunto {run} 3", f"Conxunto {run} 1"], "names")
        same(rows[0]["statecode" + FORMATTED], "Active", "formatted value")

    def expand():
        chosen = (
            client.query.builder("account")
            .select("name")
            .where(col("accountid") == kept["account"])
            .expand(ExpandOption("contact_customer_accounts").select("fullname"))
        )
        rows = [row for page in chosen.execute_pages() for row in page]
        same([one["fullname"] for one in rows[0]["contact_customer_accounts"]], [f"Antía {run}"], "contacts")

    def paging():
        pages = records.list_pages("account", filter=f"startswith(name,'Conxunto {run}')", select=["name"], orderby=["name"], page_size=3)
        found = [[row["name"][-1] for row in page] for page in pages]
        same(found, [["0", "1", "2"], ["3", "4", "5"], ["6", "7"]], "pages")

    def batch():
        work = client.batch.new()
        work.records.create("task", {"subject": f"lote {run}"})
        work.records.update("account", kept["account"], {"telephone1": "7"})
        work.records.retrieve("account", kept["account"], select=["telephone1"])
        work.records.list("account", filter=f"startswith(name,'Conxunto {run}')", select=["name"], top=2)
        found = work.execute().responses
        same([one.status_code for one in found], [204, 204, 200, 200], "statuses")
        same(found[2].data["telephone1"], "7", "telephone1")

    def change_set_is_atomic():
        work = client.batch.new()
        with work.changeset() as together:
            together.records.create("contact", {"lastname": f"xuntos {run}"})
            together.records.create("account", {"name": "x" * 161})
        found = work.execute(continue_on_error=True).responses
        same([one.status_code for one in found], [400], "statuses")
        same(list(records.list("contact", filter=f"lastname eq 'xuntos {run}'", select=["lastname"])), [], "rows")

    def change_set_refers_to_itself():
        work = client.batch.new()
        with work.changeset() as together:
            contact = together.records.create("contact", {"lastname": f"ligado {run}"})
            together.records.create("account", {"name": f"ligado {run}", "primarycontactid@odata.bind": contact})
            together.records.update("contact", contact, {"firstname": "Brais"})
        found = work.execute().responses
        same([one.status_code for one in found], [204, 204, 204], "statuses")
        account = records.retrieve("account", found[1].entity_id, select=["_primarycontactid_value"])
        same(account["_primarycontactid_value"], found[0].entity_id, "contact")

    def errors():
        refused(lambda: records.update("account", str(uuid.uuid4()), {"name": "x"}), 404, "0x80040217")
        refused(lambda: records.create("account", {"nome": "x"}), 400)
        refused(lambda: records.create("incident", {"title": "x"}), 400, "0x80044410")
        refused(lambda: list(records.list("account", filter="nome eq 'x'", select=["name"])), 400)

    def too_many():
        few = connect(limited, token)
        error = None
        for _ in range(10):
            try:
                few.records.retrieve("account", str(uuid.uuid4()), select=["name"])
            except Exception as caught:
                if getattr(caught, "status_code", None) == 429:
                    error = caught
                    break
        assert error is not None, "no request was one too many"
        assert error.is_transient and 0 < error.details["retry_after"] <= 300, error.details

    def delete():
        for one in kept["bulk"] + [kept["contact"], kept["account"]]:
            records.delete("account" if one != kept["contact"] else "contact", one)
        assert records.retrieve("account", kept["account"], select=["name"]) is None

    steps.run("alternate key", key)
    steps.run("create with a bound lookup", create)
    steps.run("CreateMultiple and UpdateMultiple", bulk)
    steps.run("bulk is all or nothing", bulk_is_atomic)
    steps.run("upsert by alternate key", upsert_by_key)
    steps.run("UpsertMultiple of old and new", upsert_many)
    steps.run("UpsertMultiple refuses the same key twice", upsert_the_same_twice)
    steps.run("query builder with formatted values", query)
    steps.run("query builder with an expanded collection", expand)
    steps.run("paging", paging)
    steps.run("batch of several kinds", batch)
    steps.run("change set is all or nothing", change_set_is_atomic)
    steps.run("change set refers to its own rows", change_set_refers_to_itself)
    steps.run("refusals carry status and code", errors)
    steps.run("429 with the seconds to wait", too_many)
    steps.run("delete", delete)
    return steps.end()


if __name__ == "__main__":
    sys.exit(main())
