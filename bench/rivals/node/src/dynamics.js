// The few requests to the Dataverse Web API that a case takes.
import { createHash } from "node:crypto";
import { secret } from "./aws.js";

const root = process.env.DYNAMICS_URL;
const api = `${root}/api/data/v9.2`;
const JSON_TYPE = "application/json; charset=utf-8";
const OData = { "OData-Version": "4.0", "OData-MaxVersion": "4.0", Accept: "application/json" };
const NAMESPACE = Buffer.from("6ba7b8129dad11d180b400c04fd430c8", "hex");
const NAME_MILLISECONDS = 600_000;

let token;
const queues = new Map();

// A UUIDv5, so that a repeat writes the same row.
export function idOf(name) {
  const bytes = createHash("sha1").update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x50;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

async function bearer() {
  if (token && token.until > Date.now()) return token.bearer;
  const fields = await secret(process.env.DYNAMICS_SECRET);
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: fields.client_id,
    client_secret: fields.client_secret,
    scope: `${root}/.default`,
  });
  const answer = await fetch(`${root}/${fields.tenant}/oauth2/v2.0/token`, { method: "POST", body: form });
  if (!answer.ok) throw new Error(`no token: ${answer.status}`);
  const { access_token, expires_in } = await answer.json();
  token = { bearer: access_token, until: Date.now() + (Number(expires_in) - 120) * 1000 };
  return access_token;
}

async function ask(path, request = {}) {
  const headers = { ...OData, Authorization: `Bearer ${await bearer()}`, ...request.headers };
  const answer = await fetch(`${api}/${path}`, { ...request, headers });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`Dynamics answered ${answer.status}`);
  return body;
}

const quoted = (value) => encodeURIComponent(`'${value.replaceAll("'", "''")}'`);

export async function findCustomer(email) {
  const columns = ["emailaddress1", "emailaddress2", "emailaddress3"];
  const matches = columns.map((column) => `${column}%20eq%20${quoted(email)}`).join("%20or%20");
  const query = `$select=${columns}&$filter=statecode%20eq%200%20and%20(${matches})&$orderby=createdon%20desc&$top=20`;
  const { value } = JSON.parse(await ask(`contacts?${query}`));
  const row = value.find((one) => columns.some((column) => one[column]?.toLowerCase() === email.toLowerCase()));
  return row?.contactid;
}

export async function queue(name) {
  const known = queues.get(name);
  if (known && Date.now() - known.readAt < NAME_MILLISECONDS) return known.id;
  const { value } = JSON.parse(await ask(`queues?$select=name&$filter=name%20eq%20${quoted(name)}%20and%20statecode%20eq%200`));
  if (value.length !== 1) throw new Error(`queue ${name} is not one`);
  queues.set(name, { id: value[0].queueid, readAt: Date.now() });
  return value[0].queueid;
}

function part(number, path, row, more = "") {
  return (
    `--changes\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: ${number}\r\n\r\n` +
    `PATCH /api/data/v9.2/${path} HTTP/1.1\r\nContent-Type: ${JSON_TYPE}\r\nIf-None-Match: *\r\n${more}\r\n${JSON.stringify(row)}\r\n`
  );
}

// Case, note and queue item in one change set; the ticket's number.
export async function openCase({ id, customer, title, description, queueId, noteId, note, itemId }) {
  const row = {
    title,
    description,
    prioritycode: 1,
    caseorigincode: 3,
    casetypecode: 2,
    routecase: false,
    "customerid_contact@odata.bind": `/contacts(${customer})`,
  };
  const about = { "objectid_incident@odata.bind": `/incidents(${id})` };
  const body =
    "--batch\r\nContent-Type: multipart/mixed; boundary=changes\r\n\r\n" +
    part(1, `incidents(${id})?$select=ticketnumber`, row, "Prefer: return=representation\r\n") +
    part(2, `annotations(${noteId})`, { ...about, subject: note, notetext: description }) +
    part(3, `queueitems(${itemId})`, { ...about, "queueid@odata.bind": `/queues(${queueId})` }) +
    "--changes--\r\n--batch--\r\n";
  const answer = await ask("$batch", { method: "POST", body, headers: { "Content-Type": "multipart/mixed; boundary=batch" } });
  const ticket = /"ticketnumber":"([^"]+)"/.exec(answer);
  if (ticket) return ticket[1];
  const { ticketnumber } = JSON.parse(await ask(`incidents(${id})?$select=ticketnumber`));
  return ticketnumber;
}
