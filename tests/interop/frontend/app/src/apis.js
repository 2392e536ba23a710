// What the app asks for tokens: the refs that every app has, and those an app adds for providers of its own.
import { GithubAuth, OAuth2, SamlAuth } from '@backstage/core-app-api';
import {
  atlassianAuthApiRef,
  bitbucketAuthApiRef,
  bitbucketServerAuthApiRef,
  configApiRef,
  createApiFactory,
  createApiRef,
  discoveryApiRef,
  fetchApiRef,
  githubAuthApiRef,
  gitlabAuthApiRef,
  googleAuthApiRef,
  identityApiRef,
  microsoftAuthApiRef,
  oauthRequestApiRef,
  oktaAuthApiRef,
  oneloginAuthApiRef,
  openshiftAuthApiRef,
  vmwareCloudAuthApiRef,
} from '@backstage/core-plugin-api';
import { ScmAuth, scmAuthApiRef } from '@backstage/integration-react';

const own = id => createApiRef({ id: `auth.${id}` });

// Providers that the generic API serves, with the scopes it asks for where the provider has none of its own.
const scopesOfOAuth2 = {
  oidc: [],
  'acme-sso': [],
  pinniped: [],
  oauth2: ['openid', 'profile', 'email'],
  auth0: ['openid', 'profile', 'email', 'offline_access'],
};
const refsOfOAuth2 = Object.fromEntries(Object.keys(scopesOfOAuth2).map(id => [id, own(id)]));
const gheAuthApiRef = own('ghe');
const samlAuthApiRef = own('saml');

/** The APIs of auth providers, by provider id. */
export const providerRefs = {
  atlassian: atlassianAuthApiRef,
  bitbucket: bitbucketAuthApiRef,
  bitbucketServer: bitbucketServerAuthApiRef,
  ghe: gheAuthApiRef,
  github: githubAuthApiRef,
  gitlab: gitlabAuthApiRef,
  google: googleAuthApiRef,
  microsoft: microsoftAuthApiRef,
  okta: oktaAuthApiRef,
  onelogin: oneloginAuthApiRef,
  openshift: openshiftAuthApiRef,
  saml: samlAuthApiRef,
  vmwareCloudServices: vmwareCloudAuthApiRef,
  ...refsOfOAuth2,
};

/** Everything that can be called on the bench. */
export const callableRefs = {
  ...providerRefs,
  fetch: fetchApiRef,
  identity: identityApiRef,
  scm: scmAuthApiRef,
};

const common = { configApi: configApiRef, discoveryApi: discoveryApiRef, oauthRequestApi: oauthRequestApiRef };
const described = id => ({ id, title: id, icon: () => null });
const environmentIn = configApi => configApi.getOptionalString('auth.environment');

const ownFactory = (api, id, AuthClass, options) =>
  createApiFactory({
    api,
    deps: common,
    factory: apis =>
      AuthClass.create({ ...apis, ...options, provider: described(id), environment: environmentIn(apis.configApi) }),
  });

const scmFactories = {
  default: ScmAuth.createDefaultApiFactory(),
  subset: createApiFactory({
    api: scmAuthApiRef,
    deps: { github: githubAuthApiRef },
    factory: ({ github }) => ScmAuth.merge(ScmAuth.forGithub(github)),
  }),
  merge: createApiFactory({
    api: scmAuthApiRef,
    deps: {
      github: githubAuthApiRef,
      ghe: gheAuthApiRef,
      gitlab: gitlabAuthApiRef,
      bitbucketServer: bitbucketServerAuthApiRef,
    },
    factory: apis =>
      ScmAuth.merge(
        ScmAuth.forGithub(apis.github),
        ScmAuth.forGithub(apis.ghe, { host: 'ghe.lumenfold.example' }),
        ScmAuth.forGitlab(apis.gitlab),
        ScmAuth.forGitlab(apis.gitlab, { host: 'gitlab.lumenfold.example' }),
        ScmAuth.forBitbucketServer(apis.bitbucketServer, { host: 'bitbucket.lumenfold.example' }),
      ),
  }),
};

/** The factories of what the app adds; `conformance.scm` names the one of ScmAuth. */
export function apiFactories() {
  const scm = window.__APP_CONFIG__?.conformance?.scm ?? 'default';
  return [
    ...Object.entries(refsOfOAuth2).map(([id, ref]) =>
      ownFactory(ref, id, OAuth2, { defaultScopes: scopesOfOAuth2[id] }),
    ),
    ownFactory(gheAuthApiRef, 'ghe', GithubAuth, { defaultScopes: ['read:user'] }),
    ownFactory(samlAuthApiRef, 'saml', SamlAuth, {}),
    scmFactories[scm],
  ];
}
