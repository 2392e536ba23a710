"""Defects of what the browser sees: message page, redirect flow, origins, cross-origin requests, cookies, headers."""

from __future__ import annotations

import re as regex
from dataclasses import replace as changed
from email.utils import parsedate_to_datetime

from reference_backend.authorization_server import discovery
from reference_backend.errors import NotAllowedError
from reference_backend.formats import encoding, glob, urls
from reference_backend.http import cookies, cors, origins, responses, web_message
from reference_backend.http.request import request
from reference_backend.oauth import oauth_environment, provider_cookies, redirect_flow, routes
from tests.trials.second.plays import (
    APP,
    base64,
    decide,
    hashlib,
    json,
    live_cookies,
    logout,
    make_state,
    message,
    re,
    refresh,
    sent_upstream,
    sign_in,
    start,
    time,
    urlsplit,
    who,
)
from tests.trials.seed import replace, seed, wrap

# --- origins --------------------------------------------------------------------------------------------------------

ORIGINS = (
    APP,
    f"{APP}.evil.example",
    "http://localhost:30001",
    "https://x.allowed.example",
    "https://x.allowed.example:443",
    "https://X.Allowed.Example/path",
    "https://evilallowed.example",
    "https://x.allowed.example.evil.test",
    "https://evil.test\\@x.allowed.example",
    "https://evil.test/.allowed.example",
    "null",
)


def starts_for_origins(bench):
    """Which origins may start a flow."""
    return [start(bench, bench.browser(), "github", origin=one).status_code for one in ORIGINS]


@seed(
    "CVE-2020-26877-like origin regex without anchors; PortSwigger CORS labs, SEC-ORIG-08",
    family="origin-loose",
    critical=True,
    bites=starts_for_origins,
)
def origin_pattern_without_end() -> None:
    """A pattern of allowed origins is matched at the beginning of the origin only."""

    def matches(pattern, candidate):
        return regex.match(pattern.replace(".", r"\.").replace("*", "[^/]*"), candidate) is not None

    replace(glob, "matches", matches)


@seed(
    "OAuth redirect allow-list by regex (dex, Grafana origin checks: unescaped dot), SEC-ORIG-08",
    family="origin-loose",
    critical=True,
    bites=starts_for_origins,
)
def origin_pattern_by_its_end() -> None:
    """A pattern of allowed origins is reduced to the text behind the star."""
    replace(glob, "matches", lambda pattern, candidate: candidate.endswith(pattern.rpartition("*")[2].lstrip(".")))


@seed(
    "PortSwigger: parser differentials of URLs; CVE-2021-21291 (oauth2-proxy), ORIGIN-06",
    bites=starts_for_origins,
    critical=True,
    family="origin-parser",
)
def origin_by_a_parser_that_is_no_browser() -> None:
    """The origin is cut out by a generic parser, which takes a backslash for a part of the user's name."""

    def origin(text):
        parts = urlsplit(text)
        if not parts.scheme or not parts.hostname:
            raise ValueError("Invalid URL")
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"

    replace(urls, "origin", origin)


def refresh_and_logout_for_origins(bench):
    """Which origins may log out."""
    found = []
    for origin in (
        APP,
        "null",
        f"{APP}/",
        "http://localhost:3000.evil.example",
        "https://evil.test",
        "HTTP://LOCALHOST:3000",
    ):
        browser = bench.browser()
        sign_in(bench, "github", browser=browser)
        found.append(
            (
                refresh(bench, browser, "github", headers={"Origin": origin}).status_code,
                logout(bench, browser, "github", Origin=origin).status_code,
            )
        )
    return found


@seed("PortSwigger CORS: the null origin of a sandboxed frame; LOGOUT-02", bites=refresh_and_logout_for_origins)
def null_origin_may_log_out() -> None:
    """``Origin: null`` counts as no origin at all."""

    def check(original, allowed, header):
        return original(allowed, None if header == "null" else header)

    wrap(origins, "require_allowed_for_logout", check)
    wrap(origins, "require_allowed_for_refresh", check)


@seed(
    "CWE-187; Jenkins / GitLab Origin-check advisories (prefix), LOGOUT-02",
    bites=refresh_and_logout_for_origins,
    family="origin-loose",
)
def origin_header_by_prefix() -> None:
    """The ``Origin`` header of a logout only has to begin like the app's origin."""

    def check(allowed, header):
        if header and not header.startswith(allowed.app_origin) and not origins.is_allowed(allowed, header):
            raise NotAllowedError(f"Origin '{header}' is not allowed")

    replace(origins, "require_allowed_for_logout", check)


# --- cross-origin requests ------------------------------------------------------------------------------------------


def cors_answers(bench):
    """What cross-origin readers may do."""
    found = []
    for origin in (APP, "null", "http://localhost:3000.evil.example", "http://evil.localhost:3000"):
        for method in ("GET", "OPTIONS"):
            answer = bench.browser().request(
                method,
                f"{bench.auth}/guest/refresh",
                headers={
                    "Origin": origin,
                    "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "x-requested-with",
                },
            )
            names = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Vary")
            found.append([answer.status_code, *(answer.headers.get(name) for name in names)])
    missing = bench.browser().get(f"{bench.auth}/nobody/start", headers={"Origin": APP})
    return [*found, missing.headers.get("Access-Control-Allow-Origin")]


@seed(
    "PortSwigger: CORS with trusted null origin; CWE-942, SEC-ORIG-07",
    bites=cors_answers,
    critical=True,
    providers=("guest",),
)
def null_origin_reads_answers() -> None:
    """Documents without an origin may read answers with cookies."""

    def allowed(original, policy, origin):
        return "null" if policy is not None and origin == "null" else original(policy, origin)

    wrap(cors, "allowed_origin", allowed)


@seed(
    "Fetch standard, Vary: Origin (CORS cache poisoning); rs/cors and npm cors issues, HTTP-03",
    bites=cors_answers,
    providers=("guest",),
)
def vary_is_not_about_origins() -> None:
    """Answers that name one origin may be kept in caches for all."""

    def write(original, response, policy, request_):
        vary = response.headers.get("Vary")
        original(response, policy, request_)
        response.headers.pop("Vary", None)
        if vary:
            response.headers["Vary"] = vary

    wrap(cors, "write", write)


@seed(
    "Spring Security: CORS filter behind the exception translation (errors without headers), HTTP-03",
    bites=cors_answers,
    providers=("guest",),
)
def errors_cannot_be_read_by_the_app() -> None:
    """Answers with an error carry no cross-origin permission, so the app learns nothing of them."""

    def write(original, response, policy, request_):
        if response.status_code < 400:
            original(response, policy, request_)

    wrap(cors, "write", write)


# --- redirect flow --------------------------------------------------------------------------------------------------

TARGETS = (
    f"{APP}/done?x=1#part",
    f"{APP}.evil.example/",
    "http://localhost:3000@evil.example/",
    "http://evil.example\\@localhost:3000/",
    "//evil.example/",
    "/settings",
    "https://x.allowed.example/ok",
    "javascript:alert(1)//http://localhost:3000",
)


def redirects(bench):
    """Where redirect flows end, if they succeed and if they do not."""
    found = []
    for target in TARGETS:
        for decision in ("allow", "deny"):
            page = sign_in(bench, "github", query={"flow": "redirect", "redirectUrl": target}, decision=decision)
            found.append(page.headers.get("Location") or who(page)[:40])
    return found


@seed(
    "CVE-2020-5233 and CVE-2020-11053 (oauth2-proxy open redirects), REDIR-08",
    bites=redirects,
    level="SHOULD",
    family="redirect-loose",
)
def redirect_to_paths_without_host() -> None:
    """A redirect URL that begins with a slash counts as the app's own, ``//evil.example`` included."""

    def check(original, allowed, redirect_url):
        if not redirect_url.startswith("/"):
            original(allowed, redirect_url)

    wrap(redirect_flow, "require_allowed_target", check)


@seed(
    "CVE-2021-21291 (oauth2-proxy), PortSwigger redirect_uri bypasses; CWE-601, REDIR-08",
    bites=redirects,
    level="SHOULD",
    family="redirect-loose",
)
def redirect_by_prefix() -> None:
    """A redirect URL only has to begin like the app's address."""

    def check(original, allowed, redirect_url):
        if not redirect_url.startswith(allowed.app_origin):
            original(allowed, redirect_url)

    wrap(redirect_flow, "require_allowed_target", check)


@seed("omniauth failure endpoint (message appended to the URL), REDIR-04 and REDIR-05", bites=redirects)
def error_is_glued_to_the_redirect() -> None:
    """The error is put behind the redirect URL, whatever query and fragment it has already."""
    replace(
        redirect_flow,
        "with_error",
        lambda url, message: f"{url}{'&' if '?' in url else '?'}error={encoding.component(message)}",
    )


# --- message page ---------------------------------------------------------------------------------------------------

CANARY = "</script><script>alert(1)</script>' + alert(2) + '"


def hostile_description(bench):
    """A page about an error whose text is hostile, and its target."""
    fault = {"fault": "denied-with-description", "description": CANARY}
    page = sign_in(bench, "github", faults=[fault], decision="deny")
    script = page.text.partition("<script>")[2].rpartition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = page.headers.get("Content-Security-Policy", "")
    return {
        "scripts": page.text.count("<script"),
        "breaks out": "' + alert(2)" in page.text,
        "targets": re.findall(r"postMessage\((?:payload|\{[^}]*\}), ([^)]*)\)", page.text),
        "policy fits": policy == f"script-src 'sha256-{digest}'",
        "directives": re.sub(r"sha256-[^']*", "HASH", policy),
        "cache": page.headers.get("Cache-Control"),
        "message": message(page)[0].get("error", {}).get("message") if page.text.count("<script") == 1 else None,
    }


@seed(
    "CVE-2023-27490 class, next-auth error pages; Keycloak CVE-2022-0839 class (XSS by error text), SEC-ORIG-05",
    bites=hostile_description,
    family="page-injection",
    critical=True,
)
def message_as_a_json_literal() -> None:
    """Texts stand in the page's script as JSON, in which ``</script>`` ends the script."""
    replace(web_message, "literal", lambda text: json.dumps(text))  # noqa: PLW0108


@seed(
    "OWASP XSS cheat sheet, rule 3; CVE of OmniAuth failure page, MSG-06, SEC-ORIG-05",
    bites=hostile_description,
    family="page-injection",
    critical=True,
)
def apostrophes_end_the_literal() -> None:
    """Texts in the page's script keep their apostrophes, which end the literal."""
    replace(encoding, "component_without_apostrophe", encoding.component)


@seed("postMessage wildcard (PortSwigger: web message vulnerabilities), MSG-10, SEC-ORIG-04", bites=hostile_description)
def errors_are_posted_to_everybody() -> None:
    """The message about a failure is posted to whatever window is there."""

    def script(original, message, target_origin):
        text = original(message, target_origin)
        return text.replace("(payload, origin)", "(payload, '*')") if "error" in message else text

    wrap(web_message, "script", script)


@seed("CSP3 section 2.3.1 (hash of the exact text); helmet upgrade notes, MSG-04", bites=hostile_description)
def policy_is_about_another_script() -> None:
    """The hash in the page's policy is that of the script without the space around it, so browsers do not run it."""
    wrap(web_message, "content_security_policy", lambda original, text: original(text.strip()))


@seed("OWASP CSP cheat sheet (unsafe-inline), MSG-03", bites=hostile_description)
def policy_allows_any_script() -> None:
    """The page's policy allows every inline script."""
    replace(web_message, "content_security_policy", lambda text: "script-src 'unsafe-inline'")


def targets_of_failures(bench):
    """Who hears of failures, by states that name an origin."""
    found = []
    for origin in ("https://evil.test", "https://x.allowed.example", "nonsense"):
        state = make_state(nonce="n", env="development", origin=origin)
        page = bench.browser().get(f"{bench.auth}/github/handler/frame", params={"env": "development", "state": state})
        found.append((message(page)[1], who(page)[:50]))
    return found


@seed("CVE-2022-36087 class; PortSwigger OAuth labs (stealing via proxy page), SEC-ORIG-03", bites=targets_of_failures)
def failures_go_to_the_origin_of_the_state() -> None:
    """The page about a refused origin is addressed to that very origin."""

    def report(original, error, flow_state, target):
        return original(error, flow_state, (flow_state.origin if flow_state else None) or target)

    wrap(routes, "report_failure", report)


# --- headers --------------------------------------------------------------------------------------------------------


def header_sets(bench):
    """Headers of answers of several kinds, and addresses for a request to another host."""
    page = bench.browser().get(f"{bench.auth}/nobody/start")
    forwarded = {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https", "Host": "evil.test"}
    found = bench.browser().get(f"{bench.auth}/.well-known/openid-configuration", headers=forwarded).json()
    upstream = sent_upstream(
        bench.browser().get(f"{bench.auth}/github/start?env=development", headers=forwarded, allow_redirects=False)
    ).get("redirect_uri", "")
    names = ("X-Content-Type-Options", "Content-Type", "Referrer-Policy", "X-Frame-Options")
    return {
        **{name: page.headers.get(name) for name in names},
        "issuer": urlsplit(found["issuer"]).hostname,
        "redirect": urlsplit(upstream).hostname,
    }


@seed(
    "PortSwigger Host header attacks; Keycloak CVE-2024-10270-like hostname, GEN-02", bites=header_sets, critical=True
)
def addresses_from_the_host_header() -> None:
    """The discovery document is made of the host that the request names."""

    def document(original, auth_base, **on):
        host = request.headers.get("X-Forwarded-Host") or request.host
        return original(f"{urlsplit(auth_base).scheme}://{host}{urlsplit(auth_base).path}", **on)

    wrap(discovery, "document", document)


@seed("OWASP REST security cheat sheet (content type of errors), CWE-79, GEN-08", bites=header_sets)
def errors_are_html() -> None:
    """Errors, which repeat parts of the request, are sent as HTML."""

    def html_error(original, data, status=200):
        answer = original(data, status)
        if status >= 400:
            answer.headers["Content-Type"] = responses.HTML_TYPE
        return answer

    wrap(responses, "json_response", html_error)


# --- cookies --------------------------------------------------------------------------------------------------------


def cookie_attributes(bench):
    """Attributes of the cookies of a sign-in, without what differs from run to run."""
    found = {}
    for env in ("development", "scopes-as-text"):
        browser = bench.browser()
        begun = start(bench, browser, "bitbucket", env)
        page = sign_in(bench, "bitbucket", env=env)
        for name, one in {**live_cookies(begun), **live_cookies(page)}.items():
            lifetime = parsedate_to_datetime(one["expires"]).timestamp() - time.time() if "expires" in one else None
            rest = {key: one[key] for key in sorted(one) if key not in ("value", "expires")}
            found[env, name] = (rest, None if lifetime is None else round(lifetime / 60))
    for env in ("https-callback", "custom-callback"):
        for name, one in live_cookies(start(bench, bench.browser(), "bitbucket", env)).items():
            found[env, name] = {key: one[key] for key in sorted(one) if key not in ("value", "expires")}
    for name, one in live_cookies(start(bench, bench.browser(), "oidc")).items():
        found["oidc", name] = {key: one[key] for key in sorted(one) if key not in ("value", "expires")}
    return found


@seed(
    "Express behind a TLS proxy (cookie secure: auto), COOKIE-04, SEC-COOK-02",
    bites=cookie_attributes,
    providers=("bitbucket",),
)
def secure_follows_the_connection() -> None:
    """``Secure`` is set if the request came by TLS, which it does not behind a proxy that ends TLS."""

    def cookie(original, *arguments):
        return changed(original(*arguments), secure=request.is_secure)

    original = provider_cookies._cookie
    replace(
        provider_cookies,
        "_cookie",
        lambda settings, context, name, value, max_age, path, domain=None: cookie(
            original, settings, context, name, value, max_age, path, domain
        ),
    )


@seed(
    "RFC 6265bis section 4.1.2.3; next-auth CVE-2023-48309 class, subdomain cookies, COOKIE-09, SEC-COOK-05",
    bites=cookie_attributes,
    providers=("bitbucket",),
)
def cookies_for_the_whole_domain() -> None:
    """Session cookies name a domain, so that sibling hosts receive them as well."""
    original = provider_cookies._cookie

    def cookie(settings, context, name, value, max_age, path, domain=None):
        return original(
            settings, context, name, value, max_age, path, domain or (value and settings.callback.hostname) or None
        )

    replace(provider_cookies, "_cookie", cookie)


@seed(
    "CWE-1004; Flask/express-session option lost in an upgrade, SESSION-02, SEC-COOK-09",
    bites=cookie_attributes,
    providers=("oidc",),
)
def session_cookie_is_for_scripts_too() -> None:
    """Cookies without a lifetime, which is that of the server-side session, are not HttpOnly."""

    def header(original, cookie):
        text = original(cookie)
        return text if cookie.max_age is not None else text.replace("; HttpOnly", "")

    wrap(cookies, "header", header)


@seed(
    "express res.cookie maxAge in milliseconds (port to Set-Cookie), COOKIE-14",
    bites=cookie_attributes,
    providers=("bitbucket",),
)
def lifetime_in_milliseconds() -> None:
    """A configured session lifetime is written in milliseconds, a thousand times too long."""

    def age(original, config):
        seconds = original(config)
        return seconds * 1000 if config.has("sessionDuration") else seconds

    wrap(oauth_environment, "session_max_age", age)


@seed(
    "CWE-1275; Spring Session default cookie path, COOKIE-08, SEC-COOK-04",
    bites=cookie_attributes,
    providers=("bitbucket",),
)
def custom_callback_has_cookies_everywhere() -> None:
    """With a callback URL of its own, a provider's cookies are for all paths of the host."""

    def path(original, callback, provider_id):
        usual = callback.path.endswith(provider_cookies.CALLBACK_SUFFIX)
        return original(callback, provider_id) if usual else ""

    wrap(provider_cookies, "path", path)


@seed(
    "RFC 6265bis section 5.6.1 (a browser takes Max-Age first, others Expires); http date in local time, COOKIE-10",
    bites=cookie_attributes,
    providers=("bitbucket",),
)
def expires_contradicts_max_age() -> None:
    """``Expires`` is a day earlier than ``Max-Age`` says: in the past, for a nonce."""
    wrap(cookies, "http_date", lambda original, seconds: original(seconds - 86400))


def chunked_sessions(bench):
    """Sessions of somebody with large tokens: another person after that, and a logout."""
    browser = bench.browser()
    found = []
    for persona in ("large-token", "plain", "large-token"):
        sign_in(bench, "google", persona, browser=browser)
        found.append(who(refresh(bench, browser, "google")))
    logout(bench, browser, "google")
    return [*found, who(refresh(bench, browser, "google"))]


@seed(
    "next-auth issue on chunked session cookies (stale chunks), COOKIE-18, SEC-COOK-08",
    bites=chunked_sessions,
    critical=True,
    providers=("google",),
)
def first_chunk_is_never_deleted() -> None:
    """Of the chunks of an earlier cookie, the first stays when a shorter one is written."""

    def deletions(original, settings, context, name, chunk_count):
        return original(settings, context, name, chunk_count)[1:]

    wrap(provider_cookies, "chunk_deletions", deletions)


@seed(
    "oauth2-proxy issue (split cookies survive sign_out); CWE-613, LOGOUT-06",
    bites=chunked_sessions,
    providers=("google",),
)
def logout_leaves_chunks() -> None:
    """A logout deletes the plain refresh cookie only, so that who has a long one stays signed in."""

    def clear(settings, context, name):
        found = [name] if context.received.get(name) else []
        return [provider_cookies._cookie(settings, context, one, "", 0, settings.path) for one in found]

    replace(provider_cookies, "_clear", clear)


def cookies_of_one_name(bench):
    """Callback and refresh with two cookies of one name, one of them planted."""
    browser = bench.browser()
    begun = start(bench, browser, "github")
    back = decide(bench, browser, begun.headers["Location"])
    value = live_cookies(begun)["github-nonce"]["value"]
    return [
        who(bench.browser().get(back, headers={"Cookie": text}))
        for text in (f"github-nonce={value}; github-nonce=planted", f'other=1;github-nonce="{value}";;=;x')
    ]


@seed(
    "Cookie tossing (RFC 6265bis section 8.6; The Cookie Monster in Your Browsers, 2019), COOKIE-22",
    bites=cookies_of_one_name,
    level="SHOULD",
)
def last_cookie_of_a_name_counts() -> None:
    """Of several cookies with one name the last counts, which is the one with the shorter path."""

    def parse(text):
        pairs = (pair.partition("=") for pair in (text or "").split(";"))
        return {name.strip(): cookies._decode(value.strip()) for name, equals, value in pairs if equals}

    replace(cookies, "parse_header", parse)
