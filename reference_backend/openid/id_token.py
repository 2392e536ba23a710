"""What has to hold of an ID token besides its signature (OIDCPROV-07, OpenID Connect Core §3.1.3.7).

One rule, one function; :func:`require_claims` has them in the order in which they are checked. Times are compared
without tolerance.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from reference_backend.formats import compact_jws, encoding, js_text
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.openid.openid_errors import RpError

REQUIRED = ("iss", "sub", "aud", "exp", "iat")
HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512, "EdDSA": hashlib.sha512}
"""Hash of ``at_hash`` by the end of the algorithm's name (Core §3.1.3.6)."""


def decode(text: str) -> CompactJws:
    """Take a token apart.

    Raises:
        RpError: it is not a compact JWS.
    """
    try:
        return compact_jws.decode(text)
    except ValueError as error:
        raise RpError(f"failed to decode JWT ({error})") from error


def require_algorithm(token: CompactJws, expected: str) -> None:
    """The algorithm is ours to choose, never the token's (SEC-IDT-02, SEC-IDT-03, SEC-IDT-12)."""
    if token.header.get("alg") != expected:
        received = js_text.member(dict(token.header), "alg")
        raise RpError(f"unexpected JWT alg received, expected {expected}, got: {received}")


def require_claims(claims: Mapping[str, Any], issuer: str, client_id: str, now: int) -> None:
    """All claims that do not depend on the flow.

    Parameters:
        claims: the payload.
        issuer: the vendor's issuer.
        client_id: our own id.
        now: seconds since the epoch.

    Raises:
        RpError: the first rule that does not hold.
    """
    require_present(claims)
    require_issuer(claims, issuer)
    require_number(claims, "iat")
    require_active(claims, now)
    require_unexpired(claims, now)
    require_audience(claims, client_id)
    require_authorized_party(claims, client_id)


def require_present(claims: Mapping[str, Any]) -> None:
    """No claim that is needed may be missing; the subject may not be empty."""
    for name in REQUIRED:
        if name not in claims or (name == "sub" and not (isinstance(claims[name], str) and claims[name])):
            raise RpError(f"missing required JWT property {name}")


def require_issuer(claims: Mapping[str, Any], issuer: str) -> None:
    """``iss`` is the vendor's, to the letter (SEC-IDT-04)."""
    if claims["iss"] != issuer:
        raise RpError(f"unexpected iss value, expected {issuer}, got: {js_text.text(claims['iss'])}")


def require_active(claims: Mapping[str, Any], now: int) -> None:
    """``nbf``, if there, has passed (SEC-IDT-11)."""
    if "nbf" in claims:
        require_number(claims, "nbf")
        if claims["nbf"] > now:
            raise RpError(f"JWT not active yet, now {now}, nbf {js_text.text(claims['nbf'])}")


def require_unexpired(claims: Mapping[str, Any], now: int) -> None:
    """``exp`` has not come (SEC-IDT-06)."""
    require_number(claims, "exp")
    if claims["exp"] <= now:
        raise RpError(f"JWT expired, now {now}, exp {js_text.text(claims['exp'])}")


def require_number(claims: Mapping[str, Any], name: str) -> None:
    """A NumericDate is a JSON number (RFC 7519 §2)."""
    if not compact_jws.is_numeric_date(claims[name]):
        raise RpError(f"JWT {name} claim must be a JSON numeric value")


def require_audience(claims: Mapping[str, Any], client_id: str) -> None:
    """``aud`` names us, alone or in a list; if others are named, ``azp`` has to say who asked (SEC-IDT-05, -10)."""
    audience = claims["aud"]
    if not isinstance(audience, list):
        if audience != client_id:
            raise RpError(f"aud mismatch, expected {client_id}, got: {js_text.text(audience)}")
        return
    if len(audience) > 1 and not claims.get("azp"):
        raise RpError("missing required JWT property azp")
    if client_id not in audience:
        found = encoding.compact_json(audience)
        raise RpError(f"aud is missing the client_id, expected {client_id} to be included in {found}")


def require_authorized_party(claims: Mapping[str, Any], client_id: str) -> None:
    """``azp``, if there, is us (SEC-IDT-10)."""
    if "azp" in claims and claims["azp"] != client_id:
        raise RpError(f"azp mismatch, got: {js_text.text(claims['azp'])}")


def require_nonce(claims: Mapping[str, Any], expected: str | None) -> None:
    """``nonce`` is that of the start, or absent as there (SEC-IDT-07); neither is shown (SEC-ERR-05)."""
    if claims.get("nonce") != expected:
        raise RpError("nonce mismatch")


def require_access_token_hash(token: CompactJws, access_token: str) -> None:
    """``at_hash``, if there, is that of the access token (SEC-IDT-14)."""
    if "at_hash" not in token.claims:
        return
    if token.claims["at_hash"] != access_token_hash(access_token, str(token.header["alg"])):
        raise RpError("at_hash mismatch")


def access_token_hash(access_token: str, algorithm: str) -> str:
    """Left half of the hash that belongs to the algorithm, in base64url (Core §3.1.3.6)."""
    make = next(make for end, make in HASHES.items() if algorithm.endswith(end))
    digest = make(access_token.encode()).digest()
    return encoding.b64url(digest[: len(digest) // 2])


def require_known_extensions(token: CompactJws) -> None:
    """We know no extension of JWS, so none may be critical (SEC-IDT-13, RFC 7515 §4.1.11)."""
    if "crit" in token.header:
        raise invalid_signature()


def invalid_signature() -> RpError:
    """The signature is not that of the key."""
    return RpError("failed to validate JWT signature")
