"""The mock inside your own tests: clients, people, sign-ins, requests and time, each test with a set of its own.

With pytest, take the fixture ``idp``. Elsewhere::

    with start_server() as server, server.idp() as idp:
        client = idp.client("github", redirect_uri="http://localhost:5000/callback")

``docs/testing/`` has a page for each framework.
"""

from mock_idp.testing.applications import Reply
from mock_idp.testing.browser import SignIn, SignInError
from mock_idp.testing.control import IdpError
from mock_idp.testing.idp import Client, Clock, Idp, Person, Request
from mock_idp.testing.server import IdpServer, connect, start_server

__all__ = [
    "Client",
    "Clock",
    "Idp",
    "IdpError",
    "IdpServer",
    "Person",
    "Reply",
    "Request",
    "SignIn",
    "SignInError",
    "connect",
    "start_server",
]
