// A note book whose users sign in with the company's Okta, by openid-client.
import { randomUUID } from 'node:crypto';
import express from 'express';
import * as oidc from 'openid-client';

export async function createApp({ issuer, clientId, clientSecret, redirectUri }) {
  // A mock is reached over plain HTTP; no other server may be.
  const execute = issuer.startsWith('http://127.0.0.1:') ? [oidc.allowInsecureRequests] : [];
  const config = await oidc.discovery(new URL(issuer), clientId, clientSecret, undefined, { execute });
  // Signatures too: by default a token that comes from the issuer itself is believed.
  oidc.enableNonRepudiationChecks(config);
  const sessions = new Map();
  const app = express();

  app.use((request, response, next) => {
    const [, id] = /(?:^|; )session=([^;]+)/.exec(request.headers.cookie ?? '') ?? [];
    request.session = sessions.get(id);
    if (!request.session) {
      const fresh = randomUUID();
      sessions.set(fresh, (request.session = {}));
      response.cookie('session', fresh, { httpOnly: true, sameSite: 'lax' });
    }
    next();
  });

  app.get('/login', async (request, response) => {
    const verifier = oidc.randomPKCECodeVerifier();
    Object.assign(request.session, { verifier, state: oidc.randomState(), nonce: oidc.randomNonce() });
    response.redirect(oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid email profile groups',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: request.session.state,
      nonce: request.session.nonce,
    }).href);
  });

  app.get('/callback', async (request, response) => {
    const { verifier, state, nonce } = request.session;
    const tokens = await oidc.authorizationCodeGrant(config, new URL(request.originalUrl, redirectUri), {
      pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
    });
    const claims = tokens.claims();
    const user = { ...claims, ...(await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)) };
    Object.assign(request.session, { user, token: tokens.access_token });
    response.redirect('/me');
  });

  app.get('/me', (request, response) => response.json(request.session.user ?? null));

  // What Okta says now, as long as the token is good.
  app.get('/fresh', async (request, response) => {
    response.json(await oidc.fetchUserInfo(config, request.session.token, request.session.user.sub));
  });

  app.use((error, request, response, next) => {
    const denied = error instanceof oidc.AuthorizationResponseError;
    response.status(denied ? 401 : 502).json({ error: error.error ?? error.code ?? 'unknown' });
  });
  return app;
}
