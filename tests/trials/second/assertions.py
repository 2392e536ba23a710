"""Defects of assertions from outside: ID tokens, keys and metadata of vendors, auth proxies, SAML."""

from __future__ import annotations

import os

from reference_backend import server
from reference_backend.openid import id_token, key_set
from reference_backend.openid.client import Client
from reference_backend.openid.key_set import KeySet
from reference_backend.proxies import aws_alb, azure_easy_auth, cf_access, gcp_iap, guest
from reference_backend.saml import answer, conditions, signatures
from tests.trials.second.plays import control, proxy, reset, saml, saml_answer, sign_in, start, who
from tests.trials.seed import replace, seed, wrap

# --- ID tokens ------------------------------------------------------------------------------------------------------


def id_tokens(bench):
    """Who is signed in by ID tokens that are wrong in one thing."""
    issuer, client = f"{bench.idp}/oidc", "mock-oidc-development"
    forged = [
        {"claims": {"iss": f"{issuer}/"}},
        {"claims": {"iss": issuer[:-2]}},
        {"claims": {"iss": f"{issuer}.evil"}},
        {"claims": {"aud": f"{client}-too"}},
        {"claims": {"aud": f"other {client}"}},
        {"claims": {"aud": [client], "azp": "other"}},
        {"claims": {"exp": "99999999999"}},
        {"claims": {"exp": {"from_now": -120}}},
        {"claims": {"nonce": None}},
        {"token_headers": {"crit": []}},
        {"token_headers": {"crit": ["b64"], "b64": True}},
        {"algorithm": "ES256"},
    ]
    orders = [
        *({"fault": "forged", **one} for one in forged),
        "hmac-with-client-secret",
        "unknown-kid",
        "wrong-at-hash",
        "embedded-key",
        {"fault": "remove", "at": "profile", "members": ["sub"]},
    ]
    return [who(sign_in(bench, "oidc", faults=[one]))[:70] for one in orders]


IDT = {"bites": id_tokens, "providers": ("oidc",)}


@seed(
    "CVE-2024-53861 (PyJWT: issuer by substring), OpenID Connect Core 3.1.3.7 rule 2, SEC-IDT-04",
    critical=True,
    family="iss-loose",
    **IDT,
)
def issuer_by_substring() -> None:
    """``iss`` counts if it is a part of the right issuer, or the right one a part of it."""

    def check(original, claims, issuer):
        found = str(claims["iss"])
        original(claims, claims["iss"] if found in issuer or issuer in found else issuer)

    wrap(id_token, "require_issuer", check)


@seed(
    "oidcc-client-test-invalid-iss; Spring Security / Auth0 trailing slash tickets, Core section 2, SEC-IDT-04",
    family="iss-loose",
    **IDT,
)
def issuer_without_its_slash() -> None:
    """A slash at the end of ``iss`` does not count."""
    wrap(
        id_token,
        "require_issuer",
        lambda original, claims, issuer: original({**claims, "iss": str(claims["iss"]).rstrip("/")}, issuer),
    )


@seed(
    "CVE-2020-15240 (omniauth-auth0) and python ports (`in` on a text), Core 3.1.3.7 rule 3, SEC-IDT-05",
    critical=True,
    **IDT,
)
def audience_by_substring() -> None:
    """An audience counts if our client id is a part of it."""
    wrap(
        id_token,
        "require_audience",
        lambda original, claims, client_id: None if client_id in claims["aud"] else original(claims, client_id),
    )


@seed("oidcc-client-test-invalid-azp; CVE-2021-3632 class, checks; Core 3.1.3.7 rule 5, SEC-IDT-10", **IDT)
def authorized_party_of_lists_only() -> None:
    """``azp`` is looked at only if there are several audiences."""

    def check(original, claims, client_id):
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1:
            original(claims, client_id)

    wrap(id_token, "require_authorized_party", check)


@seed(
    "mod_auth_openidc CVE-2021-20718 class, / omniauth-openid-connect nonce; oidcc-client-test-nonce-invalid, SEC-IDT-07",  # noqa: E501
    critical=True,
    **IDT,
)
def nonce_only_if_it_is_there() -> None:
    """An ID token without nonce answers any request."""
    wrap(
        id_token,
        "require_nonce",
        lambda original, claims, expected: original(claims, expected) if "nonce" in claims else None,
    )


@seed("RFC 7515 section 4.1.11 (crit MUST NOT be empty); CVE-2025-59420 (Authlib), SEC-IDT-13", family="crit", **IDT)
def empty_list_of_critical_extensions() -> None:
    """An ID token with an empty list of critical extensions is taken."""
    wrap(
        id_token,
        "require_known_extensions",
        lambda original, token: original(token) if token.header.get("crit") else None,
    )


@seed(
    "CVE-2022-23540 (jsonwebtoken: algorithms not restricted); RFC 8725 section 3.1, SEC-IDT-12",
    critical=True,
    family="alg",
    **IDT,
)
def client_secret_signs_too() -> None:
    """ID tokens signed with the client's secret are taken, whatever algorithm is configured."""
    wrap(
        id_token,
        "require_algorithm",
        lambda original, token, expected: (
            None if token.header.get("alg") in key_set.HMAC_ALGORITHMS else original(token, expected)
        ),
    )
    wrap(
        Client,
        "_is_signed",
        lambda original, self, token: (
            key_set.is_signed(token.text, token.header["alg"], self.client_secret.encode())
            if token.header["alg"] in key_set.HMAC_ALGORITHMS
            else original(self, token)
        ),
    )


@seed("CVE-2018-0114 (node-jose: embedded jwk); RFC 8725 section 3.10, SEC-IDT-08", critical=True, **IDT)
def token_brings_its_key_along() -> None:
    """A key in the token's header is used to verify it."""

    def verify(original, self, token, header, algorithm):
        if isinstance(header.get("jwk"), dict):
            return key_set.is_signed_by(token, algorithm, key_set.Key(None, header["jwk"]))
        return original(self, token, header, algorithm)

    wrap(KeySet, "verify", verify)


def odd_issuers(bench):
    """Providers whose metadata, keys or availability is wrong."""
    reset(bench)
    found = [start(bench, bench.browser(), "oidc", env="foreign-issuer").status_code]
    for faults in ([{"fault": "server-error", "at": "discovery"}], []):
        control(bench, "PATCH", "/services/oidc-discovery-down", faults=faults)
        found.append(start(bench, bench.browser(), "oidc", env="discovery-down").status_code)
    found.append(who(sign_in(bench, "oidc", env="rotating-keys"))[:60])
    control(bench, "PATCH", "/services/oidc-rotating-keys", rotate_keys=True)

    return found


# --- auth proxies ---------------------------------------------------------------------------------------------------


def proxies(bench):
    """Who is signed in by assertions of auth proxies that are wrong in one thing."""
    audience = "/projects/314159265358/global/backendServices/2718281828459045235"
    return [
        proxy(bench, "awsalb", token_headers={"signer": None})[:50],
        proxy(bench, "awsalb", claims={"exp": None})[:50],
        proxy(bench, "awsalb", claims={"iss": "https://login.lumenfold.example/oauth2/v1/other"})[:50],
        proxy(bench, "gcpIap", claims={"aud": audience[:-4]})[:50],
        proxy(bench, "gcpIap", claims={"iss": "https://accounts.google.com"})[:50],
        proxy(bench, "cfaccess", claims={"iss": "https://evil.cloudflareaccess.com"})[:50],
        proxy(
            bench,
            "cfaccess",
            claims={"aud": ["other", "e5f75ce104f8a435f1436e64e589bf2cb2e861a89ba6f8d87a7f3fc8f8c64c19"]},
        )[:50],
        proxy(bench, "cfaccess", claims={"sub": "", "common_name": "3b9e04d17fa6428c95c0e1d2b3a49f58.access.evil"})[
            :50
        ],
        proxy(bench, "azureEasyAuth", claims={"ver": None})[:50],
        proxy(bench, "azureEasyAuth", claims={"ver": "1.0"})[:50],
        who(bench.browser().get(f"{bench.auth}/guest-refused/refresh"))[:50],
        who(bench.browser().get(f"{bench.auth}/oauth2Proxy/refresh", headers={"X_Forwarded_User": "ada-quill"}))[:50],
        who(
            bench.browser().get(
                f"{bench.auth}/oauth2Proxy/refresh",
                headers={"X-Forwarded-User": "nobody", "x_forwarded_user": "ada-quill"},
            )
        )[:50],
    ]


PROXIES = {"bites": proxies}


@seed(
    "ALBeast (Miggo 2024; AWS: verify the signer), AWSALB-10, SEC-PROXY-02",
    critical=True,
    providers=("awsalb",),
    **PROXIES,
)
def signer_only_if_it_is_named() -> None:
    """A balancer's token that names no signer is taken."""
    wrap(
        aws_alb,
        "require_signer",
        lambda original, token, signer: original(token, signer) if token.header.get("signer") else None,
    )


@seed(
    "google-auth verify_oauth2_token: default issuers; GCPIAP-08, SEC-PROXY-04",
    critical=True,
    providers=("gcpIap",),
    **PROXIES,
)
def accounts_google_is_an_issuer_too() -> None:
    """Tokens of Google accounts count like those of Identity-Aware Proxy."""

    def check(original, claims):
        if claims.get("iss") not in ("https://accounts.google.com", "accounts.google.com"):
            original(claims)

    wrap(gcp_iap, "require_issuer", check)


@seed("Cloudflare Access docs (team domain); CWE-346, CFACCESS-08", critical=True, providers=("cfaccess",), **PROXIES)
def any_team_of_cloudflare() -> None:
    """The issuer may be any team of Cloudflare Access."""
    wrap(
        cf_access,
        "require_issuer",
        lambda original, claims, issuer: original(
            {**claims, "iss": issuer} if str(claims.get("iss")).endswith(".cloudflareaccess.com") else claims, issuer
        ),
    )


@seed("CWE-187, CFACCESS-16, SEC-PROXY-07", critical=True, providers=("cfaccess",), **PROXIES)
def service_tokens_by_prefix() -> None:
    """A service token counts if its name begins like one in the list."""

    def identity(original, claims, listed):
        name = str(claims.get("common_name"))
        return original({**claims, "common_name": next((one for one in listed if name.startswith(one)), name)}, listed)

    wrap(cf_access, "service_identity", identity)


@seed("Microsoft identity platform v1/v2 token differences; AZUREEASYAUTH-03", providers=("azureEasyAuth",), **PROXIES)
def version_only_if_it_is_said() -> None:
    """A token of Entra ID that does not say its version counts as one of version 2.0."""
    wrap(azure_easy_auth, "require_version", lambda original, claims: original(claims) if claims.get("ver") else None)


@seed(
    "CWE-489, CWE-1188; Backstage guest provider (NODE_ENV unset), GUEST-02, SEC-PROXY-06",
    critical=True,
    providers=("guest-refused",),
    **PROXIES,
)
def unset_environment_is_development() -> None:
    """Guests are let in unless ``NODE_ENV`` says production."""
    wrap(
        guest,
        "require_enabled",
        lambda original, enabled: original(enabled or os.environ.get("NODE_ENV") != "production"),
    )


@seed(
    "CVE-2025-64484 (oauth2-proxy: underscores in header names), SEC-PROXY-10",
    critical=True,
    providers=("oauth2Proxy",),
    **PROXIES,
)
def underscores_are_hyphens() -> None:
    """A header with underscores, which no proxy overwrites, counts like the one with hyphens."""
    replace(server.JoiningHeaderReader, "_allow_header", lambda self, key_name: True)


# --- SAML -----------------------------------------------------------------------------------------------------------


def saml_answers(bench):
    """Who is signed in by answers of a SAML identity provider that are wrong in one thing."""
    content = [
        {"audience": "mock-saml-other"},
        {"recipient": ""},
        {"recipient": "https://evil.test/"},
        {"not_on_or_after": -60},
        {"not_before": 60},
    ]
    found = [saml(bench, "saml", "plain", {"fault": "saml-content", **one})[:60] for one in content]
    found.append(
        saml(
            bench,
            "saml",
            "plain",
            {"fault": "saml-content", "name_id": "ada-quill.evil"},
            {"fault": "saml-comment", "before": 9},
        )[:60]
    )
    for variant in ("assertion-in-front", "assertion-behind", "assertion-of-same-id", "response-in-extensions"):
        found.append(
            saml(
                bench, "saml-assertion", "plain", {"fault": "saml-wrapped", "variant": variant, "name_id": "petra-reed"}
            )[:60]
        )
    browser = bench.browser()
    address, fields = saml_answer(bench, browser)
    found += [who(browser.post(address, data=fields))[:60] for _ in range(2)]
    found.append(saml(bench, "saml", "plain", "saml-document-type")[:60])
    return found


SAML = {"bites": saml_answers, "providers": ("saml", "saml-assertion")}


@seed("CWE-187; passport-saml / node-saml audience checks, SAML core 2.5.1.4, SAML-10", critical=True, **SAML)
def saml_audience_by_prefix() -> None:
    """An assertion is for us if its audience begins with our name."""

    def check(original, settings, assertion_):
        for found in assertion_.iter("{urn:oasis:names:tc:SAML:2.0:assertion}Audience"):
            if (found.text or "").startswith(settings.audience):
                return
        original(settings, assertion_)

    wrap(conditions, "require_audience", check)


@seed("CVE-2022-39299 class, passport-saml; SAML profiles 4.1.4.3 (Recipient), SAML-15", **SAML)
def saml_recipient_only_if_it_is_named() -> None:
    """A subject confirmation without recipient may be shown anywhere."""
    wrap(
        conditions,
        "require_recipient",
        lambda original, settings, data: original(settings, data) if data.get("Recipient") else None,
    )


@seed("CVE-2017-11427/-11428 and CVE-2018-0489 (comments in NameID), SAML-11", critical=True, **SAML)
def saml_name_ends_at_a_comment() -> None:
    """The name of a person is read of the answer as it came, as far as the first comment."""
    wrap(
        signatures,
        "require_signature",
        lambda original, element, certificate, text: (original(element, certificate, text), element)[1],
    )
    replace(answer, "whole_text", lambda element: (element.text or "").strip())
