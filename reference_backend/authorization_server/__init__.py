"""The backend as an authorization server: clients, consent, tokens (protocol.md §28 … §37)."""
