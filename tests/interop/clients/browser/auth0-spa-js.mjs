// https://github.com/auth0/auth0-spa-js#getting-started
import { createAuth0Client } from '@auth0/auth0-spa-js';

const clientOf = ({ host, id, redirectUri }, act) => createAuth0Client({
  domain: host, clientId: id, authorizationParams: { redirect_uri: redirectUri }, authorizeTimeoutInSeconds: 5,
  // "Refresh tokens" in its README.
  ...(act === 'refresh' && { useRefreshTokens: true, cacheLocation: 'localstorage' }),
});

export const begin = async (act, settings) => (await clientOf(settings, act)).loginWithRedirect();

export async function finish(act, settings) {
  const auth0 = await clientOf(settings, act);
  await auth0.handleRedirectCallback();
  const found = { accessToken: await auth0.getTokenSilently(), profile: await auth0.getUser() };
  if (act === 'refresh') found.newer = await auth0.getTokenSilently({ cacheMode: 'off' });
  if (act === 'renew') {
    found.renewed = await auth0.getTokenSilently({ cacheMode: 'off' }).then(() => 'token', error => error.error ?? error.message);
  }
  if (act === 'logout') await auth0.logout({ logoutParams: { returnTo: `${settings.origin}/` } });
  return found;
}
