"""The clients that are registered at a service."""

from collections.abc import Mapping
from dataclasses import replace
from threading import Lock

from mock_idp.oauth.model import Client


class Clients:
    """The registered clients of a service; may be shared by threads."""

    def __init__(self) -> None:
        self.by_id: Mapping[str, Client] = {}
        """All clients by client id, as of now."""
        self._lock = Lock()

    def register(self, client: Client) -> Client:
        """Register a client, or add its redirect and logout URIs to the one of the same id.

        Returns:
            The client as it is registered now.
        """
        with self._lock:
            known = self.by_id.get(client.client_id)
            uris = client.redirect_uris | (known.redirect_uris if known else frozenset())
            logout_uris = client.logout_uris | (known.logout_uris if known else frozenset())
            registered = replace(client, redirect_uris=uris, logout_uris=logout_uris)
            # A new mapping instead of a changed one, so that readers need no lock.
            self.by_id = {**self.by_id, client.client_id: registered}
            return registered

    def put(self, client: Client) -> None:
        """Register a client in the place of the one of the same id."""
        with self._lock:
            self.by_id = {**self.by_id, client.client_id: client}

    def remove(self, client_id: str) -> bool:
        """Remove a client; its tokens stay what they are, but cannot be refreshed.

        Returns:
            False if there is none of this id.
        """
        with self._lock:
            found = client_id in self.by_id
            self.by_id = {known: client for known, client in self.by_id.items() if known != client_id}
            return found
