// The same promises in Node, built for speed: each request is on disk, sealed, under its key before it leaves; its answer and
// its new state are one transaction; an interrupted one would be sent again under the same key. Prepared statements, one line
// kept open for each of those that are sent at once; no group commit, which better-sqlite3 does not have.
//
// node outbox.mjs FOLDER, spoken to line by line:
//   < {"origin", "ca_der_base64", "body"}   where to send what
//   > {"ready": true}
//   < {"count"}                             queue and send so many
//   > {"queued_ms", "all_ms"}

import { createCipheriv, createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { Pool } from 'undici';

const AT_ONCE = 6;

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const heard = async () => {
  const { value, done } = await lines.next();
  return done ? undefined : JSON.parse(value);
};

const folder = process.argv[2];
const { origin, ca_der_base64, body } = await heard();
const der = ca_der_base64.match(/.{1,64}/g).join('\n');
const ca = `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`;
const pool = new Pool(origin, { connections: AT_ONCE, pipelining: 1, connect: { ca, minVersion: 'TLSv1.3' } });

const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
const digest = (text) => createHash('sha256').update(text).digest('base64url');
const mint = () => randomBytes(16).toString('hex');

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
const header = base64url(JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }));
const token = base64url(randomBytes(32));
const ath = digest(token);

function proof(method, path) {
  const claims = { jti: mint(), htm: method, htu: origin + path, iat: Math.floor(Date.now() / 1000), ath };
  const input = `${header}.${base64url(JSON.stringify(claims))}`;
  return `${input}.${base64url(sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }))}`;
}

async function called(path, headers, body) {
  const answer = await pool.request({ method: 'POST', path, headers: { ...headers, dpop: proof('POST', path) }, body });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${text}`);
  return text;
}

const db = new Database(join(folder, 'outbox.db'));
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(`CREATE TABLE operation (
  seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, state TEXT NOT NULL, body BLOB NOT NULL, created_at INTEGER NOT NULL,
  receipt BLOB) STRICT`);
const insert = db.prepare("INSERT INTO operation (key, state, body, created_at) VALUES (?, 'new', ?, ?)");
const finish = db.prepare("UPDATE operation SET state = 'done', receipt = ? WHERE key = ?");

const sealing = randomBytes(32);

function sealed(text, row) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(row));
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

function queued() {
  const key = mint();
  insert.run(key, sealed(body, key), Date.now());
  return key;
}

async function sent(key) {
  const headers = {
    authorization: `DPoP ${token}`,
    accept: 'application/json',
    'content-type': 'application/json',
    'idempotency-key': key,
  };
  const receipt = await called('/v1/requests', headers, body);
  if (!JSON.parse(receipt).id) throw new Error('no request');
  finish.run(sealed(receipt, key), key);
}

async function round(count) {
  const begun = performance.now();
  const waiting = Array.from({ length: count }, queued);
  const queued_ms = performance.now() - begun;
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await sent(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { queued_ms, all_ms: performance.now() - begun };
}

say({ ready: true });
for (let order = await heard(); order; order = await heard()) say(await round(order.count));
await pool.close();
