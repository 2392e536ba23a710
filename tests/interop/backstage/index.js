'use strict';

// The Backstage auth backend as its authors publish it, with every provider module they publish.
// Nothing in here changes what a module does; the configuration decides what it is used for.
// OWN_MODULES has the paths of further modules, separated like those of PATH.

const path = require('node:path');
const { createBackend } = require('@backstage/backend-defaults');
const { coreServices, createBackendModule } = require('@backstage/backend-plugin-api');
const { ConfigSources } = require('@backstage/config-loader');
const {
  authProvidersExtensionPoint,
  commonSignInResolvers,
  createOAuthProviderFactory,
  createProxyAuthProviderFactory,
} = require('@backstage/plugin-auth-node');

const packageOf = vendor => `@backstage/plugin-auth-backend-module-${vendor}-provider`;

const { absent, dependencies } = require('./package.json');

// The modules of a release are what its package.json names; a module whose provider is not configured answers 404.
const VENDORS = Object.keys(dependencies)
  .map(name => /^@backstage\/plugin-auth-backend-module-(.+)-provider$/.exec(name)?.[1])
  .filter(Boolean);

// This one stops the start outside of the environment of App Service (WEBSITE_SKU, WEBSITE_AUTH_ENABLED, …).
const ONLY_WHEN_CONFIGURED = { 'azure-easyauth': 'azureEasyAuth' };

// What other releases have and this one has not; the ids stay unknown.
const isAbsent = name => absent.some(vendor => plain(vendor) === plain(name));

const plain = text => text.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The vendor behind a name; Backstage's provider ids are names too ("bitbucketServer"). */
function findVendor(name) {
  const wanted = plain(name) === 'cfaccess' ? 'cloudflareaccess' : plain(name);
  const vendor = VENDORS.find(known => plain(known) === wanted);
  if (!vendor) {
    throw new Error(
      `authConformance.providers: no module for '${name}'; there are ${VENDORS.join(', ')}`,
    );
  }
  return vendor;
}

/** The authenticator that a vendor's module exports, or makes once it has a cache. */
function authenticatorOf(vendor, cache) {
  const exported = require(packageOf(vendor));
  const create = Object.keys(exported).find(key => /^create.*Authenticator$/.test(key));
  return create
    ? exported[create]({ cache })
    : exported[Object.keys(exported).find(key => /Authenticator$/.test(key))];
}

/** The sign-in resolvers of a vendor's module (a few have none of their own) and the common ones. */
function resolversOf(vendor) {
  const exported = require(packageOf(vendor));
  const own = Object.keys(exported).find(key => /SignInResolvers$/.test(key));
  return { ...exported[own], ...commonSignInResolvers };
}

/** A provider id of one's own over an existing authenticator, made the way Backstage documents it. */
function customProvider(providerId, vendor) {
  return createBackendModule({
    pluginId: 'auth',
    moduleId: `custom-${providerId}`,
    register(reg) {
      reg.registerInit({
        deps: { providers: authProvidersExtensionPoint, cache: coreServices.cache },
        async init({ providers, cache }) {
          const authenticator = authenticatorOf(vendor, cache);
          // Only an OAuth authenticator sends the user away; the others sit behind a proxy.
          const createFactory =
            'start' in authenticator ? createOAuthProviderFactory : createProxyAuthProviderFactory;
          providers.registerProvider({
            providerId,
            factory: createFactory({ authenticator, signInResolverFactories: resolversOf(vendor) }),
          });
        },
      });
    },
  });
}

/**
 * A guest under a provider id of one's own. Its module reads `auth.providers.guest` by itself, so it is the module
 * that is used again, with another configuration in that place and another id in its registration.
 */
function customGuest(providerId) {
  const [{ init }] = require(packageOf('guest')).default.getRegistrations();
  return createBackendModule({
    pluginId: 'auth',
    moduleId: `custom-${providerId}`,
    register(reg) {
      reg.registerInit({
        deps: init.deps,
        init: ({ providers, config }) =>
          init.func({
            providers: {
              registerProvider: registration =>
                providers.registerProvider({ ...registration, providerId }),
            },
            config: { getConfig: () => config.getConfig(`auth.providers.${providerId}`) },
          }),
      });
    },
  });
}

/** Up to 0.24 SAML is part of the plugin, never a module: whoever wants it registers it in code. */
function samlProvider(providerId, saml) {
  return createBackendModule({
    pluginId: 'auth',
    moduleId: `saml-${providerId}`,
    register(reg) {
      reg.registerInit({
        deps: { providers: authProvidersExtensionPoint },
        async init({ providers }) {
          const resolver = saml.resolvers.nameIdMatchingUserEntityName();
          providers.registerProvider({ providerId, factory: saml.create({ signIn: { resolver } }) });
        },
      });
    },
  });
}

async function main() {
  const config = await ConfigSources.toConfig(ConfigSources.default({ watch: false }));
  const configured = config.getOptionalConfig('auth.providers')?.keys() ?? [];
  const custom = config.getOptional('authConformance.providers') ?? {};
  config.close();

  const backend = createBackend();
  backend.add(require('@backstage/plugin-auth-backend'));
  const catalog = require('@backstage/plugin-catalog-backend');
  // Up to 1.25 the catalog of the new backend system stands under another name.
  backend.add(catalog.default ? catalog : require('@backstage/plugin-catalog-backend/alpha'));
  for (const vendor of VENDORS) {
    const needed = ONLY_WHEN_CONFIGURED[vendor];
    if (!needed || configured.includes(needed)) {
      backend.add(require(packageOf(vendor)));
    }
  }
  const { saml } = require('@backstage/plugin-auth-backend').providers ?? {};
  for (const providerId of configured.filter(id => saml && (custom[id] ?? id) === 'saml')) {
    backend.add(samlProvider(providerId, saml));
  }
  for (const [providerId, vendor] of Object.entries(custom).filter(([, name]) => name !== 'saml' && !isAbsent(name))) {
    const module = vendor === 'guest' ? customGuest(providerId) : customProvider(providerId, findVendor(vendor));
    backend.add(module);
  }
  for (const file of (process.env.OWN_MODULES ?? '').split(path.delimiter).filter(Boolean)) {
    backend.add(require(path.resolve(file)));
  }
  await backend.start();
}

// Whoever starts this process may hold its standard input open and so make sure that it does not
// outlive them, even when they are killed and cannot stop it.
if (process.env.STOP_WITH_STDIN) {
  process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume();
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
