// Reads app-config with Backstage's own loader: one request per line of JSON on standard input, one answer per line
// on standard output, in the same order.
//
// Request: directory (of app-config.yaml), arguments (such as --config FILE), environment (name -> value).
// Answer: value (see encoded) or error (its message).

const readline = require('node:readline');
const { ConfigSources } = require('@backstage/config-loader');

/** JSON knows neither NaN nor the difference between texts and what else there is, so every value says its type. */
function encoded(value) {
  if (value === null || typeof value === 'boolean') {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(encoded);
  }
  if (typeof value === 'object') {
    return { object: Object.entries(value).map(([key, member]) => [key, encoded(member)]) };
  }
  return { [typeof value]: String(value) };
}

async function read({ directory, arguments: argv, environment }) {
  // The loader takes this one from its own process.
  process.env.BACKSTAGE_ENV = environment.BACKSTAGE_ENV ?? '';
  const source = ConfigSources.default({
    argv,
    rootDir: directory,
    env: environment,
    substitutionFunc: async name => environment[name]?.trim(),
    watch: false,
  });
  const config = await ConfigSources.toConfig(source);
  try {
    return { value: encoded(config.getOptional()) };
  } finally {
    config.close();
  }
}

/** A configuration without any value is read well; only whoever wants it whole is told that it is missing. */
function failure(error) {
  const message = String(error.message ?? error);
  return message.startsWith("Missing required config value at ''") ? { value: encoded({}) } : { error: message };
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const answer = await read(JSON.parse(line)).catch(failure);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

main();
