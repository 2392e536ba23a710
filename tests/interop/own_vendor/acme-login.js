'use strict';

// Acme Login as a provider module of Backstage, written as its documentation says.

const { createBackendModule } = require('@backstage/backend-plugin-api');
const {
  PassportOAuthAuthenticatorHelper,
  authProvidersExtensionPoint,
  commonSignInResolvers,
  createOAuthAuthenticator,
  createOAuthProviderFactory,
  createSignInResolverFactory,
} = require('@backstage/plugin-auth-node');
const { InternalOAuthError, Strategy } = require('passport-oauth2');

class AcmeLoginStrategy extends Strategy {
  constructor({ baseUrl, ...options }, verify) {
    const addresses = { authorizationURL: `${baseUrl}/oauth/authorize`, tokenURL: `${baseUrl}/oauth/token` };
    super({ ...options, ...addresses }, verify);
    this.name = 'acme-login';
    this.profileUrl = `${baseUrl}/api/me`;
    this._oauth2.useAuthorizationHeaderforGET(true);
  }

  userProfile(accessToken, done) {
    this._oauth2.get(this.profileUrl, accessToken, (error, body) => {
      if (error) {
        done(new InternalOAuthError('Failed to fetch user profile', error));
        return;
      }
      try {
        done(null, profileOf(JSON.parse(body)));
      } catch {
        done(new Error('Failed to parse user profile'));
      }
    });
  }
}

/** Fields of /api/me as Passport names them; what is empty is not there. */
function profileOf({ uid, account, name, mail, photo }) {
  const list = value => (value ? [{ value }] : []);
  return {
    provider: 'acme-login',
    id: uid === undefined || uid === null ? undefined : String(uid),
    username: account || undefined,
    displayName: name || undefined,
    emails: list(mail),
    photos: list(photo),
  };
}

const authenticator = createOAuthAuthenticator({
  defaultProfileTransform: PassportOAuthAuthenticatorHelper.defaultProfileTransform,
  scopes: { required: ['me:read'] },
  initialize: ({ callbackUrl, config }) =>
    PassportOAuthAuthenticatorHelper.from(
      new AcmeLoginStrategy(
        {
          baseUrl: config.getString('baseUrl'),
          clientID: config.getString('clientId'),
          clientSecret: config.getString('clientSecret'),
          callbackURL: callbackUrl,
        },
        (accessToken, refreshToken, params, fullProfile, done) =>
          done(undefined, { fullProfile, params, accessToken }, { refreshToken }),
      ),
    ),
  start: (input, helper) => helper.start(input, {}),
  authenticate: (input, helper) => helper.authenticate(input),
  refresh: (input, helper) => helper.refresh(input),
});

const usernameMatchingUserEntityName = createSignInResolverFactory({
  create:
    () =>
    async ({ result }, context) => {
      const { username } = result.fullProfile;
      if (!username) {
        throw new Error('Acme Login user profile does not contain a username');
      }
      return context.signInWithCatalogUser({ entityRef: { name: username } });
    },
});

module.exports = createBackendModule({
  pluginId: 'auth',
  moduleId: 'acme-login-provider',
  register(reg) {
    reg.registerInit({
      deps: { providers: authProvidersExtensionPoint },
      async init({ providers }) {
        providers.registerProvider({
          providerId: 'acme-login',
          factory: createOAuthProviderFactory({
            authenticator,
            signInResolverFactories: { usernameMatchingUserEntityName, ...commonSignInResolvers },
          }),
        });
      },
    });
  },
});
