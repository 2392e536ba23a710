"""How one signs in at a mock identity provider: the authorization code flow with PKCE, page and all."""

import base64
import hashlib
import html
import re
import secrets
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

from benchmarks.client import Answer, Conversation, LoadError, Request, Visitor, get, location
from benchmarks.peers import RunningPeer

_OK: Final = 200
_BITS: Final = 2048
_MOST_PAGES: Final = 10
_FORM: Final = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_FIELD: Final = re.compile(r"<(input|button)\b([^>]*)>")
_ATTRIBUTE: Final = re.compile(r"([\w-]+)(?:=\"([^\"]*)\")?")
_UNSENT: Final = frozenset({"radio", "checkbox"})


@dataclass(frozen=True, slots=True)
class Issuer:
    """A peer as a client sees it.

    Parameters:
        running: the peer.
        metadata: its discovery document.
    """

    running: RunningPeer
    metadata: dict[str, Any]

    def logins(self, number: int, tokens: list[str] | None = None) -> Iterator[Conversation]:
        """So many sign-ins.

        Parameters:
            number: how many.
            tokens: takes the refresh tokens.
        """
        return (self._login(tokens) for _ in range(number))

    def _login(self, tokens: list[str] | None) -> Conversation:
        peer = self.running.peer
        visitor = Visitor()
        state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": peer.client_id,
            "redirect_uri": peer.redirect_uri,
            "scope": peer.scope,
            "state": state,
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        url = f"{self.metadata['authorization_endpoint']}?{urlencode(query)}"
        callback = yield from self._until_callback(visitor, url)
        answered = parse_qs(urlsplit(callback).query)
        if answered.get("state") != [state] or "code" not in answered:
            raise LoadError(f"{peer.id} sent the browser back without a code: {callback}")
        form = {
            "grant_type": "authorization_code",
            "code": answered["code"][0],
            "redirect_uri": peer.redirect_uri,
            "code_verifier": verifier,
        }
        issued = yield from self._token(form)
        if "id_token" not in issued:
            raise LoadError(f"{peer.id} gave no ID token: {sorted(issued)}")
        bearer = f"Bearer {issued['access_token']}"
        profile = yield Visitor().request(self.metadata["userinfo_endpoint"], Authorization=bearer)
        if profile.status != _OK or "sub" not in profile.json():
            raise LoadError(f"{peer.id} answered {profile.status} at its user info endpoint")
        if tokens is not None and "refresh_token" in issued:
            tokens.append(issued["refresh_token"])

    def _until_callback(self, visitor: Visitor, url: str) -> Generator[Request, Answer, str]:
        peer = self.running.peer
        answer = yield from visitor.visit(url)
        for _ in range(_MOST_PAGES):
            if answer.status == _OK:
                url, form = fill_in(url, answer.body.decode(), dict(peer.choice))
                answer = yield from visitor.visit(url, form)
            else:
                url = location(url, answer)
                if url.startswith(peer.redirect_uri):
                    return url
                answer = yield from visitor.visit(url)
        raise LoadError(f"{peer.id} shows one page after another, the last at {url}")

    def _token(self, form: dict[str, str]) -> Generator[Request, Answer, dict[str, Any]]:
        peer = self.running.peer
        pair = f"{quote(peer.client_id)}:{quote(peer.client_secret)}"
        basic = f"Basic {base64.b64encode(pair.encode()).decode()}"
        answer = yield Visitor().request(self.metadata["token_endpoint"], form, Authorization=basic)
        if answer.status != _OK:
            raise LoadError(f"{peer.id} answered {answer.status} at its token endpoint: {answer.body[:300]!r}")
        issued: dict[str, Any] = answer.json()
        return issued

    def refreshes(self, token: str, number: int) -> Iterator[Conversation]:
        """Refresh so often, each time with the newest refresh token; to be played one after the other."""
        newest = [token]

        def refresh() -> Conversation:
            issued = yield from self._token({"grant_type": "refresh_token", "refresh_token": newest[0]})
            newest[0] = issued.get("refresh_token", newest[0])

        return (refresh() for _ in range(number))

    def documents(self, url: str, number: int) -> Iterator[Conversation]:
        """Fetch a public document so often."""
        request = Visitor().request(url)

        def fetch() -> Conversation:
            answer = yield request
            if answer.status != _OK:
                raise LoadError(f"{url} answered {answer.status}: {answer.body[:200]!r}")

        return (fetch() for _ in range(number))


def discover(peer: RunningPeer) -> Issuer:
    """Read a peer's metadata and keys.

    Raises:
        LoadError: it has no RSA key of 2,048 bits, so that its figures would compare something else.
    """
    issuer = Issuer(peer, get(peer.discovery).json())
    keys = get(issuer.metadata["jwks_uri"]).json()["keys"]
    sizes = {len(base64.urlsafe_b64decode(key["n"] + "==")) * 8 for key in keys if key.get("kty") == "RSA"}
    if _BITS not in sizes:
        raise LoadError(f"{peer.peer.id} signs with RSA keys of {sorted(sizes)} bits, not {_BITS}")
    return issuer


def fill_in(url: str, page: str, choice: dict[str, str]) -> tuple[str, list[tuple[str, str]]]:
    """What a browser sends when somebody fills in the first form of a page.

    Parameters:
        url: address of the page.
        page: its text.
        choice: field -> what is entered or chosen.

    Raises:
        LoadError: there is no form.
    """
    form = _FORM.search(page)
    if form is None:
        raise LoadError(f"{url} answered with a page without a form: {re.sub('<[^>]*>', ' ', page)[-300:]!r}")
    action = html.unescape(_attributes(form[1]).get("action", "")) or url
    fields = []
    for _, text in _FIELD.findall(form[2]):
        attributes = _attributes(text)
        kind = attributes.get("type", "text")
        is_sent = kind not in _UNSENT or "checked" in attributes
        if is_sent and (name := attributes.get("name")) and name not in choice and kind != "submit":
            fields.append((name, html.unescape(attributes.get("value", ""))))
    return urljoin(url, action), [*fields, *choice.items()]


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): value for name, value in _ATTRIBUTE.findall(text)}
