// The smallest OpenID provider that signs one person in by itself, as its documentation describes: no page is shown.
import Provider from 'oidc-provider';
import { generateKeyPairSync } from 'node:crypto';

const [port, redirectUri, clientId, clientSecret] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'first' }] },
  scopes: ['openid', 'offline_access', 'profile', 'email'],
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  issueRefreshToken: async () => true,
  cookies: { keys: ['benchmark'] },
  features: { devInteractions: { enabled: false } },
  findAccount: async (_, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, name: 'Jo Doe', email: 'jo@example.com', email_verified: true }),
  }),
  loadExistingGrant: async ctx => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid offline_access profile email');
    await grant.save();
    return grant;
  },
});
const answer = provider.callback();
const { createServer } = await import('node:http');
createServer(async (req, res) => {
  if (!req.url.startsWith('/interaction/')) return answer(req, res);
  return provider.interactionFinished(req, res, { login: { accountId: 'jo' } });
}).listen(Number(port), '127.0.0.1');
