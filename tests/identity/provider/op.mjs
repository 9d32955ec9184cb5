// The certified provider as our authorisation server: `node op.mjs ISSUER [nonces] [rotate]`. The line `keys` on standard
// input changes the keys it signs with, told as {"keys":N} when the new ones are published and the old ones are not.
//
// Guarantees: on a free loopback port, told on standard output as {"ready":PORT}; everything in memory; ends when
// standard input does, so it never outlives the test that started it.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import Provider from 'oidc-provider';

const [issuer, ...switches] = process.argv.slice(2);
const nonces = switches.includes('nonces');
const rotate = switches.includes('rotate');

const signingKey = (kid, alg, type, options) => {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
};

// The gateway's inbox is what the provider guards: its own resource, with the provider's own checks.
const inbox = {
  items: [{ id: 'm-1', version: 1, kind: 'notice', title: { mn: 'Үнэмлэх бэлэн боллоо' }, sent_at: '2026-11-23T00:00:00Z' }],
  next: 1,
  more: false,
};

console.warn = () => {}; // that it is in memory, and that its pages are for tests: both are wanted

const configuration = {
  clients: [{
    client_id: 'mn.emongolia.app',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['mn.emongolia:/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    require_pushed_authorization_requests: true,
    dpop_bound_access_tokens: true,
    id_token_signed_response_alg: 'ES256',
  }],
  clientAuthMethods: ['none'],
  claims: { openid: ['sub', 'name', 'regnum', ...Object.keys(inbox)] },
  conformIdTokenClaims: false, // who signed in is told in the ID token: userinfo is never asked
  findAccount: (_ctx, sub) => ({
    accountId: sub,
    claims: (use) => ({ sub, name: 'Ү.Өнөрмаа', regnum: 'УЖ95121206', ...(use === 'userinfo' && inbox) }),
  }),
  acrValues: ['urn:mn:dan:signature'], // asked for, and never attested by pages that ask for a name only
  cookies: { keys: [randomBytes(32).toString('hex')] },
  features: {
    devInteractions: { enabled: true },
    dPoP: {
      enabled: true,
      nonceSecret: nonces ? randomBytes(32) : undefined,
      requireNonce: () => nonces,
      allowReplay: false,
    },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    revocation: { enabled: true },
  },
  issueRefreshToken: async () => true,
  pkce: { required: () => true },
  // Without the switch the provider's default: a token bound to a key is not rotated for most of its life.
  ...(rotate && { rotateRefreshToken: true }),
  routes: { userinfo: '/v1/inbox' },
  ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 86400, IdToken: 300, Interaction: 600, RefreshToken: 86400, Session: 600 },
};

const rsa = signingKey('rsa', 'RS256', 'rsa', { modulusLength: 2048 });

// What it remembers outlives a change of keys: by itself each provider has a memory of its own. What is over is told by
// the entries' own times.
const kept = new Map();
const adapter = (model) => {
  const key = (id) => `${model}:${id}`;
  const first = (fits) => [...kept].find(([name, entry]) => name.startsWith(key('')) && fits(entry))?.[1];
  return {
    upsert: async (id, entry) => { kept.set(key(id), entry); },
    find: async (id) => kept.get(key(id)),
    findByUid: async (uid) => first((entry) => entry.uid === uid),
    findByUserCode: async (userCode) => first((entry) => entry.userCode === userCode),
    destroy: async (id) => { kept.delete(key(id)); },
    consume: async (id) => { kept.get(key(id)).consumed = Math.floor(Date.now() / 1000); },
    revokeByGrantId: async (grantId) => {
      for (const [name, entry] of kept) if (entry.grantId === grantId) kept.delete(name);
    },
  };
};

// The same provider with other keys.
const withKeys = (generation) => {
  const keys = [rsa, signingKey(`ec-${generation}`, 'ES256', 'ec', { namedCurve: 'P-256' })];
  const provider = new Provider(issuer, { ...configuration, adapter, jwks: { keys } });
  provider.proxy = true; // the TLS front says what was asked for
  provider.on('server_error', (_ctx, error) => console.error(error));
  return provider.callback();
};

let [generation, handle] = [0, withKeys(0)];
const server = createServer((request, response) => handle(request, response));
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ ready: server.address().port })));

const told = createInterface({ input: process.stdin });
told.on('line', (line) => {
  if (line !== 'keys') return;
  generation += 1;
  handle = withKeys(generation);
  console.log(JSON.stringify({ keys: generation }));
});
told.on('close', () => process.exit(0));
