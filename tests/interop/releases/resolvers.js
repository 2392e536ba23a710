'use strict';

// Which sign-in resolvers the modules of a release offer, and which options each of them takes, as JSON.
const path = require('node:path');

const { dependencies } = require('./package.json');
const { commonSignInResolvers } = require('@backstage/plugin-auth-node');

/** Options may be left out as a whole, which the schema says by alternatives. */
const optionsOf = schema =>
  [schema, ...(schema?.anyOf ?? [])].flatMap(part => Object.keys(part?.properties ?? {}));

/** Some modules keep their resolvers to themselves, in a file of their own. */
function kept(name) {
  try {
    return require(path.join(path.dirname(require.resolve(name)), 'resolvers.cjs.js'));
  } catch {
    return {};
  }
}

const found = {};
for (const name of Object.keys(dependencies)) {
  const vendor = /^@backstage\/plugin-auth-backend-module-(.+)-provider$/.exec(name)?.[1];
  if (vendor) {
    const exported = { ...require(name), ...kept(name) };
    const own = Object.keys(exported).find(key => /SignInResolvers$/.test(key));
    const resolvers = { ...exported[own], ...commonSignInResolvers };
    found[vendor] = Object.fromEntries(
      Object.entries(resolvers).map(([resolver, factory]) => [resolver, optionsOf(factory.optionsJsonSchema)]),
    );
  }
}
console.log(JSON.stringify(found));
