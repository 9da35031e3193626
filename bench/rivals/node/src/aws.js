// Clients, made once for each process, and what all three functions ask of them.
import { gunzipSync, gzipSync } from "node:zlib";
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

const TableName = process.env.TABLE;
const dynamodb = new DynamoDBClient({});
let bus;
let secrets;

const SECRET_MILLISECONDS = 300_000;
const known = new Map();

export async function secret(name) {
  const standing = known.get(name);
  if (standing && Date.now() - standing.readAt < SECRET_MILLISECONDS) return standing.fields;
  secrets ??= new SecretsManagerClient({});
  const answer = await secrets.send(new GetSecretValueCommand({ SecretId: name }));
  const fields = JSON.parse(answer.SecretString);
  known.set(name, { readAt: Date.now(), fields });
  return fields;
}

export async function publish(name, detail) {
  bus ??= new EventBridgeClient({});
  const entry = { EventBusName: process.env.BUS, Source: "cxloop", DetailType: name, Detail: JSON.stringify(detail), Time: new Date() };
  const answer = await bus.send(new PutEventsCommand({ Entries: [entry] }));
  if (answer.FailedEntryCount) throw new Error(`not published: ${answer.Entries[0].ErrorCode}`);
}

export const text = (value) => ({ S: String(value) });
export const number = (value) => ({ N: String(value) });
export const packed = (value) => ({ B: gzipSync(typeof value === "string" ? value : JSON.stringify(value)) });
export const unpacked = (attribute) => gunzipSync(attribute.B).toString("utf8");
export const expiry = (days) => number(Math.floor(Date.now() / 1000) + days * 86_400);

export async function get(pk, sk) {
  const answer = await dynamodb.send(new GetItemCommand({ TableName, Key: { pk: text(pk), sk: text(sk) }, ConsistentRead: true }));
  return answer.Item;
}

// Whether the item was written; false when one is there already.
export async function putUnlessThere(pk, sk, attributes) {
  return put(pk, sk, attributes, { ConditionExpression: "attribute_not_exists(pk)" });
}

export async function put(pk, sk, attributes, condition = {}) {
  const Item = { pk: text(pk), sk: text(sk), ...attributes };
  try {
    await dynamodb.send(new PutItemCommand({ TableName, Item, ...condition }));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

export async function update(pk, sk, expression, names, values, more = {}) {
  const answer = await dynamodb.send(
    new UpdateItemCommand({
      TableName,
      Key: { pk: text(pk), sk: text(sk) },
      UpdateExpression: expression,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      ...more,
    }),
  );
  return answer.Attributes;
}

async function all(pk) {
  const answer = await dynamodb.send(
    new QueryCommand({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": text(pk) },
    }),
  );
  return answer.Items;
}

// Writes steps of a loop and lets its head say what they amount to.
export async function record(loop, steps) {
  const pk = `LOOP#${loop}`;
  for (const step of steps) {
    await putUnlessThere(pk, `STEP#${step.key}`, { step: text(JSON.stringify(step)), kind: text(step.what), expires_at: expiry(400) });
  }
  const items = await all(pk);
  const head = items.find((item) => item.sk.S === "HEAD");
  const told = items.filter((item) => item.step).map((item) => JSON.parse(item.step.S));
  told.sort((a, b) => (a.at < b.at ? -1 : 1));
  const last = told.at(-1);
  const version = Number(head.version.N);
  await update(
    pk,
    "HEAD",
    "SET #state = :state, changed_at = :at, version = :next, gsi1pk = :list, gsi1sk = :place",
    { "#state": "state" },
    {
      ":state": text(last.what),
      ":at": text(last.at),
      ":next": number(version + 1),
      ":version": number(version),
      ":list": text(`LOOPS#${last.at.slice(0, 10)}#${shard(loop)}`),
      ":place": text(`${last.at}#${loop}`),
    },
    { ConditionExpression: "version = :version" },
  );
}

export function shard(id) {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
  return hash % 4;
}

export async function gateIsOpen(connection) {
  const gate = await get(`GATE#${connection}`, "CLOSED");
  if (gate && gate.until.S > new Date().toISOString()) throw new Error(`${connection} is closed until ${gate.until.S}`);
}

// Runs the messages of a batch one after another and reports those that failed.
export async function eachMessage(batch, handle) {
  const batchItemFailures = [];
  for (const message of batch.Records) {
    try {
      await handle(JSON.parse(message.body).detail);
    } catch (error) {
      console.error(error);
      batchItemFailures.push({ itemIdentifier: message.messageId });
    }
  }
  return { batchItemFailures };
}
