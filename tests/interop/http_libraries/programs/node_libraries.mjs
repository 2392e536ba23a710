// One request by one library, as its documentation shows it: node node_libraries.mjs LIBRARY URL [helped]
// "helped" adds what the page docs/http-libraries.md says, and nothing else.
import https from 'node:https';
import { text } from 'node:stream/consumers';

const [library, url, helped] = process.argv.slice(2);

// The agent that the variables of `mock-idp run` configure in Node 24.
const agent = helped ? https.globalAgent : undefined;

function get(options) {
  return new Promise((resolve, reject) => {
    https.get(url, options, (answer) => resolve(text(answer))).on('error', reject);
  });
}

const libraries = {
  fetch: async () => (await fetch(url)).text(),
  'node:https': () => get({}),
  'node:https with its own Agent': () =>
    get({ agent: new https.Agent(helped ? { keepAlive: true, proxyEnv: process.env } : { keepAlive: true }) }),
  axios: async () => (await (await import('axios')).default.get(url)).data,
  got: async () => (await (await import('got')).default(url)).body,
  ky: async () => (await import('ky')).default(url).text(),
  needle: async () => {
    const needle = (await import('needle')).default;
    return (await needle('get', url, helped ? { agent, use_proxy_from_env_var: false } : {})).raw.toString();
  },
  'node-fetch': async () => (await (await import('node-fetch')).default(url)).text(),
  superagent: async () => {
    const request = (await import('superagent')).default.get(url).buffer(true).parse(textOf);
    return (await (helped ? request.agent(agent) : request)).body;
  },
  undici: async () => {
    const undici = await import('undici');
    if (helped) undici.setGlobalDispatcher(new undici.EnvHttpProxyAgent());
    return (await undici.request(url)).body.text();
  },
  '@hapi/wreck': async () => {
    const wreck = (await import('@hapi/wreck')).default;
    return String((await wreck.get(url, helped ? { agent } : {})).payload);
  },
};

function textOf(answer, done) {
  text(answer).then((body) => done(null, body), done);
}

try {
  console.log(await libraries[library]());
} catch (error) {
  for (let cause = error; cause; cause = cause.cause) console.error(cause.code ?? '', cause.message ?? String(cause));
  process.exit(1);
}
