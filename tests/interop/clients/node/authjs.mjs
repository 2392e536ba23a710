// Auth.js (@auth/core): a whole sign-in through its own pages, with the cookies a browser would keep.
// https://authjs.dev/reference/core/providers
import { Auth } from '@auth/core';
import Atlassian from '@auth/core/providers/atlassian';
import Auth0 from '@auth/core/providers/auth0';
import Bitbucket from '@auth/core/providers/bitbucket';
import GitHub from '@auth/core/providers/github';
import GitLab from '@auth/core/providers/gitlab';
import Google from '@auth/core/providers/google';
import MicrosoftEntraId from '@auth/core/providers/microsoft-entra-id';
import Okta from '@auth/core/providers/okta';
import OneLogin from '@auth/core/providers/onelogin';

const providers = {
  github: (client, { issuer }) => GitHub({ ...client, ...(issuer && { enterprise: { baseUrl: issuer } }) }),
  gitlab: (client, { issuer }) => GitLab({ ...client, baseUrl: `${issuer}/` }),
  google: client => Google(client),
  microsoft: (client, { tenant }) =>
    MicrosoftEntraId(tenant === 'common' ? client : { ...client, issuer: `https://login.microsoftonline.com/${tenant}/v2.0` }),
  okta: (client, { issuer }) => Okta({ ...client, issuer }),
  auth0: (client, { issuer }) => Auth0({ ...client, issuer }),
  atlassian: client => Atlassian(client),
  bitbucket: client => Bitbucket(client),
  // The provider puts /oidc/2 behind the issuer by itself.
  onelogin: (client, { issuer }) => OneLogin({ ...client, issuer: issuer.replace(/\/oidc\/2$/, '') }),
  oidc: (client, { issuer }) => ({ ...client, id: 'oidc', name: 'OpenID Connect', type: 'oidc', issuer }),
};

export async function play(act, settings, visit) {
  const provider = providers[settings.vendor]({ clientId: settings.id, clientSecret: settings.secret }, settings);
  const origin = new URL(settings.redirectUri).origin;
  let complaint, accessToken;
  const config = {
    basePath: '/auth', secret: 'of this test, thirty-two letters long', trustHost: true, providers: [provider],
    callbacks: { jwt: ({ token, account }) => { accessToken ??= account?.access_token; return token; } },
    logger: { error: error => { complaint ??= error; }, warn: () => {}, debug: () => {} },
  };
  const jar = new Map();
  async function request(path, init = {}) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await Auth(new Request(`${origin}${path}`, { ...init, headers: { ...init.headers, cookie } }), config);
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split(/=(.*)/s);
      if (value) jar.set(name, value); else jar.delete(name);
    }
    if (complaint) throw complaint.cause?.err ?? complaint;
    return response;
  }
  const { csrfToken } = await (await request('/auth/csrf')).json();
  const signIn = await request(`/auth/signin/${provider.id}`, {
    method: 'POST', body: new URLSearchParams({ csrfToken, callbackUrl: origin }),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const callback = new URL(await visit(signIn.headers.get('location')));
  const kept = new Map(jar);
  await request(callback.pathname + callback.search);
  if (act === 'replayed-code') {
    for (const [name, value] of kept) jar.set(name, value);
    await request(callback.pathname + callback.search);
  }
  return { accessToken, profile: await (await request('/auth/session')).json() };
}
