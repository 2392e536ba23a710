'use strict';

// The last Backstage auth backend that has a SAML provider, as its authors published it. The provider was never a
// module: whoever wanted it registered it in code and said there how people sign in.

const { createBackend } = require('@backstage/backend-defaults');
const { coreServices, createBackendModule } = require('@backstage/backend-plugin-api');
const { providers: available } = require('@backstage/plugin-auth-backend');
const { authProvidersExtensionPoint } = require('@backstage/plugin-auth-node');

/** Registers the provider under every configured id that is said to be SAML. */
const samlModule = createBackendModule({
  pluginId: 'auth',
  moduleId: 'saml',
  register(reg) {
    reg.registerInit({
      deps: { config: coreServices.rootConfig, providers: authProvidersExtensionPoint },
      async init({ config, providers }) {
        const vendors = { saml: 'saml', ...config.getOptional('authConformance.providers') };
        const configured = config.getOptionalConfig('auth.providers')?.keys() ?? [];
        for (const providerId of configured.filter(id => vendors[id] === 'saml')) {
          const resolver = available.saml.resolvers.nameIdMatchingUserEntityName();
          providers.registerProvider({
            providerId,
            factory: available.saml.create({ signIn: { resolver } }),
          });
        }
      },
    });
  },
});

const backend = createBackend();
backend.add(require('@backstage/plugin-auth-backend'));
backend.add(require('@backstage/plugin-catalog-backend'));
backend.add(samlModule);

// Whoever starts this process may hold its standard input open and so make sure that it does not
// outlive them, even when they are killed and cannot stop it.
if (process.env.STOP_WITH_STDIN) {
  process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume();
}

backend.start().catch(error => {
  console.error(error);
  process.exit(1);
});
