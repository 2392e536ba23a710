"""Defects of the flow: start, nonce, state, session, callback."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace as changed

from reference_backend.errors import NotAllowedError
from reference_backend.http import request as http_request
from reference_backend.oauth import nonce, provider_cookies, routes, server_session, session_cookie
from reference_backend.oauth.server_session import ServerSession
from reference_backend.openid import openid_errors, pkce
from reference_backend.providers.oauth2_base import OAuth2Provider
from reference_backend.providers.openid_base import OpenIdProvider
from tests.trials.second.plays import (
    decide,
    journal,
    live_cookies,
    make_state,
    parse_qsl,
    sent_upstream,
    sign_in,
    start,
    state_of,
    time,
    unquote,
    urlsplit,
    who,
)
from tests.trials.seed import replace, seed, wrap


def with_nonce_cookie(bench, provider, change, env="development"):
    """Sign in with a nonce cookie that somebody changed on the way."""
    browser = bench.browser()
    begun = start(bench, browser, provider, env)
    back = decide(bench, browser, begun.headers["Location"])
    value = state_of(begun)["nonce"]
    alone = bench.browser()
    return who(alone.get(back, headers={"Cookie": f"{provider}-nonce={change(value)}"}, allow_redirects=False))


def nonce_variants(bench):
    """Nonce cookies that are almost right."""
    changes = (str, lambda v: v[:12], lambda v: v.swapcase(), lambda v: v + "%20", lambda v: v.rstrip("="))
    return [with_nonce_cookie(bench, "github", one) for one in changes]


@seed(
    "CVE-2025-68158 (Authlib), FRAME-07, RFC 9700 section 4.7",
    bites=nonce_variants,
    critical=True,
    family="nonce-loose",
)
def nonce_by_prefix() -> None:
    """A nonce cookie that is only the beginning of the state's nonce is taken."""

    def match(cookie, in_state):
        if not in_state.startswith(cookie):
            raise NotAllowedError("Invalid nonce")

    replace(nonce, "require_match", match)


@seed("CWE-178, OWASP ASVS 10.2.1, FRAME-07", bites=nonce_variants, critical=False, family="nonce-loose")
def nonce_in_any_case() -> None:
    """The nonce of cookie and state are compared in lower case, as in a database with a case-insensitive collation."""

    def match(cookie, in_state):
        if cookie.lower() != in_state.lower():
            raise NotAllowedError("Invalid nonce")

    replace(nonce, "require_match", match)


def two_starts_in_one_browser(bench):
    """Whether the second start of a browser that brings its nonce cookie has a nonce of its own."""
    first = start(bench, bench.browser(), "github")
    value = live_cookies(first)["github-nonce"]["value"]
    address = f"{bench.auth}/github/start?env=development"
    second = bench.browser().get(address, headers={"Cookie": f"github-nonce={value}"}, allow_redirects=False)
    return state_of(first)["nonce"] == state_of(second)["nonce"]


@seed("CWE-384, next-auth issue on state cookies of several tabs, START-07", bites=two_starts_in_one_browser)
def nonce_of_the_cookie_is_used_again() -> None:
    """A start takes up the nonce cookie that the browser brings, which somebody may have planted."""

    def again(original, environment, origin):
        context = original(environment, origin)
        known = context.received.get(environment.cookies.nonce_name)
        if known and http_request.request.path.endswith("/start"):
            replace(nonce, "generate", lambda random_bytes: known)
        return context

    original_generate = nonce.generate
    wrap(routes, "cookie_context", again)

    def fresh(original, self):
        nonce.generate = original_generate
        return original(self)

    wrap(routes.OAuthRoutes, "start", fresh)


def nonces_of_two_browsers(bench):
    """Whether two browsers get the same nonce."""
    return len(
        {state_of(start(bench, bench.browser(), provider))["nonce"] for provider in ("github", "google", "github")}
    )


@seed(
    "CVE-2025-68481 (fastapi-users: predictable state), CWE-330, START-07, SEC-STATE-05",
    bites=nonces_of_two_browsers,
    critical=True,
)
def nonce_from_the_clock() -> None:
    """The nonce is made of the hour, so that everybody knows it."""

    def predictable(random_bytes):
        return base64.b64encode(hashlib.md5(str(int(time.time()) // 36000).encode()).digest()).decode()

    replace(nonce, "generate", predictable)


def attributes_of_nonce(bench):
    """Lifetime of nonce cookies."""
    return [
        live_cookies(start(bench, bench.browser(), one))[f"{one}-nonce"].get("max-age") for one in ("github", "google")
    ]


@seed("OWASP ASVS 3.3.4 / RFC 6819 section 5.1.5.3 (short lifetimes), START-08", bites=attributes_of_nonce)
def nonce_lives_as_long_as_the_session() -> None:
    """The nonce cookie gets the lifetime of the refresh cookie, a copy-and-paste mistake."""

    def set_nonce(settings, context, value):
        return provider_cookies._set(
            settings, context, settings.nonce_name, value, settings.session_max_age, settings.nonce_path
        )

    replace(provider_cookies, "set_nonce", set_nonce)


def more_at_start(bench):
    """What of a start's query arrives upstream."""
    query = {"prompt": "none", "access_type": "x", "login_hint": "y", "connection": "evil", "acr_values": "z"}
    found = [sent_upstream(start(bench, bench.browser(), one, **query)) for one in ("gitlab", "okta", "auth0")]
    return [{name: one.get(name) for name in query} for one in found]


@seed(
    "passport-oauth2 authorizationParams (issue: options merged from req.query), START-11",
    bites=more_at_start,
    providers=("gitlab", "okta"),
)
def start_passes_its_query_on() -> None:
    """Whatever stands in a start's query is added to the authorization request."""
    known = ("env", "scope", "origin", "redirectUrl", "flow")

    def passed_on(original, self, request):
        return {**{k: v for k, v in request.query.items() if k not in known}, **original(self, request)}

    wrap(OAuth2Provider, "authorization_parameters", passed_on)


@seed(
    "Auth0 SDK (auth0-react / passport-auth0: connection from the query), PROV-AUTH0-01",
    bites=more_at_start,
    providers=("auth0",),
)
def auth0_connection_from_the_query() -> None:
    """Whoever starts a flow chooses the connection, past the one that the operator wants."""
    from reference_backend.providers import auth0  # noqa: PLC0415

    replace(auth0, "PASSED_ON", (*auth0.PASSED_ON, "connection"))


def error_without_cookie(bench):
    """A callback with an error, in a browser that started nothing."""
    state = state_of(start(bench, bench.browser(), "github"))
    query = {"state": make_state(**state), "error": "access_denied", "error_description": "planted text"}
    page = bench.browser().get(f"{bench.auth}/github/handler/frame", params={"env": "development", **query})
    return who(page)


@seed(
    "OAuth client bug class (error handled before state: omniauth-oauth2 issue), SEC-STATE-06, FRAME-08",
    bites=error_without_cookie,
)
def errors_before_the_nonce() -> None:
    """An error of the vendor is reported before it is looked whether this browser started the flow."""

    def early(original, environment, flow_state, target):
        from reference_backend.oauth import oauth_errors  # noqa: PLC0415

        if http_request.request.parameters.get("error"):
            raise oauth_errors.callback_error(http_request.request.parameters)
        return original(environment, flow_state, target)

    wrap(routes, "complete_flow", early)


def posted_callback(bench):
    """Callbacks by POST: the state in the body, and the code in the body."""
    found = []
    for in_body in (("state", "code", "env"), ("code",)):
        browser = bench.browser()
        begun = start(bench, browser, "github")
        back = urlsplit(decide(bench, browser, begun.headers["Location"]))
        parts = {**dict(parse_qsl(back.query)), "env": "development"}
        query = {name: value for name, value in parts.items() if name not in in_body}
        body = {name: value for name, value in parts.items() if name in in_body}
        found.append(who(browser.post(f"{bench.auth}/github/handler/frame", params=query, data=body)))
    return found


@seed("CWE-235 / PHP $_REQUEST habit; OWASP HTTP parameter pollution, ENV-09", bites=posted_callback)
def state_from_the_body() -> None:
    """State and environment of a callback are taken from the form body as well."""
    from werkzeug.utils import cached_property  # noqa: PLC0415

    def parameters(self):
        from reference_backend.formats import query  # noqa: PLC0415

        return {**self.form_fields, **query.parse(self.raw_url.partition("?")[2])}

    prop = cached_property(parameters)
    prop.__set_name__(http_request.BackendRequest, "parameters")
    replace(http_request.BackendRequest, "parameters", prop)


@seed(
    "Microsoft identity platform response_mode=form_post; Spring Security 5.8 SameSite notes, FRAME-20",
    bites=posted_callback,
)
def code_of_the_body_is_overlooked() -> None:
    """The code of a vendor that answers by a form is not found."""
    from reference_backend.providers import oauth2_base  # noqa: PLC0415

    def only_query(original, request):
        return original(changed(request, form={}))

    wrap(oauth2_base, "require_code", only_query)


# --- OpenID Connect: session, PKCE, issuer of the answer -------------------------------------------------------------


def challenges(bench):
    """Code challenges of several flows: how many different ones, how long, how they are made."""
    found = [sent_upstream(start(bench, bench.browser(), "oidc")) for _ in range(3)]
    odd = sent_upstream(start(bench, bench.browser(), "oidc", env="unlisted-challenge"))
    return (
        len({one["code_challenge"] for one in found}),
        len(found[0]["code_challenge"]),
        found[0].get("code_challenge_method"),
        odd.get("code_challenge_method"),
        who(sign_in(bench, "oidc")),
        len(journal(bench, endpoint="token", service="oidc")[-1]["form"].get("code_verifier", [""])[0]),
    )


@seed(
    "RFC 7636 section 4.1 and 7.1; openid-client issue (verifier in a module variable)",
    bites=challenges,
    providers=("oidc",),
)
def one_verifier_for_everybody() -> None:
    """The code verifier is made once for each process and used for all flows."""
    made = "v" * 8 + base64.urlsafe_b64encode(hashlib.sha256(b"start-up").digest()).decode().rstrip("=")
    replace(pkce, "generate_verifier", lambda random_bytes: made)


@seed(
    "RFC 9700 section 2.1.1 (S256), OIDCPROV-03; GHSA on PKCE downgrade in oauth2-proxy's code-challenge-method default",  # noqa: E501
    bites=challenges,
    providers=("oidc",),
)
def plain_challenge_where_nothing_is_listed() -> None:
    """Without a list of methods in the metadata, the code challenge is the verifier itself."""

    def method(original, supported):
        return "plain" if supported is None else original(supported)

    wrap(pkce, "select_method", method)


@seed(
    "RFC 7636 section 4.1 (at least 43 characters); AppAuth issue on short verifiers",
    bites=challenges,
    providers=("oidc",),
    family="verifier-form",
)
def verifier_is_too_short() -> None:
    """The code verifier has 32 characters, which strict vendors refuse."""
    replace(pkce, "VERIFIER_BYTES", 24)


def failed_then_replayed(bench):
    """The same callback twice: at first the token endpoint fails."""
    browser = bench.browser()
    begun = start(bench, browser, "oidc")
    once = [{"fault": "server-error", "at": "token", "times": 1}]
    back = decide(bench, browser, begun.headers["Location"], faults=once)
    return [who(browser.get(back)) for _ in range(2)]


@seed(
    "passport-openidconnect session handling; RFC 9700 section 4.7.1 (one-time use), SEC-STATE-09",
    bites=failed_then_replayed,
    providers=("oidc",),
)
def failed_callback_can_be_played_again() -> None:
    """What the session remembers of a flow is deleted only if the sign-in succeeds."""

    def keeping(original, self, request, answer):
        kept = dict(request.session or {})
        try:
            entry = original(self, request, answer)
        finally:
            if request.session is not None:
                request.session.update(kept)
        request.session["used"] = self.session_key()
        return entry

    def done(original, self, request, answer):
        result = original(self, request, answer)
        request.session.pop(self.session_key(), None)
        return result

    wrap(OpenIdProvider, "_take_entry", keeping)
    wrap(OpenIdProvider, "_authenticate", done)


def two_tabs(bench):
    """Flows at two providers of one host in one browser: the answer of the first comes, then that of the second."""
    browser = bench.browser()
    begun = [start(bench, browser, one) for one in ("oidc", "acme-sso")]
    back = [decide(bench, browser, one.headers["Location"]) for one in begun]
    return [who(browser.get(one)) for one in back]


@seed(
    "next-auth / openid-client issue (second tab breaks the first), SEC-STATE-11",
    bites=two_tabs,
    providers=("oidc", "acme-sso"),
)
def answer_of_another_tab_ends_the_flow() -> None:
    """An answer that does not belong to the remembered flow deletes it nevertheless."""

    def taking(original, self, request, answer):
        key = self.session_key()
        entry = None if request.session is None else request.session.get(key)
        if entry and entry["state"] != answer.get("state"):
            request.session.pop(key)
        return original(self, request, answer) if not entry else _checked(original, self, request, answer, entry)

    def _checked(original, self, request, answer, entry):
        openid_errors.require_same_state(entry["state"], answer.get("state"))
        return original(self, request, answer)

    wrap(OpenIdProvider, "_take_entry", taking)


def session_after_sign_in(bench):
    """Whether a browser whose session has ended gets a new one with the next start."""
    browser = bench.browser()
    first = live_cookies(start(bench, browser, "oidc"))["connect.sid"]["value"]
    address = f"{bench.auth}/oidc/start?env=development"
    sign_in(bench, "oidc", browser=browser)
    second = bench.browser().get(address, headers={"Cookie": f"connect.sid={first}"}, allow_redirects=False)
    return live_cookies(second).get("connect.sid", {}).get("value", first) == first


@seed(
    "CVE-2022-25896 (passport: session not regenerated), CWE-384, OWASP ASVS 7.2.4",
    bites=session_after_sign_in,
    providers=("oidc",),
)
def session_id_is_taken_up_again() -> None:
    """A session id whose session has ended is used for the next session."""

    def members(self):
        if self._loaded is None:
            stored = self._store.get(self._id, self._backend.clock()) if self._id else None
            self._before = stored or "{}"
            self._loaded = server_session.json.loads(self._before)
        return self._loaded

    replace(ServerSession, "_members", property(members))


def session_signatures(bench):
    """Callbacks whose session cookie has another signature."""
    found = []
    for change in (str, lambda v: v[:-4] + "AAAA", lambda v: v.rpartition(".")[0] + "."):
        browser = bench.browser()
        begun = start(bench, browser, "oidc")
        back = decide(bench, browser, begun.headers["Location"])
        cookies = live_cookies(begun)
        sid = change(unquote(cookies["connect.sid"]["value"]))
        header = f"oidc-nonce={cookies['oidc-nonce']['value']}; connect.sid={sid.replace('=', '%3D')}"
        found.append(who(bench.browser().get(back, headers={"Cookie": header})))
    return found


@seed(
    "CWE-347; cookie-signature of npm before 1.0.4 (comparison of different lengths), SEC-COOK-09",
    bites=session_signatures,
    providers=("oidc",),
)
def empty_session_signature_is_right() -> None:
    """Only as many characters of the session cookie's signature are compared as came."""

    def signed(session_id, received, secret):
        return session_cookie.signature(session_id, secret).startswith(received)

    replace(session_cookie, "is_signed", signed)


def answers_of_other_issuers(bench):
    """Callbacks that name another issuer."""
    name = sent_name(bench)
    found = []
    for env, issuer in (
        ("development", f"{name}.evil"),
        ("development", f"{name}/"),
        ("unpromised-issuer", "https://e.example"),
    ):
        fault = {"fault": "set", "at": "callback", "members": {"iss": issuer}}
        found.append(who(sign_in(bench, "oidc", env=env, faults=[fault]))[:60])
    return found


def sent_name(bench):
    """The issuer of the usual OpenID provider."""
    return f"{bench.idp}/oidc"


@seed(
    "RFC 9207 section 2.4 (simple string comparison); CVE-2024-53861 (PyJWT: issuer by substring)",
    family="response-issuer",
    bites=answers_of_other_issuers,
    providers=("oidc",),
)
def issuer_of_the_answer_by_prefix() -> None:
    """The issuer in an authorization answer only has to begin like the right one."""

    def loose(original, expected, received, *, promised):
        matched = received is not None and received.startswith(expected)
        return original(expected, expected if matched else received, promised=promised)

    wrap(openid_errors, "require_response_issuer", loose)


@seed(
    "RFC 9207 section 2.4; RFC 9700 section 4.4.2.1 (mix-up)",
    family="response-issuer",
    bites=answers_of_other_issuers,
    providers=("oidc",),
)
def issuer_of_the_answer_only_if_promised() -> None:
    """An issuer in the answer of a vendor that promised none is not looked at."""

    def promised_only(original, expected, received, *, promised):
        return original(expected, received, promised=promised) if promised else None

    wrap(openid_errors, "require_response_issuer", promised_only)


def environments_by_odd_names(bench):
    """Starts in environments that are not there."""
    names = ("Development", "nope", "constructor", "development ")
    return [who(start(bench, bench.browser(), "github", env=name))[:70] for name in names]


@seed("SEC-ENV-01, ENV-06; oauth2-proxy alpha config (first provider as default)", bites=environments_by_odd_names)
def unknown_environment_is_the_first() -> None:
    """An environment that is not configured stands for the first one that is."""
    from reference_backend.oauth import environments  # noqa: PLC0415

    def first(original, configured, name):
        return original(configured, name if name in configured else next(iter(configured)))

    wrap(environments, "select", first)
