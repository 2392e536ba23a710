// Sign-ins of the note book, with the mock IdP at MOCK_IDP_URL.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { createApp } from './app.mjs';
import { createIdp } from './mock-idp.mjs';

// The application on a port of its own, with an Okta of its own.
async function start(context) {
  const idp = createIdp();
  const server = createServer().listen(0, '127.0.0.1');
  context.after(async () => {
    server.close();
    server.closeAllConnections();
    await idp.close();
  });
  await once(server, 'listening');
  const base = `http://127.0.0.1:${server.address().port}`;
  const okta = await idp.client('okta', `${base}/callback`);
  const settings = { issuer: okta.url, clientId: okta.id, clientSecret: okta.secret, redirectUri: `${base}/callback` };
  server.on('request', await createApp(settings));
  return { idp, login: `${base}/login` };
}

test('sign-in, and the claims', async context => {
  const { idp, login } = await start(context);
  const jane = await idp.person('jane', { email: 'jane@example.com', groups: ['editors'] });

  const page = await idp.signIn(login, { as: jane });

  assert.equal(page.json.email, 'jane@example.com');
  assert.deepEqual(page.json.groups, ['editors']);
});

test('what Okta is asked', async context => {
  const { idp, login } = await start(context);
  await idp.signIn(login);

  const [asked] = await idp.requests('authorization');
  assert.deepEqual(asked.query.code_challenge_method, ['S256']);
  const endpoints = (await idp.requests()).map(entry => entry.endpoint);
  assert.deepEqual(endpoints, ['discovery', 'authorization', 'token', 'jwks', 'profile']);
});

test('denied', async context => {
  const { idp, login } = await start(context);

  const page = await idp.signIn(login, { decision: 'deny' });

  assert.deepEqual([page.status, page.json.error], [401, 'access_denied']);
  assert.deepEqual(await idp.requests('token'), []);
});

for (const fault of ['wrong-signature', 'wrong-audience', 'expired', 'wrong-nonce', 'other-subject']) {
  test(`an ID token that lies: ${fault}`, async context => {
    const { idp, login } = await start(context);

    const page = await idp.signIn(login, { faults: [fault] });

    assert.equal(page.status, 502);
    assert.deepEqual((await idp.requests('token'))[0].faults, [fault]);
  });
}

test('a token grows old', async context => {
  const { idp, login } = await start(context);
  const page = await idp.signIn(login);
  assert.equal((await page.open('/fresh')).status, 200);

  await idp.advance(7200);

  assert.equal((await page.open('/fresh')).status, 502);
});

test('ten at once do not see each other', { concurrency: true }, async context => {
  const plays = Array.from({ length: 10 }, (_, number) => context.test(`number ${number}`, async inner => {
    const { idp, login } = await start(inner);
    const jane = await idp.person('jane', { email: 'jane@example.com', groups: [`group-${number}`] });
    const page = await idp.signIn(login, { as: jane });
    if (number % 2) await idp.advance(7200);

    assert.deepEqual(page.json.groups, [`group-${number}`]);
    assert.equal((await page.open('/fresh')).status, number % 2 ? 502 : 200);
    assert.equal((await idp.requests('token')).length, 1);
  }));
  await Promise.all(plays);
});
