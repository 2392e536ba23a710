"""What a client of an OpenID provider does: token requests, ID tokens, user info, revocation."""

import base64
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import jwt
import requests

from reference_backend.errors import AuthError
from reference_backend.formats import compact_jws, encoding, js_text
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.openid import answers, id_token, key_set, openid_errors
from reference_backend.openid.issuer import Issuer
from reference_backend.openid.key_set import KeySet
from reference_backend.provider_context import ProviderContext

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME = 60
"""Seconds (§14.4)."""
ASSERTION_ID_BYTES = 16
SIGNING_ALGORITHMS = "token_endpoint_auth_signing_alg_values_supported"
DEFAULT_SCHEME = "Bearer"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


class ClientAuthentication(StrEnum):
    """Where the client's credentials travel (OIDCPROV-05, Core §9)."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    SECRET_JWT = "client_secret_jwt"  # noqa: S105 - a method's name
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Client:
    """One registration at one issuer.

    Parameters:
        issuer: the OpenID provider.
        client_id: id of the registration.
        client_secret: its secret.
        algorithm: the only algorithm of ID tokens that is accepted.
        context: HTTP client, clock and randomness.
        timeout: seconds for one request (UP-32).
        keys: the issuer's keys.
    """

    issuer: Issuer
    client_id: str
    client_secret: str = field(repr=False)
    algorithm: str
    context: ProviderContext
    timeout: float
    keys: KeySet = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the key set; nothing is fetched yet."""
        object.__setattr__(self, "keys", KeySet(self._fetch_keys, self.context.clock))

    def _fetch_keys(self) -> dict[str, Any]:
        return answers.members(self._send("GET", self.issuer.endpoint("jwks_uri"), headers=answers.JSON_ONLY))

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        return answers.send(self.context.http, method, url, self.timeout, **options)

    def request_token(self, method: ClientAuthentication, **form: str) -> dict[str, Any]:
        """Ask the token endpoint (UP-25, UP-27).

        Parameters:
            method: how the client authenticates.
            form: grant type and its parameters.

        Raises:
            AuthError: O1 … O4.
        """
        headers, credentials = self.authentication(method)
        url = self.issuer.endpoint("token_endpoint")
        headers = {**answers.JSON_ONLY, **headers}
        return answers.members(self._send("POST", url, form={**form, **credentials}, headers=headers))

    def revoke(self, method: ClientAuthentication, url: str, token: str) -> None:
        """Revoke a token (UP-28, RFC 7009 §2.1).

        Parameters:
            method: how the client authenticates.
            url: the revocation endpoint.
            token: the token.

        Raises:
            AuthError: the vendor did not say 200.
        """
        headers, credentials = self.authentication(method)
        answers.require_ok(self._send("POST", url, form={"token": token, **credentials}, headers=headers))

    def authentication(self, method: ClientAuthentication) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and form fields that authenticate the client (OIDCPROV-05)."""
        if method is ClientAuthentication.BASIC:
            return {"Authorization": basic(self.client_id, self.client_secret)}, {}
        if method is ClientAuthentication.POST:
            return {}, {"client_id": self.client_id, "client_secret": self.client_secret}
        if method is ClientAuthentication.SECRET_JWT:
            assertion = {"client_assertion": self._assertion(), "client_assertion_type": ASSERTION_TYPE}
            return {}, {"client_id": self.client_id, **assertion}
        return {}, {"client_id": self.client_id}

    def _assertion(self) -> str:
        """A JWT that proves knowledge of the secret (Core §9)."""
        algorithm = self.assertion_algorithm()
        now = int(self.context.clock())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer.name,
            "jti": encoding.b64url(self.context.random_bytes(ASSERTION_ID_BYTES)),
            "iat": now,
            "exp": now + ASSERTION_LIFETIME,
        }
        signed = compact_jws.encode({"alg": algorithm}, claims)
        signature = jwt.get_algorithm_by_name(algorithm).sign(signed.encode(), self.client_secret.encode())
        return f"{signed}.{encoding.b64url(signature)}"

    def assertion_algorithm(self) -> str:
        """The first HMAC that the vendor lists (§14.2).

        Raises:
            AuthError: it lists none.
        """
        listed = self.issuer.metadata().get(SIGNING_ALGORITHMS)
        known = [name for name in listed if name in key_set.HMAC_ALGORITHMS] if isinstance(listed, list) else []
        if not known:
            raise openid_errors.not_in_metadata(SIGNING_ALGORITHMS)
        return str(known[0])

    def validate(self, text: Any, access_token: str | None) -> CompactJws:
        """Check an ID token, all but its nonce (OIDCPROV-07, OIDCPROV-10).

        Parameters:
            text: the token as it was received.
            access_token: the one that it came with.

        Raises:
            AuthError: O5.
        """
        token = id_token.decode(js_text.text(text))
        id_token.require_algorithm(token, self.algorithm)
        id_token.require_claims(token.claims, self.issuer.name, self.client_id, int(self.context.clock()))
        id_token.require_known_extensions(token)
        if not self._is_signed(token):
            raise id_token.invalid_signature()
        if access_token:
            id_token.require_access_token_hash(token, access_token)
        return token

    def _is_signed(self, token: CompactJws) -> bool:
        if self.algorithm in key_set.HMAC_ALGORITHMS:
            return key_set.is_signed(token.text, self.algorithm, self.client_secret.encode())
        return self.keys.verify(token.text, token.header, self.algorithm)

    def userinfo(self, access_token: str, scheme: str | None = None) -> dict[str, Any]:
        """Ask who the person is (OIDCPROV-08).

        Parameters:
            access_token: the token.
            scheme: authentication scheme; ``Bearer`` if None, or if it is none.

        Raises:
            AuthError: O1 … O4, or there is no such endpoint (UP-26).
        """
        if not self.issuer.metadata().get("userinfo_endpoint"):
            raise AuthError(openid_errors.NO_USERINFO)
        headers = {**answers.JSON_ONLY, "Authorization": f"{usable_scheme(scheme)} {access_token}"}
        response = self._send("GET", self.issuer.endpoint("userinfo_endpoint"), headers=headers)
        return answers.members(response, bearer=True)


def basic(client_id: str, client_secret: str) -> str:
    """``Authorization`` header with both parts form-encoded (RFC 6749 §2.3.1)."""
    credentials = f"{encoding.form_part(client_id)}:{encoding.form_part(client_secret)}"
    return f"Basic {base64.b64encode(credentials.encode()).decode('ascii')}"


def usable_scheme(scheme: Any) -> str:
    """The token type as a scheme, as the vendor wrote it (§14.5)."""
    return scheme if isinstance(scheme, str) and _SCHEME.fullmatch(scheme) else DEFAULT_SCHEME
