// Strategies of passport, driven as passport drives them (https://www.passportjs.org/concepts/authentication/strategies/):
// authenticate() redirects the first time and reports a user the second time.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const oauth2 = ({ id, secret, redirectUri }) => ({ clientID: id, clientSecret: secret, callbackURL: redirectUri });

// The package, and what its README asks for beside id, secret and callback.
const strategies = {
  'github2': s => ['passport-github2', {
    ...oauth2(s),
    // README: for GitHub Enterprise give the three addresses.
    ...(s.issuer && {
      authorizationURL: `${s.issuer}/login/oauth/authorize`, tokenURL: `${s.issuer}/login/oauth/access_token`,
      userProfileURL: `${s.issuer}/api/v3/user`,
    }),
  }],
  // The base URL ends with a slash, as in its README ("baseURL"): what stands behind the last one is dropped.
  'gitlab2': s => ['passport-gitlab2', { ...oauth2(s), ...(s.issuer && { baseURL: `${s.issuer}/` }) }],
  'google-oauth20': s => ['passport-google-oauth20', { ...oauth2(s), scope: ['profile'] }],
  'microsoft': s => ['passport-microsoft', { ...oauth2(s), scope: ['user.read'], tenant: s.tenant }],
  'okta-oauth20': s => ['passport-okta-oauth20', { ...oauth2(s), audience: s.issuer, scope: ['openid', 'email', 'profile'] }],
  'bitbucket-oauth2': s => ['passport-bitbucket-oauth2', oauth2(s)],
  // Atlassian requires a state, which passport-oauth2 sends if it is told to (its README, "state").
  'atlassian-oauth2': s => ['passport-atlassian-oauth2', { ...oauth2(s), scope: ['read:me', 'offline_access'], state: true }],
  'onelogin-oauth': s => ['passport-onelogin-oauth', { ...oauth2(s), issuer: s.issuer, scope: 'openid' }],
  'auth0': s => ['passport-auth0', { ...oauth2(s), domain: s.host, scope: 'openid email profile' }],
  'openidconnect': s => ['passport-openidconnect', { ...oauth2(s), ...s.endpoints, scope: ['profile', 'email'] }],
};
// passport-openidconnect wants addresses, which it does not discover.
async function endpointsOf(issuer) {
  const found = await (await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)).json();
  return {
    issuer: found.issuer, authorizationURL: found.authorization_endpoint, tokenURL: found.token_endpoint,
    userInfoURL: found.userinfo_endpoint,
  };
}

export async function play(act, settings, visit) {
  const name = settings.client.replace('passport-', '');
  if (name === 'openidconnect') settings = { ...settings, endpoints: await endpointsOf(settings.issuer) };
  const [module, options] = strategies[name](settings);
  const loaded = require(module);
  // Some packages are the strategy, the others have it as a member.
  const Strategy = name === 'atlassian-oauth2' ? loaded : loaded.OAuth2Strategy ?? loaded.Strategy ?? loaded;
  let tokens;
  const verify = name === 'openidconnect'
    ? (issuer, profile, context, idToken, accessToken, refreshToken, done) => { tokens = { accessToken, refreshToken }; done(null, profile); }
    : name === 'auth0'
      ? (accessToken, refreshToken, extra, profile, done) => { tokens = { accessToken, refreshToken }; done(null, profile); }
      : (accessToken, refreshToken, profile, done) => { tokens = { accessToken, refreshToken }; done(null, profile); };
  const strategy = new Strategy(options, verify);
  const session = {};
  const authenticate = url => new Promise((resolve, reject) => {
    const acting = Object.create(strategy);
    acting.redirect = resolve;
    acting.success = resolve;
    acting.pass = resolve;
    acting.fail = reason => reject(new Error(`fail: ${JSON.stringify(reason)}`));
    acting.error = reject;
    const { pathname, search, searchParams, host } = new URL(url);
    const request = {
      method: 'GET', url: pathname + search, originalUrl: pathname + search, query: Object.fromEntries(searchParams),
      headers: { host }, connection: {}, session, app: { get: () => false },
    };
    acting.authenticate(request, {});
  });
  const callback = await visit(await authenticate(settings.redirectUri));
  const kept = structuredClone(session);
  const profile = await authenticate(callback);
  if (act === 'replayed-code') {
    Object.assign(session, kept);
    await authenticate(callback);
  }
  return { accessToken: tokens.accessToken, profile };
}
