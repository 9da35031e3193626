// Reads a kept body into a response's normal form, stores it, begins its loop and tells of it.
import { eachMessage, expiry, gateIsOpen, get, number, packed, publish, putUnlessThere, record, shard, text, unpacked, update } from "./aws.js";

function normal(connection, { data, timestamp }) {
  return {
    key: `${connection}/${data.id}`,
    survey: data.survey,
    submitted_at: data.submitted_at ?? timestamp,
    language: data.language,
    channel: data.channel,
    location: data.location,
    comment: data.comment,
    customer: data.customer ?? {},
    answers: data.answers ?? [],
    metrics: data.metrics ?? {},
    about_case: data.case_id,
  };
}

async function takeIn({ connection, inbox_id }) {
  const kept = await get(`INBOX#${inbox_id}`, "BODY");
  if (!kept) return;
  await gateIsOpen(connection);
  const response = normal(connection, JSON.parse(unpacked(kept.body)));
  await update(
    `RESPONSE#${response.key}`,
    "NORMAL",
    "SET #response = if_not_exists(#response, :response), expires_at = if_not_exists(expires_at, :expires), " +
      "gsi1pk = if_not_exists(gsi1pk, :person), gsi1sk = if_not_exists(gsi1sk, :place)",
    { "#response": "response" },
    {
      ":response": packed(response),
      ":expires": expiry(400),
      ":person": text(`PERSON#${response.customer.email}`),
      ":place": text(`RESPONSE#${response.key}`),
    },
    { ReturnValues: "ALL_NEW" },
  );
  const loop = response.key.replace("/", "~");
  const now = new Date().toISOString();
  await putUnlessThere(`LOOP#${loop}`, "HEAD", {
    id: text(loop),
    response: text(response.key),
    survey: text(response.survey),
    began_at: text(now),
    changed_at: text(now),
    state: text("received"),
    version: number(0),
    gsi1pk: text(`LOOPS#${now.slice(0, 10)}#${shard(loop)}`),
    gsi1sk: text(`${now}#${loop}`),
    expires_at: expiry(400),
  });
  await record(loop, [
    { key: `received/${response.key}`, what: "response_received", at: kept.accepted_at.S, actor: "customer", text: `The customer answered ${response.survey}.` },
  ]);
  const kind = response.about_case ? "about_case" : "new";
  await publish("ResponseReceived", { version: 1, response: response.key, notification: "", kind, inbox_id });
  console.log(JSON.stringify({ level: "INFO", message: "response taken in", response: response.key }));
}

export const handler = (batch) => eachMessage(batch, takeIn);
