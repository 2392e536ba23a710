"""Seeds: what the auth proxies' providers believe of headers and tokens."""

from __future__ import annotations

import re
from dataclasses import replace as changed
from typing import Any
from urllib.parse import quote

from reference_backend import server
from reference_backend.errors import AuthenticationError, AuthError
from reference_backend.formats import compact_jws
from reference_backend.http import responses
from reference_backend.http.request import request
from reference_backend.openid import key_set
from reference_backend.proxies import assertion, aws_alb, cf_access, gcp_iap, oauth2_proxy
from reference_backend.proxies.cf_access import CloudflareAccess
from reference_backend.proxies.gcp_iap import GcpIap
from reference_backend.proxies.oauth2_proxy import OAuth2Proxy
from tests.trials.first import claims_plays as plays
from tests.trials.first.claims_plays import enter, headers_of
from tests.trials.seed import nothing, replace, seed, wrap

ALB, IAP, CF = {"providers": ("awsalb",)}, {"providers": ("gcpIap",)}, {"providers": ("cfaccess",)}
OAUTH2, AZURE = {"providers": ("oauth2Proxy",)}, {"providers": ("azureEasyAuth",)}

FORGERIES: tuple[dict[str, Any], ...] = (
    {},
    {"key": "foreign"},
    {"edit": "garble"},
    {"edit": "drop-signature"},
    {"algorithm": "none"},
    {"token_headers": {"alg": "nOnE"}, "edit": "drop-signature"},
    {"key": "public"},
    {"token_headers": {"crit": ["exp"]}},
    {"token_headers": {"kid": None}},
    {"edit": "alter-payload"},
    {"edit": "drop-last-part"},
    {"claims": {"exp": {"from_now": -30}}},
    {"claims": {"exp": {"from_now": -400}}},
    {"claims": {"exp": None}},
    {"claims": {"exp": {"from_now": 4000000}}},
    {"claims": {"nbf": {"from_now": 900}}},
    {"claims": {"iat": {"from_now": 900}}},
    {"claims": {"iat": None}},
    {"claims": {"email": None}},
    {"claims": {"sub": None}},
)


def many(bench: Any, proxy: str, *mints: dict[str, Any]) -> Any:
    """Come in with each of these forgeries."""
    seen = []
    for mint in mints:
        try:
            seen.append(
                enter(bench, mint.get("provider", proxy), headers_of(bench, proxy, **{"persona": "plain", **mint}))
            )
        except AssertionError:
            seen.append("not minted")
    return seen


# --- AWS ---

SIGNER = "arn:aws:elasticloadbalancing:eu-north-1:210987654321:loadbalancer/app/"


def alb(bench: Any) -> Any:
    """Come in by the balancer with every forgery, other issuers and other signers."""
    issuer = "https://login.lumenfold.example/oauth2/v1"
    more = [
        {"claims": {"iss": one}}
        for one in (issuer + "/evil", issuer + ".evil", issuer[:-1], "https://evil.example", None)
    ]
    more += [
        {"token_headers": {"signer": one}}
        for one in (
            SIGNER + "another/4f1e2d3c4b5a6978",
            None,
            SIGNER.replace("210", "310") + "lumenfold-edge/4f1e2d3c4b5a6978",
            "",
        )
    ]
    more += [
        {"provider": "awsalb-any-signer"},
        {"provider": "awsalb-gov"},
        {"repeat": ["X-Amzn-Oidc-Data"]},
        {"remove": ["X-Amzn-Oidc-Accesstoken"]},
    ]
    more += [
        {"claims": {"name": None}},
        {"claims": {"email": "robin-vale@lumenfold.example", "email_verified": "false"}},
    ]
    return many(bench, "awsalb", *FORGERIES, *more)


@seed("AWS: verify the signer; ALBeast (Miggo 2024)", bites=alb, critical=True, family="alb-signer", **ALB)
def alb_signer_of_the_account() -> None:
    """The signer has to be of the same account and region only, so any other balancer of the company signs."""

    def check(token: Any, signer: Any) -> None:
        if signer is not None and str(token.header.get("signer")).rsplit("/", 2)[0] != signer.rsplit("/", 2)[0]:
            raise AuthenticationError("Signer mismatch on JWT token")

    replace(aws_alb, "require_signer", check)


@seed(
    "AWS: verify the signer; CVE-2024-8901 (aws-alb-route-directive-adapter-for-istio)",
    bites=alb,
    critical=True,
    family="alb-signer",
    **ALB,
)
def alb_signer_only_if_there() -> None:
    """The signer is compared only if the token names one."""
    wrap(
        aws_alb, "require_signer", lambda old, token, signer: old(token, signer) if token.header.get("signer") else None
    )


@seed("RFC 7519 section 4.1.4; CWE-613", bites=alb, critical=True, family="proxy-expiry", **ALB)
def alb_expiry_ignored() -> None:
    """Expired tokens of the balancer are taken."""
    wrap(assertion, "require_times", lambda old, given, now: old(given, now - 3600))


@seed("RFC 7519 section 4.1.1; CWE-346", bites=alb, critical=True, **ALB)
def alb_issuer_by_prefix() -> None:
    """The issuer only has to begin like the configured one."""

    def check(token: Any, issuer: str) -> None:
        if not str(token.claims.get("iss")).startswith(issuer):
            raise AuthenticationError("Issuer mismatch on JWT token")

    replace(aws_alb, "require_issuer", check)


@seed("RFC 8725 section 3.1; CVE-2015-9235", bites=alb, critical=True, family="proxy-unsigned", **ALB)
def proxies_take_unsigned_tokens() -> None:
    """An assertion that says alg none, in any case, needs no signature."""
    wrap(
        assertion,
        "require_algorithm",
        lambda old, token, algorithm: None if str(token.header.get("alg")).lower() == "none" else old(token, algorithm),
    )
    wrap(
        assertion,
        "require_signature",
        lambda old, token, algorithm, key: (
            None if str(token.header.get("alg")).lower() == "none" else old(token, algorithm, key)
        ),
    )


@seed("RFC 7515 section 4.1.11", bites=alb, family="proxy-crit", **ALB)
def proxies_ignore_critical_extensions() -> None:
    """crit in the header of an assertion is ignored."""

    def check(token: Any, algorithm: str) -> None:
        if token.header.get("alg") != algorithm:
            raise AuthError("the algorithm is another one")

    replace(assertion, "require_algorithm", check)


@seed("RFC 7515 section 5.2 (JWS signing input as received); AWS: padding", bites=alb, **ALB)
def alb_padding_normalised() -> None:
    """The padding that the balancer leaves in its tokens is taken off before the signature is checked."""
    wrap(compact_jws, "decode", lambda old, text: changed(old(text), text=text.replace("=", "")))


@seed("RFC 9110 section 5.3 (repeated fields); CWE-444", bites=alb, critical=True, family="repeated-header", **ALB)
def alb_first_of_repeated_headers() -> None:
    """Of a repeated header the first value counts, which is the client's own."""
    wrap(aws_alb, "required", lambda old, given, header: old(given, header).partition(", ")[0])


@seed("AWS: JWT claims as user info says them (email is required)", bites=alb, **ALB)
def alb_name_required() -> None:
    """A token of a person without name is refused."""

    def around(old: Any, given: Any) -> Any:
        if not given.get("name"):
            raise AuthenticationError("Missing name in the JWT token")
        return old(given)

    wrap(aws_alb, "profile_of", around)


def alb_key_ids(bench: Any) -> Any:
    """Come in with key ids that lead elsewhere; what the mock was asked for, and who came in."""
    genuine = headers_of(bench, "awsalb")
    latest = bench.browser().get(f"{bench.idp}/__idp/journal").json()["latest"]
    first = enter(bench, "awsalb", genuine)
    seen: list[Any] = [first]
    for odd in ("a/../b", "x?y", "../../etc", "a%2fb", "k#f"):
        headers = headers_of(bench, "awsalb", token_headers={"kid": odd})
        seen.append(enter(bench, "awsalb", headers))
    asked = [[entry["path"], entry["query"]] for entry in plays.journal(bench, since=latest, vendor="awsalb")]
    return [seen, [one for one in asked if not re.search(r"/[A-Za-z0-9_-]{22}$", one[0])]]


@seed("CWE-22, CWE-918", bites=alb_key_ids, critical=True, **ALB)
def alb_key_id_as_a_path() -> None:
    """The key id of a token is put into the key's address as it is, so that it can name any other address there."""
    replace(aws_alb, "quote", lambda text, safe="", encoding=None, errors=None: quote(text, safe="/?#&=.:%"))


# --- Google ---


def iap(bench: Any) -> Any:
    """Come in by Identity-Aware Proxy with every forgery and other audiences."""
    own = "/projects/314159265358/global/backendServices/2718281828459045235"
    more = [
        {"claims": {"aud": one}}
        for one in (
            [own],
            own + "0",
            own[:-1],
            "/projects/314159265358/global/backendServices/1",
            None,
            [],
            "/projects/314159265358/apps/x",
        )
    ]
    more += [
        {"claims": {"iss": one}}
        for one in ("https://cloud.google.com/iap/", "https://accounts.google.com", None, "accounts.google.com")
    ]
    more += [
        {"provider": "gcpIap-header"},
        {"provider": "gcpIap-header", "claims": {"sub": "accounts.google.com:"}},
        {"claims": {"sub": ""}},
        {"provider": "gcpIap-header", "claims": {"email": "nobody@lumenfold.example"}},
    ]
    more += [
        {"repeat": ["X-Goog-IAP-JWT-Assertion"]},
        {"claims": {"email": "ROBIN-VALE@lumenfold.example"}},
        {"persona": "twin-north", "provider": "gcpIap-header"},
        {"replace": {"X-Goog-Authenticated-User-Email": "accounts.google.com:robin-vale@lumenfold.example"}},
        {"key": "next"},
        {
            "replace": {"X-Goog-Authenticated-User-Email": "accounts.google.com:robin-vale@lumenfold.example"},
            "remove": ["X-Goog-IAP-JWT-Assertion"],
        },
        {"claims": {"exp": {"from_now": 80000}}},
        {"claims": {"iat": {"from_now": 200}}},
    ]
    return many(bench, "gcpIap", *FORGERIES, *more)


@seed("Google IAP: verify the aud; RFC 8725 section 3.9", bites=iap, critical=True, family="iap-audience", **IAP)
def iap_audience_of_the_project() -> None:
    """The audience has to be of the same project only, so tokens for every other service of it are taken."""

    def check(given: Any, audience: str) -> None:
        if str(given.get("aud")).split("/")[:3] != audience.split("/")[:3]:
            raise AuthError("Wrong recipient")

    replace(gcp_iap, "require_audience", check)


@seed("CVE-2020-26160; RFC 7519 section 4.1.3", bites=iap, critical=True, family="iap-audience", **IAP)
def iap_audience_only_if_there() -> None:
    """A token without audience, or with an empty one, is for everybody."""
    wrap(gcp_iap, "require_audience", lambda old, given, audience: old(given, audience) if given.get("aud") else None)


@seed("Google IAP: signed headers, not X-Goog-Authenticated-User-Email; CWE-290", bites=iap, critical=True, **IAP)
def iap_unsigned_address_wins() -> None:
    """The address is taken from the unsigned header if there is one, after the token was verified."""

    def around(old: Any, self: Any, given: Any) -> Any:
        result = old(self, given)
        email = given.headers.get("x-goog-authenticated-user-email", "").rpartition(":")[2] or result.profile.email
        return changed(result, profile=changed(result.profile, email=email), details={**result.details, "email": email})

    wrap(GcpIap, "authenticate", around)


@seed(
    "Google IAP: exp in the future, iat in the past; RFC 7519 section 4.1.4",
    bites=iap,
    critical=True,
    family="proxy-expiry",
    **IAP,
)
def iap_tolerance_in_minutes() -> None:
    """The tolerance of clocks is 300 minutes."""
    replace(gcp_iap, "TOLERANCE", 300 * 60)


@seed("Google auth library: expiration time too far in future; RFC 8725 section 3", bites=iap, **IAP)
def iap_tokens_for_ever() -> None:
    """How far the expiry lies ahead is not looked at."""
    replace(gcp_iap, "LONGEST_LIFE", 10**12)


@seed("RFC 7519 section 4.1.1; Google IAP: iss is https://cloud.google.com/iap", bites=iap, critical=True, **IAP)
def iap_issuer_not_compared() -> None:
    """Tokens of any issuer that Google's keys sign are taken."""
    replace(gcp_iap, "require_issuer", nothing)


@seed(
    "RFC 7519 section 2 (iat optional for clock checks); Google IAP clock skew of 30 seconds and more", bites=iap, **IAP
)
def iap_without_tolerance() -> None:
    """A token whose issuer's clock is a little ahead is refused."""
    replace(gcp_iap, "TOLERANCE", 0)


@seed("RFC 7515 section 4.1.4; CWE-347", bites=iap, **IAP)
def iap_any_key_without_key_id() -> None:
    """A token without key id is verified by whichever key is the first."""

    def around(old: Any, self: Any, key_id: str) -> Any:
        if not key_id:
            old_keys = self._keys or self._read_keys()
            return next(iter(old_keys.values()))
        return old(self, key_id)

    wrap(GcpIap, "_key", around)


@seed("Google IAP: sub is accounts.google.com:ID", bites=iap, family="iap-subject", providers=("gcpIap-header",))
def iap_subject_with_its_prefix() -> None:
    """The id of a person is compared together with its prefix, which no catalog has."""
    replace(gcp_iap, "account_id", lambda subject: subject)


# --- Cloudflare ---

AUD = "ec9a3fd4"


def cf(bench: Any) -> Any:
    """Come in by Cloudflare Access with every forgery, other audiences and teams, machines, header and cookie."""
    genuine = plays.payload(headers_of(bench, "cfaccess")["Cf-Access-Jwt-Assertion"])
    own, issuer = genuine["aud"][0], genuine["iss"]
    more = [
        {"claims": {"aud": one}}
        for one in (own, [own, "other"], ["other", own], ["other"], own + "0", own[:-1], [], None, [[own]], "")
    ]
    more += [
        {"claims": {"iss": one}}
        for one in (issuer + ".evil.example", "https://evil.cloudflareaccess.com", issuer + "/", None)
    ]
    machine = {"sub": "", "email": None}
    more += [
        {"claims": {**machine, "common_name": one}}
        for one in (
            "3b9e04d17fa6428c95c0e1d2b3a49f58.access",
            "3B9E04D17FA6428C95C0E1D2B3A49F58.ACCESS",
            "3b9e04d17fa6428c95c0e1d2b3a49f58",
            "unlisted.access",
            None,
            "",
        )
    ]
    more += [
        {"claims": {"common_name": "3b9e04d17fa6428c95c0e1d2b3a49f58.access"}, "persona": "twin-north"},
        {"key": "next"},
        {"remove": ["Cookie"]},
        {"remove": ["Cf-Access-Jwt-Assertion"]},
        {"provider": "cfaccess-names"},
        {"persona": "twin-north"},
        {"replace": {"Cf-Access-Authenticated-User-Email": "robin-vale@lumenfold.example"}},
        {"replace": {"Cf-Access-Jwt-Assertion": "x"}},
        {"replace": {"Cookie": "CF_Authorization=x"}},
        {"replace": {"Cookie": "CF_Authorization=x; a=b"}},
        {"claims": {"type": "org"}},
    ]
    return many(bench, "cfaccess", *FORGERIES, *more)


@seed("RFC 7519 section 4.1.3; PyJWT GHSA-75c5-xw7c-p5pm", bites=cf, critical=True, family="cf-audience", **CF)
def cf_audience_as_part_of_a_text() -> None:
    """The audience is looked for in the text of what the token says."""

    def check(given: Any, audience: str) -> None:
        if audience not in str(given.get("aud")):
            raise assertion.claim_failed("aud")

    replace(cf_access, "require_audience", check)


@seed("RFC 7519 section 4.1.3 (single value as a string)", bites=cf, family="cf-audience-form", **CF)
def cf_audience_in_lists_only() -> None:
    """An audience that is a text and no list is refused."""
    wrap(
        cf_access,
        "require_audience",
        lambda old, given, audience: old(
            {"aud": given.get("aud") if isinstance(given.get("aud"), list) else []}, audience
        ),
    )


@seed("Cloudflare: validate JWTs (aud); SEC-PROXY-05; CWE-863", bites=cf, critical=True, family="cf-audience", **CF)
def cf_audience_not_compared() -> None:
    """Tokens for every application of the team are taken."""
    replace(cf_access, "require_audience", nothing)


@seed("CWE-183; Backstage cfaccess serviceTokens", bites=cf, critical=True, **CF)
def cf_machines_not_on_the_list() -> None:
    """A machine whose service token is not on the list signs in all the same."""

    def identity(given: Any, listed: Any) -> Any:
        name = given.get("common_name")
        return {"id": name, "name": "Bot", "email": listed.get(name, next(iter(listed.values()))), "groups": []}

    replace(cf_access, "service_identity", identity)


@seed("Cloudflare: tokens of people have a sub; CWE-843", bites=cf, critical=True, **CF)
def cf_common_name_of_people() -> None:
    """A person's token that has a listed common_name is taken for that machine."""
    wrap(
        CloudflareAccess,
        "_identity",
        lambda old, self, token: (
            cf_access.service_identity(token.claims, self._service_tokens)
            if token.claims.get("common_name") in self._service_tokens
            else old(self, token)
        ),
    )


@seed("Cloudflare: the header is preferred, the cookie may be stale", bites=cf, family="cf-header-and-cookie", **CF)
def cf_cookie_wins() -> None:
    """The cookie counts more than the header that Cloudflare sets."""

    def find(given: Any, names: Any) -> str:
        token = given.cookies.get(names.cookie) or given.headers.get(names.header.lower())
        if not token:
            raise AuthenticationError("Missing")
        return token

    replace(cf_access, "find_token", find)


@seed("Cloudflare: CF_Authorization cookie for browsers", bites=cf, family="cf-header-and-cookie", **CF)
def cf_cookie_not_read() -> None:
    """Only the header is read."""
    wrap(cf_access, "find_token", lambda old, given, names: old(changed(given, cookies={}), names))


@seed("RFC 9110 section 5.1 (field names are case-insensitive)", bites=cf, providers=("cfaccess-names",))
def cf_header_name_with_its_case() -> None:
    """A configured header name is looked up with the case that it is written in."""

    def find(given: Any, names: Any) -> str:
        token = given.headers.get(names.header)
        if not token:
            raise AuthenticationError("Missing")
        return token

    replace(cf_access, "find_token", find)
    replace(cf_access, "HEADER", "cf-access-jwt-assertion")


@seed("CWE-290; Cloudflare: do not trust Cf-Access-Authenticated-User-Email alone", bites=cf, critical=True, **CF)
def cf_unsigned_address_wins() -> None:
    """The address comes from the unsigned header for people who look."""

    def around(old: Any, self: Any, given: Any) -> Any:
        result = old(self, given)
        email = given.headers.get("cf-access-authenticated-user-email") or result.profile.email
        return changed(result, profile=changed(result.profile, email=email))

    wrap(CloudflareAccess, "authenticate", around)


@seed("OpenID Connect Core section 10.1.1; Cloudflare rotates signing keys", bites=cf, family="one-key-only", **CF)
def cf_first_key_only() -> None:
    """Only the first key of the team's key set is used, so every second rotation locks all out."""
    wrap(key_set, "understood", lambda old, document: old(document)[:1])


@seed("RFC 7519 section 4.1.5", bites=cf, family="proxy-not-before", **CF)
def proxies_ignore_not_before() -> None:
    """nbf of an assertion is not looked at."""
    wrap(
        assertion,
        "require_times",
        lambda old, given, now: old({name: value for name, value in given.items() if name != "nbf"}, now),
    )


def cf_two_people(bench: Any) -> Any:
    """Two people come in, one after the other, and the first again."""
    ada, robin = headers_of(bench, "cfaccess"), headers_of(bench, "cfaccess", "twin-north")
    return [enter(bench, "cfaccess", one) for one in (ada, robin, ada)]


@seed("CWE-524, CWE-488", bites=cf_two_people, critical=True, **CF)
def cf_identity_cached_for_the_team() -> None:
    """Who a token is about is asked once and remembered for the address, not for the token."""
    known: dict[str, Any] = {}

    def around(old: Any, self: Any, token: Any) -> Any:
        if self._issuer not in known:
            known[self._issuer] = old(self, token)
        return known[self._issuer]

    wrap(CloudflareAccess, "_identity", around)


def iap_two_people(bench: Any) -> Any:
    """Two people come in, one after the other, and then nobody."""
    ada, robin = headers_of(bench, "gcpIap"), headers_of(bench, "gcpIap", "twin-north")
    return [enter(bench, "gcpIap", one) for one in (ada, robin, {})]


@seed("CWE-613; CWE-488", bites=iap_two_people, critical=True, **IAP)
def iap_latest_person_stays() -> None:
    """A request without header is answered for whoever came last."""
    last: list[Any] = []

    def around(old: Any, self: Any, given: Any) -> Any:
        if not given.headers.get(self._header) and last:
            return last[0]
        last[:] = [old(self, given)]
        return last[0]

    wrap(GcpIap, "authenticate", around)


# --- oauth2-proxy ---


def relayed(bench: Any) -> Any:
    """Come in by oauth2-proxy, with headers in odd spelling, repeated, missing, and with tokens of all sorts."""
    genuine = headers_of(bench, "oauth2Proxy")
    user = next(name for name in genuine if name.lower() == "x-forwarded-user")
    without = {name: value for name, value in genuine.items() if name != user}
    token = next(name for name in genuine if name.lower() == "x-oauth2-proxy-id-token")
    seen = [
        enter(bench, "oauth2Proxy", one)
        for one in (
            genuine,
            without,
            {**without, "X_Forwarded_User": "robin-vale"},
            {**genuine, "X_Forwarded_User": "robin-vale"},
            {**without, "x-forwarded-USER": "ada-quill"},
            {**genuine, user: "ada-quill, robin-vale"},
            {**genuine, user: "robin-vale, ada-quill"},
            {**genuine, user: ""},
            {user: "ada-quill"},
            {**genuine, token: "Bearer x"},
            {**genuine, token: "x"},
            {**genuine, token: genuine[token].removeprefix("Bearer ")},
            {**without, "X-Auth-Request-User": "robin-vale"},
            {**without, "X-Forwarded-Preferred-Username": "robin-vale"},
            {**genuine, "X-Forwarded-Preferred-Username": "robin-vale"},
            {**genuine, user: "user:default/robin-vale"},
            {**genuine, token: "bearer " + genuine[token].removeprefix("Bearer ")},
            {**without, "X-Forwarded-Email": "robin-vale@lumenfold.example"},
        )
    ]
    answer = bench.browser().get(f"{bench.auth}/oauth2Proxy/refresh", headers=genuine)
    seen.append([answer.headers.get("Cache-Control"), bool(answer.json()["providerInfo"]["accessToken"])])
    seen.append(
        [
            bench.browser().post(f"{bench.auth}/oauth2Proxy/refresh", headers=genuine).status_code,
            bench.browser()
            .get(f"{bench.auth}/oauth2Proxy/refresh?x-forwarded-user=robin-vale", headers=without)
            .status_code,
        ]
    )
    return seen


@seed("CVE-2025-64484 (oauth2-proxy, GHSA-vjrc-mh2v-45x6); CWE-444", bites=relayed, critical=True, **OAUTH2)
def headers_with_underscores() -> None:
    """X_Forwarded_User is the same as X-Forwarded-User, and no proxy takes it out."""
    replace(server.JoiningHeaderReader, "_allow_header", lambda self, key_name: True)


@seed("RFC 9110 section 5.3; CWE-235; SEC-PROXY-10", bites=relayed, critical=True, family="repeated-header", **OAUTH2)
def first_of_repeated_users() -> None:
    """Of several X-Forwarded-User the first counts, whoever sent it."""
    wrap(
        OAuth2Proxy,
        "authenticate",
        lambda old, self, given: old(
            self,
            changed(
                given,
                headers={
                    name: value.partition(", ")[0] if name == "x-forwarded-user" else value
                    for name, value in given.headers.items()
                },
            ),
        ),
    )


@seed("RFC 7519 section 7.2; Backstage oauth2ProxyProvider", bites=relayed, **OAUTH2)
def undecodable_token_ignored() -> None:
    """A bearer value that is no JWT is passed on as if it were one."""
    replace(oauth2_proxy, "require_decodable", nothing)


@seed("OWASP ASVS 14.3.2; RFC 9111 section 5.2.2.5 (no-store)", bites=relayed, **OAUTH2)
def sessions_of_proxies_may_be_cached() -> None:
    """Answers with somebody's token may be kept by caches on the way."""
    replace(responses, "uncached", lambda response: response)


@seed("CWE-598; CWE-290 (identity from the query)", bites=relayed, critical=True, **OAUTH2)
def identity_from_the_query() -> None:
    """Where a header is missing, the query parameter of that name is taken."""
    wrap(
        OAuth2Proxy,
        "authenticate",
        lambda old, self, given: old(self, changed(given, headers={**request.parameters, **given.headers})),
    )


# --- Azure ---


def easy(bench: Any) -> Any:
    """Come in by App Service with tokens of other versions, principals and forms."""
    more = [{"claims": {"ver": one}} for one in ("1.0", None, 2.0, "2", "")]
    more += [{"claims": {"oid": one}} for one in (None, "", 5)]
    robin = next(
        value
        for name, value in headers_of(bench, "azureEasyAuth", "twin-north").items()
        if name == "X-MS-CLIENT-PRINCIPAL-ID"
    )
    more += [
        {"replace": {"X-MS-CLIENT-PRINCIPAL-ID": robin}},
        {"remove": ["X-MS-TOKEN-AAD-ID-TOKEN"]},
        {"remove": ["X-MS-TOKEN-AAD-ACCESS-TOKEN"]},
        {"text": "garbage"},
        {"provider": "azureEasyAuth-email"},
        {"provider": "azureEasyAuth-email", "claims": {"email": None}},
        {"claims": {"sub": robin}},
        {"provider": "azureEasyAuth-email", "claims": {"preferred_username": "robin-vale@lumenfold.example"}},
        {"edit": "drop-last-part"},
        {
            "provider": "azureEasyAuth-email",
            "claims": {"email": None, "preferred_username": "robin-vale@lumenfold.example"},
        },
    ]
    return many(bench, "azureEasyAuth", {}, *more)


# --- guests ---


def guests(bench: Any) -> Any:
    """Come in as guests of all sorts."""
    seen = []
    for provider in ("guest", "guest-refused", "guest-of-catalog", "guest-by-name"):
        answer = bench.browser().get(f"{bench.auth}/{provider}/refresh")
        body = answer.json()
        identity = (body.get("backstageIdentity") or {}).get("identity", {})
        seen.append([answer.status_code, identity.get("userEntityRef"), identity.get("ownershipEntityRefs")])
    return seen
