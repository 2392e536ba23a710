"""From a profile to a Backstage identity: resolvers, catalog, tokens (RES, CTX)."""
