"""Keeps secrets out of transcripts and reports.

The driver tells what it learned (tokens, codes, cookies); every occurrence is replaced by a label made from
a digest, so that a reader still sees where the same value comes back.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote

SHORTEST: Final = 8
"""Shorter texts are not secrets, and replacing them would garble the transcript."""

PUBLIC_COOKIE: Final = "-granted-scope"
"""How the name of the one cookie ends whose value is no secret."""

_JWT: Final = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)?")
_CREDENTIALS: Final = re.compile(r"(?i)\b(bearer|basic)(:?\s+|%20)([A-Za-z0-9._~+/=-]{8,})")
_SECRET_FIELDS: Final = re.compile(r"(?i)(proxy-)?authorization|.*(token|secret|assertion|api-key|oidc-data).*")
"""Header fields whose whole value is a secret, whatever scheme or form it has."""

_MEMBERS: Final = frozenset(
    [
        "accesstoken",
        "access_token",
        "refreshtoken",
        "refresh_token",
        "idtoken",
        "id_token",
        "token",
        "code",
        "client_secret",
        "code_verifier",
        "password",
        "assertion",
        "subject_token",
        "samlresponse",
        "cf_authorization",
        "connect.sid",
    ]
)


class Secrets:
    """The secrets of one case."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}
        self._learned: dict[str, None] = {}  # in order, since a form that two secrets share has the later one's label

    def learn(self, value: object) -> None:
        """Remember a value to be masked, also as it stands in URLs, in JSON and (hexadecimal) in states."""
        if isinstance(value, str) and len(value) >= SHORTEST:
            self._learned[value] = None

    def _label(self, value: str) -> None:
        """Say what stands for a value in all its forms; only a case that is told needs them."""
        value = value.encode("utf-8", "replace").decode()  # JSON can carry halves of characters
        label = f"«secret {hashlib.sha256(value.encode()).hexdigest()[:6]}»"
        plain = {value, quote(value, safe=""), quote_plus(value), quote(value, safe="-_.!~*'()")}
        in_json = {json.dumps(value)[1:-1], json.dumps(value)[1:-1].replace("/", "\\/")}
        for form in plain | in_json | {form.encode().hex() for form in plain}:
            self._labels[form] = label

    def learn_from(self, data: Any) -> None:
        """Remember every member of a data tree whose name says that it is a secret."""
        if isinstance(data, dict):
            for name, value in data.items():
                if str(name).lower() in _MEMBERS:
                    self.learn(value)
                self.learn_from(value)
        elif isinstance(data, list):
            for item in data:
                self.learn_from(item)

    def learn_from_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        """Remember the values of header fields that carry credentials; an authentication scheme stays readable.

        Of cookies every value is a secret but the granted scopes, which tell nothing but what was asked for.
        """
        for name, value in headers:
            if name.lower() in {"cookie", "set-cookie"}:
                pairs = value.split(";") if name.lower() == "cookie" else value.split(";")[:1]
                for cookie, _, text in (pair.partition("=") for pair in pairs):
                    if not cookie.strip().endswith(PUBLIC_COOKIE):
                        self.learn(text.strip())
                        self.learn(unquote(text.strip()))
            if _SECRET_FIELDS.fullmatch(name):
                scheme, _, credentials = value.strip().partition(" ")
                self.learn(credentials.strip() or scheme)

    def mask(self, text: str) -> str:
        """The text without any secret, JSON Web Token or credential in it."""
        for value in self._learned:
            self._label(value)
        self._learned.clear()
        for value in sorted(self._labels, key=len, reverse=True):
            if value in text:
                text = text.replace(value, self._labels[value])
        text = _JWT.sub(lambda found: f"«jwt {hashlib.sha256(found[0].encode()).hexdigest()[:6]}»", text)
        return _CREDENTIALS.sub(lambda found: f"{found[1]}{found[2]}«credentials»", text)

    def mask_tree(self, data: Any) -> Any:
        """A data tree with :meth:`mask` applied to every text in it."""
        if isinstance(data, str):
            return self.mask(data)
        if isinstance(data, dict):
            return {self.mask(str(key)): self.mask_tree(value) for key, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.mask_tree(item) for item in data]
        return data
