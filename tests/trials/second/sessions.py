"""Defects of refresh, logout and scopes."""

from __future__ import annotations

from dataclasses import replace as changed

from reference_backend.errors import AuthError
from reference_backend.http import responses
from reference_backend.http.request import request
from reference_backend.identity import session_response
from reference_backend.oauth import (
    csrf,
    provider_cookies,
    refresh_token_holders,
    routes,
    scopes,
)
from reference_backend.oauth.refresh_token_holders import TokenHolder
from reference_backend.providers.auth0 import KnownProfiles
from reference_backend.providers.oauth2_base import OAuth2Provider
from tests.trials.second.plays import (
    XHR,
    change_grant,
    journal,
    live_cookies,
    logout,
    refresh,
    reset,
    response_of,
    sent_upstream,
    sign_in,
    start,
    who,
)
from tests.trials.seed import replace, seed, wrap


def refreshes_without_header(bench):
    """Refresh and logout without the header, with another value, with a parameter, by GET and POST."""
    found = []
    for method in ("GET", "POST"):
        for headers, more in (({}, {}), ({"X-Requested-With": "xmlhttprequest"}, {}), ({}, XHR), (XHR, {})):
            browser = bench.browser()
            sign_in(bench, "github", browser=browser)
            query = {"env": "development", **more}
            answer = browser.request(method, f"{bench.auth}/github/refresh", params=query, headers=headers)
            found.append((answer.status_code, answer.headers.get("Cache-Control")))
            if method == "POST":
                found.append(browser.post(f"{bench.auth}/github/logout", params=query, headers=headers).status_code)
    return found


@seed(
    "Spring Security / Django: CSRF checks exempt safe methods; CVE-2015-9284 (OmniAuth), REFRESH-01, SEC-REFR-01",
    bites=refreshes_without_header,
)
def csrf_header_for_posts_only() -> None:
    """The CSRF header is wanted of POST requests only, though a refresh works by GET as well."""

    def check(original, value):
        if request.method == "POST":
            original(value)

    wrap(csrf, "require_header", check)


@seed(
    "CWE-352; OWASP CSRF cheat sheet (custom header, not a parameter), REFRESH-01, LOGOUT-01",
    bites=refreshes_without_header,
)
def csrf_header_as_a_parameter() -> None:
    """The CSRF header may be a query parameter, which any foreign form can send."""
    wrap(csrf, "require_header", lambda original, value: original(value or request.parameters.get("X-Requested-With")))


@seed(
    "OWASP CSRF cheat sheet; jQuery/axios ports comparing headers without case, REFRESH-01",
    bites=refreshes_without_header,
)
def csrf_header_in_any_case() -> None:
    """The value of the CSRF header is compared without regard to case."""
    wrap(
        csrf,
        "require_header",
        lambda original, value: original(
            csrf.REQUIRED_VALUE if value and value.lower() == csrf.REQUIRED_VALUE.lower() else value
        ),
    )


@seed("RFC 6749 section 5.1 (no-store); OWASP ASVS 14.3.2, SEC-REFR-08", bites=refreshes_without_header, level="SHOULD")
def refresh_by_get_may_be_cached() -> None:
    """Tokens that a refresh by GET answers may be kept in caches."""
    wrap(responses, "uncached", lambda original, response: original(response) if request.method != "GET" else response)


def refreshed_members(bench):
    """Which tokens a session of sign-in and refresh names, and its scope."""
    found = {}
    for provider in ("google", "gitlab"):
        browser = bench.browser()
        first = response_of(sign_in(bench, provider, browser=browser))
        second = response_of(refresh(bench, browser, provider))
        found[provider] = [sorted(one.get("providerInfo", {})) for one in (first, second)]
    return found


@seed(
    "next-auth / Auth0 SDK: refresh token in the session object; RFC 9700 section 4.14.2, IDENT-03, SEC-COOK-06",
    bites=refreshed_members,
    critical=True,
    providers=("google", "gitlab"),
)
def session_shows_the_refresh_token() -> None:
    """What scripts get as the session has the vendor's refresh token in it."""

    def info(original, session, scope):
        found = original(session, scope)
        return {**found, "refreshToken": session.refresh_token} if session.refresh_token else found

    wrap(session_response, "provider_info", info)


def other_environment(bench):
    """A refresh and a logout in another environment than that of the sign-in, and who was asked for what."""
    reset(bench)
    browser = bench.browser()
    sign_in(bench, "google", browser=browser)
    refreshed = who(refresh(bench, browser, "google", env="production"))
    logout(bench, browser, "google", env="production")
    asked = [(one["endpoint"], one["client_id"]) for one in journal(bench, service="google") if one["method"] == "POST"]
    return refreshed, [one for one in asked if one[0] in ("refresh", "revocation")]


@seed(
    "RFC 6749 section 10.4 (refresh tokens bound to the client); RFC 9700 section 4.14, SEC-ENV-05",
    bites=other_environment,
    level="SHOULD",
    providers=("google",),
)
def refresh_token_for_any_environment() -> None:
    """A refresh token is sent to the vendor as any environment's client, if only the provider is right."""

    def same(holder, environment):
        return holder is None or holder.environment.partition("/")[0] == environment.partition("/")[0]

    replace(refresh_token_holders, "is_of_environment", same)


def somebody_else_after_rotation(bench):
    """The second refresh is about somebody else."""
    browser = bench.browser()
    sign_in(bench, "oidc", browser=browser)
    change_grant(bench, ["rotated-refresh-token"])
    first = who(refresh(bench, browser, "oidc"))
    other = [
        {"fault": "set", "at": one, "members": {"sub": "somebody-else", "email": "bela-marsh@lumenfold.example"}}
        for one in ("id_token", "profile")
    ]
    change_grant(bench, ["rotated-refresh-token", *other])
    return first, who(refresh(bench, browser, "oidc"))[:70]


@seed(
    "OpenID Connect Core section 12.2; openid-client issue (sub compared with the last ID token only), SEC-REFR-06",
    bites=somebody_else_after_rotation,
    critical=True,
    providers=("oidc",),
)
def rotation_forgets_whose_session_it_is() -> None:
    """With a rotated refresh token, nobody knows any more whose session it is."""

    def store(original, environment, context, old, rotated, holder):
        return original(environment, context, old, rotated, TokenHolder(environment.id, None))

    wrap(routes, "store_rotated", store)


def two_people_refresh(bench):
    """Two people of one tenant refresh, one after the other."""
    browsers = {}
    for persona in ("plain", "foreign-domain"):
        browsers[persona] = bench.browser()
        sign_in(
            bench,
            "auth0",
            persona,
            browser=browsers[persona],
            env="email",
            query={"scope": "openid profile email offline_access"},
        )
    found = [
        who(refresh(bench, one, "auth0", env="email", scope="openid profile email offline_access"))
        for one in browsers.values()
    ]
    return found  # noqa: RET504


@seed(
    "CVE-2021-43812 class, Auth0 nextjs session mix-ups; CWE-524/CWE-488, SEC-CONC-02",
    bites=two_people_refresh,
    critical=True,
    providers=("auth0",),
)
def profile_of_a_moment_ago_is_anybodys() -> None:
    """The profile that was fetched last is taken for everybody who refreshes within a minute."""

    def get(original, self, subject):
        return original(self, next(reversed(self._by_subject), subject))

    wrap(KnownProfiles, "get", get)


def failures_at_refresh(bench):
    """Refreshes of a session whose vendor fails at one place, and one after that."""
    found = []
    for provider, faults in (
        ("google", [{"fault": "server-error", "at": "refresh", "times": 1}]),
        ("gitlab", ["rotated-refresh-token", {"fault": "server-error", "at": "profile", "times": 1}]),
        ("google", [{"fault": "reset", "at": "refresh", "times": 1}]),
    ):
        browser = bench.browser()
        sign_in(bench, provider, browser=browser)
        change_grant(bench, faults)
        for _ in range(2):
            answer = refresh(bench, browser, provider)
            found.append((answer.status_code, who(answer)[:130], sorted(live_cookies(answer))))
    return found


@seed(
    "okta-auth-js issue 747, forcedotcom SalesforceMobileSDK issue 2879 (rotated token not persisted), REFRESH-06, SEC-REFR-09",  # noqa: E501
    bites=failures_at_refresh,
    providers=("gitlab",),
)
def rotated_token_is_lost_if_the_profile_fails() -> None:
    """A rotated refresh token is stored at the end of a refresh, which a failing profile endpoint prevents."""

    def refreshing(original, self, request):
        return original(self, changed(request, keep_rotated=lambda token: None))

    wrap(OAuth2Provider, "refresh", refreshing)


@seed(
    "msal-browser / oidc-client issue: session dropped on a network error; SEC-REFR-04",
    bites=failures_at_refresh,
    providers=("google",),
)
def outage_signs_everybody_out() -> None:
    """A refresh that fails, whatever the reason, deletes the refresh cookie."""

    def refreshed(original, environment):
        try:
            return original(environment)
        except AuthError:
            context = routes.cookie_context(environment, None)
            responses.add_cookies(provider_cookies.clear_refresh_token(environment.cookies, context))
            raise

    wrap(routes, "refreshed_session", refreshed)


def refused_people(bench):
    """Cookies that somebody gets whom no resolver lets in."""
    return [
        (who(page)[:40], sorted(live_cookies(page)))
        for page in (sign_in(bench, "bitbucket", "not-in-catalog"), sign_in(bench, "oidc", "not-in-catalog"))
    ]


@seed(
    "Argo CD / Grafana: session established before authorisation; FRAME-15, SEC-SCOPE-03",
    bites=refused_people,
    family="cookies-too-early",
    providers=("bitbucket", "oidc"),
)
def scope_is_recorded_before_the_sign_in() -> None:
    """The granted scopes are stored although the person is refused."""

    def early(original, environment, result):
        if environment.provider.scopes.persisted and request.path.endswith("frame"):
            context = routes.cookie_context(environment, None)
            scope = result.session.scope or "account"
            responses.add_cookies(provider_cookies.set_granted_scope(environment.cookies, context, scope))
        return original(environment, result)

    wrap(routes, "run_resolver", early)


@seed(
    "CWE-696 (incorrect order of behaviour); oauth2-proxy: session saved before the e-mail check, FRAME-15",
    bites=refused_people,
    family="cookies-too-early",
    providers=("bitbucket", "oidc"),
)
def refresh_cookie_before_the_sign_in() -> None:
    """The refresh token is stored although the person is refused."""

    def early(original, environment, result):
        if result.session.refresh_token and request.path.endswith("frame"):
            context = routes.cookie_context(environment, None)
            token = result.session.refresh_token
            responses.add_cookies(provider_cookies.set_refresh_token(environment.cookies, context, token))
        return original(environment, result)

    wrap(routes, "run_resolver", early)


# --- logout ---------------------------------------------------------------------------------------------------------


def saved_cookie_after_logout(bench):
    """Whether a copy of the refresh cookie still works after a logout."""
    found = {}
    for provider in ("google", "oidc", "openshift"):
        browser = bench.browser()
        page = sign_in(bench, provider, browser=browser, env="production")
        saved = live_cookies(page)[f"{provider}-refresh-token"]["value"]
        status = logout(bench, browser, provider, env="production").status_code
        again = bench.browser()
        cookie = {"Cookie": f"{provider}-refresh-token={saved}"}
        found[provider] = (status, who(refresh(bench, again, provider, env="production", headers=cookie))[:50])
    return found


def logout_in_an_outage(bench):
    """A logout while the vendor does not answer as it should, and a refresh after that."""
    browser = bench.browser()
    sign_in(bench, "google", browser=browser)
    change_grant(bench, [{"fault": "server-error", "at": "revocation"}])
    return logout(bench, browser, "google").status_code, who(refresh(bench, browser, "google"))


@seed(
    "Keycloak / oauth2-proxy issue: sign_out fails with the provider down; CWE-613, SEC-LOGOUT-06",
    bites=logout_in_an_outage,
    level="SHOULD",
    providers=("google",),
)
def outage_prevents_logout() -> None:
    """A logout that the vendor refuses deletes no cookie."""
    replace(routes, "end_vendor_session", lambda environment, request: environment.provider.logout(request))


# --- scopes ---------------------------------------------------------------------------------------------------------


def scopes_asked_for(bench):
    """Scopes of authorization requests."""
    found = []
    for env, scope in (
        ("development", "Repo:Status read:user,repo"),
        ("scopes-as-text", "repo|gist"),
        ("scopes-as-list", ""),
    ):
        found.append(sent_upstream(start(bench, bench.browser(), "github", env=env, scope=scope)).get("scope"))
    repeated = f"{bench.auth}/github/start?env=development&scope=b&scope=a"
    found.append(sent_upstream(bench.browser().get(repeated, allow_redirects=False)).get("scope"))
    return found


@seed("RFC 6749 section 3.3 (scopes are case-sensitive); Authlib list_to_scope ports, SCOPE-02", bites=scopes_asked_for)
def scopes_in_lower_case() -> None:
    """Scopes are written in lower case, which makes other scopes of them."""
    wrap(scopes, "join_unique", lambda original, found: original([one.lower() for one in found]))


@seed("requests-oauthlib / oauthlib scope sets (order lost in a set), SCOPE-02", bites=scopes_asked_for)
def scopes_in_alphabetical_order() -> None:
    """Scopes are put into a sorted set, so that their order is lost."""
    wrap(scopes, "join_unique", lambda original, found: original(sorted(set(found))))


def more_scopes_at_refresh(bench):
    """Refreshes that ask for more than was granted."""
    found = []
    for provider, scope in (
        ("github", "repo read:user"),
        ("oidc", "openid address"),
        ("bitbucket", "account repository:admin"),
    ):
        browser = bench.browser()
        sign_in(bench, provider, browser=browser)
        answer = refresh(bench, browser, provider, scope=scope)
        found.append((who(answer)[:90], response_of(answer).get("providerInfo", {}).get("scope")))
    return found


@seed(
    "RFC 6749 section 6 (MUST NOT include any scope not originally granted), PROV-GITHUB-03, SCOPE-10",
    bites=more_scopes_at_refresh,
)
def one_granted_scope_is_enough() -> None:
    """A stored access token counts as good for the requested scopes if one of them was granted."""
    replace(scopes, "already_granted", lambda granted, scope: bool(set(scopes.split(scope)) & set(granted)))


@seed(
    "RFC 6749 section 5.1 (scope of the answer); GitLab/Doorkeeper client issue, SEC-SCOPE-04",
    bites=more_scopes_at_refresh,
    providers=("oidc", "bitbucket"),
)
def refresh_reports_what_was_asked_for() -> None:
    """A refresh reports the scopes that it asked for as granted, whatever the vendor says."""
    replace(scopes, "confirmed", lambda scope, requested, known: scope)
