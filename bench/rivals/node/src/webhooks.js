// Verifies a signed webhook (Standard Webhooks), keeps its body and publishes its id.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { expiry, packed, publish, putUnlessThere, secret, shard, text, update } from "./aws.js";

const TOLERANCE_SECONDS = 300;

async function verified(headers, body) {
  const { webhook_secret } = await secret(process.env.SENDER_SECRET);
  const key = Buffer.from(webhook_secret.replace(/^whsec_/, ""), "base64");
  const id = headers["webhook-id"];
  const at = headers["webhook-timestamp"];
  if (!id || !/^\d+$/.test(at ?? "") || Math.abs(Date.now() / 1000 - Number(at)) > TOLERANCE_SECONDS) return false;
  const expected = createHmac("sha256", key).update(`${id}.${at}.${body}`).digest();
  return (headers["webhook-signature"] ?? "").split(" ").some((entry) => {
    const given = Buffer.from(entry.replace(/^v1,/, ""), "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

export async function handler(event) {
  if (event.requestContext.http.method !== "POST") return { statusCode: 200 };
  const body = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString("utf8") : event.body;
  if (!(await verified(event.headers, body))) return { statusCode: 401 };
  const { data } = JSON.parse(body);
  if (!data?.id || !data.survey) return { statusCode: 422 };
  const connection = "generic";
  const id = createHash("sha256").update(`${connection}/${event.headers["webhook-id"]}`).digest("hex").slice(0, 32);
  const now = new Date().toISOString();
  await putUnlessThere(`INBOX#${id}`, "BODY", {
    id: text(id),
    connection: text(connection),
    accepted_at: text(now),
    body: packed(body),
    state: text("unpublished"),
    gsi1pk: text(`UNPUBLISHED#${shard(id)}`),
    gsi1sk: text(now),
    expires_at: expiry(90),
  });
  await publish("ResponseHinted", { connection, inbox_id: id });
  await update(
    `INBOX#${id}`,
    "BODY",
    "SET #state = :published REMOVE gsi1pk, gsi1sk",
    { "#state": "state" },
    { ":published": text("published") },
  );
  console.log(JSON.stringify({ level: "INFO", message: "webhook kept and published", inbox_id: id }));
  return { statusCode: 200, headers: { "cache-control": "no-store" } };
}
