"""The real Backstage auth backend, unmodified, as a target that one command or one fixture starts."""
