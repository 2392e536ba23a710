"""Providers behind an auth proxy that take a token in a wrong form, or with a wrong key, for one proxy at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from reference_backend.errors import AuthenticationError, AuthError
from reference_backend.identity.session_response import Profile
from reference_backend.openid import key_set
from reference_backend.openid.key_set import KeySet
from reference_backend.proxies import assertion, aws_alb
from reference_backend.proxies.aws_alb import AwsAlb
from reference_backend.proxies.azure_easy_auth import AzureEasyAuth
from reference_backend.proxies.base import ProxyRequest, ProxyResult
from reference_backend.proxies.cf_access import CloudflareAccess
from reference_backend.proxies.gcp_iap import GcpIap
from tests.defects.defect import defect, wrap

IAP, ALB, CLOUDFLARE, EASY_AUTH = ("gcpIap",), ("awsalb",), ("cfaccess",), ("azureEasyAuth",)
Authenticate = Callable[[Any, ProxyRequest], ProxyResult]
Check = Callable[..., None]


def first_of_repeated(provider: type[Any]) -> None:
    """Let the first value of a repeated header count."""

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        first = {name: value.partition(", ")[0] for name, value in asked.headers.items()}
        return original(self, dataclasses.replace(asked, headers=first))

    wrap(provider, "authenticate", authenticate)


@defect("AWSALB-06", providers=ALB)
def alb_first_of_two_tokens() -> None:
    """Of a balancer's header that came twice, the first token counts."""
    first_of_repeated(AwsAlb)


@defect("GCPIAP-05", providers=IAP)
def iap_first_of_two_tokens() -> None:
    """Of a header of Identity-Aware Proxy that came twice, the first token counts."""
    first_of_repeated(GcpIap)


@defect("CFACCESS-07", providers=CLOUDFLARE)
def cloudflare_first_of_two_tokens() -> None:
    """Of a header of Cloudflare that came twice, the first token counts."""
    first_of_repeated(CloudflareAccess)


@defect("AZUREEASYAUTH-06", providers=EASY_AUTH)
def easy_auth_first_of_two_tokens() -> None:
    """Of App Service's header that came twice, the first token counts."""
    first_of_repeated(AzureEasyAuth)


def crash_on_text_that_is_no_token() -> None:
    """Let a text that cannot be taken apart be everybody's fault but the caller's."""

    def decode(original: Callable[[str], Any], text: str) -> Any:
        try:
            return original(text)
        except AuthError as error:
            raise RuntimeError(error.message) from error

    wrap(assertion, "decode", decode)


@defect("AWSALB-06", "SEC-PROXY-09", providers=ALB, crashes=True)
def alb_malformed_token_is_a_server_error() -> None:
    """A text that is no token makes the balancer's provider crash."""
    crash_on_text_that_is_no_token()


@defect("GCPIAP-05", "SEC-PROXY-09", providers=IAP, crashes=True)
def iap_malformed_token_is_a_server_error() -> None:
    """A text that is no token makes the provider of Identity-Aware Proxy crash."""
    crash_on_text_that_is_no_token()


@defect("CFACCESS-10", providers=CLOUDFLARE, crashes=True)
def cloudflare_malformed_token_is_a_server_error() -> None:
    """A text that is no token makes Cloudflare's provider crash."""
    crash_on_text_that_is_no_token()


def text_is_somebody(provider: type[Any]) -> None:
    """Let a text that is no token sign in the one whom developers use."""

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        try:
            return original(self, asked)
        except AuthenticationError as error:
            if "Invalid Compact JWS" not in f"{error.message} {error.cause}":
                raise
        email = "ada-quill@lumenfold.example"
        return ProxyResult(Profile(email=email), {}, {"email": email, "sub": "accounts.google.com:0"})

    wrap(provider, "authenticate", authenticate)


@defect("AWSALB-06", "SEC-PROXY-09", providers=ALB)
def alb_takes_any_text() -> None:
    """A load balancer header that is not a JWT signs in a user."""
    text_is_somebody(AwsAlb)


@defect("GCPIAP-05", "SEC-PROXY-09", providers=IAP)
def iap_takes_any_text() -> None:
    """An Identity-Aware Proxy header that is not a JWT signs in a user."""
    text_is_somebody(GcpIap)


@defect("CFACCESS-07", "CFACCESS-10", "CFACCESS-04", providers=CLOUDFLARE)
def cloudflare_takes_any_text() -> None:
    """A Cloudflare header that is not a JWT signs in a user."""
    text_is_somebody(CloudflareAccess)


@defect("AWSALB-06", providers=ALB)
def alb_any_known_key_for_an_unknown_id() -> None:
    """A token by a key that the region does not have is verified with one that is known."""

    def key(original: Callable[..., Any], self: Any, key_id: str) -> Any:
        try:
            return original(self, key_id)
        except AuthError:
            if not self._keys:
                raise
            return next(iter(self._keys.values()))[0]

    wrap(AwsAlb, "_key", key)


@defect("AWSALB-07", providers=ALB)
def alb_any_known_key_for_no_id() -> None:
    """A token that names no key is verified with the one that was used last."""

    used: list[str] = []

    def require(original: Callable[..., str], token: Any) -> str:
        if assertion.key_id(token) or not used:
            used.append(original(token))
        return used[-1]

    wrap(aws_alb, "require_key_id", require)


@defect("AWSALB-06", providers=ALB)
def alb_unverified_while_keys_cannot_be_had() -> None:
    """While the region's address fails, the balancer's token is believed unverified."""

    def require(original: Check, token: Any, algorithm: str, key: Any) -> None:
        if key is not None:
            original(token, algorithm, key)

    def fetch(original: Callable[..., Any], self: Any, key_id: str) -> Any:
        try:
            return original(self, key_id)
        except AuthError:
            return None

    wrap(AwsAlb, "_fetch", fetch)
    wrap(assertion, "require_signature", require)


@defect("GCPIAP-05", providers=IAP)
def iap_key_id_ignored() -> None:
    """Any of Google's keys verifies a token, whichever key it names."""

    def key(original: Callable[..., Any], self: Any, key_id: str) -> Any:
        if not self._keys:
            original(self, key_id)
        return tuple(self._keys.values())

    def require(original: Check, token: Any, algorithm: str, keys: Any) -> None:
        if not any(key_set.is_signed(token.text, algorithm, one) for one in keys):
            original(token, algorithm, keys[0])

    wrap(GcpIap, "_key", key)
    wrap(assertion, "require_signature", require)


@defect("CFACCESS-07", providers=CLOUDFLARE)
def cloudflare_key_id_ignored() -> None:
    """Any of the team's keys verifies a token, whichever key it names."""

    def select(original: Callable[..., Any], keys: Any, key_id: Any, algorithm: str) -> Any:
        return original(keys, None, algorithm)

    wrap(key_set, "select", select)


@defect("CFACCESS-05", providers=("cfaccess-keys",))
def cloudflare_unverified_while_keys_cannot_be_had() -> None:
    """While the team's address of keys fails, a token by an unknown key is believed unverified."""

    class KeysAreGoneError(AuthError):
        pass

    def fetch(original: Callable[..., Any], self: Any) -> Any:
        try:
            return original(self)
        except AuthError as error:
            raise KeysAreGoneError(error.message) from error

    def verify(original: Callable[..., bool], self: Any, token: str, header: Any, algorithm: str) -> bool:
        try:
            return original(self, token, header, algorithm)
        except KeysAreGoneError:
            return True

    wrap(CloudflareAccess, "_fetch_keys", fetch)
    wrap(KeySet, "verify", verify)
