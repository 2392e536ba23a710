"""Defects of what lasts: cookies, refresh, logout, cross-origin answers, headers, and requests to the vendors."""

from __future__ import annotations

import re
from dataclasses import replace as changed
from typing import Any

from reference_backend import settings as settings_module
from reference_backend.errors import AuthenticationError
from reference_backend.formats import urls
from reference_backend.http import cookies, cors, origins, responses
from reference_backend.http.request import request
from reference_backend.oauth import (
    csrf,
    oauth_environment,
    provider_cookies,
    refresh_token_holders,
    routes,
)
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.providers.oauth2_base import OAuth2Provider
from tests.trials.first import frame_bites as b
from tests.trials.seed import always, nothing, replace, seed, wrap

# --- proofs -----------------------------------------------------------------------------------------


def environments_cookies(bench: Any) -> Any:
    """Cookies of starts and sign-ins in environments with other callbacks and lifetimes, and of a refresh."""
    seen = []
    for env in ("development", "custom-callback", "https-callback", "scopes-as-text"):
        flow = b.Flow(bench, "gitlab", env)
        response = flow.finish()
        flow.faults({"fault": "rotated-refresh-token", "at": "refresh"})
        seen.append([env, b.attributes(flow.started), b.attributes(response), b.attributes(flow.refresh())])
    return seen


def long_tokens(bench: Any) -> Any:
    """A person whose refresh token is long, then another one in the same browser; refreshes and the end of it."""
    flow = b.Flow(bench, "gitlab")
    first = flow.finish("large-token")
    sizes = {name: len(value) for name, value in flow.jar.items()}
    refreshed = b.who(bench, flow.refresh())
    second = b.Flow(bench, "gitlab", jar=flow.jar)
    second.finish()
    again = b.who(bench, second.refresh())
    third = b.Flow(bench, "gitlab", jar=flow.jar)
    third.finish("large-token")
    third.refresh()
    third.logout()
    return b.attributes(first), sorted(sizes)[:1], refreshed, again, sorted(third.jar)


def plain_and_pieces(bench: Any) -> Any:
    """A refresh with a plain cookie and pieces of another one."""
    flow = b.Flow(bench, "gitlab")
    flow.finish()
    known = flow.jar["gitlab-refresh-token"]
    flow.jar.update({"gitlab-refresh-token": "CANARY", "gitlab-refresh-token-0": known[:10],
                     "gitlab-refresh-token-1": known[10:]})  # fmt: skip
    return b.who(bench, flow.refresh())


def refreshes(bench: Any) -> Any:
    """Refreshes at a vendor that rotates, keeps, omits, refuses, and fails half-way."""
    seen = []
    orders = (
        [{"fault": "rotated-refresh-token", "at": "refresh"}], [{"fault": "kept-refresh-token", "at": "refresh"}],
        [{"fault": "no-refresh-token", "at": "refresh"}], [{"fault": "token-error", "at": "refresh"}],
        [{"fault": "server-error", "at": "refresh", "status": 503}], [{"fault": "bad-gateway", "at": "profile"}],
    )  # fmt: skip
    for order in orders:
        flow = b.Flow(bench, "gitlab")
        flow.finish()
        before = flow.jar.get("gitlab-refresh-token")
        flow.faults(*order)
        response = flow.refresh()
        after = flow.jar.get("gitlab-refresh-token")
        flow.faults()
        again = b.who(bench, flow.refresh())
        seen.append([b.told(bench, response), before == after, after is None, b.attributes(response), again])
    return seen


def refresh_of_stranger(bench: Any) -> Any:
    """A refresh in an environment that does not know the person any more."""
    flow = b.Flow(bench, "github", "no-sign-in")
    flow.finish("not-in-catalog")
    known = b.Flow(bench, "github", "email")
    known.jar.update(flow.jar)
    empty = b.get(bench, "/github/refresh?env=development", headers=b.AJAX)
    partner = b.Flow(bench, "github", "email")
    partner.finish("duplicate-email")
    return b.told(bench, empty), b.told(bench, known.refresh()), b.told(bench, b.get(
        bench, "/github/refresh?env=development", headers={**b.AJAX, "Cookie": "github-refresh-token=zzz"}))  # fmt: skip


def other_environment(bench: Any) -> Any:
    """The refresh token of one environment, sent to another one."""
    flow = b.Flow(bench, "gitlab")
    flow.finish()
    return b.told(bench, flow.refresh(env="production"))


def headers_of_scripts(bench: Any) -> Any:
    """Refreshes and logouts with odd headers."""
    seen = []
    for headers in ({}, {"X-Requested-With": "xmlhttprequest"}, {"X-Requested-With": "fetch"}, b.AJAX):
        flow = b.Flow(bench)
        flow.finish()
        seen.append([b.told(bench, flow.refresh(headers=headers))[:2], b.told(bench, flow.refresh("POST", headers))[:2],
                     b.told(bench, flow.logout(headers))[:2]])  # fmt: skip
    for origin in ("https://evil.test", "null", b.APP, b.APP + "/", b.OTHER_APP, "http://localhost:30001"):
        flow = b.Flow(bench)
        flow.finish()
        seen.append([origin, b.told(bench, flow.logout({**b.AJAX, "Origin": origin}))[:2]])
    return seen


def logouts(bench: Any) -> Any:
    """Logouts: by POST and GET, what is deleted and how, and whether a refresh works afterwards."""
    seen = []
    for method in ("POST", "GET"):
        flow = b.Flow(bench, "bitbucket")
        flow.finish()
        response = flow.logout(method=method)
        seen.append(
            [b.told(bench, response)[:2], b.attributes(response), sorted(flow.jar), b.who(bench, flow.refresh())]
        )
    flow = b.Flow(bench, "github")
    return seen, b.told(bench, flow.logout()), b.attributes(flow.logout())


def cross_origin(bench: Any) -> Any:
    """CORS headers for several origins, on good answers, errors and preflights."""
    shown = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
             "Access-Control-Allow-Headers", "Vary")  # fmt: skip
    seen = []
    for origin in (b.APP, "https://evil.test", "null", "http://localhost:30001", "http://evil-localhost:3000",
                   "http://localhost:3000.evil.test"):  # fmt: skip
        for method, path in (("GET", "/.well-known/jwks.json"), ("GET", "/github/refresh?env=development"),
                             ("OPTIONS", "/github/refresh")):  # fmt: skip
            headers = {"Origin": origin, "Access-Control-Request-Method": "GET",
                       "Access-Control-Request-Headers": "x-requested-with"}  # fmt: skip
            response = b.get(bench, path, method, headers)
            seen.append([origin, method, response.status_code, [response.headers.get(one) for one in shown]])
    return seen


def odd_bodies(bench: Any) -> Any:
    """Bodies that are too long, or no JSON; paths that cannot be decoded."""
    form = {"Content-Type": "application/x-www-form-urlencoded", **b.AJAX}
    text = {"Content-Type": "application/json", **b.AJAX}
    cases = (("x=" + "y" * 200_000, form), ("{bad", text), ("null", text), ("{}", text), ("x=1", form))
    seen = [b.told(bench, b.get(bench, "/github/refresh?env=development", "POST", headers, data=data))
            for data, headers in cases]  # fmt: skip
    return seen, [b.told(bench, b.get(bench, path)) for path in ("/%E0%A4%A/start", "/%zz", "/github/nowhere")]


def security_of_errors(bench: Any) -> Any:
    """Headers of a good answer, of an error, and of a path that is not there."""
    shown = ("X-Content-Type-Options", "Strict-Transport-Security", "Referrer-Policy", "X-Frame-Options")
    seen = [b.get(bench, path) for path in ("/.well-known/jwks.json", "/github/start", "/nowhere")]
    return [[one.status_code, *[one.headers.get(name) for name in shown]] for one in seen]


def cached(bench: Any) -> Any:
    """Whether the answer to a refresh may be kept."""
    flow = b.Flow(bench)
    flow.finish()
    return flow.refresh().headers.get("Cache-Control")


def below_a_path(bench: Any) -> Any:
    """Addresses and cookies where the public address has a path."""
    flow = b.Flow(bench)
    return flow.query.get("redirect_uri"), b.attributes(flow.started)


def session_cookie_flags(bench: Any) -> Any:
    """The cookie of the server-side session where the public address is https, and what an altered one is worth."""
    flow = b.Flow(bench, "oidc")
    back = flow.answer()
    flow.jar["connect.sid"] = flow.jar["connect.sid"].rpartition(".")[0] + ".AAAA"
    return b.attributes(flow.started, "connect.sid"), b.told(bench, flow.callback(back))[-1]


def asked(bench: Any) -> Any:
    """What each vendor is asked at a sign-in and a refresh: methods, paths, queries, forms, authorization."""
    seen = []
    for provider, env in (("github", "development"), ("ghe", "development"), ("github", "custom-callback"),
                          ("gitlab", "development"), ("oauth2", "basic-auth"), ("bitbucket", "no-sign-in"),
                          ("atlassian", "development"), ("bitbucketServer", "development")):  # fmt: skip
        flow = b.Flow(bench, provider, env, **({"scope": "openid email profile"} if provider == "oauth2" else {}))
        ended = [b.told(bench, flow.finish())[-1], b.told(bench, flow.refresh())[-1]]
        entries = [
            [one["endpoint"], one["method"], re.sub(r":\d+$", "", one["host"]), one["path"], sorted(one["query"]),
             {n: v for n, v in sorted(one["form"].items()) if n not in ("code", "refresh_token")},
             next((str(v).split(" ")[0] for n, v in one["headers"].items() if n.lower() == "authorization"), None)]
            for one in flow.asked()
        ]  # fmt: skip
        sent = {name: value for name, value in flow.query.items() if name not in ("state", "scope")}
        seen.append(
            re.sub(r"127\.0\.0\.1:\d+", "TLS", b.json.dumps(b.clean(bench, [provider, env, sent, ended, entries])))
        )
    return seen


def failing_vendor(bench: Any) -> Any:
    """Sign-ins at a vendor that fails or answers oddly, and how often it is asked."""
    orders = (
        {"fault": "server-error", "at": "token", "times": 1}, {"fault": "error-with-status-200", "at": "token"},
        {"fault": "redirect-instead", "at": "token", "status": 307, "times": 1, "location": f"{bench.idp}/gitlab/oauth/token"},
        {"fault": "suspended-user", "at": "profile"}, {"fault": "form-encoded", "at": "token"},
        {"fault": "no-access-token", "at": "token"}, {"fault": "json-null", "at": "profile"},
        {"fault": "truncated-json", "at": "profile"},
    )  # fmt: skip
    seen = []
    for order in orders:
        flow = b.Flow(bench, "gitlab", "no-sign-in")
        seen.append([order["fault"], b.told(bench, flow.finish(faults=[order]))[-1],
                     [one["endpoint"] for one in flow.asked()]])  # fmt: skip
    return seen


# --- cookies ----------------------------------------------------------------------------------------


@seed("CWE-1004, COOKIE-03", bites=long_tokens, providers=("gitlab",), family="http-only")
def frame_pieces_for_scripts() -> None:
    """The pieces of a long cookie can be read by scripts."""

    def header(old: Any, cookie: Any) -> str:
        text = old(cookie)
        return text.replace("; HttpOnly", "") if re.search(r"-\d+$", cookie.name) else text

    wrap(cookies, "header", header)


@seed("ASVS 5.0 3.3.4", bites=environments_cookies, providers=("gitlab", "github"), family="http-only")
def frame_refresh_cookie_for_scripts() -> None:
    """The cookie of the refresh token can be read by scripts."""

    def header(old: Any, cookie: Any) -> str:
        text = old(cookie)
        return text.replace("; HttpOnly", "") if "refresh-token" in cookie.name else text

    wrap(cookies, "header", header)


@seed("CWE-614, COOKIE-04", bites=environments_cookies, providers=("gitlab",))
def frame_secure_by_connection() -> None:
    """Cookies are secure if the backend is reached by TLS, which it is not behind a proxy that ends it."""
    replace(provider_cookies, "is_secure", always(False))


@seed("RFC 6265bis section 5.6.7, COOKIE-05", bites=environments_cookies, providers=("gitlab",))
def frame_always_lax() -> None:
    """Cookies say SameSite=Lax, also where the app is on another site."""
    replace(provider_cookies, "same_site", always("Lax"))


@seed("RFC 6265bis section 4.1.2.3, CWE-1275", bites=environments_cookies, providers=("gitlab",))
def frame_cookies_with_domain() -> None:
    """Cookies name the host as their domain, so that hosts below it get them, too."""

    def cookie(old: Any, settings: Any, context: Any, name: str, value: str, max_age: int, path: str, domain: Any = None
               ) -> Any:  # fmt: skip
        return old(settings, context, name, value, max_age, path, domain or settings.legacy_domain)

    wrap(provider_cookies, "_cookie", cookie)


@seed("RFC 6265bis section 8.6, COOKIE-07", bites=environments_cookies, providers=("gitlab", "github"))
def frame_cookies_for_all_providers() -> None:
    """The path of cookies is that of the plugin, so that every provider gets everybody's refresh tokens."""
    wrap(provider_cookies, "path", lambda old, callback, provider_id: old(callback, provider_id).rpartition("/")[0])


@seed("COOKIE-08", bites=environments_cookies, providers=("gitlab",))
def frame_path_of_custom_callback() -> None:
    """Where the callback is elsewhere, the cookies' path is the usual one, and they never come back."""
    replace(provider_cookies, "path", lambda callback, provider_id: f"/api/auth/{provider_id}")


@seed("RFC 6265bis section 5.6.2 (Max-Age in seconds), COOKIE-14", bites=environments_cookies, providers=("gitlab",))
def frame_duration_in_milliseconds() -> None:
    """The configured duration of a session is written in milliseconds."""

    def session_max_age(old: Any, config: Any) -> int:
        return old(config) * (1000 if config.has("sessionDuration") else 1)

    wrap(oauth_environment, "session_max_age", session_max_age)


@seed("REFRESH-06", bites=environments_cookies, providers=("gitlab",))
def frame_default_duration_after_rotation() -> None:
    """A rotated refresh token is kept for the default time, whatever is configured."""

    def store(old: Any, environment: Any, *rest: Any) -> None:
        settings = changed(environment.cookies, session_max_age=provider_cookies.DEFAULT_SESSION_MAX_AGE)
        old(changed(environment, cookies=settings), *rest)

    replace(routes, "store_rotated", lambda environment, context, old, rotated, holder, inner=routes.store_rotated: store(
        inner, environment, context, old, rotated, holder))  # fmt: skip


@seed("RFC 6265bis section 6.1, COOKIE-15", bites=long_tokens, providers=("gitlab",), family="long-cookies")
def frame_last_piece_lost() -> None:
    """The rest of a long cookie that fills no whole piece is lost."""
    size = provider_cookies.MAX_VALUE_LENGTH
    replace(
        provider_cookies, "chunks", lambda value: [value[at : at + size] for at in range(0, len(value) - size, size)]
    )


@seed("RFC 6265bis section 5.6 step 5, COOKIE-15", bites=long_tokens, providers=("gitlab",), family="long-cookies")
def frame_one_long_cookie() -> None:
    """A long refresh token is written as one cookie, which browsers drop."""
    replace(provider_cookies, "needs_chunks", always(False))


@seed("CWE-459, SEC-COOK-08", bites=long_tokens, critical=True, providers=("gitlab",))
def frame_pieces_left() -> None:
    """The pieces of a long token stay when another person's short one is written, and win over it."""
    replace(provider_cookies, "chunk_deletions", always([]))


@seed("COOKIE-16", bites=plain_and_pieces, providers=("gitlab", "github"))
def frame_plain_before_pieces() -> None:
    """A plain cookie wins over pieces of the same name."""
    wrap(provider_cookies, "read", lambda old, found, name: found.get(name) or old(found, name))


@seed("COOKIE-17", bites=long_tokens, providers=("gitlab",))
def frame_pieces_not_deleted_at_logout() -> None:
    """A logout deletes the plain cookie only, so that the pieces of a long one sign the person in again."""

    def clear(settings: Any, context: Any, name: str) -> list[Any]:
        known = context.received.get(name)
        return [provider_cookies._cookie(settings, context, name, "", 0, settings.path)] if known else []

    replace(provider_cookies, "_clear", clear)


# --- refresh and logout -----------------------------------------------------------------------------


@seed("RFC 6749 section 6, REFRESH-06", bites=refreshes, providers=("gitlab", "atlassian"))
def frame_rotation_not_stored() -> None:
    """A new refresh token of the vendor is not stored."""
    replace(routes, "store_rotated", nothing)


@seed("RFC 6749 section 6 (optional refresh token), REFRESH-07", bites=refreshes, providers=("gitlab", "oauth2"))
def frame_cookie_gone_without_rotation() -> None:
    """If the vendor's answer to a refresh has no refresh token, the cookie is deleted."""

    def store(old: Any, environment: Any, context: Any, token: str, rotated: Any, holder: Any) -> None:
        if not rotated:
            responses.add_cookies(provider_cookies.clear_refresh_token(environment.cookies, context))
        old(environment, context, token, rotated, holder)

    wrap(routes, "store_rotated", store)


@seed("REFRESH-16; OpenID certification (refresh token errors)", bites=refreshes, providers=("gitlab", "github"))
def frame_cookie_gone_after_failure() -> None:
    """Whatever a refresh fails with, the session is over."""

    def refreshed(old: Any, environment: Any) -> Any:
        try:
            return old(environment)
        except Exception:
            context = routes.cookie_context(environment, None)
            responses.add_cookies(provider_cookies.clear_refresh_token(environment.cookies, context))
            raise

    wrap(routes, "refreshed_session", refreshed)


@seed("REFRESH-03", bites=refresh_of_stranger, providers=("github", "gitlab"))
def frame_refresh_fails_as_it_is() -> None:
    """A refresh fails with whatever status the inner error has."""

    def refresh(old: Any, self: Any) -> Any:
        try:
            return old(self)
        except AuthenticationError as error:
            if error.cause is not None:
                raise error.cause from error
            raise

    wrap(OAuthRoutes, "refresh", refresh)


@seed("RFC 6749 section 10.4, SEC-ENV-05", level="SHOULD", bites=other_environment, providers=("gitlab",))
def frame_token_to_another_client() -> None:
    """The refresh token of one environment is sent to the vendor of another."""
    replace(refresh_token_holders, "is_of_environment", always(True))


@seed("RFC 9700 section 4.14.2, SEC-REFR-09", level="SHOULD", bites=refreshes, providers=("gitlab",))
def frame_rotation_lost_on_failure() -> None:
    """A rotated refresh token is stored only if the profile can be read afterwards."""
    original = OAuth2Provider.refresh

    def refresh(self: Any, refresh_request: Any) -> Any:
        return original(self, changed(refresh_request, keep_rotated=lambda token: None))

    replace(OAuth2Provider, "refresh", refresh)


@seed("OWASP CSRF Prevention Cheat Sheet (custom headers)", bites=headers_of_scripts, providers=("github",),
      family="script-header")  # fmt: skip
def frame_any_script_header() -> None:
    """Any value of X-Requested-With will do."""
    wrap(csrf, "require_header", lambda old, value: None if value else old(value))


@seed("CWE-352, REFRESH-14", bites=headers_of_scripts, providers=("github",), family="script-header")
def frame_header_for_posts_only() -> None:
    """A refresh by GET needs no header, since a GET changes nothing."""
    wrap(csrf, "require_header", lambda old, value: None if request.method == "GET" else old(value))


@seed("RFC 6454 section 7.3, LOGOUT-02", bites=headers_of_scripts, providers=("github",), family="logout-origin")
def frame_null_is_no_origin() -> None:
    """An origin of null at a logout counts as none."""
    wrap(
        origins,
        "require_allowed_for_logout",
        lambda old, allowed, header: None if header == "null" else old(allowed, header),
    )


@seed("CWE-346, LOGOUT-02", bites=headers_of_scripts, providers=("github",), family="logout-origin")
def frame_logout_for_any_origin() -> None:
    """A logout does not look at its origin."""
    replace(origins, "require_allowed_for_logout", nothing)


# --- answers ----------------------------------------------------------------------------------------


@seed("CWE-942, SEC-ORIG-07", bites=cross_origin, critical=True, providers=("github",), family="cors-loose")
def frame_cors_for_everybody() -> None:
    """Any origin is reflected, with credentials."""
    replace(cors, "allowed_origin", lambda policy, origin: origin or None)


@seed("OWASP WSTG-CLNT-07", bites=cross_origin, critical=True, providers=("github",), family="cors-loose")
def frame_cors_by_ending() -> None:
    """An origin may read answers if it ends like an allowed one."""

    def allowed(old: Any, policy: Any, origin: Any) -> Any:
        hosts = [one.partition("://")[2] for one in policy.origins or ()]
        return origin if origin and any(origin.endswith(host) for host in hosts) else old(policy, origin)

    wrap(cors, "allowed_origin", allowed)


@seed("GEN-02", bites=below_a_path, providers=("github",), profile="below-a-path")
def frame_base_without_path() -> None:
    """Of the public address only the origin counts, not the path behind it."""
    wrap(settings_module, "auth_base", lambda old, config: urls.origin(old(config)) + "/api/auth")


@seed("COOKIE-07 (path prefix)", bites=below_a_path, providers=("github",), profile="below-a-path")
def frame_cookies_without_prefix() -> None:
    """The path of cookies is that of the route, without what the public address has before it."""

    def path(old: Any, callback: Any, provider_id: str) -> str:
        return "/api/auth" + old(callback, provider_id).partition("/api/auth")[2]

    wrap(provider_cookies, "path", path)


@seed("RFC 6265bis section 4.1.2.5, SESSION-05", bites=session_cookie_flags, providers=("oidc",), profile="behind-tls")
def frame_session_cookie_not_secure() -> None:
    """The cookie of the server-side session lacks Secure on https."""
    from reference_backend.oauth import session_cookie

    wrap(session_cookie, "cookie", lambda old, session_id, secret, auth_base: changed(old(session_id, secret, auth_base),
                                                                                     secure=False))  # fmt: skip


@seed("CWE-565, SEC-COOK-09", bites=session_cookie_flags, critical=True, providers=("oidc",), profile="behind-tls")
def frame_session_cookie_unsigned() -> None:
    """The signature of the session cookie is not checked."""
    from reference_backend.oauth import session_cookie

    replace(session_cookie, "is_signed", always(True))


# --- vendors ----------------------------------------------------------------------------------------
