"""From a profile to a Backstage identity: resolvers, catalog, tokens and their keys (RES, CTX, TOKEN, KEY, VERIFY)."""
