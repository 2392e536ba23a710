// openid-client, the certified one, with its defaults: https://github.com/panva/openid-client#quick-start
import * as client from 'openid-client';

export async function play(act, { issuer, vendor, id, secret, redirectUri, origin }, visit) {
  const plain = issuer.startsWith('http:') ? { execute: [client.allowInsecureRequests] } : undefined;
  // The default is the form; Pinniped's document names the header only, and one has to say so (README, "clientAuthentication").
  const method = vendor === 'pinniped' ? client.ClientSecretBasic(secret) : undefined;
  const config = await client.discovery(new URL(issuer), id, secret, method, plain);
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const scopes = { google: 'openid email profile', gitlab: 'openid email profile', pinniped: 'openid username groups offline_access' };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri, scope: scopes[vendor] ?? 'openid email profile offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', state, nonce,
    ...(vendor === 'google' && { access_type: 'offline' }),
  });
  const callback = new URL(await visit(url));
  const exchange = () => client.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier: act === 'wrong-verifier' ? client.randomPKCECodeVerifier() : verifier,
    expectedState: state, expectedNonce: nonce, idTokenExpected: true,
  });
  const tokens = await exchange();
  if (act === 'replayed-code') return { again: await exchange() };
  const found = { accessToken: tokens.access_token };
  if (act === 'profile') found.profile = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  if (act === 'refresh') found.newer = (await client.refreshTokenGrant(config, tokens.refresh_token)).access_token;
  if (act === 'revoke') await client.tokenRevocation(config, tokens.refresh_token ?? tokens.access_token);
  if (act === 'introspect') found.active = (await client.tokenIntrospection(config, tokens.access_token)).active;
  if (act === 'logout') {
    found.logoutUrl = client.buildEndSessionUrl(config, { post_logout_redirect_uri: `${origin}/`, id_token_hint: tokens.id_token }).href;
  }
  return found;
}
