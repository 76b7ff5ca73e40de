// A key for a client that has no secret: both halves as JWKs.
import { generateKeyPairSync } from 'node:crypto';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const named = { kid: 'interop', alg: 'ES256', use: 'sig' };
console.log(JSON.stringify({
  private: { ...privateKey.export({ format: 'jwk' }), ...named },
  public: { ...publicKey.export({ format: 'jwk' }), ...named },
}));
