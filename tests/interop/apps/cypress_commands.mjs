// Plays a spec of Cypress by the commands that the page uses, on Playwright: `node cypress_commands.mjs SPEC CHROMIUM`.
// Cypress itself is a binary that is downloaded apart from its package. As there, commands wait in a queue, a page of
// another origin is reached by cy.origin alone, and a function given to that sees only its arguments.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { chromium, expect } from '@playwright/test';

const [, , spec, executablePath] = process.argv;
const hooks = { before: [], after: [] };
const tests = [];
let queue = [];
let page;
let origin;

const add = command => { queue.push(command); };
const at = selector => {
  if (new URL(page.url()).origin !== origin) throw new Error(`${page.url()} is not a page of ${origin}.`);
  return page.locator(selector);
};

async function drain() {
  const commands = queue;
  queue = [];
  for (const command of commands) await command();
}

globalThis.cy = {
  visit: (path, { failOnStatusCode = true } = {}) => add(async () => {
    const answer = await page.goto(new URL(path, origin).href);
    if (failOnStatusCode && !answer.ok()) throw new Error(`${path} gave status ${answer.status()}.`);
  }),
  get: selector => ({
    check: () => add(() => at(selector).check()),
    clear: () => add(() => at(selector).clear()),
    click: () => add(() => at(selector).click()),
    type: text => add(() => at(selector).pressSequentially(text)),
  }),
  contains: text => add(() => expect(at('body')).toContainText(text)),
  origin: (other, { args }, body) => add(async () => {
    const own = origin;
    origin = new URL(other).origin;
    new Function('args', `return (${body})(args)`)(args);
    await drain();
    origin = own;
  }),
  request: (method, url, body) => add(async () => {
    const answer = await page.request.fetch(url, { method, data: body });
    if (!answer.ok()) throw new Error(`${method} ${url} gave status ${answer.status()}: ${await answer.text()}`);
  }),
};
globalThis.Cypress = { env: name => process.env[name] };
globalThis.describe = (title, body) => body();
globalThis.beforeEach = body => { hooks.before.push(body); };
globalThis.afterEach = body => { hooks.after.push(body); };
globalThis.it = (title, body) => { tests.push({ title, body }); };

const application = spawn(process.execPath, ['start.mjs'], { env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] });
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const [url] = await Promise.race([
    createInterface(application.stdout)[Symbol.asyncIterator]().next().then(line => [line.value]),
    new Promise((_, fail) => application.once('exit', code => fail(new Error(`start.mjs ended with ${code}.`)))),
  ]);
  await import(pathToFileURL(spec).href);
  for (const { title, body } of tests) {
    page = await browser.newPage();
    page.setDefaultTimeout(20_000);
    origin = url;
    for (const step of [...hooks.before, body, ...hooks.after]) {
      step();
      await drain();
    }
    await page.close();
    console.log(`ok ${title}`);
  }
  console.log(`${tests.length} passed`);
} finally {
  await browser.close();
  application.kill();
}
