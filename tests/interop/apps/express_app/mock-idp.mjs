// What one test has at a running mock IdP: vendors, people, sign-ins, requests and time.
import { randomBytes } from 'node:crypto';

const url = process.env.MOCK_IDP_URL ?? 'http://127.0.0.1:9000';

async function ask(method, path, body) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${url}/__idp/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const said = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

export function createIdp() {
  const own = randomBytes(4).toString('hex');
  const services = [];
  const people = [];
  return {
    // An application, registered at a vendor that only this test has.
    async client(vendor, redirectUri) {
      const service = await ask('POST', 'services', { id: `${vendor}-${own}`, vendor });
      services.push(service.id);
      const body = { vendor, service: service.id, client_id: `${vendor}-${own}`, redirect_uris: [redirectUri] };
      const { client_id: id, client_secret: secret } = await ask('POST', 'clients', body);
      return { id, secret, url: url + service.path, endpoints: service.endpoints };
    },
    async person(login, members = {}) {
      people.push(`${login}-${own}`);
      return ask('POST', 'people', { id: `${login}-${own}`, login, ...members });
    },
    // Plays the browser; gives the last answer of the application.
    async signIn(start, { as = 'plain', decision = 'allow', faults = [] } = {}) {
      const cookies = new Map();
      let target = new URL(start);
      let form;
      for (let step = 0; step < 20; step++) {
        const jar = cookies.get(target.host) ?? cookies.set(target.host, new Map()).get(target.host);
        const headers = { Cookie: [...jar].map(pair => pair.join('=')).join('; ') };
        const answer = await fetch(target, { method: form ? 'POST' : 'GET', body: form, headers, redirect: 'manual' });
        for (const cookie of answer.headers.getSetCookie()) jar.set(...cookie.split(';')[0].split(/=(.*)/s).slice(0, 2));
        form = undefined;
        if (answer.headers.has('Location')) {
          target = new URL(answer.headers.get('Location'), target);
        } else if (target.href.startsWith(url)) {
          const page = await answer.text();
          const [, request] = /name="request" value="([^"]+)"/.exec(page) ?? [];
          if (!request) throw new Error(answer.headers.get('Mock-Idp-Refusal') ?? `${answer.status} ${page}`);
          form = new URLSearchParams({ request, persona: as.id ?? as, decision, faults: JSON.stringify(faults) });
          for (const [, scope] of page.matchAll(/name="scope" value="([^"]+)"/g)) form.append('scope', scope);
          target = new URL('/__idp/consent', url);
        } else {
          const open = path => fetch(new URL(path, target), { headers: { Cookie: headers.Cookie } });
          return { status: answer.status, url: target.href, json: await answer.json(), open };
        }
      }
      throw new Error(`The sign-in that began at ${start} comes to no end.`);
    },
    // What the vendors of this test were asked.
    async requests(endpoint) {
      const asked = services.map(service => ask('GET', `journal?service=${service}`));
      const entries = (await Promise.all(asked)).flatMap(answer => answer.entries);
      return entries.filter(entry => !endpoint || entry.endpoint === endpoint);
    },
    // Lets seconds pass at the vendors of this test alone.
    async advance(seconds) {
      for (const service of services) await ask('PATCH', `services/${service}`, { advance: seconds });
    },
    async close() {
      for (const service of services) await ask('DELETE', `services/${service}`);
      for (const person of people) await ask('DELETE', `people/${person}`);
    },
  };
}
