// Plays what the tests ask for, one JSON object a line: {program, act, settings} comes in; {visit: URL} asks the person
// behind the tests to sign in there and is answered with {callback: URL} or {error}; {result} or {error} ends it.
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => {
  const { value, done } = await lines.next();
  return done ? null : JSON.parse(value);
};
const say = message => process.stdout.write(JSON.stringify(message) + '\n');

// Clients chat on the console; standard output belongs to the protocol.
console.log = console.info = console.warn = console.error = (...words) => process.stderr.write(words.join(' ') + '\n');

async function visit(url) {
  say({ visit: String(url) });
  const { callback, error } = await next();
  if (error) throw new Error(error);
  return callback;
}

for (let order = await next(); order; order = await next()) {
  try {
    const { play } = await import(`./${order.program}.mjs`);
    say({ result: await play(order.act, order.settings, visit) });
  } catch (error) {
    const parts = [error?.name, error?.message, error?.code, error?.description, error?.oauthError?.data, error?.cause?.message];
    say({ error: parts.filter(part => typeof part === 'string').join(': ') || String(error) });
  }
}
