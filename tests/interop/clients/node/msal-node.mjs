// Microsoft's own library: https://learn.microsoft.com/entra/msal/javascript/node/acquire-token-requests
import { ConfidentialClientApplication, CryptoProvider } from '@azure/msal-node';

export async function play(act, { tenant, id, secret, redirectUri }, visit) {
  const app = new ConfidentialClientApplication({
    auth: { clientId: id, clientSecret: secret, authority: `https://login.microsoftonline.com/${tenant}` },
  });
  const scopes = ['User.Read'];
  const crypto = new CryptoProvider();
  const { verifier, challenge } = await crypto.generatePkceCodes();
  const other = (await crypto.generatePkceCodes()).verifier;
  const url = await app.getAuthCodeUrl({ scopes, redirectUri, codeChallenge: challenge, codeChallengeMethod: 'S256' });
  const code = new URL(await visit(url)).searchParams.get('code');
  const exchange = () => app.acquireTokenByCode({
    code, scopes, redirectUri, codeVerifier: act === 'wrong-verifier' ? other : verifier,
  });
  const result = await exchange();
  if (act === 'replayed-code') return { again: await exchange() };
  const found = { accessToken: result.accessToken };
  if (act === 'profile') found.profile = result.idTokenClaims;
  if (act === 'refresh') {
    found.newer = (await app.acquireTokenSilent({ account: result.account, scopes, forceRefresh: true })).accessToken;
  }
  return found;
}
