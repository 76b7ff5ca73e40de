// The strict client: every scenario under the name that `cargo xtask interop` knows it by, one after the other.
import * as ciba from './ciba.mjs';
import * as code from './code.mjs';
import * as register from './register.mjs';
import { play } from './talk.mjs';
import * as tokens from './tokens.mjs';

await play({
  discovery: code.discovery,
  code: code.code,
  'code-for-a-resource': code.codeForAResource,
  'pushed-with-details': code.pushedWithDetails,
  narrowed: code.narrowed,
  denied: code.denied,
  'code-used-twice': code.codeUsedTwice,
  'wrong-verifier': code.wrongVerifier,
  call: tokens.calls,
  'challenge-401': tokens.challenge401,
  'challenge-403': tokens.challenge403,
  'step-up': tokens.stepUp,
  introspection: tokens.introspection,
  revocation: tokens.revocation,
  'client-credentials': tokens.clientCredentials,
  'private-key-jwt': code.privateKeyJwt,
  'token-exchange': tokens.tokenExchange,
  'refresh-refused': tokens.refreshRefused,
  registration: register.registration,
  'registration-kept': register.registrationKept,
  ciba: ciba.ciba,
  'ciba-denied': ciba.cibaDenied,
});
