// What a token is worth, at the service and at the doors.
import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import {
  bySecret, call, challenged, insecure, issues, issuer, refused, session, told,
} from './stage.mjs';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

const listing = async () => {
  const config = await bySecret(told.bySecret);
  return { config, tokens: await session(config, { scope: 'openid issues.list' }) };
};

export async function calls() {
  const { config, tokens } = await listing();
  const answer = await client.fetchProtectedResource(config, tokens.access_token, new URL(issues), 'GET');
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).length, 3);
}

export async function challenge401() {
  const none = await fetch(issues);
  assert.equal(none.status, 401);
  const said = await challenged('not-a-token', 401);
  assert.equal(said.error, 'invalid_token');
  const at = new URL(said.resource_metadata);
  const resource = new URL(told.resource);
  // Found by the challenge and by the rule of RFC 9728 section 3.1 alike.
  const byRule = await oauth.resourceDiscoveryRequest(resource, insecure);
  assert.equal(byRule.url, at.href);
  const known = await oauth.processResourceDiscoveryResponse(resource, byRule);
  assert.deepEqual(known.authorization_servers, [told.issuer]);
  assert.deepEqual(known.bearer_methods_supported, ['header']);
  const server = await oauth.discoveryRequest(new URL(known.authorization_servers[0]), { algorithm: 'oauth2', ...insecure });
  await oauth.processDiscoveryResponse(issuer, server);
}

export async function challenge403() {
  const { tokens } = await listing();
  const said = await challenged(tokens.access_token, 403, 'POST', `${issues}/2/close`);
  assert.equal(said.error, 'insufficient_scope');
  assert.equal(said.scope, 'issues.close');
  assert(said.resource_metadata.startsWith(issuer.origin));
}

export async function stepUp() {
  const { config, tokens } = await listing();
  const one = `${issues}/2`;
  const { scope } = await challenged(tokens.access_token, 403, 'GET', one);
  // The union of what it had and of what is missing, as MCP's clients ask then.
  const more = await session(config, { scope: `${tokens.scope} ${scope}`, resource: told.resource });
  assert.equal(more.scope, 'openid issues.list issues.read');
  assert.equal((await call(more.access_token, 'GET', one)).status, 200);
  // It is a session of its own: the first one is what it was.
  assert.equal((await call(tokens.access_token)).status, 200);
  await challenged(tokens.access_token, 403, 'GET', one);
}

export async function introspection() {
  const { config, tokens } = await listing();
  const known = await client.tokenIntrospection(config, tokens.access_token);
  assert.equal(known.active, true);
  assert.equal(known.client_id, told.bySecret.id);
  assert.equal(known.sub, told.person);
  assert.equal(known.scope, 'issues.list');
  assert(known.exp > Date.now() / 1000);
  for (const none of ['not-a-token', tokens.id_token, `${tokens.access_token}x`]) {
    assert.deepEqual(await client.tokenIntrospection(config, none), { active: false });
  }
}

export async function revocation() {
  const { config, tokens } = await listing();
  assert.equal((await call(tokens.access_token)).status, 200);
  await client.tokenRevocation(config, tokens.access_token, { token_type_hint: 'access_token' });
  await challenged(tokens.access_token, 401);
  assert.deepEqual(await client.tokenIntrospection(config, tokens.access_token), { active: false });
  // Once more is no error, and neither is what never was one (RFC 7009 section 2.2).
  await client.tokenRevocation(config, tokens.access_token);
  await client.tokenRevocation(config, 'not-a-token');
}

export async function clientCredentials() {
  const { secret } = told.bySecret;
  for (const proof of [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)]) {
    const config = await bySecret(told.bySecret, proof);
    const tokens = await client.clientCredentialsGrant(config);
    assert.equal(tokens.scope, 'ask');
    // It may ask, and nothing else.
    await challenged(tokens.access_token, 401);
  }
  const wrong = await bySecret({ id: told.bySecret.id, secret: told.unwanted.secret });
  await refused(client.clientCredentialsGrant(wrong), 'invalid_client', 401);
}

export async function tokenExchange() {
  const { config, tokens } = await listing();
  const wanted = {
    subject_token: tokens.access_token,
    subject_token_type: ACCESS_TOKEN,
    resource: told.resource,
    scope: 'issues.list',
  };
  const exchanged = await client.genericGrantRequest(config, EXCHANGE, wanted);
  assert.equal(exchanged.issued_token_type, ACCESS_TOKEN);
  assert(exchanged.expires_in <= 60);
  assert.equal((await call(exchanged.access_token)).status, 200);
  await challenged(exchanged.access_token, 401);
  await refused(client.genericGrantRequest(config, EXCHANGE, { ...wanted, subject_token: 'x' }), 'invalid_request');
  const elsewhere = { ...wanted, resource: `${issuer.origin}/proxy/elsewhere` };
  await refused(client.genericGrantRequest(config, EXCHANGE, elsewhere), 'invalid_target');
  await refused(client.genericGrantRequest(config, EXCHANGE, { ...wanted, scope: 'issues.close' }), 'invalid_scope');
}

export async function refreshRefused() {
  const { config, tokens } = await listing();
  assert.equal(tokens.refresh_token, undefined);
  await refused(client.refreshTokenGrant(config, tokens.access_token), 'unsupported_grant_type');
}
