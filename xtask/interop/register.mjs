// Clients that register themselves (RFC 7591, RFC 7592).
import assert from 'node:assert/strict';
import * as client from 'openid-client';
import { call, callback, metadata, refused, registering, session } from './stage.mjs';

const wanted = (more) => ({
  client_name: 'Registered strict client',
  redirect_uris: [callback],
  application_type: 'native',
  // What the SDK of MCP says: it gets no refresh token all the same.
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  ...metadata(),
  ...more,
});

export async function registration() {
  const open = await registering(wanted({ token_endpoint_auth_method: 'none' }), client.None());
  assert.deepEqual(open.clientMetadata().grant_types, ['authorization_code']);
  assert.equal(open.clientMetadata().client_secret, undefined);
  const closed = await registering(
    wanted({ token_endpoint_auth_method: 'client_secret_basic' }),
    client.ClientSecretBasic(),
  );
  assert(closed.clientMetadata().client_secret);
  assert.equal(closed.clientMetadata().client_secret_expires_at, 0);
  for (const config of [open, closed]) {
    const tokens = await session(config, { scope: 'openid issues.list' });
    assert.equal(tokens.claims().aud, config.clientMetadata().client_id);
    assert.equal((await call(tokens.access_token)).status, 200);
    await client.tokenRevocation(config, tokens.access_token);
  }
  const astray = { ...wanted(), redirect_uris: ['javascript:alert(1)'] };
  await refused(registering(astray), 'invalid_redirect_uri');
}

export async function registrationKept() {
  const config = await registering(wanted({ token_endpoint_auth_method: 'none' }), client.None());
  const { registration_client_uri: at, registration_access_token: token, client_id } = config.clientMetadata();
  const keep = (method, body) => fetch(at, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  assert.equal((await (await keep('GET')).json()).client_id, client_id);
  const renamed = wanted({ client_id, client_name: 'Renamed strict client', token_endpoint_auth_method: 'none' });
  assert.equal((await (await keep('PUT', renamed)).json()).client_name, 'Renamed strict client');
  assert.equal((await fetch(at)).status, 401);
  assert.equal((await keep('DELETE')).status, 204);
  assert.equal((await keep('GET')).status, 401);
  const back = new URL(callback);
  back.search = new URLSearchParams({ code: 'x', iss: config.serverMetadata().issuer });
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  await refused(client.authorizationCodeGrant(config, back, { pkceCodeVerifier }), 'invalid_client', 401);
}
