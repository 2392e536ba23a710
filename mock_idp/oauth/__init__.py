"""The OAuth 2.0 core of all vendors: immutable data and pure rules; no Flask, no sockets, no clock, no store."""
