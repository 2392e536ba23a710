'use strict';

// A gateway's header as a proxy provider module of Backstage, written as its documentation says.

const { createBackendModule } = require('@backstage/backend-plugin-api');
const { AuthenticationError } = require('@backstage/errors');
const {
  authProvidersExtensionPoint,
  createProxyAuthProviderFactory,
  createProxyAuthenticator,
  createSignInResolverFactory,
} = require('@backstage/plugin-auth-node');

const authenticator = createProxyAuthenticator({
  defaultProfileTransform: async ({ key }) => ({ profile: { displayName: key } }),
  initialize() {},
  async authenticate({ req }) {
    const key = req.header('x-some-key');
    if (!key) {
      throw new AuthenticationError('The request has no x-some-key');
    }
    return { result: { key } };
  },
});

const keyMatchingUserEntityName = createSignInResolverFactory({
  create: () => (info, context) => context.signInWithCatalogUser({ entityRef: { name: info.result.key } }),
});

module.exports = createBackendModule({
  pluginId: 'auth',
  moduleId: 'my-custom-provider',
  register(reg) {
    reg.registerInit({
      deps: { providers: authProvidersExtensionPoint },
      async init({ providers }) {
        providers.registerProvider({
          providerId: 'my-custom-provider',
          factory: createProxyAuthProviderFactory({
            authenticator,
            signInResolverFactories: { keyMatchingUserEntityName },
          }),
        });
      },
    });
  },
});
