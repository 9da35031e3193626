// usage: node dynamics_web_api.mjs BASE_URL TOKEN LIMITED_URL
//
// The package dynamics-web-api, unmodified, against the stand-in. LIMITED_URL is an organisation that allows few requests.
// MODULES names the folder that the package was installed into.

import { createRequire } from "node:module";
import path from "node:path";
import { randomUUID } from "node:crypto";

const require = createRequire(path.join(process.env.MODULES ?? process.cwd(), "package.json"));
const { DynamicsWebApi } = require("dynamics-web-api");

const [base, token, limited] = process.argv.slice(2).map((text) => text.replace(/\/$/, ""));
if (!limited) {
  console.error("usage: node dynamics_web_api.mjs BASE_URL TOKEN LIMITED_URL");
  process.exit(2);
}
const connect = (root) => new DynamicsWebApi({ serverUrl: `${root}/`, dataApi: { version: "9.2" }, onTokenRefresh: async () => token });
const api = connect(base);
const run = randomUUID().slice(0, 8);
const FORMATTED = "@OData.Community.Display.V1.FormattedValue";
const CRM = "Microsoft.Dynamics.CRM.";
let passed = 0, failed = 0;

async function step(name, check) {
  try {
    await check();
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}: ${error?.message ?? error}${error?.status ? ` (status ${error.status}, code ${error.code})` : ""}`);
  }
}

function same(found, expected, what) {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${what}: ${JSON.stringify(found)} is not ${JSON.stringify(expected)}`);
  }
}

async function refused(call, status, code) {
  let error;
  try {
    await call();
  } catch (caught) {
    error = Array.isArray(caught) ? caught[0] : caught;
  }
  if (!error) throw new Error("nothing was refused");
  same(error.status, status, "status");
  if (code) same(error.code ?? error.error?.code, code, "code");
  return error;
}

let account, contact;
const key = `accountnumber='N-${run}'`;

await step("alternate key", async () => {
  const keys = { collection: "EntityDefinitions", key: "LogicalName='account'", navigationProperty: "Keys" };
  const found = (await api.retrieve({ ...keys, select: ["SchemaName", "KeyAttributes"] })).value;
  if (found.some((one) => one.KeyAttributes.join() === "accountnumber")) return;
  const label = { "@odata.type": `${CRM}Label`, LocalizedLabels: [{ "@odata.type": `${CRM}LocalizedLabel`, Label: "Number", LanguageCode: 1033 }] };
  await api.create({ ...keys, data: { SchemaName: "new_accountnumberkey", KeyAttributes: ["accountnumber"], DisplayName: label } });
});

await step("create with rows inside", async () => {
  account = await api.create({
    collection: "accounts",
    data: { name: `Padaría ${run}`, primarycontactid: { firstname: "Iria", lastname: run } },
  });
  const row = await api.retrieve({ collection: "accounts", key: account, select: ["name"], expand: [{ property: "primarycontactid", select: ["fullname"] }] });
  same(row.primarycontactid.fullname, `Iria ${run}`, "fullname");
  contact = row.primarycontactid.contactid;
});

await step("upsert in all its answers", async () => {
  const row = { collection: "accounts", key, data: { name: "feito" }, returnRepresentation: true, select: ["name"] };
  const first = await api.upsert(row);
  const second = await api.upsert({ ...row, data: { name: "cambiado" } });
  same([first.accountid, second.name], [second.accountid, "cambiado"], "the same row");
  same(await api.upsert({ ...row, returnRepresentation: false, ifnonematch: "*" }), null, "kept from updating");
  const missing = `accountnumber='X-${run}'`;
  same(await api.upsert({ ...row, key: missing, returnRepresentation: false, ifmatch: "*" }), null, "kept from creating");
});

await step("optimistic concurrency", async () => {
  const row = { collection: "accounts", key: account, select: ["telephone1"] };
  const stale = (await api.retrieve(row))["@odata.etag"];
  await api.update({ collection: "accounts", key: account, data: { telephone1: "1" }, ifmatch: stale });
  const late = await api.update({ collection: "accounts", key: account, data: { telephone1: "2" }, ifmatch: stale });
  same(late, false, "a late update");
  same((await api.retrieve(row)).telephone1, "1", "telephone1");
});

await step("annotations", async () => {
  const row = await api.retrieve({ collection: "accounts", key: account, select: ["statecode", "_primarycontactid_value"], includeAnnotations: "*" });
  same(row[`statecode${FORMATTED}`], "Active", "formatted value");
  same(row[`_primarycontactid_value@${CRM}lookuplogicalname`], "contact", "logical name");
});

await step("count, filter, order and top", async () => {
  for (const n of [1, 2, 3, 4, 5]) await api.create({ collection: "tasks", data: { subject: `paso ${run} ${n}` } });
  const found = await api.retrieveMultiple({
    collection: "tasks", select: ["subject"], filter: `startswith(subject,'paso ${run}') and subject ne 'paso ${run} 2'`, orderBy: ["subject desc"], count: true, top: 2,
  });
  same(found.value.map((row) => row.subject.at(-1)), ["5", "4"], "subjects");
  same(await api.count({ collection: "tasks", filter: `startswith(subject,'paso ${run}')` }), 5, "count");
});

await step("paging", async () => {
  const asked = { collection: "tasks", select: ["subject"], filter: `startswith(subject,'paso ${run}')`, orderBy: ["subject"], maxPageSize: 2 };
  const first = await api.retrieveMultiple(asked);
  const second = await api.retrieveMultiple(asked, first.oDataNextLink);
  const third = await api.retrieveMultiple(asked, second.oDataNextLink);
  same([first, second, third].map((page) => page.value.length), [2, 2, 1], "pages");
  same(third.oDataNextLink, undefined, "end");
});

await step("batch goes on after an error", async () => {
  api.startBatch();
  api.create({ collection: "tasks", data: { subject: "x".repeat(201) }, inChangeSet: false });
  api.create({ collection: "tasks", data: { subject: `despois ${run}` }, inChangeSet: false });
  const found = await api.executeBatch({ continueOnError: true });
  same([found[0].error?.code ?? found[0].code, typeof found[1]], ["0x80044331", "string"], "answers");
});

await step("change set refers to its own rows", async () => {
  api.startBatch();
  api.create({ collection: "contacts", data: { lastname: `xuntos ${run}` }, contentId: "1" });
  api.create({ collection: "accounts", data: { name: `xuntos ${run}`, "primarycontactid@odata.bind": "$1" } });
  const [one, other] = await api.executeBatch();
  same((await api.retrieve({ collection: "accounts", key: other, select: ["_primarycontactid_value"] }))._primarycontactid_value, one, "contact");
});

await step("change set is all or nothing", async () => {
  api.startBatch();
  api.create({ collection: "tasks", data: { subject: `nada ${run}` } });
  api.create({ collection: "tasks", data: { subject: "x".repeat(201) } });
  await refused(() => api.executeBatch(), 400, "0x80044331");
  same(await api.count({ collection: "tasks", filter: `subject eq 'nada ${run}'` }), 0, "rows");
});

await step("CreateMultiple and UpdateMultiple", async () => {
  const of = (row) => ({ "@odata.type": `${CRM}task`, ...row });
  const made = await api.callAction({ collection: "tasks", actionName: `${CRM}CreateMultiple`, action: { Targets: [1, 2].map((n) => of({ subject: `moitas ${run} ${n}` })) } });
  same(made.Ids.length, 2, "ids");
  await api.callAction({ collection: "tasks", actionName: `${CRM}UpdateMultiple`, action: { Targets: made.Ids.map((id) => of({ activityid: id, description: "si" })) } });
  same((await api.retrieve({ collection: "tasks", key: made.Ids[1], select: ["description"] })).description, "si", "description");
});

await step("queues: add, pick, release", async () => {
  const queue = await api.create({ collection: "queues", data: { name: `cola ${run}` } });
  const task = await api.create({ collection: "tasks", data: { subject: `cola ${run}` } });
  const target = { "@odata.type": `${CRM}task`, activityid: task };
  const item = (await api.callAction({ collection: "queues", key: queue, actionName: `${CRM}AddToQueue`, action: { Target: target } })).QueueItemId;
  const user = (await api.callFunction("WhoAmI")).UserId;
  await api.callAction({ collection: "queueitems", key: item, actionName: `${CRM}PickFromQueue`, action: { SystemUser: { "@odata.type": `${CRM}systemuser`, systemuserid: user }, RemoveQueueItem: false } });
  const worker = async () => (await api.retrieve({ collection: "queueitems", key: item, select: ["_workerid_value"] }))._workerid_value;
  same(await worker(), user, "worker");
  await api.callAction({ collection: "queueitems", key: item, actionName: `${CRM}ReleaseToQueue` });
  same(await worker(), null, "worker");
});

await step("marketing list and its members", async () => {
  const list = await api.create({ collection: "lists", data: { listname: `lista ${run}`, createdfromcode: 2 } });
  const added = await api.callAction({ collection: "lists", key: list, actionName: `${CRM}AddMemberList`, action: { EntityId: contact } });
  same(added.Id.length, 36, "key");
  const members = await api.retrieve({ collection: "lists", key: list, navigationProperty: "listcontact_association", select: ["fullname"] });
  same(members.value.map((one) => one.fullname), [`Iria ${run}`], "members");
});

await step("a lead is qualified and its opportunity won", async () => {
  const lead = await api.create({ collection: "leads", data: { subject: `Obra ${run}`, firstname: "Xoán", lastname: run, companyname: `Obras ${run}` } });
  const made = (await api.callAction({ collection: "leads", key: lead, actionName: `${CRM}QualifyLead`, action: { CreateAccount: true, CreateContact: true, CreateOpportunity: true, Status: 3 } })).value;
  const opportunity = made.find((one) => one.opportunityid).opportunityid;
  await api.callAction({ actionName: "WinOpportunity", action: { Status: 3, OpportunityClose: { subject: "Si", "opportunityid@odata.bind": `/opportunities(${opportunity})` } } });
  same((await api.retrieve({ collection: "opportunities", key: opportunity, select: ["statecode"] })).statecode, 1, "state");
});

await step("a case is merged and another resolved", async () => {
  const open = () => api.create({ collection: "incidents", data: { title: `caso ${run}`, "customerid_contact@odata.bind": `/contacts(${contact})` } });
  const [kept, gone] = [await open(), await open()];
  const entity = (id) => ({ "@odata.type": `${CRM}incident`, incidentid: id });
  await api.callAction({ actionName: "Merge", action: { Target: entity(kept), Subordinate: entity(gone), PerformParentingChecks: false } });
  same((await api.retrieve({ collection: "incidents", key: gone, select: ["_masterid_value"] }))._masterid_value, kept, "master");
  const resolution = { "@odata.type": `${CRM}incidentresolution`, subject: "Feito", "incidentid@odata.bind": `/incidents(${kept})` };
  await api.callAction({ actionName: "CloseIncident", action: { IncidentResolution: resolution, Status: 5 } });
  await refused(() => api.callAction({ actionName: "CloseIncident", action: { IncidentResolution: resolution, Status: 5 } }), 400, "0x80044411");
});

await step("associate and disassociate", async () => {
  const opportunity = await api.create({ collection: "opportunities", data: { name: `o ${run}` } });
  const pair = { collection: "accounts", primaryKey: account, relationshipName: "opportunity_customer_accounts", relatedKey: opportunity };
  const customer = async () => (await api.retrieve({ collection: "opportunities", key: opportunity, select: ["_customerid_value"] }))._customerid_value;
  await api.associate({ ...pair, relatedCollection: "opportunities" });
  same(await customer(), account, "customer");
  await api.disassociate(pair);
  same(await customer(), null, "customer");
});

await step("refusals carry status and code", async () => {
  await refused(() => api.retrieve({ collection: "accounts", key: randomUUID(), select: ["name"] }), 404, "0x80040217");
  await refused(() => api.create({ collection: "accounts", data: { nome: "x" } }), 400);
  await refused(() => api.create({ collection: "incidents", data: { title: "x" } }), 400, "0x80044410");
});

await step("429 with the seconds to wait", async () => {
  const few = connect(limited);
  const asked = async () => {
    for (let n = 0; n < 10; n += 1) await few.callFunction("WhoAmI");
  };
  const error = await refused(asked, 429, "0x80072322");
  const wait = Number(error.headers?.["retry-after"]);
  if (!(wait > 0 && wait <= 300)) throw new Error(`Retry-After ${wait}`);
});

await step("delete", async () => {
  await api.deleteRecord({ collection: "accounts", key: account });
  await refused(() => api.retrieve({ collection: "accounts", key: account, select: ["name"] }), 404);
});

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
