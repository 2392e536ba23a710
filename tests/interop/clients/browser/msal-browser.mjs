// https://learn.microsoft.com/entra/msal/javascript/browser/initialization
import { createStandardPublicClientApplication } from '@azure/msal-browser';
import { broadcastResponseToMainFrame } from '@azure/msal-browser/redirect-bridge';

const scopes = ['User.Read'];
const clientOf = ({ tenant, id, redirectUri, origin }) => createStandardPublicClientApplication({
  auth: {
    clientId: id, authority: `https://login.microsoftonline.com/${tenant}`, redirectUri,
    postLogoutRedirectUri: `${origin}/`, navigateToLoginRequestUrl: false,
  },
  system: { iframeBridgeTimeout: 5000 },
});

// "Redirect bridge" in its migration guide to version 5.
export const inFrame = () => broadcastResponseToMainFrame();

export const begin = async (act, settings) => {
  const msal = await clientOf(settings);
  await msal.handleRedirectPromise();
  await msal.loginRedirect({ scopes });
};

export async function finish(act, settings) {
  const msal = await clientOf(settings);
  const { account, accessToken, idTokenClaims } = await msal.handleRedirectPromise();
  const found = { accessToken, profile: idTokenClaims };
  if (act === 'refresh') found.newer = (await msal.acquireTokenSilent({ scopes, account, forceRefresh: true })).accessToken;
  if (act === 'renew') {
    found.renewed = await msal.ssoSilent({ scopes, loginHint: account.username }).then(() => 'token', error => error.errorCode ?? error.message);
  }
  if (act === 'logout') await msal.logoutRedirect({ account });
  return found;
}
