"""The backend as an authorization server: routes, rules and storage (protocol.md §28 … §37)."""
