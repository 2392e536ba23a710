// https://github.com/okta/okta-auth-js#getting-started
import { OktaAuth } from '@okta/okta-auth-js';

const clientOf = ({ issuer, id, redirectUri, origin }, act) => new OktaAuth({
  issuer, clientId: id, redirectUri, postLogoutRedirectUri: `${origin}/`,
  scopes: ['openid', 'email', 'profile', ...(act === 'renew' ? [] : ['offline_access'])],
});

export const begin = (act, settings) => clientOf(settings, act).signInWithRedirect();

export async function finish(act, settings) {
  const okta = clientOf(settings, act);
  const { tokens } = await okta.token.parseFromUrl();
  okta.tokenManager.setTokens(tokens);
  const found = { accessToken: tokens.accessToken.accessToken };
  if (act === 'profile') found.profile = await okta.getUser();
  if (act === 'refresh') found.newer = (await okta.token.renewTokens()).accessToken.accessToken;
  if (act === 'renew') {
    found.renewed = await okta.token.getWithoutPrompt({ timeout: 5000 }).then(() => 'token', error => error.errorCode ?? error.message);
  }
  if (act === 'revoke') await okta.revokeAccessToken();
  if (act === 'logout') await okta.signOut();
  return found;
}
