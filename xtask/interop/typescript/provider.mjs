// What an SDK keeps for its user while it gets a token: here, for the length of one journey.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { callback, visits } from '../talk.mjs';

/** A client that registers itself, as a program on a person's own device does. */
export class Provider {
  redirectUrl = callback;

  constructor(name) {
    this.clientMetadata = {
      client_name: name,
      redirect_uris: [callback],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    };
  }

  state() {
    this.expected = randomUUID();
    return this.expected;
  }

  clientInformation() {
    return this.registered;
  }

  saveClientInformation(registered) {
    this.registered = registered;
  }

  tokens() {
    return this.kept;
  }

  saveTokens(tokens) {
    this.kept = tokens;
  }

  saveCodeVerifier(verifier) {
    this.verifier = verifier;
  }

  codeVerifier() {
    return this.verifier;
  }

  /** Which authorization server it was that the person was sent to. */
  saveDiscoveryState(state) {
    this.discovered = state;
  }

  discoveryState() {
    return this.discovered;
  }

  /** The SDK wants a person to go there; it gives up until they have. */
  redirectToAuthorization(url) {
    this.at = url;
  }

  /** The person goes there, decides and comes back. */
  async approved(decision) {
    assert(this.at, 'nobody was sent anywhere');
    const back = await visits(this.at, decision);
    assert.equal(back.searchParams.get('state'), this.expected);
    delete this.at;
    return back.searchParams;
  }

  /** RFC 7009, as the client itself. */
  async revokes(issuer) {
    const known = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
    const body = new URLSearchParams({ token: this.kept.access_token, client_id: this.registered.client_id });
    const answer = await fetch(known.revocation_endpoint, { method: 'POST', body });
    assert.equal(answer.status, 200);
  }
}
