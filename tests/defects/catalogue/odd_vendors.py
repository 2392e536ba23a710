"""What a hostile, broken or merely odd vendor can achieve that nobody expected of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests

from reference_backend import errors
from reference_backend.errors import AuthError
from reference_backend.openid import key_set
from reference_backend.openid.client import Client
from reference_backend.openid.key_set import Key
from reference_backend.providers import oauth2_base
from tests.defects.defect import defect, replace, wrap


@defect("SEC-JWKS-07", providers=("oidc", "pinniped"))
def use_of_a_key_ignored() -> None:
    """A key for encryption verifies signatures."""
    wrap(key_set, "fits", lambda original, jwk, algorithm: original({**jwk, "use": "sig", "alg": algorithm}, algorithm))


@defect("SEC-JWKS-07", providers=("oidc",))
def algorithm_of_a_key_ignored() -> None:
    """A key that is published for another algorithm verifies signatures of this one."""
    wrap(key_set, "fits", lambda original, jwk, algorithm: original({**jwk, "alg": algorithm}, algorithm))


@defect("SEC-IDT-08", providers=("oidc",))
def address_in_a_token_fetched() -> None:
    """The key is fetched from a URL in the token's header."""

    def is_signed(original: Callable[..., bool], client: Client, token: Any) -> bool:
        address = token.header.get("jku")
        if isinstance(address, str):
            try:
                found = client.context.http.request("GET", address).json()
            except (requests.RequestException, ValueError) as error:
                raise AuthError("no keys") from error
            keys: list[Key] = key_set.understood(found)
            return any(key_set.is_signed_by(token.text, client.algorithm, key) for key in keys)
        return original(client, token)

    wrap(Client, "_is_signed", is_signed)


@defect("SEC-ROB-13", providers=("github", "google"), crashes=True)
def lifetime_is_a_number() -> None:
    """An expires_in that is not a number causes an error that is not reported."""

    def session(original: Callable[..., Any], answer: Mapping[str, Any]) -> Any:
        lifetime = answer.get("expires_in")
        return original({**answer, **({} if lifetime is None else {"expires_in": int(lifetime)})})

    def unforeseen(original: Callable[[], Exception]) -> Exception:
        raise RuntimeError("nobody has foreseen this") from original()

    wrap(oauth2_base, "session_from", session)
    wrap(errors, "invalid_thrown_value", unforeseen)


@defect("SEC-TOKX-09", "SEC-CONC-01", providers=("github", "google"))
def cookies_of_the_vendor_kept() -> None:
    """A cookie of the vendor is sent with every later request, for any user."""
    jar = requests.cookies.RequestsCookieJar()
    original = requests.Session

    class Remembering(original):  # type: ignore[misc,valid-type]
        def __init__(self) -> None:
            super().__init__()
            self.cookies = jar

    replace(requests, "Session", Remembering)
