"""Rules of the authorization server: clients, consent, codes, refresh tokens (protocol.md §28 … §37)."""
