"""What an auth proxy is: something in front of a backend that signs people in and adds headers.

A proxy file subclasses :class:`AuthProxy`, fills in the data and mints headers. Like a vendor it knows neither
Flask nor sockets. Its keys are published at host names of its own (``key_routes``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

from mock_idp.keys import Keys
from mock_idp.oauth.tokens import Forgery, SignedToken
from mock_idp.personas import Face, Persona

Headers = list[tuple[str, str | SignedToken]]


class MintError(ValueError):
    """Headers that cannot be minted; the message is one sentence with what is allowed."""


@dataclass(frozen=True, slots=True)
class MintOrder:
    """Which headers are wanted.

    Parameters:
        persona: who signed in at the proxy.
        remove: names of headers to leave out.
        replace: name -> value of headers to change or add; they come after the proxy's own.
        repeat: names of headers to send twice.
        forgery: what is wrong with signed headers.
    """

    persona: Persona
    remove: tuple[str, ...] = ()
    replace: Mapping[str, str] = field(default_factory=dict)
    repeat: tuple[str, ...] = ()
    forgery: Forgery = field(default_factory=Forgery)


@dataclass(frozen=True, slots=True)
class KeyRoute:
    """One address at which a proxy publishes its keys.

    Parameters:
        host: host name pattern.
        path: in werkzeug rule syntax.
        handler: name of the proxy's method that answers; it takes the keys and, by name, the path's parts,
            and returns an :class:`~mock_idp.oauth.model.Answer`.
    """

    host: str
    path: str
    handler: str


class AuthProxy:
    """An auth proxy. Subclass it in a file of its own in ``mock_idp/proxies``.

    Class attributes (all data):
        id: the Backstage provider id it serves.
        title: the name people know.
        icon: one or two letters.
        key_routes: where its keys are published.
        backstage_config: everything below ``auth.providers.<id>``.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    icon: ClassVar[str] = "⇥"
    key_routes: ClassVar[tuple[KeyRoute, ...]] = ()
    backstage_config: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    def headers(self, face: Face, now: float) -> Headers:
        """The headers the real proxy adds to a request of this person, in order.

        Parameters:
            face: what the proxy knows about the persona.
            now: seconds since the epoch.
        """
        return []

    def catalog_annotations(self, face: Face) -> dict[str, str]:
        """Annotations of the persona's User entity, by which this proxy's own resolvers find it."""
        return {}

    def mint(self, order: MintOrder, now: float, keys: Keys) -> list[tuple[str, str]]:
        """Make the headers of an order.

        Parameters:
            order: which ones.
            now: seconds since the epoch.
            keys: what signed headers are signed with.

        Returns:
            Names and values, ready for the wire.

        Raises:
            MintError: the order names a header this proxy does not add.
        """
        genuine = self.headers(order.persona.face(self.id), now)
        _check_names((*order.remove, *order.repeat), [name for name, _ in genuine], self.id)
        gone = {name.lower() for name in (*order.remove, *order.replace)}
        kept = [(name, _on_the_wire(value, order.forgery, keys, now)) for name, value in genuine]
        kept = [(name, value) for name, value in kept if name.lower() not in gone]
        twice = {name.lower() for name in order.repeat}
        minted = [pair for pair in kept for _ in range(2 if pair[0].lower() in twice else 1)]
        return [*minted, *order.replace.items()]


def _on_the_wire(value: str | SignedToken, forgery: Forgery, keys: Keys, now: float) -> str:
    return value if isinstance(value, str) else keys.sign(forgery.apply(value).at(now))


def _check_names(names: Sequence[str], known: Sequence[str], proxy: str) -> None:
    lower = {name.lower() for name in known}
    for name in names:
        if name.lower() not in lower:
            added = ", ".join(known) or "none"
            raise MintError(f"{proxy} adds no header {name!r:.80}; it adds {added}.")
