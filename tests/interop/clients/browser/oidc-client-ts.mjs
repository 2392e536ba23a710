// https://authts.github.io/oidc-client-ts/
import { UserManager } from 'oidc-client-ts';

const manager = ({ issuer, id, redirectUri, origin, vendor }) => new UserManager({
  authority: issuer.replace(/\/$/, ''), client_id: id, redirect_uri: redirectUri,
  silent_redirect_uri: redirectUri, post_logout_redirect_uri: `${origin}/`,
  scope: vendor === 'gitlab' ? 'openid profile email' : 'openid profile email offline_access',
  automaticSilentRenew: false, silentRequestTimeoutInSeconds: 5, loadUserInfo: true,
});

export const begin = (act, settings) => manager(settings).signinRedirect();
export const inFrame = settings => manager(settings).signinSilentCallback();

export async function finish(act, settings) {
  const users = manager(settings);
  const key = `oidc.${new URL(location.href).searchParams.get('state')}`;
  const kept = localStorage.getItem(key);
  if (act === 'wrong-verifier') localStorage.setItem(key, kept.replace(/"code_verifier":"[^"]+"/, `"code_verifier":"${'b'.repeat(64)}"`));
  const user = await users.signinRedirectCallback();
  if (act === 'replayed-code') {
    localStorage.setItem(key, kept);
    await users.signinRedirectCallback();
  }
  const found = { accessToken: user.access_token, profile: user.profile };
  if (act === 'refresh') found.newer = (await users.signinSilent()).access_token;
  if (act === 'renew') {
    await users.storeUser({ ...user, refresh_token: undefined, toStorageString: () => JSON.stringify({ ...user, refresh_token: undefined }) });
    found.renewed = await users.signinSilent().then(again => again.access_token && 'token', error => error.error ?? error.message);
  }
  if (act === 'revoke') await users.revokeTokens(['access_token']);
  if (act === 'logout') await users.signoutRedirect();
  return found;
}
