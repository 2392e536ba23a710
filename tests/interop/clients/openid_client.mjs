// Signs in with openid-client, unmodified: prints the authorization URL, reads the callback URL, prints what it found.
import { createInterface } from 'node:readline/promises';
import * as client from 'openid-client';

const [issuer, clientId, clientSecret, redirectUri, ...options] = process.argv.slice(2);
const isPlain = issuer.startsWith('http://');
const config = await client.discovery(
  new URL(issuer), clientId, clientSecret, client.ClientSecretPost(clientSecret),
  isPlain ? { execute: [client.allowInsecureRequests] } : undefined,
);
// Signature and all: by default a token that came over TLS from the issuer itself is believed.
client.enableNonRepudiationChecks(config);

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const authorize = client.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope: 'openid email profile',
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
  ...Object.fromEntries(options.map(option => option.split('='))),
});
console.log(authorize.href);

const lines = createInterface({ input: process.stdin });
const callback = new URL((await lines[Symbol.asyncIterator]().next()).value);
lines.close();
try {
  const tokens = await client.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
  });
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const refreshed = tokens.refresh_token ? await client.refreshTokenGrant(config, tokens.refresh_token) : null;
  if (tokens.refresh_token) await client.tokenRevocation(config, tokens.refresh_token);
  console.log(JSON.stringify({ claims, userinfo, isRefreshed: refreshed && refreshed.access_token !== tokens.access_token }));
} catch (error) {
  console.log(JSON.stringify({ error: error.error ?? error.code, message: error.message, description: error.error_description }));
}
