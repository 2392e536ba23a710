"""The rules of the protocol as pure functions: no I/O, no clock, no randomness.

Each rule is one small function or constant that cites its requirement id, and callers reach it through its
module (``nonce.require_match(...)``), so that a single rule can be replaced in a test.
"""
