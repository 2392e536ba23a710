'use strict';

// Which sign-in resolvers the modules of a release offer, and which options each of them takes, as JSON.
const { dependencies } = require('./package.json');
const { commonSignInResolvers } = require('@backstage/plugin-auth-node');

/** Options may be left out as a whole, which the schema says by alternatives. */
const optionsOf = schema =>
  [schema, ...(schema?.anyOf ?? [])].flatMap(part => Object.keys(part?.properties ?? {}));

const found = {};
for (const name of Object.keys(dependencies)) {
  const vendor = /^@backstage\/plugin-auth-backend-module-(.+)-provider$/.exec(name)?.[1];
  if (vendor) {
    const exported = require(name);
    const own = Object.keys(exported).find(key => /SignInResolvers$/.test(key));
    const resolvers = { ...exported[own], ...commonSignInResolvers };
    found[vendor] = Object.fromEntries(
      Object.entries(resolvers).map(([resolver, factory]) => [resolver, optionsOf(factory.optionsJsonSchema)]),
    );
    if (!own) {
      found[vendor]['*'] = []; // It may have some of its own that it keeps to itself.
    }
  }
}
console.log(JSON.stringify(found));
