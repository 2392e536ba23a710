// The page behind sign-in: who is signed in, and a form that calls any method of any auth API and shows what it got.
import { identityApiRef, useApi, useApiHolder } from '@backstage/core-plugin-api';
import { useEffect, useState } from 'react';
import { callableRefs } from './apis';

const COMMON_METHODS = [
  'getAccessToken',
  'getIdToken',
  'getBackstageIdentity',
  'getProfile',
  'signIn',
  'signOut',
  'sessionState$',
  'getCredentials',
  'getProfileInfo',
  'fetch',
];

async function plain(result) {
  if (result instanceof Response) {
    const text = await result.text();
    return { status: result.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
  }
  return result ?? null;
}

function Call({ text, state, result }) {
  return (
    <li data-state={state}>
      <code>{text}</code>
      <pre style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{JSON.stringify(result, null, 2)}</pre>
    </li>
  );
}

export function Bench() {
  const apis = useApiHolder();
  const identityApi = useApi(identityApiRef);
  const [identity, setIdentity] = useState();
  const [calls, setCalls] = useState([]);

  useEffect(() => {
    identityApi.getBackstageIdentity().then(setIdentity);
  }, [identityApi]);

  const call = event => {
    event.preventDefault();
    const { api, method, args } = Object.fromEntries(new FormData(event.target));
    const id = crypto.randomUUID();
    const update = change => setCalls(now => now.map(one => (one.id === id ? { ...one, ...change } : one)));
    setCalls(now => [...now, { id, text: `${api}.${method}(${args})`, state: 'pending' }]);
    const end = (state, result) => update({ state, result });
    const failed = error => end('failed', { name: error.name, message: error.message });
    const run = async () => {
      const result = await apis.get(callableRefs[api])[method](...JSON.parse(`[${args}]`));
      if (!result?.subscribe) return end('done', await plain(result));
      const seen = [];
      result.subscribe(value => update({ state: 'done', result: [...(seen.push(value), seen)] }), failed);
      return undefined;
    };
    run().catch(failed);
  };

  return (
    <main style={{ padding: 24, maxWidth: 1000 }}>
      <h1 data-testid="who">{identity ? `Signed in as ${identity.userEntityRef}` : 'Signed in'}</h1>
      <pre data-testid="identity">{JSON.stringify(identity, null, 2)}</pre>
      <form onSubmit={call} style={{ display: 'flex', gap: 12, alignItems: 'end', flexWrap: 'wrap' }}>
        <label>
          API <br />
          <select name="api" defaultValue="identity">
            {Object.keys(callableRefs).map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Method <br />
          <input name="method" list="methods" defaultValue="getProfileInfo" />
          <datalist id="methods">
            {COMMON_METHODS.map(name => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </label>
        <label>
          Arguments, as JSON <br />
          <input name="args" size="60" />
        </label>
        <button type="submit">Call</button>
      </form>
      <ol id="calls">
        {calls.map(one => (
          <Call key={one.id} {...one} />
        ))}
      </ol>
    </main>
  );
}
