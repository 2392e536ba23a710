// Google's own library: https://github.com/googleapis/google-auth-library-nodejs#oauth2
import { OAuth2Client } from 'google-auth-library';

export async function play(act, { id, secret, redirectUri }, visit) {
  const client = new OAuth2Client(id, secret, redirectUri);
  const { codeVerifier, codeChallenge } = await client.generateCodeVerifierAsync();
  const other = (await client.generateCodeVerifierAsync()).codeVerifier;
  const url = client.generateAuthUrl({
    access_type: 'offline', scope: ['openid', 'email', 'profile'], code_challenge: codeChallenge, code_challenge_method: 'S256',
  });
  const code = new URL(await visit(url)).searchParams.get('code');
  const exchange = () => client.getToken({ code, codeVerifier: act === 'wrong-verifier' ? other : codeVerifier });
  const { tokens } = await exchange();
  if (act === 'replayed-code') return { again: await exchange() };
  client.setCredentials(tokens);
  const found = { accessToken: tokens.access_token };
  if (act === 'profile') found.profile = (await client.request({ url: 'https://openidconnect.googleapis.com/v1/userinfo' })).data;
  if (act === 'verify') found.profile = (await client.verifyIdToken({ idToken: tokens.id_token, audience: id })).getPayload();
  if (act === 'token-info') found.profile = await client.getTokenInfo(tokens.access_token);
  if (act === 'refresh') found.newer = (await client.refreshAccessToken()).credentials.access_token;
  if (act === 'revoke') await client.revokeCredentials();
  return found;
}
