// arctic, as its guides show it: https://arcticjs.dev
import * as arctic from 'arctic';

// What a constructor takes, whether there is PKCE, where the profile is, what is asked for.
const providers = {
  github: {
    make: ({ id, secret, redirectUri }) => new arctic.GitHub(id, secret, redirectUri),
    profile: 'https://api.github.com/user', scopes: ['read:user'],
  },
  gitlab: {
    make: ({ issuer, id, secret, redirectUri }) => new arctic.GitLab(issuer, id, secret, redirectUri),
    profile: '/api/v4/user', scopes: ['read_user'],
  },
  google: {
    make: ({ id, secret, redirectUri }) => new arctic.Google(id, secret, redirectUri), pkce: true,
    profile: 'https://openidconnect.googleapis.com/v1/userinfo', scopes: ['openid', 'profile', 'email'],
    // https://arcticjs.dev/providers/google: "set the access_type parameter to offline" for a refresh token.
    parameters: { access_type: 'offline' },
  },
  microsoft: {
    make: ({ tenant, id, secret, redirectUri }) => new arctic.MicrosoftEntraId(tenant, id, secret, redirectUri), pkce: true,
    profile: 'https://graph.microsoft.com/v1.0/me', scopes: ['openid', 'profile', 'offline_access', 'User.Read'],
  },
  okta: {
    make: ({ host, id, secret, redirectUri }) => new arctic.Okta(host, 'default', id, secret, redirectUri), pkce: true,
    profile: '/oauth2/default/v1/userinfo', scopes: ['openid', 'profile', 'email', 'offline_access'],
  },
  auth0: {
    make: ({ host, id, secret, redirectUri }) => new arctic.Auth0(host, id, secret, redirectUri), pkce: true,
    profile: '/userinfo', scopes: ['openid', 'profile', 'email', 'offline_access'],
  },
  atlassian: {
    make: ({ id, secret, redirectUri }) => new arctic.Atlassian(id, secret, redirectUri),
    profile: 'https://api.atlassian.com/me', scopes: ['read:me', 'offline_access'],
  },
  bitbucket: {
    make: ({ id, secret, redirectUri }) => new arctic.Bitbucket(id, secret, redirectUri),
    profile: 'https://api.bitbucket.org/2.0/user',
  },
};

export async function play(act, settings, visit) {
  const { make, pkce, profile, scopes, parameters } = providers[settings.vendor];
  // https://arcticjs.dev/providers/github: "the redirect URI is optional".
  const provider = make(act === 'without-redirect-uri' ? { ...settings, redirectUri: null } : settings);
  const verifier = pkce ? [arctic.generateCodeVerifier()] : [];
  const state = arctic.generateState();
  const url = provider.createAuthorizationURL(state, ...verifier, ...(scopes ? [scopes] : []));
  for (const [name, value] of Object.entries(parameters ?? {})) url.searchParams.set(name, value);
  const callback = new URL(await visit(url));
  if (callback.searchParams.get('state') !== state) throw new Error('another state came back');
  const code = callback.searchParams.get('code');
  if (act === 'wrong-verifier') verifier[0] = arctic.generateCodeVerifier();
  const tokens = await provider.validateAuthorizationCode(code, ...verifier);
  if (act === 'replayed-code') return { again: await provider.validateAuthorizationCode(code, ...verifier) };
  const found = { accessToken: tokens.accessToken() };
  if (act === 'profile') {
    const response = await fetch(profile.startsWith('/') ? settings.issuer.replace(/\/$/, '') + profile : profile, {
      headers: { Authorization: `Bearer ${found.accessToken}`, 'User-Agent': 'a client' },
    });
    if (!response.ok) throw new Error(`the profile is ${response.status} ${await response.text()}`);
    found.profile = await response.json();
  }
  if (act === 'refresh') {
    const last = settings.vendor === 'microsoft' || settings.vendor === 'okta' ? [scopes] : [];
    found.newer = (await provider.refreshAccessToken(tokens.refreshToken(), ...last)).accessToken();
  }
  if (act === 'revoke') await provider.revokeToken(found.accessToken);
  return found;
}
