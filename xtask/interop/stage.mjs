// What the scenarios stand on: what they were told, the person, and the client in its strictest settings.
import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { callback, told, visits } from './talk.mjs';

export { callback, finds, told, visits } from './talk.mjs';

export const issuer = new URL(told.issuer);
export const insecure = { [oauth.allowInsecureRequests]: true };

/** Plain HTTP is for this machine only; every signature is checked, also where TLS would do. */
const strict = [client.allowInsecureRequests, client.enableNonRepudiationChecks];

/** A client by its secret, which it sends in a header unless told otherwise. */
export const bySecret = ({ id, secret }, proof = client.ClientSecretBasic(secret)) =>
  client.discovery(issuer, id, metadata(), proof, { execute: strict });

/** The client by its key. */
export async function byKey() {
  const { id, key } = told.byKey;
  const { kid, alg, ...jwk } = key;
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const imported = await crypto.subtle.importKey('jwk', { ...jwk, use: undefined }, algorithm, false, ['sign']);
  return client.discovery(issuer, id, metadata(), client.PrivateKeyJwt({ key: imported, kid }), { execute: strict });
}

/** What the client itself insists on. */
export const metadata = () => ({
  id_token_signed_response_alg: 'ES256',
  introspection_signed_response_alg: undefined,
  require_auth_time: true,
});

/** One that registers itself. */
export const registering = (wanted, proof) =>
  client.dynamicClientRegistration(issuer, wanted, proof, { execute: strict });

/** PKCE, state and nonce for one authorization request, and what must come back for it. */
export async function fresh(parameters = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  return {
    parameters: {
      redirect_uri: callback,
      scope: 'openid',
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      ...parameters,
    },
    checks: { pkceCodeVerifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
  };
}

/** Asks, lets a person approve, and redeems the code: a session. */
export async function session(config, parameters = {}, { decision, redeem } = {}) {
  const { parameters: asked, checks } = await fresh(parameters);
  const back = await visits(client.buildAuthorizationUrl(config, asked), decision);
  return client.authorizationCodeGrant(config, back, checks, redeem);
}

/** What a service behind the broker is asked. */
export const issues = `${told.resource}/projects/acme/site/issues`;

/** Calls as oauth4webapi does, which throws what a challenge says. */
export const call = (token, method = 'GET', url = issues) =>
  oauth.protectedResourceRequest(token, method, new URL(url), undefined, undefined, insecure);

/** The challenges that a call is answered with. */
export async function challenged(token, status, method, url) {
  const challenges = await call(token, method, url).then(
    (answer) => assert.fail(`answered ${answer.status}, without a challenge`),
    (error) => {
      if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error;
      assert.equal(error.status, status);
      return error.cause;
    },
  );
  assert.equal(challenges.length, 1);
  assert.equal(challenges[0].scheme, 'bearer');
  return challenges[0].parameters;
}

/** The error of RFC 6749 that a door answers with; where a client is not believed, beside a challenge. */
export async function refused(promise, error, status = 400) {
  const failed = await promise.then(
    (answer) => assert.fail(`given ${Object.keys(answer ?? {})}`),
    (failed) => failed,
  );
  if (failed instanceof client.WWWAuthenticateChallengeError) {
    assert.deepEqual([failed.status, failed.cause[0].scheme], [401, 'basic']);
    Object.assign(failed, await failed.response.json());
  } else if (!(failed instanceof client.ResponseBodyError)) {
    throw failed;
  }
  assert.equal(failed.error, error, failed.error_description);
  assert.equal(failed.status, status);
  assert.equal(failed.response.headers.get('cache-control'), 'no-store');
}
