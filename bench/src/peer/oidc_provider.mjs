// oidc-provider as it is measured: one client, two resource servers (access tokens as JWTs signed with ES256, or opaque),
// and a person who consents at once.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, client_id, client_secret, redirect_uri] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const service = (audience) => ({
  scope: 'read',
  audience,
  accessTokenFormat: audience.endsWith(':opaque') ? 'opaque' : 'jwt',
  accessTokenTTL: audience.endsWith(':opaque') ? 3600 : 60,
  jwt: { sign: { alg: 'ES256' } },
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }] },
  cookies: { keys: ['bench'] },
  clients: [{
    client_id,
    client_secret,
    application_type: 'native',
    grant_types: ['client_credentials', 'authorization_code'],
    redirect_uris: [redirect_uri],
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
  }],
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:bench:service',
      getResourceServerInfo: (_, audience) => service(audience),
      useGrantedResource: () => true,
    },
  },
});

// The person: signs in when asked to, and consents to whatever is asked.
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { prompt, params, session } = await provider.interactionDetails(ctx.req, ctx.res);
  let result = { login: { accountId: 'paul' } };
  if (prompt.name === 'consent') {
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope('openid');
    grant.addResourceScope('urn:bench:service', 'read');
    result = { consent: { grantId: await grant.save() } };
  }
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
  ctx.status = 303;
});
provider.listen(Number(port), '127.0.0.1');
