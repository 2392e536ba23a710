"""Everything between the application and the wire: sockets, TLS, the forward proxy, the certificates.

Start with :mod:`mock_idp.server.listeners`, which puts the parts together.
"""
