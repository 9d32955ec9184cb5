// The same promises in Node, built for speed: each request is on disk, sealed, under its key before it leaves; its answer and
// its new state are one transaction; an interrupted one would be sent again under the same key. As quick as better-sqlite3 and
// undici allow: prepared statements, one line kept open for each of those that are sent at once.
//
// node outbox.mjs SANDBOX_JSON FOLDER, spoken to line by line:
//   > {"url"}                      open this in a browser
//   < {"callback"}                 where that led
//   > {"ready": true}
//   < {"count", "body"}            queue and send so many
//   > {"queued_ms", "all_ms"}

import { createCipheriv, createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { Pool } from 'undici';

const AT_ONCE = 6;
const CLIENT_ID = 'mn.emongolia.app';
const REDIRECT_URI = 'mn.emongolia:/callback';

const [configFile, folder] = process.argv.slice(2);
const config = JSON.parse(readFileSync(configFile, 'utf8'));
const der = config.ca_der_base64.match(/.{1,64}/g).join('\n');
const ca = `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`;
const pool = new Pool(config.origin, { connections: AT_ONCE, pipelining: 1, connect: { ca, minVersion: 'TLSv1.3' } });

const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
const digest = (text) => createHash('sha256').update(text).digest('base64url');
const mint = () => randomBytes(16).toString('hex');

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
const header = base64url(JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }));
const nonces = {};

function proof(space, method, path, token) {
  const claims = { jti: mint(), htm: method, htu: config.origin + path, iat: Math.floor(Date.now() / 1000) };
  if (token) claims.ath = token.digest;
  if (nonces[space]) claims.nonce = nonces[space];
  const input = `${header}.${base64url(JSON.stringify(claims))}`;
  return `${input}.${base64url(sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }))}`;
}

async function call(space, path, headers, body, token) {
  for (let again = true; ; again = false) {
    const dpop = proof(space, 'POST', path, token);
    const answer = await pool.request({ method: 'POST', path, headers: { ...headers, dpop }, body });
    const text = await answer.body.text();
    const nonce = answer.headers['dpop-nonce'];
    if (nonce) nonces[space] = nonce;
    if (answer.statusCode < 300) return text;
    if (!(again && text.includes('use_dpop_nonce'))) throw new Error(`${path}: ${answer.statusCode} ${text}`);
  }
}

const form = (fields) => [{ 'content-type': 'application/x-www-form-urlencoded' }, new URLSearchParams(fields).toString()];

async function pushed(verifier) {
  const asked = form({
    client_id: CLIENT_ID,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid offline_access',
    state: mint(),
    nonce: mint(),
    code_challenge: digest(verifier),
    code_challenge_method: 'S256',
  });
  const { request_uri } = JSON.parse(await call('as', '/oauth/par', ...asked));
  return `${config.origin}/oauth/authorize?${new URLSearchParams({ client_id: CLIENT_ID, request_uri })}`;
}

async function redeemed(callback, verifier) {
  const code = new URL(callback).searchParams.get('code');
  const asked = form({
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    client_id: CLIENT_ID,
    code_verifier: verifier,
  });
  const { access_token } = JSON.parse(await call('as', '/oauth/token', ...asked));
  return { text: access_token, digest: digest(access_token) };
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

function queued(body) {
  const key = mint();
  insert.run(key, sealed(body, key), Date.now());
  return { key, body };
}

async function sent({ key, body }, token) {
  const headers = {
    authorization: `DPoP ${token.text}`,
    accept: 'application/json',
    'content-type': 'application/json',
    'idempotency-key': key,
  };
  const receipt = await call('rs', '/v1/requests', headers, body, token);
  if (!JSON.parse(receipt).id) throw new Error('no request');
  finish.run(sealed(receipt, key), key);
}

async function round({ count, body }, token) {
  const text = JSON.stringify(body);
  const begun = performance.now();
  const waiting = Array.from({ length: count }, () => queued(text));
  const queued_ms = performance.now() - begun;
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await sent(next, token);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { queued_ms, all_ms: performance.now() - begun };
}

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const heard = async () => {
  const { value, done } = await lines.next();
  return done ? undefined : JSON.parse(value);
};

const verifier = base64url(randomBytes(32));
say({ url: await pushed(verifier) });
const token = await redeemed((await heard()).callback, verifier);
say({ ready: true });
for (let order = await heard(); order; order = await heard()) say(await round(order, token));
await pool.close();
