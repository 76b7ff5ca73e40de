// CIBA in poll mode: a client asks, the person decides wherever they are, the client polls.
import assert from 'node:assert/strict';
import * as client from 'openid-client';
import { byKey, bySecret, call, finds, refused, told } from './stage.mjs';

const asking = (binding_message) => ({
  scope: 'openid issues.list',
  login_hint: told.person,
  binding_message,
  requested_expiry: '120',
});

export async function ciba() {
  const config = await bySecret(told.bySecret);
  const started = await client.initiateBackchannelAuthentication(config, asking('K7-42'));
  assert(started.expires_in <= 120 && started.interval === 5);
  const [tokens] = await Promise.all([
    client.pollBackchannelAuthenticationGrant(config, started),
    finds('K7-42'),
  ]);
  assert.equal(tokens.claims().sub, told.person);
  assert.equal(tokens.scope, 'openid issues.list');
  assert.equal(tokens.refresh_token, undefined);
  assert.equal((await call(tokens.access_token)).status, 200);
  const again = client.genericGrantRequest(config, 'urn:openid:params:grant-type:ciba', {
    auth_req_id: started.auth_req_id,
  });
  await refused(again, 'invalid_grant');
}

export async function cibaDenied() {
  const config = await byKey();
  const started = await client.initiateBackchannelAuthentication(config, asking('K7-43'));
  await finds('K7-43', { deny: true });
  await refused(client.pollBackchannelAuthenticationGrant(config, started), 'access_denied');
  await refused(client.initiateBackchannelAuthentication(config, asking('not <allowed>')), 'invalid_binding_message');
}
