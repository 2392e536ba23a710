"""Faults of a set-up and defects of a backend, each with what the doctor has to call it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from reference_backend.providers.oauth2_base import OAuth2Provider
from tests.conformance.fakes import message_page
from tests.defects.defect import wrap
from tests.support.tampering import Answered, Asked, BreakOff, Hang, Tamper, leave_alone

PROVIDERS = ("github", "google", "oidc", "guest", "oauth2Proxy")
Config = dict[str, Any]
Named = tuple[str, str | None]
"""Name of a finding, and the provider it is about."""


def _same(config: Config) -> None:
    """Change nothing."""


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong.

    Parameters:
        what: in words.
        named: what the doctor has to find, and nothing else.
        config: changes the app-config.
        environ: changes the backend's environment; None takes a variable away.
        tamper: changes answers of the backend.
        tamper_idp: changes answers of the mock to the suite.
        prepare: changes the backend's code.
        options: changes what the doctor is asked; ``{target}``, ``{idp}``, … stand for addresses.
        idp: further options of the mock.
    """

    what: str
    named: tuple[Named, ...]
    config: Callable[[Config], None] = _same
    environ: Mapping[str, str | None] = field(default_factory=dict)
    tamper: Tamper = leave_alone
    tamper_idp: Tamper = leave_alone
    prepare: Callable[[], None] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    idp: tuple[str, ...] = ()

    @property
    def needs_a_backend(self) -> bool:
        """True if the sound one cannot be used."""
        return self.config is not _same or bool(self.environ) or self.prepare is not None or bool(self.idp)


def at(end: str, change: Callable[[Answered], Answered], *, provider: str = "github") -> Tamper:
    """Change the answers of one route of a provider; ``end`` is empty for all of them."""

    def tamper(asked: Asked, answered: Answered) -> Answered:
        path = urlsplit(asked.path).path
        return change(answered) if path.startswith(f"/api/auth/{provider}/") and path.endswith(end) else answered

    return tamper


def keys(change: Callable[[Answered], Answered]) -> Tamper:
    """Change the key set."""
    return lambda asked, answered: change(answered) if asked.path.endswith("jwks.json") else answered


def everywhere(change: Callable[[Answered], Answered]) -> Tamper:
    """Change every answer."""
    return lambda asked, answered: change(answered)


def answer(
    status: int, body: str | dict[str, Any], media_type: str = "application/json"
) -> Callable[[Answered], Answered]:
    """Another answer."""
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda _: Answered(status, (("Content-Type", media_type),), text.encode())


def error(status: int, message: str) -> Callable[[Answered], Answered]:
    """An error in the form of GEN-04."""
    return answer(status, {"error": {"name": "Error", "message": message}, "request": {}, "response": {}})


def hang(_: Answered) -> Answered:
    raise Hang


def break_off(_: Answered) -> Answered:
    raise BreakOff


def cookie(name: str, change: Callable[[str], str | None]) -> Callable[[Answered], Answered]:
    """Change the live cookies of a name."""
    return lambda answered: answered.with_cookies(
        lambda raw: change(raw) if raw.startswith(f"{name}=") and "Max-Age=0" not in raw else raw
    )


def attribute(name: str, value: str) -> Callable[[str], str]:
    """Set an attribute of a cookie."""
    return lambda raw: re.sub(rf"; {name}=[^;]*", "", raw) + f"; {name}={value}"


def redirect(change: Callable[[dict[str, str]], Any]) -> Callable[[Answered], Answered]:
    """Change the query of a redirect."""

    def changed(answered: Answered) -> Answered:
        location = dict(answered.headers).get("Location")
        if not location:
            return answered
        base, _, query = location.partition("?")
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        change(parameters)
        return answered.having("Location", f"{base}?{urlencode(parameters)}")

    return changed


def location(value: str) -> Callable[[Answered], Answered]:
    """Redirect elsewhere."""
    return lambda answered: answered.having("Location", value) if answered.status == 302 else answered


def page(message: dict[str, Any]) -> Tamper:
    """Another page for callbacks with a code."""
    return on_code(answer(200, message_page({"type": "authorization_response", **message}), "text/html"))


def on_code(change: Callable[[Answered], Answered], *, provider: str = "github") -> Tamper:
    """Change the answer to a callback with a code, once the backend has done its part."""

    def tamper(asked: Asked, answered: Answered) -> Answered:
        is_callback = asked.path.startswith(f"/api/auth/{provider}/handler/frame") and "code=" in asked.path
        return change(answered) if is_callback else answered

    return tamper


def session(change: Callable[[Any], Any]) -> Callable[[Answered], Answered]:
    """Change the JSON of an answer."""
    return lambda answered: (
        answered.saying(json.dumps(change(json.loads(answered.body)))) if answered.status == 200 else answered
    )


def other_origin(answered: Answered) -> Answered:
    body = answered.body.replace(b"http%3A%2F%2Flocalhost%3A3000", b"http%3A%2F%2Felsewhere.example")
    return answered.without("Content-Security-Policy").saying(body)


def token(value: str) -> Callable[[Any], Any]:
    return lambda found: {**found, "backstageIdentity": {**found["backstageIdentity"], "token": value}}


OTHER_ISSUER = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwOi8vZWxzZXdoZXJlLmV4YW1wbGUvYXBpL2F1dGgifQ.x"
"""Of http://elsewhere.example/api/auth."""


def _grant_type_of_passwords() -> None:
    wrap(
        OAuth2Provider,
        "_token_request",
        lambda original, provider, grant_type, **parameters: original(provider, "password", **parameters),
    )


def _token_cut() -> None:
    wrap(OAuth2Provider, "fetch_profile", lambda original, provider, token: original(provider, token[:-1]))


G = "github"

DEFECTS: Mapping[str, Wrong] = {
    "keys-500": Wrong("The key set is a server error", (("keys-fail", None),), tamper=keys(error(500, "no keys"))),
    "keys-empty": Wrong(
        "The key of the tokens is not published",
        tuple(("token-key-unknown", id_) for id_ in ("google",)),
        tamper=keys(session(lambda _: {"keys": []})),
        options={"providers": {"google": None}},
    ),
    "start-500": Wrong("/start is a server error", (("start-fails", G),), tamper=at("/start", error(500, "Boom"))),
    "start-400": Wrong("/start refuses the frontend", (("start-fails", G),), tamper=at("/start", error(400, "No"))),
    "start-page": Wrong(
        "/start shows a page", (("start-shows-a-page", G),), tamper=at("/start", answer(200, "<p>Hi", "text/html"))
    ),
    "start-json": Wrong(
        "/start says the address instead of redirecting there",
        (("start-shows-a-page", G),),
        tamper=at("/start", answer(200, {"url": "https://github.com"})),
    ),
    "start-hangs": Wrong("/start hangs", (("start-silent", G),), tamper=at("/start", hang)),
    "start-breaks": Wrong("/start breaks off", (("start-breaks-off", G),), tamper=at("/start", break_off)),
    "start-relative": Wrong(
        "/start redirects to a path", (("start-redirects-nowhere", G),), tamper=at("/start", location("/login"))
    ),
    "start-script": Wrong(
        "/start redirects to a script",
        (("start-redirects-nowhere", G),),
        tamper=at("/start", location("javascript:alert(1)")),
    ),
    "nonce-missing": Wrong(
        "/start sets no nonce", (("nonce-not-set", G),), tamper=at("/start", cookie("github-nonce", lambda _: None))
    ),
    "nonce-expired": Wrong(
        "/start sets a nonce that is over at once",
        (("nonce-not-set", G),),
        tamper=at("/start", cookie("github-nonce", attribute("Max-Age", "0"))),
    ),
    "nonce-path": Wrong(
        "The nonce has another path",
        (("nonce-lost", G),),
        tamper=at("/start", cookie("github-nonce", attribute("Path", "/elsewhere"))),
    ),
    "nonce-strict": Wrong(
        "The nonce is SameSite=Strict",
        (("nonce-lost", G),),
        tamper=at("/start", cookie("github-nonce", attribute("SameSite", "Strict"))),
    ),
    "nonce-domain": Wrong(
        "The nonce belongs to another domain",
        (("nonce-lost", G),),
        tamper=at("/start", cookie("github-nonce", attribute("Domain", "elsewhere.example"))),
    ),
    "nonce-other": Wrong(
        "The nonce of the cookie is not that of the state",
        (("callback-refuses", G),),
        tamper=at("/start", cookie("github-nonce", lambda raw: re.sub("nonce=.{8}", "nonce=AAAAAAAA", raw))),
    ),
    "state-missing": Wrong(
        "/start sends no state", (("state-missing", G),), tamper=at("/start", redirect(lambda q: q.pop("state", "")))
    ),
    "client-missing": Wrong(
        "/start sends no client_id",
        (("client-missing", G),),
        tamper=at("/start", redirect(lambda q: q.pop("client_id", ""))),
    ),
    "redirect-uri-missing": Wrong(
        "/start sends no redirect_uri",
        (("redirect-uri-missing", G),),
        tamper=at("/start", redirect(lambda q: q.pop("redirect_uri", ""))),
    ),
    "redirect-uri-differs": Wrong(
        "/start sends the redirect_uri of another provider",
        (("redirect-uri-differs", "google"),),
        tamper=at(
            "/start",
            redirect(lambda q: q.update(redirect_uri=q["redirect_uri"].replace("/google/", "/oidc/"))),
            provider="google",
        ),
    ),
    "response-type": Wrong(
        "/start asks for another response_type",
        (("authorization-refused", "google"),),
        tamper=at("/start", redirect(lambda q: q.update(response_type="words")), provider="google"),
    ),
    "session-lost": Wrong(
        "The cookie of the session is lost at /start",
        (("session-lost", "oidc"),),
        tamper=at("/start", cookie("connect.sid", lambda _: None), provider="oidc"),
    ),
    "session-path": Wrong(
        "The cookie of the session has another path",
        (("session-lost", "oidc"),),
        tamper=at("/start", cookie("connect.sid", attribute("Path", "/elsewhere")), provider="oidc"),
    ),
    "callback-500": Wrong(
        "The callback is a server error", (("callback-fails", G),), tamper=on_code(error(500, "Boom"))
    ),
    "callback-hangs": Wrong("The callback hangs", (("callback-silent", G),), tamper=on_code(hang)),
    "callback-breaks": Wrong("The callback breaks off", (("callback-breaks-off", G),), tamper=on_code(break_off)),
    "callback-json": Wrong(
        "The callback answers with JSON", (("callback-no-page", G),), tamper=on_code(answer(200, {"response": {}}))
    ),
    "callback-silent-page": Wrong(
        "The page of the callback has no script",
        (("callback-no-message", G),),
        tamper=on_code(answer(200, "<p>Signed in", "text/html")),
    ),
    "callback-csp": Wrong(
        "The policy of the page forbids its script",
        (("callback-no-message", G),),
        tamper=on_code(lambda answered: answered.having("Content-Security-Policy", "script-src 'none'")),
    ),
    "callback-elsewhere": Wrong(
        "The session is posted to another origin", (("callback-to-another", G),), tamper=on_code(other_origin)
    ),
    "callback-error": Wrong(
        "The sign-in fails for a reason of its own",
        (("sign-in-fails", G),),
        tamper=page({"error": {"name": "TypeError", "message": "x is undefined"}}),
    ),
    "nobody": Wrong(
        "One provider finds nobody in the catalog",
        (("person-not-found", G),),
        tamper=page({"error": {"name": "Error", "message": "Failed to sign-in, unable to resolve user identity."}}),
    ),
    "token-request": Wrong(
        "The token request has another grant type",
        (("token-request-refused", "github"), ("token-request-refused", "google")),
        prepare=_grant_type_of_passwords,
    ),
    "profile-request": Wrong(
        "The profile is asked for with half a token",
        (("profile-request-refused", "github"), ("profile-request-refused", "google")),
        prepare=_token_cut,
    ),
    "refresh-cookie-missing": Wrong(
        "The callback sets no refresh cookie",
        (("refresh-cookie-not-set", G),),
        tamper=on_code(cookie("github-refresh-token", lambda _: None)),
    ),
    "refresh-cookie-path": Wrong(
        "The refresh cookie has another path",
        (("refresh-cookie-lost", G),),
        tamper=on_code(cookie("github-refresh-token", attribute("Path", "/elsewhere"))),
    ),
    "refresh-hangs": Wrong("/refresh hangs", (("refresh-silent", G),), tamper=at("/refresh", hang)),
    "refresh-breaks": Wrong("/refresh breaks off", (("refresh-breaks-off", G),), tamper=at("/refresh", break_off)),
    "refresh-401": Wrong("/refresh refuses", (("refresh-fails", G),), tamper=at("/refresh", error(401, "No session"))),
    "refresh-500": Wrong(
        "/refresh is a server error", (("refresh-fails", G),), tamper=at("/refresh", error(500, "Boom"))
    ),
    "refresh-html": Wrong(
        "/refresh answers HTML", (("refresh-no-json", G),), tamper=at("/refresh", answer(200, "<p>Hi", "text/html"))
    ),
    "refresh-empty": Wrong("/refresh answers {}", (("refresh-no-session", G),), tamper=at("/refresh", answer(200, {}))),
    "refresh-list": Wrong(
        "/refresh answers a list", (("refresh-no-session", G),), tamper=at("/refresh", answer(200, "[]"))
    ),
    "refresh-no-token": Wrong(
        "/refresh answers without identity",
        (("no-token", G),),
        tamper=at("/refresh", session(lambda found: {"providerInfo": found["providerInfo"]})),
    ),
    "token-opaque": Wrong(
        "The Backstage token is a word", (("token-no-jwt", G),), tamper=at("/refresh", session(token("word")))
    ),
    "token-issuer": Wrong(
        "The Backstage token names another issuer",
        (("token-issuer", G),),
        tamper=at("/refresh", session(token(OTHER_ISSUER))),
    ),
    "proxy-500": Wrong(
        "A proxy provider is a server error",
        (("proxy-fails", "oauth2Proxy"),),
        tamper=at("/refresh", error(500, "Boom"), provider="oauth2Proxy"),
    ),
}


def provider(id_: str, environment: str = "development", **members: Any) -> Callable[[Config], None]:
    """Change the configuration of a provider."""

    def change(config: Config) -> None:
        config["auth"]["providers"][id_][environment].update(members)

    return change


def without_catalog(config: Config) -> None:
    config["catalog"]["locations"] = []


def without_session_secret(config: Config) -> None:
    del config["auth"]["session"]


def without(*ids: str) -> Callable[[Config], None]:
    """Take providers out of the configuration."""

    def change(config: Config) -> None:
        for id_ in ids:
            del config["auth"]["providers"][id_]

    return change


def two_mistakes(config: Config) -> None:
    provider("github", clientSecret="mistyped")(config)
    provider("google", clientId="mistyped")(config)


def told(change: Callable[[Any], Any]) -> Tamper:
    """Change what the mock says about itself."""
    return lambda asked, answered: session(change)(answered) if urlsplit(asked.path).path == "/__idp/" else answered


def after(count: int) -> Tamper:
    """Answer so many requests, then break every connection off."""
    seen: list[str] = []

    def tamper(asked: Asked, answered: Answered) -> Answered:
        seen.append(asked.path)
        if len(seen) > count:
            raise BreakOff
        return answered

    return tamper


def app_config(text: str | None) -> dict[str, Any]:
    """Show an app-config that begins so."""
    return {"app_config": text}


_HEAD = (
    "# Written by mock-idp {release} (backstage-auth-conformance), profile '{profile}', for the mock IdP at\n"
    "# {idp}. For tests only.\n"
)
_NO_PROXY = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), None)
_BY_NAME = ("github", "google")
OTHER_BACKEND = "http://localhost:1"

SET_UPS: Mapping[str, Wrong] = {
    "sound": Wrong("Nothing", ()),
    "target-down": Wrong("No backend listens", (("target-absent", None),), options={"auth_url": "{closed}/api/auth"}),
    "no-scheme": Wrong("The target has no scheme", (("target-url", None),), options={"auth_url": "localhost:7007"}),
    "wrong-path": Wrong(
        "The target is the backend, not its plugin", (("target-other", None),), options={"auth_url": "{target}"}
    ),
    "an-app": Wrong(
        "The target is the frontend's server",
        (("target-other", None),),
        tamper=everywhere(answer(200, "<!doctype html>", "text/html")),
    ),
    "address": Wrong(
        "127.0.0.1 instead of localhost", (("target-name", None),), options={"auth_url": "{target_by_address}/api/auth"}
    ),
    "slow": Wrong("The backend hangs", (("target-silent", None),), tamper=everywhere(hang)),
    "https-on-plain": Wrong(
        "https where it speaks http", (("target-plain", None),), options={"auth_url": "{target_https}/api/auth"}
    ),
    "http-on-tls": Wrong(
        "http where it speaks https", (("target-tls", None),), options={"auth_url": "{tls_plain}/api/auth"}
    ),
    "untrusted": Wrong("No --target-ca", (("target-certificate", None),), options={"auth_url": "{tls}/api/auth"}),
    "signed-in-only": Wrong(
        "An auth proxy in front redirects to its sign-in page",
        (("target-gate", None),),
        tamper=everywhere(lambda _: Answered(302, (("Location", "https://login.example/?x=1"),), b"")),
    ),
    "gate-401": Wrong(
        "Something in front asks for credentials", (("target-gate", None),), tamper=everywhere(error(401, "No"))
    ),
    "limits": Wrong("The backend limits requests", (("target-limits", None),), tamper=everywhere(error(429, "Slow"))),
    "limits-later": Wrong(
        "The backend limits requests of providers", (("target-limits", None),), tamper=at("/start", error(429, "Slow"))
    ),
    "starting": Wrong("The backend is starting", (("target-not-ready", None),), tamper=everywhere(error(503, "Wait"))),
    "clock": Wrong(
        "The clock of the backend's machine is an hour late",
        (("target-clock", None),),
        tamper=everywhere(lambda answered: answered.having("Date", formatdate(1_700_000_000, usegmt=True))),
    ),
    "development": Wrong(
        "The backend is in development mode", (("target-development", None),), environ={"NODE_ENV": "development"}
    ),
    "dies": Wrong("The backend dies in the middle", (("target-gone", None),), tamper=after(60)),
    "app-untold": Wrong(
        "The page of the callback does not tell the app",
        (("target-app", None),),
        tamper=lambda asked, answered: (
            answered.saying("<p>No") if "handler/frame" in asked.path and "code=" not in asked.path else answered
        ),
    ),
    "empty": Wrong("No providers", (("target-empty", None),), config=without(*PROVIDERS)),
    "environment": Wrong("--env names none of them", (("environment-absent", None),), options={"environment": "prod"}),
    "unknown": Wrong(
        "--provider is unknown", (("provider-unknown", None),), options={"providers": {"github": None, "zzz": None}}
    ),
    "letter-case": Wrong(
        "--provider in another letter case",
        (("provider-unknown", None),),
        options={"providers": {"GitHub": None, "google": None}},
    ),
    "vendor": Wrong(
        "--provider says another vendor", (("provider-vendor", None),), options={"providers": {"github": "gitlab"}}
    ),
    "absent": Wrong(
        "--provider is not configured",
        (("provider-absent", None),),
        config=without("google"),
        options={"providers": {"google": None, "github": None}},
    ),
    "no-facts": Wrong(
        "--provider has a vendor without facts",
        (("provider-facts", None),),
        options={"providers": {"google": None, "github": None}},
        tamper_idp=told(
            lambda info: {
                **info,
                "providers": [
                    {**one, "vendor": "unheard-of" if one["id"] == "google" else one["vendor"]}
                    for one in info["providers"]
                ],
            }
        ),
    ),
    "replica": Wrong("--replica has no scheme", (("replica-url", None),), options={"replicas": ("localhost:1",)}),
    "replica-down": Wrong(
        "A replica does not listen", (("target-absent", None),), options={"replicas": ("http://127.0.0.1:1",)}
    ),
    "idp-no-scheme": Wrong("--idp has no scheme", (("idp-url", None),), options={"idp_url": "127.0.0.1:9000"}),
    "both-urls": Wrong(
        "Neither address is one",
        (("target-url", None), ("idp-url", None)),
        options={"auth_url": "x", "idp_url": "y"},
    ),
    "idp-down": Wrong("No mock IdP listens", (("idp-absent", None),), options={"idp_url": "{closed}"}),
    "idp-other": Wrong("--idp is the backend", (("idp-absent", None),), options={"idp_url": "{target}"}),
    "both-down": Wrong(
        "Neither listens",
        (("target-absent", None), ("idp-absent", None)),
        options={"auth_url": "{closed}/api/auth", "idp_url": "{closed}"},
    ),
    "kit": Wrong(
        "The mock is of another release",
        (("idp-kit", None),),
        tamper_idp=told(lambda info: {**info, "kit": {**info["kit"], "version": "0.1.0"}}),
    ),
    "profile": Wrong("The mock has another profile", (("idp-profile", None),), options={"profile": "static-keys"}),
    "idp-proxy": Wrong(
        "The mock's proxy cannot be reached from here",
        (("idp-proxy", None),),
        tamper_idp=told(lambda info: {**info, "urls": {**info["urls"], "proxy": "http://127.0.0.1:1"}}),
    ),
    "auto-login": Wrong(
        "The mock signs people in by itself", (("idp-auto-login", None),), idp=("--auto-login", "plain")
    ),
    "backend-url": Wrong(
        "The mock was started for another backend",
        tuple(("redirect-unregistered", id_) for id_ in (*_BY_NAME, "oidc")),
        idp=("--backend-url", OTHER_BACKEND),
    ),
    "config-missing": Wrong("--app-config names no file", (("config-file", None),), options=app_config(None)),
    "config-own": Wrong(
        "--app-config was written by hand", (("config-file", None),), options=app_config("auth: null\n")
    ),
    "config-kit": Wrong(
        "The app-config is of another release",
        (("config-kit", None),),
        options=app_config(_HEAD.replace("{release}", "0.1.0")),
    ),
    "config-profile": Wrong(
        "The app-config is of another profile",
        (("config-profile", None),),
        options=app_config(_HEAD.replace("{profile}", "bare")),
    ),
    "config-idp": Wrong(
        "The app-config is for another mock",
        (("config-idp", None),),
        options=app_config(_HEAD.replace("{idp}", "http://127.0.0.1:1")),
    ),
    "config-fits": Wrong("Nothing, and the app-config is shown", (), options=app_config(_HEAD)),
    "session-secret": Wrong(
        "auth.session.secret is forgotten", (("session-secret", "oidc"),), config=without_session_secret
    ),
    "catalog": Wrong("The personas are in no catalog", (("target-catalog", None),), config=without_catalog),
    "enterprise": Wrong(
        "The app-config names the company's own GitHub",
        (("users-elsewhere", "github"),),
        config=provider("github", enterpriseInstanceUrl="https://github.company.example"),
    ),
    "instance-path": Wrong(
        "The app-config names a path that the mock does not serve",
        (("users-nowhere", "github"),),
        config=provider("github", enterpriseInstanceUrl="{idp}/nowhere"),
    ),
    "client-id": Wrong(
        "An own client id", (("client-unknown", "github"),), config=provider("github", clientId="Iv1.own")
    ),
    "secret": Wrong("An own secret", (("secret-differs", "github"),), config=provider("github", clientSecret="own")),
    "secret-of-another": Wrong(
        "The secret of another environment",
        (("secret-differs", "google"),),
        config=provider("google", clientSecret="secret-of-mock-google-production-never-shown"),
    ),
    "secret-in-a-header": Wrong(
        "Another secret, sent in a header", (("secret-differs", "oidc"),), config=provider("oidc", clientSecret="own")
    ),
    "two-mistakes": Wrong(
        "Two providers are set up wrongly, the others are not",
        (("secret-differs", "github"), ("client-unknown", "google")),
        config=two_mistakes,
    ),
    "not-inside-run": Wrong(
        "The backend does not go through the mock's proxy",
        tuple(("vendor-unreached", id_) for id_ in _BY_NAME),
        environ={**_NO_PROXY, "HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"},
    ),
    "no-trust": Wrong(
        "The backend does not trust the mock's authority, and does not say so",
        tuple(("vendor-unreached", id_) for id_ in _BY_NAME),
        environ=dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), None),
    ),
    "no-trust-said": Wrong(
        "The backend does not trust the mock's authority, and says so",
        (("vendor-untrusted", G),),
        tamper=page({"error": {"name": "Error", "message": "request failed, self-signed certificate in the chain"}}),
    ),
}
