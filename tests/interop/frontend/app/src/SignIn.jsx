// The sign-in page that `conformance.signIn` describes, as an app's own code would put it together.
import { ProxiedSignInPage, SignInPage } from '@backstage/core-components';
import { configApiRef, useApi } from '@backstage/core-plugin-api';
import { providerRefs } from './apis';

const provider = id =>
  id === 'guest' ? id : { id, title: id, message: `Sign in using ${id}`, apiRef: providerRefs[id] };

// How an app may tell what its proxied sign-in sends along.
const headersOfEachKind = {
  none: undefined,
  static: { 'X-Seen-By-Tests': 'static' },
  function: () => ({ 'X-Seen-By-Tests': 'function' }),
  async: async () => ({ 'X-Seen-By-Tests': 'async' }),
};

export function SignIn(props) {
  const config = useApi(configApiRef);
  const wanted = config.getOptional('conformance.signIn') ?? { page: 'providers', providers: ['guest'] };
  switch (wanted.page) {
    case 'provider':
      return <SignInPage {...props} provider={provider(wanted.provider)} auto={wanted.auto} />;
    case 'environment':
      return config.getString('auth.environment') === 'development' ? (
        <SignInPage {...props} providers={['guest', provider(wanted.provider)]} />
      ) : (
        <SignInPage {...props} provider={provider(wanted.provider)} />
      );
    case 'proxied':
      return <ProxiedSignInPage {...props} provider={wanted.provider} headers={headersOfEachKind[wanted.headers ?? 'none']} />;
    default:
      return <SignInPage {...props} providers={wanted.providers.map(provider)} />;
  }
}
