"""The mock as an auth proxy in front of a backend: signs people in, and lets requests through with the right headers.

Start with :mod:`mock_idp.front.server`; what happens to header fields is in :mod:`mock_idp.front.rules`.
"""
