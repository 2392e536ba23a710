"""Steps that look into Backstage tokens, with the target's own published keys."""

import base64
import hmac
import json
import time
from typing import Any, ClassVar

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.api_jwk import PyJWK

from conformance.driver.members import ANSWER
from conformance.scenario.shape import Shape, shape_of
from conformance.steps.base import CaseContext, Observation, ScenarioFault, Step


def decode_part(part: str) -> Any:
    """One part of a compact JWS as JSON; None if it is none."""
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None


def encode_part(data: Any) -> str:
    """Compact JSON in unpadded base64url, as LIM-01 demands it."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def verifies(token: str, keys: list[dict[str, Any]]) -> bool:
    """Say whether one of the keys with the token's ``kid`` verifies its signature; claims are not looked at."""
    try:
        header = jwt.get_unverified_header(token)
        key = next((key for key in keys if key.get("kid") == header.get("kid")), None)
        if key is None or header.get("alg") != key.get("alg"):
            return False
        jwt.decode(
            token,
            PyJWK(key),
            algorithms=[str(key["alg"])],
            options={"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_iss": False},
        )
    except (jwt.PyJWTError, KeyError, ValueError, TypeError):
        return False
    return True


def published_keys(context: CaseContext) -> tuple[Observation, list[dict[str, Any]]]:
    """The target's key set: the HTTP answer, and what in it is a key."""
    url = f"{context.target.auth_url}/.well-known/jwks.json"
    jwks = context.observe(context.browser.bare(url, "GET"), url)
    published = jwks["json"].get("keys") if isinstance(jwks.get("json"), dict) else None
    return jwks, [key for key in published if isinstance(key, dict)] if isinstance(published, list) else []


def _published_key(context: CaseContext, kid: object) -> bytes:
    """A public key of the target as every reader can write it down: SubjectPublicKeyInfo in PEM.

    Raises:
        ScenarioFault: the target publishes no such key.
    """
    _, keys = published_keys(context)
    found = next((key for key in keys if key.get("kid") == kid), None)
    try:
        public = PyJWK(found or {}).key
    except jwt.PyJWTError as error:
        raise ScenarioFault(f"the target publishes no usable key {kid!r}", blamed=True) from error
    pem: bytes = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem


class ReadToken(Step):
    """Take a Backstage user token apart and verify it against the target's JWKS.

    Observes ``header``, ``claims``, ``verified``, ``expires_in`` (seconds from now), ``age``, ``jwks`` (the HTTP
    answer), ``key`` (the published key with its ``kid``), ``limited`` (the limited user token assembled from it,
    LIM-01) and ``limited_verified``.
    """

    action: ClassVar[str] = "read_token"
    observes: ClassVar[Shape] = shape_of(
        "header",
        "claims",
        "parts",
        "length",
        "verified",
        "expires_in",
        "age",
        "lifetime",
        "key",
        "limited",
        "limited_verified",
        jwks=ANSWER,
    )
    token: str
    """the token, usually ``${…session.backstageIdentity.token}``."""

    def play(self, context: CaseContext) -> Observation:
        """Fetch the JWKS and decode."""
        jwks, keys = published_keys(context)
        parts = self.token.split(".")
        header = decode_part(parts[0])
        claims = decode_part(parts[1]) if len(parts) > 1 else None
        seen: Observation = {"header": header, "claims": claims, "parts": len(parts), "jwks": jwks}
        seen["verified"] = verifies(self.token, keys)
        seen["length"] = len(self.token)
        if not isinstance(header, dict) or not isinstance(claims, dict):
            return seen
        seen["key"] = next((key for key in keys if key.get("kid") == header.get("kid")), None)
        now = time.time()
        if isinstance(claims.get("exp"), int):
            seen["expires_in"] = round(claims["exp"] - now)
        if isinstance(claims.get("iat"), int):
            seen["age"] = round(now - claims["iat"])
        if isinstance(claims.get("iat"), int) and isinstance(claims.get("exp"), int):
            seen["lifetime"] = claims["exp"] - claims["iat"]
        if isinstance(claims.get("uip"), str):
            seen["limited"] = self._limited(header, claims)
            seen["limited_verified"] = verifies(seen["limited"], keys)
            context.transcript.secrets.learn(seen["limited"])
        return seen

    @staticmethod
    def _limited(header: dict[str, Any], claims: dict[str, Any]) -> str:
        limited_header = {"typ": "vnd.backstage.limited-user", "alg": header.get("alg"), "kid": header.get("kid")}
        limited_claims = {name: claims.get(name) for name in ("sub", "iat", "exp")}
        return f"{encode_part(limited_header)}.{encode_part(limited_claims)}.{claims['uip']}"


class SignToken(Step):
    """Sign a token with a key of the backend, where the profile made it known. Observes ``token``."""

    action: ClassVar[str] = "sign_token"
    observes: ClassVar[Shape] = shape_of("token")
    key: dict[str, str]
    """the key, an entry of ``${idp.backend_keys}``: ``kid``, ``algorithm``, ``private_key`` (PEM)."""
    claims: dict[str, Any]
    """the claims; null leaves one out, ``{from_now: SECONDS}`` is a time."""
    header: dict[str, Any] = {}
    """members of the header beside ``alg`` and ``kid``, or in their place; null removes one."""

    def play(self, context: CaseContext) -> Observation:
        """Sign; nothing is sent."""
        header = {"alg": self.key["algorithm"], "kid": self.key["kid"], **self.header}
        claims = {name: _moment(value) for name, value in self.claims.items()}
        parts = [{name: value for name, value in tree.items() if value is not None} for tree in (header, claims)]
        signed = ".".join(map(encode_part, parts))
        algorithm = jwt.get_algorithm_by_name(self.key["algorithm"])
        signature = algorithm.sign(signed.encode(), algorithm.prepare_key(self.key["private_key"]))
        token = f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
        context.transcript.secrets.learn(token)
        return {"token": token}


def _moment(value: Any) -> Any:
    """Seconds since the epoch for ``{from_now: SECONDS}``; anything else as it is."""
    if isinstance(value, dict) and value.keys() == {"from_now"}:
        return int(time.time()) + int(value["from_now"])
    return value


class ForgeToken(Step):
    """Make an invalid token from a valid one. Observes ``token``."""

    action: ClassVar[str] = "forge_token"
    observes: ClassVar[Shape] = shape_of("token")
    token: str
    """the valid token."""
    header: dict[str, Any] = {}
    """members of the header changed or added; null removes one."""
    claims: dict[str, Any] = {}
    """claims changed or added; null removes one."""
    signature: str = "keep"
    """``keep`` the valid one, ``drop`` it, ``garble`` it, or take the target's public key for a shared secret:
    ``public-key`` (RFC 8725 section 2.1), with ``alg: HS256`` in the header."""

    def play(self, context: CaseContext) -> Observation:
        """Put the parts together again; nothing is sent."""
        head, body, signature = ([*self.token.split("."), "", ""])[:3]
        genuine = decode_part(head), decode_part(body)
        if not isinstance(genuine[0], dict) or not isinstance(genuine[1], dict) or not signature:
            raise ScenarioFault("the token to forge from is no signed JSON Web Token", blamed=True)
        header, claims = {**genuine[0], **self.header}, {**genuine[1], **self.claims}
        if self.signature == "drop":
            signature = ""
        elif self.signature == "garble":
            signature = signature[::-1]
        parts = [encode_part({k: v for k, v in tree.items() if v is not None}) for tree in (header, claims)]
        unchanged = not self.header and not self.claims
        signed = [head, body] if unchanged else parts
        if self.signature == "public-key":
            secret = _published_key(context, genuine[0].get("kid"))
            digest = hmac.digest(secret, ".".join(signed).encode(), "sha256")
            signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        token = ".".join([*signed, signature])
        context.transcript.secrets.learn(token)
        return {"token": token}
