"""Defects of what a flow ends in: the message page, the redirect, scopes, and the cookies that come with them."""

from __future__ import annotations

import json
import traceback
from dataclasses import replace as changed
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import g

from reference_backend import errors
from reference_backend.backend import current_backend
from reference_backend.formats import encoding
from reference_backend.http import responses, web_message
from reference_backend.http.request import request
from reference_backend.identity import session_response
from reference_backend.oauth import provider_cookies, redirect_flow, routes, scopes
from tests.trials.first import frame_bites as b
from tests.trials.seed import always, nothing, replace, seed, wrap

# --- proofs -----------------------------------------------------------------------------------------


def popup(bench: Any) -> Any:
    """A good login for an app on another origin: target, script, policy, headers."""
    flow = b.Flow(bench, origin=b.OTHER_APP)
    response = flow.finish()
    script = response.text.partition("<script>")[2].rpartition("</script>")[0]
    digest = b.base64.b64encode(__import__("hashlib").sha256(script.encode()).digest()).decode()
    policy = response.headers["Content-Security-Policy"]
    posted = [line.strip() for line in script.splitlines() if "postMessage" in line]
    return [
        b.told(bench, response)[:2], policy.replace(digest, "DIGEST") if digest in policy else "other", posted,
        {name: response.headers.get(name) for name in ("X-Frame-Options", "Cache-Control", "X-Content-Type-Options",
                                                       "Content-Type")},
    ]  # fmt: skip


def hostile_text(bench: Any) -> Any:
    """What the vendor says with quotes and markup in it: whether any stands raw in the page, and what it decodes to."""
    seen = []
    for text in ("no');alert(1)//", "</script><script>alert(1)</script>", "a\\'b\u2028c"):
        flow = b.Flow(bench)
        query = urlencode({"state": flow.state, "error": "server_error", "error_description": text})
        body = flow.callback(query).text
        seen.append([text in body, body.count("</script>"), body.count("'")])
    return seen


def redirects(bench: Any) -> Any:
    """Where redirect flows end, well and badly."""
    places = (
        "http://localhost:3000/x?a=1&error=old#part", "http://localhost:3000", "https://evil.test/x",
        "http://localhost:30001/", "http://localhost:3000@evil.test/", "//evil.test/x", "/settings",
        "javascript:alert(1)", "https://x.allowed.example/y", "http://localhost:3000\\@evil.test/",
    )  # fmt: skip
    seen = []
    for place in places:
        good = b.Flow(bench, flow="redirect", redirectUrl=place)
        ended = b.told(bench, good.finish()) if good.state else b.told(bench, good.started)
        bad = b.Flow(bench, flow="redirect", redirectUrl=place)
        state = urlencode({"state": bad.state, "error": "access_denied", "error_description": "it's no"})
        seen.append([place, ended, b.told(bench, bad.callback(state))])
    return seen


def end_of_redirect(bench: Any) -> Any:
    """The parameters that a redirect flow brings to the app, its cookies, and flows that are almost one."""
    flow = b.Flow(bench, flow="redirect", redirectUrl="http://localhost:3000/x")
    response = flow.finish()
    parts = urlsplit(response.headers.get("Location", ""))
    bare = b.Flow(bench, flow="redirect")
    odd = b.Flow(bench, flow="Redirect", redirectUrl="http://localhost:3000/x")
    ended = bare.finish()
    return [
        response.status_code, parts.path, len(parts.query + parts.fragment) > 0, b.attributes(response),
        b.told(bench, ended), b.attributes(ended, "refresh"), b.told(bench, odd.finish())[:2],
    ]  # fmt: skip


def nonce_failure_in_redirect(bench: Any) -> Any:
    """A redirect flow in a browser that did not begin it."""
    flow = b.Flow(bench, flow="redirect", redirectUrl="http://localhost:3000/x")
    return b.told(bench, flow.callback(flow.answer(), jar=b.Jar()))


def error_members(bench: Any) -> Any:
    """Members of the error that a page reports, and of one in JSON."""
    flow = b.Flow(bench)
    message, _ = b.page(flow.callback(urlencode({"state": flow.state, "error": "access_denied"})))
    body = b.get(bench, "/github/start?env=nope").json()
    refused = b.get(bench, "/github/refresh?env=development", headers=b.AJAX).json()
    return (
        sorted(message["error"]),
        sorted(body["error"]),
        sorted(refused["error"]["cause"]),
        b.clean(bench, body["request"]),
    )


def stranger(bench: Any) -> Any:
    """Somebody whom the catalog does not know: what is said, which cookies are set, and what a refresh gives then."""
    flow = b.Flow(bench, env="email")
    response = flow.finish("not-in-catalog")
    return b.told(bench, response), b.attributes(response), b.told(bench, flow.refresh())


def denied(bench: Any) -> Any:
    """Cookies after a person said no."""
    flow = b.Flow(bench, scope="repo")
    response = flow.finish(decision="deny")
    return b.told(bench, response), b.attributes(response)


def scopes_of(bench: Any) -> Any:
    """Scopes asked for and reported, of several providers and environments."""
    seen = []
    for provider, env in (("github", "scopes-as-text"), ("github", "scopes-as-list"), ("gitlab", "scopes-as-text")):
        flow = b.Flow(bench, provider, env, scope="gist,repo|gist" if provider == "github" else "openid")
        seen.append(
            [
                flow.query.get("scope"),
                flow.members.get("scope"),
                (lambda one: one.get("scope", one))(b.told(bench, flow.finish())[-1]),
            ]
        )
    return seen


def more_scopes(bench: Any) -> Any:
    """A second start of a browser, with another scope; then refreshes for scopes that were granted and were not."""
    flow = b.Flow(bench, scope="repo")
    flow.finish()
    second = b.Flow(bench, jar=b.Jar(flow.jar), scope="gist")
    asked = [flow.refresh(scope=one) for one in ("repo", "gist", "repo gist")]
    return second.query["scope"], [b.told(bench, one)[-1] for one in asked], flow.jar.get("github-granted-scope")


def unconfirmed_scopes(bench: Any) -> Any:
    """A refresh that asks for a scope which nobody granted, at a vendor whose answer says what there is."""
    flow = b.Flow(bench, "bitbucket")
    flow.finish()
    return b.told(bench, flow.refresh(scope="repository"))[-1]["scope"], flow.jar.get("bitbucket-granted-scope")


def narrowed_scopes(bench: Any) -> Any:
    """The vendor grants less than it is asked for."""
    flow = b.Flow(bench, "gitlab", scope="openid")
    response = flow.finish(faults=[{"fault": "fewer-scopes", "at": "token", "without": ["openid"]}])
    return b.told(bench, response)[-1]


# --- the page ---------------------------------------------------------------------------------------


@seed("OWASP HTML5 Security Cheat Sheet (web messaging), MSG-10", bites=popup, critical=True, providers=("github",))
def frame_message_to_anybody() -> None:
    """The session is posted to whatever origin the opener has."""
    replace(web_message, "PAYLOAD_TARGET", "'*'")


@seed("CWE-359, MSG-09", bites=popup, critical=True, providers=("github",))
def frame_message_announced() -> None:
    """The announcement, which any origin may read, has the payload in it."""

    def script(old: Any, message: Any, target: str) -> str:
        return old(message, target).replace("targetOrigin: origin }", "targetOrigin: origin, payload }")

    wrap(web_message, "script", script)


@seed("MSG-12", bites=popup, providers=("github",))
def frame_message_to_app_only() -> None:
    """The page posts to the app's own origin, whatever allowed origin began the flow."""

    def complete(old: Any, environment: Any, flow_state: Any, target: str) -> Any:
        return old(environment, flow_state, current_backend().settings.app_origin)

    wrap(routes, "complete_flow", complete)


@seed("Content Security Policy Level 3 section 6.7.3, MSG-04", bites=popup, providers=("github",))
def frame_hash_of_trimmed_script() -> None:
    """The hash in the policy is that of the script without its white space, so that browsers refuse to run it."""
    wrap(web_message, "content_security_policy", lambda old, text: old(text.strip()))


@seed("ASVS 5.0 3.4.3, MSG-03", bites=popup, providers=("github",))
def frame_unsafe_inline() -> None:
    """The page's policy allows any inline script."""
    replace(web_message, "content_security_policy", always("script-src 'unsafe-inline'"))


@seed("RFC 7034 section 2.1, MSG-02", bites=popup, providers=("github",))
def frame_page_in_frames() -> None:
    """Any site may put the page into a frame."""
    replace(web_message, "FRAME_OPTIONS", "ALLOWALL")


@seed("RFC 6749 section 5.1, CWE-525", level="SHOULD", bites=popup, providers=("github",))
def frame_page_cached() -> None:
    """The page with the tokens may be kept by caches."""
    replace(responses, "uncached", lambda response: response)


@seed("CVE-2021-43776 (Backstage), CWE-79", bites=hostile_text, critical=True, providers=("github",),
      family="page-script-injection")  # fmt: skip
def frame_apostrophe_raw() -> None:
    """An apostrophe in a message ends the literal in the page's script."""
    replace(encoding, "component_without_apostrophe", encoding.component)


@seed("OWASP Cross Site Scripting Prevention Cheat Sheet, MSG-13", bites=hostile_text, critical=True,
      providers=("github",), family="page-script-injection")  # fmt: skip
def frame_message_as_json() -> None:
    """Message and origin stand in the script as JSON text, so that markup in it ends the script."""
    replace(web_message, "literal", lambda text: json.dumps(text, ensure_ascii=False))


@seed("CWE-209, FRAME-12", bites=error_members, providers=("github", "gitlab"))
def frame_stack_in_page() -> None:
    """The error of a page brings its stack along."""

    def page_error(error: Any) -> dict[str, str]:
        return {"name": error.name, "message": error.message, "stack": "".join(traceback.format_exception(error))}

    replace(errors, "page_error", page_error)


@seed("ASVS 5.0 16.5.1, GEN-09", bites=error_members, providers=("github", "gitlab"))
def frame_stack_of_cause() -> None:
    """An error in JSON has no stack, but that of its cause is there."""

    def serialise(old: Any, error: Any) -> Any:
        shown = old(error)
        if error.cause is not None:
            shown["cause"]["stack"] = "".join(traceback.format_exception(error.cause))
        return shown

    wrap(errors, "serialise", serialise)


@seed("GEN-05", bites=error_members, providers=("github", "gitlab"))
def frame_error_names_full_path() -> None:
    """The URL in an error begins with the plugin's mount."""
    wrap(errors, "envelope", lambda old, error, method, url: old(error, method, "/api/auth" + url))


# --- redirects --------------------------------------------------------------------------------------


@seed("CWE-601, REDIR-08", level="SHOULD", bites=redirects, providers=("github",),
      family="open-redirect")  # fmt: skip
def frame_redirect_anywhere() -> None:
    """A redirect flow ends at any address."""
    replace(redirect_flow, "require_allowed_target", nothing)


@seed(
    "RFC 3986 section 7.6 (misleading authority)",
    level="SHOULD",
    bites=redirects,
    providers=("github",),
    family="open-redirect",
)
def frame_redirect_prefix() -> None:
    """A redirect address is good if it begins like the app's, with a longer host or user info behind it."""

    def require(old: Any, allowed: Any, url: str) -> None:
        return None if url.startswith(allowed.app_origin) else old(allowed, url)

    wrap(redirect_flow, "require_allowed_target", require)


@seed("CVE-2020-5233 (oauth2-proxy)", level="SHOULD", bites=redirects, providers=("github",), family="open-redirect")
def frame_redirect_relative() -> None:
    """A redirect address that begins with a slash counts as one of the app's, two slashes included."""

    def require(old: Any, allowed: Any, url: str) -> None:
        return None if url.startswith("/") else old(allowed, url)

    wrap(redirect_flow, "require_allowed_target", require)


@seed("CVE-2021-32786 (mod_auth_openidc); OWASP Unvalidated Redirects Cheat Sheet", level="SHOULD", bites=redirects,
      providers=("github",), family="open-redirect")  # fmt: skip
def frame_redirect_by_another_parser() -> None:
    """Redirect addresses are read by a parser that does not take backslashes for slashes, as browsers do."""

    def require(old: Any, allowed: Any, url: str) -> None:
        if urlsplit(url).hostname and urlsplit(url.partition("\\")[0]).netloc == urlsplit(allowed.app_origin).netloc:
            return None
        if not urlsplit(url).netloc:
            return None
        return old(allowed, url)

    wrap(redirect_flow, "require_allowed_target", require)


@seed("REDIR-04", bites=redirects, providers=("github",))
def frame_error_appended() -> None:
    """An error is simply put behind the redirect address, be there a query, an error or a fragment already."""
    replace(redirect_flow, "with_error", lambda url, message: f"{url}?{urlencode({'error': message})}")


@seed("REDIR-06", bites=nonce_failure_in_redirect, providers=("github", "gitlab"))
def frame_early_failures_on_page() -> None:
    """A failure before the vendor is asked ends on the page, also in a redirect flow."""

    def report(old: Any, error: Any, flow_state: Any, target: str) -> Any:
        return old(error, None if error.name == "NotAllowedError" else flow_state, target)

    wrap(routes, "report_failure", report)


@seed("RFC 9700 section 4.3.2, SEC-REDIR-04", bites=end_of_redirect, critical=True, providers=("github",))
def frame_token_in_address() -> None:
    """A redirect flow brings the Backstage token to the app in the fragment of the address."""

    def session(old: Any, profile: Any, info: Any, sign_in: Any, now: float) -> Any:
        g.issued = sign_in
        return old(profile, info, sign_in, now)

    wrap(session_response, "session_response", session)
    wrap(routes, "to_app", lambda old, url: old(f"{url}#token={g.issued.token}" if g.get("issued") else url))


@seed("FRAME-21, CWE-178", bites=end_of_redirect, providers=("github",))
def frame_flow_in_any_case() -> None:
    """Any spelling of redirect chooses the redirect flow."""
    replace(redirect_flow, "is_redirect", lambda flow: (flow or "").lower() == "redirect")


@seed("REDIR-07", bites=end_of_redirect, providers=("github",))
def frame_redirect_home() -> None:
    """A redirect flow without an address ends at the app's start page."""
    wrap(
        redirect_flow,
        "require_redirect_url",
        lambda old, redirect_url: redirect_url or current_backend().settings.app_url,
    )


# --- failed sign-ins --------------------------------------------------------------------------------


@seed("FRAME-15, CWE-696", bites=stranger, providers=("github", "gitlab"), family="cookies-before-sign-in")
def frame_refresh_cookie_before_sign_in() -> None:
    """The refresh token is stored before it is known whether the person may sign in."""

    def authenticate(old: Any, environment: Any, flow_state: Any) -> Any:
        result = old(environment, flow_state)
        context = routes.cookie_context(environment, None)
        if result.session.refresh_token:
            responses.add_cookies(
                provider_cookies.set_refresh_token(environment.cookies, context, result.session.refresh_token)
            )
        return result

    wrap(routes, "authenticate", authenticate)


@seed("SEC-SCOPE-03, RFC 6749 section 3.3", bites=denied, providers=("github", "bitbucket"),
      family="cookies-before-sign-in")  # fmt: skip
def frame_scope_cookie_before_answer() -> None:
    """The scopes of a flow count as granted before the vendor has said so."""

    def authenticate(old: Any, environment: Any, flow_state: Any) -> Any:
        context = routes.cookie_context(environment, None)
        responses.add_cookies(provider_cookies.set_granted_scope(environment.cookies, context, flow_state.scope or ""))
        return old(environment, flow_state)

    wrap(routes, "authenticate", authenticate)


@seed("FRAME-14, CWE-391", bites=stranger, providers=("github", "gitlab"))
def frame_stranger_without_identity() -> None:
    """Somebody whom no resolver knows gets a session of the vendor without an identity, instead of an error."""

    def run(old: Any, environment: Any, result: Any) -> Any:
        try:
            return old(environment, result)
        except errors.AuthError as error:
            if "unable to resolve user identity" in error.message:
                return None
            raise

    wrap(routes, "run_resolver", run)


# --- scopes -----------------------------------------------------------------------------------------


@seed("SCOPE-01", bites=scopes_of, providers=("github", "gitlab"))
def frame_bar_separates_nothing() -> None:
    """A vertical bar between scopes is taken for a part of a name."""
    replace(scopes, "SEPARATORS", scopes.re.compile(r"[\s,]"))


@seed("RFC 6749 section 3.3", bites=scopes_of, providers=("github", "gitlab"))
def frame_scopes_with_commas() -> None:
    """Scopes are joined with commas."""
    replace(scopes, "join_unique", lambda found: ",".join(dict.fromkeys(found)))


@seed("SCOPE-02", bites=scopes_of, providers=("github", "gitlab"))
def frame_scopes_sorted() -> None:
    """Duplicates are removed by sorting, so that what was asked for does not come first."""
    replace(scopes, "join_unique", lambda found: " ".join(sorted(set(found))))


@seed("SCOPE-03", bites=scopes_of, providers=("github", "gitlab"))
def frame_scope_list_ignored() -> None:
    """Additional scopes count only if they are a text, not if they are a list."""
    from reference_backend.oauth import oauth_environment

    def additional(old: Any, config: Any) -> Any:
        return old(config) if isinstance(config.get("additionalScopes"), str) else []

    wrap(oauth_environment, "additional_scopes", additional)


@seed("SCOPE-06, GITHUB-16", bites=scopes_of, providers=("github", "bitbucket"))
def frame_scope_of_the_answer() -> None:
    """A provider that remembers scopes reports what the vendor's answer says, in whatever form."""
    replace(routes, "granted_scope", lambda environment, flow_state, result: result.session.scope or "")


@seed("SEC-SCOPE-02 (incremental consent)", bites=more_scopes, providers=("github",))
def frame_granted_forgotten_at_start() -> None:
    """A second start does not ask for the scopes of the first one again."""

    def effective(old: Any, requested: Any, granted: Any, required: Any, additional: Any, transform: Any = None) -> str:
        return old(requested, [] if request.path.endswith("/start") else granted, required, additional, transform)

    wrap(scopes, "effective", effective)


@seed("RFC 6749 section 6, PROV-GITHUB-03", bites=more_scopes, providers=("github",), family="scope-widened")
def frame_any_scope_granted() -> None:
    """A refresh for several scopes is good if one of them was granted."""
    replace(scopes, "already_granted", lambda granted, scope: bool(set(scopes.split(scope)) & set(granted)))


@seed("RFC 6749 section 6, SEC-SCOPE-04", level="SHOULD", bites=unconfirmed_scopes, providers=("bitbucket",),
      family="scope-widened")  # fmt: skip
def frame_requested_scope_confirmed() -> None:
    """A refresh reports and keeps scopes that were asked for and that nobody granted."""
    replace(scopes, "confirmed", lambda scope, requested, known: scope)


@seed("RFC 6749 section 5.1, SEC-SCOPE-05", bites=narrowed_scopes, providers=("gitlab",))
def frame_scope_as_asked() -> None:
    """The session says that the scopes asked for are there, although the vendor granted fewer."""

    def authenticate(old: Any, self: Any, callback: Any) -> Any:
        result = old(self, callback)
        return changed(result, session=changed(result.session, scope=" ".join(["read_user", "openid"])))

    from reference_backend.providers.oauth2_base import OAuth2Provider

    wrap(OAuth2Provider, "authenticate", authenticate)
