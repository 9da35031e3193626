// Holds one rule against a response: a score of 6 or less opens one case in the queue Recovery. The plan is stored first.
import { eachMessage, expiry, gateIsOpen, get, number, packed, put, putUnlessThere, record, text, unpacked, update } from "./aws.js";
import { findCustomer, idOf, openCase, queue } from "./dynamics.js";

const RULE = "detractor";
const MOST_POINTS = 6;

const plan = (value, version) => ({ plan: packed(value), version: number(version), expires_at: expiry(90) });

async function handle({ response: key }) {
  await gateIsOpen("dynamics");
  const stored = await get(`RESPONSE#${key}`, "NORMAL");
  if (!stored) return;
  const response = JSON.parse(unpacked(stored.response));
  const loop = key.replace("/", "~");
  const decisionKey = `PLAN#decision/${key}`;
  let decision = await get(decisionKey, "PLAN");
  if (!decision) {
    const chosen = response.metrics.nps <= MOST_POINTS ? [RULE] : [];
    await putUnlessThere(decisionKey, "PLAN", plan({ chosen }, 1));
    decision = { chosen };
  } else {
    decision = JSON.parse(unpacked(decision.plan));
  }
  const decided = decision.chosen.length ? "A case is to be opened." : "No rule matches.";
  await record(loop, [{ key: `decided/${key}`, what: "decided", at: new Date().toISOString(), actor: "cxloop", text: decided }]);
  if (decision.chosen.includes(RULE)) await carryOut(key, response, loop);
}

async function carryOut(key, response, loop) {
  const planKey = `PLAN#case/${key}/${RULE}`;
  const standing = await get(planKey, "PLAN");
  let intended = standing && JSON.parse(unpacked(standing.plan));
  if (intended?.ticket) return;
  if (!intended) {
    const customer = await findCustomer(response.customer.email);
    if (!customer) throw new Error("the customer is not known");
    intended = {
      id: idOf(`case/${key}/${RULE}`),
      noteId: idOf(`note/${key}/${RULE}`),
      itemId: idOf(`queue item/${key}/${RULE}`),
      customer,
      queueId: await queue("Recovery"),
      title: `${response.customer.name ?? "A customer"} scored ${response.metrics.nps} in ${response.location}`,
      description: response.comment,
      note: `Response ${key}`,
    };
    await putUnlessThere(planKey, "PLAN", plan(intended, 1));
  }
  const ticket = await openCase(intended);
  await update(
    `LOOP#${loop}`,
    "HEAD",
    "SET #case = if_not_exists(#case, :case), ticket = if_not_exists(ticket, :ticket)",
    { "#case": "case" },
    { ":case": text(intended.id), ":ticket": text(ticket) },
  );
  await putUnlessThere(`CASE#${intended.id}`, "LOOP", { loop: text(loop), expires_at: expiry(400) });
  const step = { key: `opened/${intended.id}`, what: "case_opened", at: new Date().toISOString(), actor: "cxloop", text: `Case ${ticket} is open.` };
  await record(loop, [step]);
  await put(planKey, "PLAN", plan({ ...intended, ticket }, 2), {
    ConditionExpression: "version = :version",
    ExpressionAttributeValues: { ":version": number(1) },
  });
  console.log(JSON.stringify({ level: "INFO", message: "the case stands", response: key, ticket }));
}

export const handler = (batch) => eachMessage(batch, handle);
