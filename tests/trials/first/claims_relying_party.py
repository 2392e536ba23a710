"""Seeds: the relying party's side of the flow: discovery, PKCE, nonce, iss, client authentication, user info, vendors."""

from __future__ import annotations

import hashlib
from dataclasses import replace as changed
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from reference_backend.formats import encoding
from reference_backend.openid import answers as openid_answers
from reference_backend.openid import client as openid_client
from reference_backend.openid import issuer as openid_issuer
from reference_backend.openid import openid_errors, pkce
from reference_backend.openid.client import Client
from reference_backend.openid.issuer import Issuer
from reference_backend.providers import auth0, oidc, openid_base
from reference_backend.providers.auth0 import Auth0
from reference_backend.providers.openid_base import OpenIdProvider
from tests.trials.first import claims_plays as plays
from tests.trials.first.claims_plays import claims, forged, query_of, refresh, sign_in, told
from tests.trials.seed import always, nothing, replace, seed, wrap

OIDC = {"providers": ("oidc",)}
AUTH0, GOOGLE, MICROSOFT, OKTA = ({"providers": (one,)} for one in ("auth0", "google", "microsoft", "okta"))


def tell(bench: Any, provider: str, *faults: Any, **options: Any) -> Any:
    """A sign-in; who it is then."""
    return told(sign_in(bench, bench.browser(), provider, *faults, **options))


# --- the answer to the browser ---


def response_issuers(bench: Any) -> Any:
    """Callbacks whose iss is another one, missing, doubled, or that of an error."""

    def iss(new: str) -> Any:
        import re

        return lambda url: re.sub(r"iss=[^&]*", new, url)

    evil = "iss=https%3A%2F%2Fevil.example"
    seen = [
        tell(bench, "oidc", tamper=iss(one))
        for one in (evil, "", "iss=", "iss=" + plays.escaped(f"{bench.idp}/oidc/"), evil + "&" + evil)
    ]
    seen += [tell(bench, "oidc", tamper=iss(one), env="unpromised-issuer") for one in (evil, "")]
    denied = [
        sign_in(bench, bench.browser(), "oidc", {"fault": "callback-error", "error": "access_denied"}, tamper=iss(one))
        for one in (evil, "iss=" + plays.escaped(f"{bench.idp}/oidc"))
    ]
    return [*seen, ["mismatch" in str(one.get("error", {}).get("message")) for one in denied]]


@seed(
    "RFC 9207 section 2.4; RFC 9700 section 4.4.2.1 (mix-up)",
    bites=response_issuers,
    critical=True,
    family="response-issuer",
    **OIDC,
)
def response_issuer_not_compared() -> None:
    """iss of a callback is not compared with the issuer."""
    replace(openid_errors, "require_response_issuer", nothing)


@seed(
    "RFC 9207 section 2.4 (MUST reject if the server promised it)",
    bites=response_issuers,
    critical=True,
    family="response-issuer",
    **OIDC,
)
def response_issuer_may_be_missing() -> None:
    """A callback without iss is taken from an issuer that always sends one."""
    wrap(
        openid_errors,
        "require_response_issuer",
        lambda old, expected, received, promised: old(expected, received, promised=False),
    )


@seed(
    "RFC 9207 section 2.4 (compare also without metadata)",
    bites=response_issuers,
    critical=True,
    family="response-issuer",
    **OIDC,
)
def response_issuer_only_if_promised() -> None:
    """iss is compared only if the metadata promises it."""
    wrap(
        openid_errors,
        "require_response_issuer",
        lambda old, expected, received, promised: old(expected, received, promised=promised) if promised else None,
    )


@seed("RFC 9207 section 2 (error responses, too)", bites=response_issuers, family="response-issuer", **OIDC)
def response_issuer_not_compared_in_errors() -> None:
    """iss of a callback with an error is not compared."""
    from reference_backend.http.request import request

    wrap(
        openid_errors,
        "require_response_issuer",
        lambda old, expected, received, promised: (
            None if request.parameters.get("error") else old(expected, received, promised=promised)
        ),
    )


@seed(
    "RFC 3986 section 6.2.1 (simple string comparison); RFC 9207 section 2.4",
    bites=response_issuers,
    family="response-issuer",
    **OIDC,
)
def response_issuer_without_its_slash() -> None:
    """iss of a callback is compared without a final slash."""
    wrap(
        openid_errors,
        "require_response_issuer",
        lambda old, expected, received, promised: old(expected, received and received.rstrip("/"), promised=promised),
    )


# --- what start sends ---


def two_starts(bench: Any) -> Any:
    """What two starts of two browsers send to the vendor."""
    sent = [query_of(plays.start(bench, bench.browser(), "oidc").headers["Location"]) for _ in range(2)]
    seen: list[Any] = [len({one[name][0] for one in sent}) for name in ("nonce", "code_challenge", "state")]
    seen += [
        [
            len(one.get("code_challenge", [""])[0]),
            one.get("code_challenge_method"),
            "=" in one.get("code_challenge", ["="])[0],
        ]
        for one in sent
    ]
    unlisted = query_of(plays.start(bench, bench.browser(), "oidc", "unlisted-challenge").headers["Location"])
    return [
        *seen,
        unlisted.get("code_challenge_method"),
        sorted(sent[0]),
        [tell(bench, "oidc", env=env) for env in ("development", "plain-challenge", "unlisted-challenge")],
    ]


@seed(
    "RFC 7636 section 7.1 (entropy of the verifier); RFC 9700 section 2.1.1 (transaction-specific)",
    bites=two_starts,
    critical=True,
    **OIDC,
)
def verifier_of_the_process() -> None:
    """The code verifier is made once and serves every flow."""
    first: list[str] = []

    def generate(old: Any, random_bytes: Any) -> str:
        first.append(old(random_bytes))
        return first[0]

    wrap(pkce, "generate_verifier", generate)


@seed("OpenID Connect Core section 15.5.2 (nonce); CWE-330", bites=two_starts, critical=True, **OIDC)
def nonce_of_the_client() -> None:
    """The nonce is a digest of the client id, the same for everybody."""
    wrap(OpenIdProvider, "start", lambda old, self, given: old(_with_nonce(self), given))


def _with_nonce(provider: Any) -> Any:
    def random_bytes(count: int) -> bytes:
        if count == openid_base.NONCE_BYTES:
            return hashlib.sha256(provider.client.client_id.encode()).digest()[:count]
        return original.random_bytes(count)

    import copy

    original = provider.context
    twin = copy.copy(provider)
    object.__setattr__(twin, "context", changed(original, random_bytes=random_bytes))
    return twin


@seed("RFC 7636 appendix A (base64url without padding)", bites=two_starts, **OIDC)
def challenge_with_padding() -> None:
    """The code challenge keeps its padding, so that servers find the verifier wrong."""
    import base64

    wrap(
        pkce,
        "challenge",
        lambda old, verifier, method: (
            old(verifier, method)
            if method == "plain"
            else {
                **old(verifier, method),
                "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode(),
            }
        ),
    )


@seed("RFC 7636 section 4.1 (43 to 128 characters)", bites=two_starts, **OIDC)
def verifier_too_short() -> None:
    """Code verifiers have 22 characters."""
    replace(pkce, "VERIFIER_BYTES", 16)


@seed(
    "RFC 9700 section 2.1.1 (S256 unless it cannot be); RFC 7636 section 4.2",
    bites=two_starts,
    critical=True,
    family="plain-challenges",
    **OIDC,
)
def plain_if_not_listed() -> None:
    """An issuer that does not list code challenge methods gets plain challenges."""
    wrap(pkce, "select_method", lambda old, supported: "plain" if supported is None else old(supported))


@seed("RFC 7636 section 4.3 (plain only if there is a technical reason)", bites=two_starts, **OIDC)
def issuers_without_s256_refused() -> None:
    """No sign-in at issuers that know only plain challenges."""
    wrap(
        pkce,
        "select_method",
        lambda old, supported: old(["none"] if supported and "S256" not in supported else supported),
    )


def protected_parameters(bench: Any) -> Any:
    """What of the operator's parameters reaches the vendor, and what does not."""
    location = plays.start(bench, bench.browser(), "oidc", "search-params").headers["Location"]
    found = query_of(location)
    return [
        found.get("audience"),
        {name: "stolen" in value for name, value in found.items()},
        tell(bench, "oidc", env="search-params"),
    ]


@seed(
    "OpenID Connect Core section 3.1.2.1; UP-23 (what protects the flow is not replaced)",
    bites=protected_parameters,
    critical=True,
    **OIDC,
)
def operators_parameters_win() -> None:
    """Further parameters of the configuration replace nonce and code challenge."""
    original = openid_base.with_query
    replace(openid_base, "PROTECTED", ("client_id", "scope", "state"))
    replace(
        openid_base,
        "with_query",
        lambda url, parameters: original(
            url,
            {
                **parameters,
                **({"nonce": "stolen", "code_challenge": "stolen"} if parameters.get("audience") == "harbour" else {}),
            },
        ),
    )


@seed("RFC 6749 section 3.1 (further parameters); UP-23", bites=protected_parameters, **OIDC)
def operators_parameters_lost() -> None:
    """startUrlSearchParams is read and not sent."""
    replace(oidc, "read_search_params", always({}))


# --- discovery ---


def endpoint_with_query(bench: Any) -> Any:
    """Start at an issuer whose authorization endpoint has a query of its own."""
    name = "oidc-explored-keys"
    plays.service(
        bench,
        name,
        faults=[
            {
                "fault": "set",
                "at": "discovery",
                "members": {"authorization_endpoint": f"{bench.idp}/{name}/authorize?tenant=a%20b&scope=x"},
            }
        ],
    )
    try:
        location = plays.start(bench, bench.browser(), "oidc", "explored-keys").headers.get("Location", "")
        return [query_of(location).get(part) for part in ("tenant", "scope", "response_type")]
    finally:
        plays.service(bench, name, faults=[])


@seed("RFC 6749 section 3.1 (query component MUST be retained)", bites=endpoint_with_query, **OIDC)
def query_of_the_endpoint_lost() -> None:
    """The query of an authorization endpoint is replaced by ours."""
    replace(
        openid_base,
        "with_query",
        lambda url, parameters: f"{url.partition('?')[0]}?{encoding.form(parameters.items())}",
    )


@seed("RFC 6749 section 3.1; RFC 3986 section 3.4", bites=endpoint_with_query, **OIDC)
def query_of_the_endpoint_doubled() -> None:
    """A second question mark stands between the query of an authorization endpoint and ours."""
    replace(openid_base, "with_query", lambda url, parameters: f"{url}?{encoding.form(parameters.items())}")


def discoveries(bench: Any) -> Any:
    """Start at issuers found in all ways, and at one that is not the right one."""
    seen = []
    for provider, env in (
        ("oidc", "development"),
        ("acme-sso", "development"),
        ("oidc", "foreign-issuer"),
        ("oidc", "rotating-keys"),
    ):
        answer = plays.start(bench, bench.browser(), provider, env)
        seen.append([answer.status_code, urlsplit(answer.headers.get("Location", "")).path])
    name = "oidc-discovery-down"
    plays.service(bench, name, faults=[{"fault": "server-error", "at": "discovery"}])
    seen.append(plays.start(bench, bench.browser(), "oidc", "discovery-down").status_code)
    plays.service(bench, name, faults=[])
    seen.append(plays.start(bench, bench.browser(), "oidc", "discovery-down").status_code)
    plays.service(bench, name, faults=[{"fault": "server-error", "at": "discovery"}])
    return seen


@seed(
    "OpenID Connect Discovery section 4.3 (issuer MUST exactly match)",
    bites=discoveries,
    critical=True,
    family="discovered-issuer",
    **OIDC,
)
def discovered_issuer_not_compared() -> None:
    """A discovery document may be about any issuer."""
    replace(openid_errors, "require_issuer", nothing)


@seed("OpenID Connect Discovery section 4.1; RFC 8414 section 5", bites=discoveries, providers=("acme-sso",))
def well_known_path_in_front() -> None:
    """The well-known path is put in front of the issuer's path, which is the rule for other documents."""

    def url(old: Any, configured: str) -> str:
        parts = urlsplit(configured)
        if openid_issuer.WELL_KNOWN in parts.path:
            return configured
        return urlunsplit(
            parts._replace(path=openid_issuer.WELL_KNOWN + openid_issuer.DOCUMENT + parts.path.rstrip("/"))
        )

    wrap(openid_issuer, "document_url", url)


@seed("OWASP ASVS 16.5 (resilience); SEC-ROB-05; CWE-755", bites=discoveries, **OIDC)
def discovery_failure_remembered() -> None:
    """An issuer that could not be discovered once is not asked again."""
    failed: dict[str, Exception] = {}

    def read(old: Any, self: Any) -> Any:
        if self._url in failed:
            raise failed[self._url]
        try:
            return old(self)
        except Exception as error:
            failed[self._url] = error
            raise

    wrap(Issuer, "_read", read)


@seed("CWE-488; OpenID Connect Discovery section 4", bites=discoveries, critical=True, **OIDC)
def discovery_cached_for_all() -> None:
    """Discovery documents are cached by the name of the document, so that the second issuer gets those of the first."""
    known: list[Any] = []

    def read(old: Any, self: Any) -> Any:
        if not known:
            known.append(old(self))
        return known[0]

    wrap(Issuer, "_read", read)


# --- client authentication ---


def token_requests(bench: Any) -> Any:
    """How the client authenticates in each environment, as the vendor saw it."""
    seen = []
    for env in ("development", "secret-in-the-body", "secret-as-jwt", "public-client"):
        latest = bench.browser().get(f"{bench.idp}/__idp/journal").json()["latest"]
        who = tell(bench, "oidc", env=env)
        entries = [one for one in plays.journal(bench, since=latest, vendor="oidc") if one["endpoint"] == "token"]
        shown = [
            [sorted(one["form"]), any(name.lower() == "authorization" for name in one["headers"])] for one in entries
        ]
        seen.append([who, shown])
    return seen


@seed("RFC 6749 section 2.3 (MUST NOT use more than one authentication method)", bites=token_requests, **OIDC)
def credentials_twice() -> None:
    """The client's secret travels in the header and in the body."""

    def around(old: Any, self: Any, method: Any) -> Any:
        headers, form = old(self, method)
        return headers, {**form, "client_id": self.client_id, "client_secret": self.client_secret}

    wrap(Client, "authentication", around)


@seed("RFC 6749 section 2.1 (public clients have no secret); CWE-522", bites=token_requests, **OIDC)
def public_client_sends_a_secret() -> None:
    """A client configured as public sends a secret all the same."""
    wrap(
        Client,
        "authentication",
        lambda old, self, method: old(self, openid_client.ClientAuthentication.POST if method == "none" else method),
    )


def secrets_to_redirects(bench: Any) -> Any:
    """Sign in while token endpoint, key set and user info answer with a redirect to somebody else."""
    seen = []
    for place in ("token", "profile"):
        for status in (302, 307):
            latest = bench.browser().get(f"{bench.idp}/__idp/journal").json()["latest"]
            elsewhere = f"{bench.idp}/acme-sso/userinfo"
            who = tell(
                bench, "oidc", {"fault": "redirect-instead", "at": place, "location": elsewhere, "status": status}
            )
            entries = [one for one in plays.journal(bench, since=latest) if one["service"] == "acme-sso"]
            seen.append([who, [[one["method"], sorted(one["form"])] for one in entries]])
    return seen


@seed(
    "RFC 9700 section 4.12 (307 redirects); CVE-2018-18074 family (credentials to redirects)",
    bites=secrets_to_redirects,
    critical=True,
    **OIDC,
)
def redirects_followed_with_credentials() -> None:
    """Redirects of the vendor's endpoints are followed, with the code, the secret and the token."""
    from reference_backend.http.client import HttpClient

    def around(old: Any, self: Any, method: str, url: str, **options: Any) -> Any:
        answer = old(self, method, url, **options)
        if answer.status_code in (301, 302, 303, 307, 308) and "Location" in answer.headers:
            return old(self, method, answer.headers["Location"], **options)
        return answer

    wrap(HttpClient, "request", around)


def user_info_failures(bench: Any) -> Any:
    """Sign in while user info fails in all ways."""
    faults = (
        "suspended-user",
        "expired-access-token",
        "empty-body",
        "json-null",
        "truncated-json",
        {"fault": "error-with-status-200"},
        {"fault": "status", "status": 204},
        {"fault": "status", "status": 201},
        {"fault": "charset", "charset": "utf-8-sig"},
        {"fault": "content-type", "type": "text/plain"},
    )
    return [
        tell(bench, "oidc", {"at": "profile", **(one if isinstance(one, dict) else {"fault": one})}) for one in faults
    ]


@seed(
    "OpenID Connect Core section 5.3.3 (error response); CWE-636",
    bites=user_info_failures,
    critical=True,
    family="fails-open-userinfo",
    **OIDC,
)
def id_token_when_user_info_fails() -> None:
    """If user info cannot be had, the claims of the ID token are the profile."""
    from reference_backend.errors import AuthError

    def person(old: Any, self: Any, access_token: str, token: Any, scheme: Any = None) -> Any:
        try:
            return old(self, access_token, token, scheme)
        except AuthError:
            return token.claims["sub"], self.map_profile(token.claims)

    wrap(OpenIdProvider, "_person", person)


@seed("RFC 9110 section 15.3 (status 2xx other than 200); OUT-O3", bites=user_info_failures, **OIDC)
def any_status_of_success() -> None:
    """Every status below 300 is a good answer of the vendor's endpoints."""

    def check(response: Any, bearer: bool = False) -> None:
        if response.status_code >= 300:
            raise openid_errors.refused(
                response.status_code,
                openid_answers.text(response),
                response.headers.get("WWW-Authenticate") if bearer else None,
            )

    replace(openid_answers, "require_ok", check)


@seed(
    "RFC 8259 section 8.1 (JSON is UTF-8); OpenID Connect Core section 5.3.2 (application/json)",
    bites=user_info_failures,
    **OIDC,
)
def user_info_by_its_media_type() -> None:
    """User info is read only if its Content-Type is application/json to the letter."""

    def around(old: Any, response: Any, bearer: bool = False) -> Any:
        if bearer and not response.headers.get("Content-Type", "").startswith("application/json"):
            raise openid_errors.RpError("unexpected media type")
        return old(response, bearer=bearer)

    wrap(openid_answers, "members", around)


# --- Auth0 ---


def auth0_tokens(bench: Any) -> Any:
    """Sign in at Auth0 with ID tokens that are wrong in one way each."""
    location = plays.start(bench, bench.browser(), "auth0").headers["Location"]
    own = query_of(location)["client_id"][0]
    issuer = f"https://{urlsplit(location).hostname}"
    forms = (
        claims(iss=issuer),
        claims(iss=issuer + "/evil"),
        claims(aud=own + "x"),
        claims(aud=["other", own]),
        claims(aud=["other", own], azp=own),
        claims(aud=["other", own], azp="other"),
        claims(aud=["other"]),
        claims(exp={"from_now": -30}),
        claims(exp={"from_now": -400}),
        claims(exp={"from_now": -4000}),
        claims(nonce=None),
        claims(nonce="x"),
        claims(sub=None),
        claims(sub=""),
        claims(iat=None),
        claims(exp="x"),
        forged(token_headers={"alg": "none"}),
        "missing-id-token",
        "alg-none",
        forged(text="x.y.z"),
    )
    return [tell(bench, "auth0", one, query="&scope=openid%20profile%20email%20offline_access") for one in forms]


@seed(
    "auth0.com/docs: Validate ID tokens (exp, leeway 60 s); OpenID Connect Core section 3.1.3.7 rule 9",
    bites=auth0_tokens,
    critical=True,
    **AUTH0,
)
def auth0_leeway_of_an_hour() -> None:
    """Clocks may differ by an hour."""
    replace(auth0, "LEEWAY", 3600)


@seed("auth0.com/docs: Validate ID tokens (nonce)", bites=auth0_tokens, critical=True, family="nonce-ignored", **AUTH0)
def auth0_nonce_only_if_there() -> None:
    """The nonce is compared only if the ID token has one."""
    wrap(auth0, "require_nonce", lambda old, given, expected: old(given, expected) if given.get("nonce") else None)


@seed(
    "auth0/node-auth0 advisory (azp); OpenID Connect Core section 3.1.3.7 rule 4",
    bites=auth0_tokens,
    family="azp-ignored",
    **AUTH0,
)
def auth0_authorized_party_ignored() -> None:
    """azp is not looked at, whatever audiences there are."""
    replace(auth0, "require_authorized_party", nothing)


@seed(
    "OpenID Connect Core section 3.1.3.3 (id_token REQUIRED)",
    bites=auth0_tokens,
    critical=True,
    family="id-token-missing",
    **AUTH0,
)
def auth0_without_id_token() -> None:
    """An answer without ID token signs in."""
    wrap(Auth0, "require_id_token", lambda old, self, text, nonce: old(self, text, nonce) if text else None)


def auth0_people(bench: Any) -> Any:
    """Two people refresh at Auth0, and an organization that is not the configured one is asked for."""
    seen = []
    for persona in ("plain", "twin-north", "many-groups"):
        browser = bench.browser()
        seen.append(
            told(
                sign_in(
                    bench, browser, "auth0", persona=persona, query="&scope=openid%20profile%20email%20offline_access"
                )
            )
        )
        seen.append(refresh(bench, browser, "auth0"))
    for query in (
        "",
        "&organization=org_evil",
        "&organization=org_evil&organization=x",
        "&organization=",
        "&invitation=i&login_hint=h&screen_hint=signup",
    ):
        answer = plays.start(bench, bench.browser(), "auth0", "organization", query)
        found = query_of(answer.headers.get("Location", ""))
        seen.append(
            [
                answer.status_code,
                *(found.get(name) for name in ("organization", "invitation", "login_hint", "screen_hint", "prompt")),
            ]
        )
    browser = bench.browser()
    sign_in(bench, browser, "auth0", env="tenant-settings")
    seen.append(
        browser.post(
            f"{bench.auth}/auth0/logout?env=tenant-settings", headers={**plays.XRW, "Origin": "http://localhost:3000"}
        ).text.replace(bench.idp, "")
    )
    return seen


@seed("CWE-524, CWE-639 (cache without key); AUTH0-10", bites=auth0_people, critical=True, **AUTH0)
def auth0_profile_cached_for_all() -> None:
    """The profile of a moment ago is that of whoever refreshed a moment ago."""
    wrap(auth0.KnownProfiles, "get", lambda old, self, subject: old(self, "anybody"))
    wrap(auth0.KnownProfiles, "put", lambda old, self, subject, profile: old(self, "anybody", profile))


# --- Google, Microsoft, Okta, OneLogin ---


def vendors(provider: str, *plans: Any, **more: Any) -> Any:
    """A play: sign in at a vendor with these faults."""
    return lambda bench: [tell(bench, provider, *faults, **{**more, **options}) for faults, options in plans]


def profile(**members: Any) -> dict[str, Any]:
    """The fault of a profile that says this."""
    return {"fault": "set", "at": "profile", "members": members}


GOOGLE_PLANS = (
    ((), {}),
    ((), {"persona": "unverified-email"}),
    ((profile(email_verified="false"),), {}),
    ((profile(email_verified=False),), {}),
    (
        (
            {"fault": "remove", "at": "profile", "members": ["email"]},
            claims(email="robin-vale@lumenfold.example", email_verified=False),
        ),
        {},
    ),
    (
        (
            {"fault": "remove", "at": "profile", "members": ["email", "email_verified"]},
            claims(email="robin-vale@lumenfold.example"),
        ),
        {},
    ),
)


def google_logout(bench: Any) -> Any:
    """Log out at Google; what the vendor was asked."""
    browser = bench.browser()
    sign_in(bench, browser, "google")
    latest = browser.get(f"{bench.idp}/__idp/journal").json()["latest"]
    status = browser.post(f"{bench.auth}/google/logout?env=development", headers=plays.XRW).status_code
    entries = [one for one in plays.journal(bench, since=latest, vendor="google")]
    return [
        status,
        [[one["endpoint"], one["method"], one["status"]] for one in entries],
        refresh(bench, browser, "google"),
    ]


MICROSOFT_PLANS = (
    ((), {}),
    ((profile(mail=None),), {}),
    ((profile(mail=None, userPrincipalName=None), claims(email="robin-vale@lumenfold.example")), {}),
    ((profile(mail="ada-quill@lumenfold.example"), claims(email="robin-vale@lumenfold.example")), {}),
    ((), {"env": "personal"}),
    ((), {"query": "&scope=api%3A%2F%2Fthing%2Fread"}),
    ((profile(displayName=None),), {}),
)


def okta_flows(bench: Any) -> Any:
    """Sign in and refresh at Okta, at the organisation and at a server of its own; what it was asked."""
    seen = []
    for env in ("development", "authorization-server"):
        browser = bench.browser()
        location = plays.start(bench, browser, "okta", env).headers["Location"]
        latest = browser.get(f"{bench.idp}/__idp/journal").json()["latest"]
        who = told(sign_in(bench, browser, "okta", env=env))
        again = refresh(bench, browser, "okta", env)
        entries = [
            [one["endpoint"], one["method"], urlsplit(one["path"]).path, sorted(one["form"])]
            for one in plays.journal(bench, since=latest, vendor="okta")
            if one["endpoint"] in ("token", "refresh", "profile")
        ]
        seen.append([urlsplit(location).path, query_of(location).get("idp"), who, again, entries])
    return seen


def onelogin_scopes(bench: Any) -> Any:
    """Which scope OneLogin hears."""
    location = plays.start(bench, bench.browser(), "onelogin", query="&scope=openid%20profile%20groups").headers[
        "Location"
    ]
    return [
        query_of(location).get("scope"),
        tell(bench, "onelogin"),
        tell(bench, "onelogin", profile(preferred_username="robin-vale")),
    ]


# --- Pinniped ---


def clusters(bench: Any) -> Any:
    """Sign in for clusters, refresh, and with bad tokens."""
    seen: list[Any] = []
    for query in ("&audience=cluster-a", "&audience=cluster-b", "", "&audience="):
        page = sign_in(bench, bench.browser(), "pinniped", query=query)
        token = page.get("response", {}).get("providerInfo", {}).get("idToken")
        found = plays.payload(token).get("aud") if token else None
        seen.append([found if query else bool(found), "response" in page])
    for fault in (
        "wrong-signature",
        "expired",
        "wrong-issuer",
        "wrong-audience",
        "missing-id-token",
        forged(algorithm="RS256"),
        {"fault": "token-error", "at": "exchange"},
        {"fault": "no-access-token", "at": "exchange"},
    ):
        seen.append("response" in sign_in(bench, bench.browser(), "pinniped", fault, query="&audience=cluster-a"))
    return seen
