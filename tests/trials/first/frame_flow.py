"""Defects of the flow as far as the vendor: environments, origins, nonce, state, and what the callback checks."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlencode

from reference_backend.backend import current_backend
from reference_backend.errors import NotAllowedError
from reference_backend.formats import encoding, glob, query, urls
from reference_backend.http import origins
from reference_backend.http.request import request
from reference_backend.oauth import environments, nonce, oauth_errors, routes, state
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.providers import oauth2_base
from tests.trials.first import frame_bites as b
from tests.trials.seed import nothing, replace, seed, wrap

# --- proofs -----------------------------------------------------------------------------------------


def edited_nonces(bench: Any) -> Any:
    """Nonce cookies that are almost the state's: other case, one character, none, empty, somebody else's."""
    seen = []
    for change in (
        str.swapcase,
        lambda one: one[:1],
        lambda one: None,
        lambda one: "",
        lambda one: one[:-6] + "AAAA%3D",
    ):
        flow = b.Flow(bench, state_of_origin())
        back = flow.answer()
        known = flow.jar.pop("github-nonce")
        changed = change(unquote(known))
        if changed is not None:
            flow.jar["github-nonce"] = urlencode({"": changed})[1:]
        seen.append(b.who(bench, flow.callback(back)))
    return seen


def state_of_origin() -> str:
    """The provider that most proofs use."""
    return "github"


def nonce_quality(bench: Any) -> Any:
    """Five starts: bytes of each nonce, how many differ, and whether their ends do; then a second start in a browser."""
    flows = [b.Flow(bench) for _ in range(5)]
    found = [b.base64.b64decode(flow.members["nonce"]) for flow in flows]
    again = b.Flow(bench, jar=b.Jar(flows[0].jar))
    return [
        {len(one) for one in found},
        len(set(found)),
        len({one[:8] for one in found}),
        len({one[-4:] for one in found}),
        again.members["nonce"] == flows[0].members["nonce"],
        [one for one in b.attributes(flows[0].started)],
    ]


def denied_without_nonce(bench: Any) -> Any:
    """An error of the vendor that a stranger sends along, in a browser that began nothing, and in one that did."""
    made = b.made_state(nonce="abc", env="development")
    sent = {"state": made, "error": "access_denied", "error_description": "CANARY"}
    return b.told(bench, b.get(bench, "/github/handler/frame?" + urlencode(sent)))


def error_and_code(bench: Any) -> Any:
    """The vendor's answer has a code and an error, and what is asked at the vendor then."""
    flow = b.Flow(bench)
    back = flow.answer()
    seen = b.who(bench, flow.callback(back + "&error=access_denied&error_description=no"))
    return seen, [one["endpoint"] for one in flow.asked()]


def ways_back(bench: Any) -> Any:
    """Callbacks by POST: state in the query and code in the body, then both in the body."""
    flow = b.Flow(bench)
    found = dict(b.parse_qsl(flow.answer()))
    mixed = flow.callback("state=" + found["state"], "POST", data={"code": found["code"]})
    flow = b.Flow(bench)
    found = dict(b.parse_qsl(flow.answer()))
    return b.who(bench, mixed), b.told(bench, flow.callback("", "POST", data=found))


def repeated_code(bench: Any) -> Any:
    """A code and a second one behind it."""
    flow = b.Flow(bench)
    found = dict(b.parse_qsl(flow.answer()))
    return b.who(bench, flow.callback(urlencode([("code", "CANARY"), *found.items()])))


def foreign_env(bench: Any) -> Any:
    """A callback for one environment with the state of another."""
    flow = b.Flow(bench)
    back = flow.answer()
    return b.who(bench, flow.callback(back + "&env=no-sign-in")), [one["form"].get("client_id") for one in flow.asked()]


def odd_env(bench: Any) -> Any:
    """Starts without environment, with an unknown one, and a refresh with neither header nor environment."""
    paths = (
        "/github/start",
        "/github/start?env=nope",
        "/github/start?env=",
        "/github/refresh",
        "/github/refresh?env=nope",
    )
    return [b.told(bench, b.get(bench, path)) for path in paths]


def start_origins(bench: Any) -> Any:
    """Starts with origins that are, and are not, allowed: status or error, and the origin in the state."""
    asked = (
        b.APP, b.APP + "/some/path", "HTTP://LOCALHOST:3000", "http://localhost:30001", "http://localhost", "",
        "https://x.allowed.example", "https://x.allowed.example/deep", "https://x.allowed.example.evil.test",
        "https://evil-allowed.example", "https://x.allowed.example:8443", "http://x.allowed.example",
        "https://evil.test/x.allowed.example", "https://evil.test?https://x.allowed.example", "data:,x", "null",
        "https://X.ALLOWED.example",
    )  # fmt: skip
    seen = []
    for one in asked:
        flow = b.Flow(bench, origin=one)
        seen.append([one, flow.started.status_code, flow.members.get("origin"), len(b.set_cookies(flow.started)) > 0])
    return seen


def two_origins(bench: Any) -> Any:
    """A start that names two origins."""
    twice = urlencode([("env", "development"), ("origin", "https://evil.test"), ("origin", b.APP)])
    return b.told(bench, b.get(bench, "/github/start?" + twice))


def edited_origin(bench: Any) -> Any:
    """A good login whose state is changed to another origin on the way."""
    seen = []
    for origin in ("https://evil.test", "https://x.allowed.example.evil.test", "http://localhost:3000.evil.test"):
        flow = b.Flow(bench)
        found = dict(b.parse_qsl(flow.answer()))
        found["state"] = b.made_state(**{**flow.members, "origin": origin})
        seen.append(b.told(bench, flow.callback(urlencode(found))))
    return seen


def cors_origin_at_start(bench: Any) -> Any:
    """A start with an origin that may read answers but not begin a flow."""
    return b.Flow(bench, origin="https://negated.example").started.status_code


def state_of_start(bench: Any) -> Any:
    """What a start puts into the state, and what the way back makes of it."""
    place = "http://localhost:3000/a%2520b?x=%2526&y=1+2#z"
    flow = b.Flow(
        bench, flow="redirect", redirectUrl=place, prompt="none", redirect_uri="https://evil.test/", client_id="evil"
    )
    kept = {name: value for name, value in flow.members.items() if name != "nonce"}
    sent = {name: b.clean(bench, value) for name, value in flow.query.items() if name != "state"}
    return kept, flow.state == flow.state.lower(), sent


def after_redirect(bench: Any) -> Any:
    """Where a redirect flow ends."""
    flow = b.Flow(bench, flow="redirect", redirectUrl="http://localhost:3000/a%2520b?x=%2526")
    response = flow.finish()
    return b.told(bench, response), "token" in response.headers.get("Location", "")


def host_headers(bench: Any) -> Any:
    """Redirect URIs of starts that came by another host."""
    seen = []
    for headers in ({"Host": "evil.test"}, {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https"}):
        flow = b.Flow(bench, headers=headers)
        seen.append(b.clean(bench, flow.query.get("redirect_uri")))
    return seen


# --- nonce and state --------------------------------------------------------------------------------


@seed("RFC 6749 section 10.12", bites=edited_nonces, critical=True, providers=("github",), family="nonce-loose")
def frame_nonce_prefix() -> None:
    """The nonces are compared character by character as far as the shorter one goes, so one character will do."""

    def require_match(cookie_nonce: str, state_nonce: str) -> None:
        if not all(one == other for one, other in zip(cookie_nonce, state_nonce)):
            raise NotAllowedError("Invalid nonce")

    replace(nonce, "require_match", require_match)


@seed("FRAME-07; CWE-178", bites=edited_nonces, providers=("github",), family="nonce-loose")
def frame_nonce_case() -> None:
    """The nonces are compared without regard to case."""
    wrap(nonce, "require_match", lambda old, one, other: old(one.lower(), other.lower()))


@seed("CVE-2025-68158 (Authlib)", bites=edited_nonces, critical=True, providers=("github",), family="nonce-missing")
def frame_nonce_only_if_sent() -> None:
    """The nonce is only compared if the browser brings one."""
    replace(nonce, "require_cookie", lambda cookie_nonce: cookie_nonce or "")
    wrap(nonce, "require_match", lambda old, one, other: old(one, other) if one else None)


@seed("CVE-2021-43777 (Redash)", bites=edited_nonces, critical=True, providers=("github",), family="nonce-missing")
def frame_nonce_present() -> None:
    """Any nonce cookie will do, it is not compared with the state."""
    replace(nonce, "require_match", nothing)


@seed("CVE-2022-31034 (Argo CD), CWE-331", bites=nonce_quality, providers=("github", "oauth2"))
def frame_nonce_little_entropy() -> None:
    """Of the sixteen bytes of a nonce four are random, the others are zero."""
    replace(nonce, "generate", lambda random: nonce.base64.b64encode(bytes(12) + random(4)).decode())


@seed("RFC 6819 section 5.1.4.2.2, START-07", bites=nonce_quality, providers=("github", "oauth2"))
def frame_nonce_kept() -> None:
    """A browser that has a nonce of an earlier start gets the same once more."""

    def generate(old: Any, random: Any) -> str:
        name = request.path_segment(0) + "-nonce"
        return request.all_cookies.get(name) or old(random)

    wrap(nonce, "generate", generate)


@seed("START-08", bites=nonce_quality, providers=("github", "oauth2"))
def frame_nonce_of_a_minute() -> None:
    """The nonce cookie lives for a minute, so that whoever needs longer to sign in is turned away."""
    from reference_backend.oauth import provider_cookies

    replace(provider_cookies, "NONCE_MAX_AGE", 60)


@seed("RFC 9700 section 4.7", bites=denied_without_nonce, providers=("github", "gitlab"))
def frame_error_before_nonce() -> None:
    """An error in the query is passed on to the app before the browser is checked."""

    def complete(old: Any, environment: Any, flow_state: Any, target: str) -> Any:
        if request.parameters.get("error"):
            raise oauth_errors.callback_error(request.parameters)
        return old(environment, flow_state, target)

    wrap(routes, "complete_flow", complete)


@seed("RFC 6749 section 4.1.2.1", bites=error_and_code, providers=("github", "gitlab", "oauth2"))
def frame_code_despite_error() -> None:
    """A callback with code and error is taken for a success."""

    def require_code(old: Any, callback: Any) -> str:
        return callback.query.get("code") or old(callback)

    wrap(oauth2_base, "require_code", require_code)


@seed("OAuth 2.0 Form Post Response Mode, ENV-09", bites=ways_back, providers=("github", "oauth2"))
def frame_state_in_body() -> None:
    """State and environment are taken from the body of a posted callback, too."""
    wrap(environments, "requested", lambda old, found: old({**request.form_fields, **found}))
    wrap(state, "decode", lambda old, text: old(text or request.form_fields.get("state", "")))


@seed("FRAME-20", bites=ways_back, providers=("github", "oauth2"))
def frame_no_code_in_body() -> None:
    """A code in the body of a posted callback is not seen."""

    def require_code(old: Any, callback: Any) -> str:
        return old(type(callback)(callback.query, {}, callback.state, callback.session))

    wrap(oauth2_base, "require_code", require_code)


@seed("RFC 6749 section 3.1, CWE-235", bites=repeated_code, providers=("github",), family="repeated-parameters")
def frame_last_parameter_wins() -> None:
    """Of a parameter that is repeated the last one counts, without a word."""
    replace(query, "parse", lambda text: dict(encoding.parse_form(text)))


@seed("RFC 6749 section 3.1, SEC-ROB-08", bites=two_origins, providers=("github",), family="repeated-parameters")
def frame_last_origin_wins() -> None:
    """Of several origins at the start only the last one is looked at."""
    wrap(origins, "normalise_at_start", lambda old, text: old(text.split(",")[-1]))


@seed("RFC 9700 section 4.4 (mix-up)", level="SHOULD", bites=foreign_env, providers=("github",))
def frame_env_of_the_query() -> None:
    """The environment in the query decides at the callback, whatever environment began the flow."""
    replace(environments, "require_same", nothing)


@seed("CWE-1188, ENV-05", bites=odd_env, providers=("github", "gitlab"))
def frame_default_environment() -> None:
    """A request that names no environment gets the first one."""

    def requested(old: Any, found: Any) -> str:
        return old(found if found.get("env") or found.get("state") else {"env": "development"})

    wrap(environments, "requested", requested)


@seed("ENV-06, CWE-636", bites=odd_env, providers=("github", "gitlab"))
def frame_unknown_environment() -> None:
    """An environment that is not configured is served by the first one."""

    def select(old: Any, configured: Any, name: str) -> Any:
        return old(configured, name if name in configured else next(iter(configured)))

    wrap(environments, "select", select)


@seed("ENV-10", bites=odd_env, providers=("github", "gitlab"))
def frame_header_before_environment() -> None:
    """A refresh looks at the header before it looks at the environment."""

    def refresh(old: Any, self: Any) -> Any:
        routes.csrf.require_header(request.headers.get("X-Requested-With"))
        return old(self)

    wrap(OAuthRoutes, "refresh", refresh)


@seed("STATE-01", bites=state_of_start, providers=("github",))
def frame_state_upper_case() -> None:
    """The state is hex in upper case."""
    wrap(state, "encode", lambda old, members: old(members).upper())


@seed("CWE-174 (decoded twice), STATE-05", bites=after_redirect, providers=("github",))
def frame_state_decoded_twice() -> None:
    """What is in the state is percent-decoded once too often, which only shows if it has percent signs."""

    def decode(old: Any, text: str) -> Any:
        found = old(text)
        return routes.OAuthState(
            found.nonce, found.env, found.origin, found.redirect_url and unquote(found.redirect_url), found.flow,
            found.scope, found.extra,
        )  # fmt: skip

    wrap(state, "decode", decode)


@seed("CWE-88, START-11", bites=state_of_start, critical=True, providers=("github", "oauth2"), family="start-forwards")
def frame_start_forwards_everything() -> None:
    """All query parameters of a start go to the vendor and replace the backend's, redirect_uri included."""

    def start(old: Any, self: Any, start_request: Any) -> str:
        url, own = oauth2_base.split_query(old(self, start_request))
        known = ("env", "scope", "origin", "flow", "redirectUrl")
        extra = {name: value for name, value in start_request.query.items() if name not in known}
        return f"{url}?{urlencode({**own, **extra})}"

    wrap(oauth2_base.OAuth2Provider, "start", start)


@seed("START-11; OpenID Connect Core section 3.1.2.1 (prompt)", bites=state_of_start, providers=("github",),
      family="start-forwards")  # fmt: skip
def frame_start_forwards_prompt() -> None:
    """A prompt parameter of a start goes to the vendor, so that a link decides whether people are asked."""

    def parameters(old: Any, self: Any, start_request: Any) -> Any:
        asked = start_request.query.get("prompt")
        return {**old(self, start_request), **({"prompt": asked} if asked else {})}

    wrap(oauth2_base.OAuth2Provider, "authorization_parameters", parameters)


@seed("OWASP WSTG-INPV-17 (host header), CWE-644", bites=host_headers, critical=True, providers=("github",),
      family="redirect-uri-by-host")  # fmt: skip
def frame_redirect_uri_of_host() -> None:
    """The redirect URI is built from the Host header of the request."""

    def start(old: Any, self: Any, start_request: Any) -> str:
        url, own = oauth2_base.split_query(old(self, start_request))
        own["redirect_uri"] = f"{request.host_url}api/auth/{self.settings.provider_id}/handler/frame"
        return f"{url}?{urlencode(own)}"

    wrap(oauth2_base.OAuth2Provider, "start", start)


@seed("RFC 7239 section 8.1, SEC-REDIR-05", bites=host_headers, critical=True, providers=("github",),
      family="redirect-uri-by-host")  # fmt: skip
def frame_redirect_uri_of_proxy() -> None:
    """X-Forwarded-Host of anybody moves the redirect URI to another host."""

    def start(old: Any, self: Any, start_request: Any) -> str:
        url, own = oauth2_base.split_query(old(self, start_request))
        host = request.headers.get("X-Forwarded-Host")
        if host:
            place = urls.parse(own["redirect_uri"]).path
            own["redirect_uri"] = f"{request.headers.get('X-Forwarded-Proto', 'https')}://{host}{place}"
        return f"{url}?{urlencode(own)}"

    wrap(oauth2_base.OAuth2Provider, "start", start)


# --- origins ----------------------------------------------------------------------------------------


@seed("CWE-346, ORIGIN-01", bites=start_origins, critical=True, providers=("github",), family="origin-loose")
def frame_origin_prefix() -> None:
    """Whatever begins like the app's origin is allowed, such as the same host on a longer port."""
    wrap(origins, "is_allowed", lambda old, allowed, one: one.startswith(allowed.app_origin) or old(allowed, one))


@seed("CWE-625 (permissive regular expression)", bites=start_origins, critical=True, providers=("github",),
      family="origin-pattern-loose")  # fmt: skip
def frame_pattern_unanchored() -> None:
    """Patterns of origins become regular expressions without an end, so a longer host fits as well."""

    def matches(pattern: str, candidate: str) -> bool:
        return re.match(re.escape(pattern).replace(r"\*", "[^/]*"), candidate, re.IGNORECASE) is not None

    replace(glob, "matches", matches)


@seed("CWE-185; CVE-2021-21291 (oauth2-proxy)", bites=start_origins, critical=True, providers=("github",),
      family="origin-pattern-loose")  # fmt: skip
def frame_pattern_dot() -> None:
    """The dots of patterns stand for any character, so evil-allowed.example fits *.allowed.example."""

    def matches(pattern: str, candidate: str) -> bool:
        return re.fullmatch(pattern.replace("*", ".*"), candidate, re.IGNORECASE) is not None

    replace(glob, "matches", matches)


@seed("RFC 6454 section 4, ORIGIN-04", bites=start_origins, providers=("github",))
def frame_origin_without_port() -> None:
    """Ports do not count when an origin is compared."""

    def is_allowed(old: Any, allowed: Any, one: str) -> bool:
        bare = type(allowed)(re.sub(r":\d+$", "", allowed.app_origin), allowed.patterns)
        return old(bare, re.sub(r":\d+$", "", one))

    wrap(origins, "is_allowed", is_allowed)


@seed("RFC 6454 section 6.2, ORIGIN-06", bites=start_origins, providers=("github",))
def frame_origin_as_written() -> None:
    """The origin parameter is compared as it is written, so a path or capital letters refuse a good app."""
    wrap(origins, "normalise_at_start", lambda old, text: old(text) and text)


@seed("START-04", bites=start_origins, providers=("github",))
def frame_origin_empty() -> None:
    """An empty origin parameter counts as none at all, or rather as the app's."""
    wrap(origins, "normalise_at_start", lambda old, text: old(text or current_backend().settings.app_origin))


@seed("START-09", bites=start_origins, providers=("github",))
def frame_cookie_before_check() -> None:
    """The nonce cookie is set before the origin is looked at, so that refused starts overwrite a good one."""

    def require_allowed(old: Any, allowed: Any, origin: str) -> None:
        if request.path.endswith("/start"):
            from reference_backend.http import responses
            from reference_backend.http.cookies import Cookie

            name = f"{request.path_segment(0)}-nonce"
            path = f"/api/auth/{request.path_segment(0)}/handler"
            responses.add_cookies([Cookie(name, "AAAAAAAAAAAAAAAAAAAAAA==", path, None, 600, False, "Lax")])
        old(allowed, origin)

    wrap(origins, "require_allowed", require_allowed)


@seed("RFC 9700 section 4.17.1.1", bites=edited_origin, critical=True, providers=("github",), family="state-origin")
def frame_state_origin_believed() -> None:
    """The origin in the state is not checked again at the callback: it was when the flow began."""
    replace(routes, "state_origin", lambda flow_state: flow_state.origin or None)


@seed("CWE-20; OWASP HTML5 Security Cheat Sheet (web messaging)", bites=edited_origin, critical=True,
      providers=("github",), family="state-origin")  # fmt: skip
def frame_state_origin_prefix() -> None:
    """At the callback an origin is good if it begins like the app's."""

    def state_origin(old: Any, flow_state: Any) -> Any:
        app = current_backend().settings.app_origin
        return flow_state.origin if (flow_state.origin or "").startswith(app) else old(flow_state)

    wrap(routes, "state_origin", state_origin)


@seed("ORIGIN-09", bites=cors_origin_at_start, critical=True, providers=("github",), profile="development")
def frame_origin_of_cors() -> None:
    """Whoever may read answers across origins may begin a flow as well."""
    wrap(
        origins,
        "is_allowed",
        lambda old, allowed, one: (
            old(allowed, one) or one == "https://negated.example" or one.endswith(".reader.example")
        ),
    )
