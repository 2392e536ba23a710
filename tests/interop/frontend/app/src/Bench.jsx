// The page behind sign-in: who is signed in, a row of buttons for every provider, and a form that calls any method of
// any API. Each call shows what it got.
import { Content, Header, InfoCard, Page } from '@backstage/core-components';
import { configApiRef, identityApiRef, useApi, useApiHolder } from '@backstage/core-plugin-api';
import { useEffect, useState } from 'react';
import { callableRefs, providerRefs } from './apis';

const PROVIDER_METHODS = {
  getAccessToken: 'Access token',
  getIdToken: 'ID token',
  getProfile: 'Profile',
  getBackstageIdentity: 'Identity',
  signOut: 'Sign out',
};

const EXAMPLES = [
  ['identity', 'getProfileInfo', ''],
  ['identity', 'getCredentials', ''],
  ['github', 'getAccessToken', '["repo"]'],
  ['scm', 'getCredentials', '{"url": "https://github.com/org/repo"}'],
  ['fetch', 'fetch', '"plugin://auth/v1/userinfo"'],
  ['identity', 'signOut', ''],
];

async function plain(result) {
  if (result instanceof Response) {
    const text = await result.text();
    return { status: result.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
  }
  return result ?? null;
}

/** The calls so far, newest last, and a function that makes one more. */
function useCalls() {
  const apis = useApiHolder();
  const [calls, setCalls] = useState([]);

  const call = (api, method, args = '') => {
    const id = crypto.randomUUID();
    const update = change => setCalls(now => now.map(one => (one.id === id ? { ...one, ...change } : one)));
    setCalls(now => [...now, { id, text: `${api}.${method}(${args})`, state: 'pending' }]);
    const failed = error => update({ state: 'failed', result: { name: error.name, message: error.message } });
    const run = async () => {
      const result = await apis.get(callableRefs[api])[method](...JSON.parse(`[${args}]`));
      if (!result?.subscribe) {
        update({ state: 'done', result: await plain(result) });
        return;
      }
      const seen = [];
      result.subscribe(value => update({ state: 'done', result: [...(seen.push(value), seen)] }), failed);
    };
    run().catch(failed);
  };
  return [calls, call];
}

function Providers({ call }) {
  return (
    <table style={{ whiteSpace: 'nowrap' }}>
      <tbody>
        {Object.entries(providerRefs).map(([id]) => (
          <tr key={id}>
            <th style={{ textAlign: 'left', paddingRight: 16 }}>{id}</th>
            {Object.entries(PROVIDER_METHODS).map(([method, label]) => (
              <td key={method}>
                <button type="button" onClick={() => call(id, method)}>
                  {label}
                </button>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function CallForm({ call }) {
  const [wanted, setWanted] = useState(EXAMPLES[0]);
  const submit = event => {
    event.preventDefault();
    const { api, method, args } = Object.fromEntries(new FormData(event.target));
    call(api, method, args);
  };
  const [api, method, args] = wanted;
  return (
    <form key={wanted.join()} onSubmit={submit} style={{ display: 'flex', gap: 12, alignItems: 'end', flexWrap: 'wrap' }}>
      <label>
        API <br />
        <select name="api" defaultValue={api}>
          {Object.keys(callableRefs).map(name => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        Method <br />
        <input name="method" defaultValue={method} />
      </label>
      <label style={{ minWidth: 0 }}>
        Arguments, as JSON <br />
        <input name="args" size="50" style={{ maxWidth: '100%' }} defaultValue={args} />
      </label>
      <button type="submit">Call</button>
      <span>
        For instance:{' '}
        {EXAMPLES.map(example => (
          <button key={example.join()} type="button" onClick={() => setWanted(example)}>
            {example[0]}.{example[1]}
          </button>
        ))}
      </span>
    </form>
  );
}

const Calls = ({ calls }) => (
  <ol id="calls">
    {calls.map(({ id, text, state, result }) => (
      <li key={id} data-state={state}>
        <code>{text}</code>
        <pre style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{JSON.stringify(result, null, 2)}</pre>
      </li>
    ))}
  </ol>
);

export function Bench() {
  const title = useApi(configApiRef).getString('app.title');
  const identityApi = useApi(identityApiRef);
  const [identity, setIdentity] = useState();
  const [calls, call] = useCalls();

  useEffect(() => {
    identityApi.getBackstageIdentity().then(setIdentity);
  }, [identityApi]);

  return (
    <Page themeId="tool">
      <Header
        title={title}
        subtitle="Every auth API of this app can be called here, and shows what it got"
        style={{ background: '#4b3a8f' }}
      />
      <Content>
        <div style={{ display: 'grid', gap: 16, gridTemplateColumns: 'auto minmax(0, 1fr)' }}>
          <div style={{ display: 'grid', gap: 16, alignContent: 'start' }}>
            <InfoCard title={<span data-testid="who">Signed in as {identity?.userEntityRef ?? '…'}</span>}>
              <pre data-testid="identity">{JSON.stringify(identity, null, 2)}</pre>
            </InfoCard>
            <InfoCard title="Providers">
              <Providers call={call} />
            </InfoCard>
          </div>
          <InfoCard title="Calls">
            <CallForm call={call} />
            <Calls calls={calls} />
          </InfoCard>
        </div>
      </Content>
    </Page>
  );
}
