// How a client gets a session: the authorization code grant, in all its forms.
import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import {
  bySecret, byKey, call, challenged, fresh, insecure, issuer, refused, session, told, visits,
} from './stage.mjs';

export async function discovery() {
  const found = await Promise.all(['oauth2', 'oidc'].map(async (algorithm) => {
    const answer = await oauth.discoveryRequest(issuer, { algorithm, ...insecure });
    return oauth.processDiscoveryResponse(issuer, answer);
  }));
  assert.deepEqual(found[0], found[1]);
  const [known] = found;
  assert.equal(known.issuer, told.issuer);
  assert.deepEqual(known.code_challenge_methods_supported, ['S256']);
  assert.equal(known.authorization_response_iss_parameter_supported, true);
  assert(!known.grant_types_supported.includes('refresh_token'));
  assert(!known.scopes_supported.includes('offline_access'));
}

export async function code() {
  const config = await bySecret(told.bySecret);
  const tokens = await session(config, { scope: 'openid issues.read' });
  const claims = tokens.claims();
  assert.equal(claims.sub, told.person);
  assert.equal(claims.aud, told.bySecret.id);
  assert(claims.auth_time > 0 && claims.at_hash);
  assert.equal(tokens.token_type, 'bearer');
  assert.equal(tokens.scope, 'openid issues.read');
  assert.equal(tokens.refresh_token, undefined);
  // As long as the session: nothing is ever renewed.
  assert(tokens.expires_in > 600);
}

export async function codeForAResource() {
  const config = await bySecret(told.bySecret);
  const { resource } = told;
  const tokens = await session(config, { scope: 'openid', resource }, { redeem: { resource } });
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const claims = await oauth.validateJwtAccessToken(
    config.serverMetadata(), new Request(resource, { headers }), resource, insecure,
  );
  assert.equal(claims.client_id, told.bySecret.id);
  assert.equal(claims.sub, told.person);
  // Nothing was named: what an admin marked is offered.
  assert.equal(tokens.scope, 'openid issues.list issues.read');
  assert.deepEqual(claims.authorization_details, tokens.authorization_details);
  await answeredWith('invalid_target', session(config, { resource: `${issuer.origin}/proxy/other` }));
}

/** An error of the authorization response (RFC 6749 section 4.1.2.1), whose `iss` and `state` the client has checked. */
async function answeredWith(error, promise) {
  const failed = await promise.then(() => assert.fail('a session'), (failed) => failed);
  if (!(failed instanceof client.AuthorizationResponseError)) throw failed;
  assert.equal(failed.error, error);
}

const details = (actions) => [
  { type: 'service_access', service: told.service, actions, resources: ['acme/site'], limits: { max_calls: 7 } },
];

export async function pushedWithDetails() {
  const config = await bySecret(told.bySecret);
  const asked = details(['issues.list', 'issues.read']);
  const { parameters, checks } = await fresh({
    authorization_details: JSON.stringify(asked),
    resource: told.resource,
  });
  const url = await client.buildAuthorizationUrlWithPAR(config, parameters);
  assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  const tokens = await client.authorizationCodeGrant(config, await visits(url), checks);
  const [granted] = tokens.authorization_details;
  assert.equal(granted.type, 'service_access');
  assert.equal(granted.service, told.service);
  assert.deepEqual(granted.actions, asked[0].actions);
  assert.deepEqual(granted.resources, asked[0].resources);
  assert.equal(granted.limits.max_calls, 7);
}

export async function narrowed() {
  const config = await bySecret(told.bySecret);
  const asked = { authorization_details: JSON.stringify(details(['issues.list', 'issues.comment'])) };
  const tokens = await session(config, asked, { decision: { without: ['issues.comment'] } });
  assert.equal(tokens.scope, 'openid issues.list');
  assert.deepEqual(tokens.authorization_details.map((it) => it.actions), [['issues.list']]);
}

export async function denied() {
  const config = await bySecret(told.unwanted);
  await answeredWith('access_denied', session(config, { scope: 'openid issues.list' }, { decision: { deny: true } }));
}

export async function codeUsedTwice() {
  const config = await bySecret(told.bySecret);
  const { parameters, checks } = await fresh({ scope: 'openid issues.list issues.read' });
  const back = await visits(client.buildAuthorizationUrl(config, parameters));
  const tokens = await client.authorizationCodeGrant(config, back, checks);
  assert.equal((await call(tokens.access_token)).status, 200);
  await refused(client.authorizationCodeGrant(config, back, checks), 'invalid_grant');
  await challenged(tokens.access_token, 401);
}

export async function wrongVerifier() {
  const config = await bySecret(told.bySecret);
  const { parameters, checks } = await fresh({ scope: 'openid issues.read' });
  const back = await visits(client.buildAuthorizationUrl(config, parameters));
  const others = { ...checks, pkceCodeVerifier: client.randomPKCECodeVerifier() };
  await refused(client.authorizationCodeGrant(config, back, others), 'invalid_grant');
  // Whoever asked can still redeem it.
  await client.authorizationCodeGrant(config, back, checks);
}

export async function privateKeyJwt() {
  const config = await byKey();
  const { parameters, checks } = await fresh({ scope: 'openid issues.list' });
  const url = await client.buildAuthorizationUrlWithPAR(config, parameters);
  const tokens = await client.authorizationCodeGrant(config, await visits(url), checks);
  assert.equal(tokens.claims().aud, told.byKey.id);
  assert.equal((await call(tokens.access_token)).status, 200);
  assert.equal((await client.clientCredentialsGrant(config)).scope, 'ask');
}

