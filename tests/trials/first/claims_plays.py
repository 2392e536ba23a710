"""What the seeds of this area play against a backend: sign-ins with faults, proxies' headers, OAuth clients."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

XRW = {"X-Requested-With": "XMLHttpRequest"}


# --- sign-ins at an identity provider ---


def consent(bench: Any, browser: Any, location: str, persona: str = "plain", *faults: Any, **fields: Any) -> Any:
    """Decide on the consent page with all scopes ticked, as a browser has them."""
    scopes = re.findall(r'name="scope" value="([^"]*)"', browser.get(location).text)
    return bench.consent(browser, location, persona, **{"scope": scopes, "faults": json.dumps(faults), **fields})


def message(page: Any) -> dict[str, Any]:
    """What the page of a popup posts to the app."""
    found = re.search(r"JSON\.parse\(decodeURIComponent\('([^']*)'\)\)", page.text)
    return json.loads(unquote(found[1])) if found else {"error": {"name": f"status {page.status_code}"}}


def told(answer: dict[str, Any]) -> Any:
    """Who is signed in with what profile, or "refused"."""
    body = answer.get("response", answer)
    if "profile" not in body:
        return "refused"
    identity = (body.get("backstageIdentity") or {}).get("identity") or {}
    return [identity.get("userEntityRef"), body["profile"].get("email"), body["profile"].get("displayName")]


def start(bench: Any, browser: Any, provider: str, env: str = "development", query: str = "") -> Any:
    """The first redirect of a sign-in."""
    return browser.get(f"{bench.auth}/{provider}/start?env={env}{query}", allow_redirects=False)


def sign_in(
    bench: Any,
    browser: Any,
    provider: str,
    *faults: Any,
    env: str = "development",
    persona: str = "plain",
    query: str = "",
    tamper: Callable[[str], str] | None = None,
    grant: list[str] | None = None,
) -> dict[str, Any]:
    """A sign-in with faults; what the page says."""
    location = start(bench, browser, provider, env, query).headers.get("Location")
    if not location:
        return {"error": {"name": "no start"}}
    try:
        back = consent(bench, browser, location, persona, *faults)
    except AssertionError:
        return {"error": {"name": "the vendor refuses"}}
    if grant is not None:
        grant.append(back.headers["Mock-Idp-Grant"])
    url = back.headers.get("Location")
    if not url:
        return {"error": {"name": "no redirect"}}
    return message(browser.get(tamper(url) if tamper else url, allow_redirects=False))


def signs_in(provider: str, *faults: Any, **options: Any) -> Callable[[Any], Any]:
    """A play: one sign-in with faults."""
    return lambda bench: told(sign_in(bench, bench.browser(), provider, *faults, **options))


def forged(**members: Any) -> dict[str, Any]:
    """The fault of an ID token that says this."""
    return {"fault": "forged", **members}


def claims(**members: Any) -> dict[str, Any]:
    """The fault of an ID token with these claims."""
    return forged(claims=members)


def refreshes(provider: str, *faults: Any, env: str = "development", persona: str = "plain") -> Callable[[Any], Any]:
    """A play: sign in, then refresh with faults."""

    def play(bench: Any) -> Any:
        browser, grant = bench.browser(), []
        first = told(
            sign_in(
                bench,
                browser,
                provider,
                env=env,
                persona=persona,
                query="&scope=openid%20offline_access%20email%20profile",
                grant=grant,
            )
        )
        browser.patch(f"{bench.idp}/__idp/grants/{grant[0]}", json={"faults": list(faults)})
        return [first, refresh(bench, browser, provider, env)]

    return play


def refresh(bench: Any, browser: Any, provider: str, env: str = "development") -> Any:
    """Refresh a session; who it is then."""
    answer = browser.get(f"{bench.auth}/{provider}/refresh?env={env}", headers=XRW)
    return told(answer.json())


def service(bench: Any, name: str, **changes: Any) -> None:
    """Change a service of the mock."""
    answer = bench.browser().patch(f"{bench.idp}/__idp/services/{name}", json=changes)
    assert answer.ok, answer.text


def journal(bench: Any, **wanted: Any) -> list[dict[str, Any]]:
    """What the mock was asked."""
    return bench.browser().get(f"{bench.idp}/__idp/journal", params=wanted).json()["entries"]


def query_of(url: str) -> dict[str, list[str]]:
    """Parameters of an address."""
    return parse_qs(urlsplit(url).query, keep_blank_values=True)


# --- auth proxies ---


def headers_of(bench: Any, proxy: str, persona: str = "plain", **mint: Any) -> dict[str, str]:
    """Headers of an auth proxy, changed as the control API can."""
    answer = bench.browser().post(f"{bench.idp}/__idp/proxies/{proxy}/headers", json={"persona": persona, **mint})
    assert answer.ok, answer.text
    found: dict[str, str] = {}
    for name, value in answer.json()["headers"]:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def enter(bench: Any, provider: str, headers: dict[str, str]) -> Any:
    """Who a proxy's headers sign in."""
    answer = bench.browser().get(f"{bench.auth}/{provider}/refresh", headers=headers)
    return told(answer.json()) if answer.ok else answer.status_code


def enters(proxy: str, *, without: tuple[str, ...] = (), persona: str = "plain", **mint: Any) -> Callable[[Any], Any]:
    """A play: come in by headers of a proxy."""

    def play(bench: Any) -> Any:
        headers = headers_of(bench, proxy, persona, **mint)
        kept = {name: value for name, value in headers.items() if name.lower() not in without}
        return enter(bench, mint.get("provider", proxy), kept)

    return play


# --- clients of the authorization server ---

CALLBACK = "http://localhost:8765/callback"
VERIFIER = "v" * 43


def s256(verifier: str = VERIFIER) -> str:
    """The challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


PKCE = {"code_challenge": s256(), "code_challenge_method": "S256"}


def user_token(bench: Any, persona: str = "plain") -> str:
    """A Backstage token of somebody."""
    page = message(bench.sign_in(bench.browser(), "github", persona))
    return page["response"]["backstageIdentity"]["token"]


def register(bench: Any, *redirect_uris: str, **members: Any) -> Any:
    """Register a client; the answer."""
    body = {"client_name": "Client", "redirect_uris": list(redirect_uris) or [CALLBACK], **members}
    return bench.browser().post(f"{bench.auth}/v1/register", json=body)


def client(bench: Any, **members: Any) -> dict[str, Any]:
    """A registered client."""
    return register(bench, **members).json()


def public(bench: Any) -> dict[str, Any]:
    """A registered client without a secret."""
    return client(bench, token_endpoint_auth_method="none")


def authorize(bench: Any, who: dict[str, Any] | str, **parameters: Any) -> Any:
    """An authorization request; the answer, not followed."""
    client_id = who if isinstance(who, str) else who["client_id"]
    asked = {
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "state": "s",
        **PKCE,
        **parameters,
    }
    asked = {name: value for name, value in asked.items() if value is not None}
    return bench.browser().get(f"{bench.auth}/v1/authorize", params=asked, allow_redirects=False)


def session_id(answer: Any) -> str:
    """The session of an accepted authorization request."""
    return answer.headers["Location"].rpartition("/")[2]


def accepted(answer: Any) -> Any:
    """Whether an authorization request leads to the consent page, else the status."""
    return "consent" if "/oauth2/authorize/" in answer.headers.get("Location", "") else answer.status_code


def decide(bench: Any, session: str, token: str, what: str = "approve") -> Any:
    """Decide about a session; the answer."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return bench.browser().post(f"{bench.auth}/v1/sessions/{session}/{what}", headers=headers)


def code(bench: Any, who: dict[str, Any] | str, token: str = "", **parameters: Any) -> str:
    """An approved authorization code."""
    session = session_id(authorize(bench, who, **parameters))
    url = decide(bench, session, token or user_token(bench)).json()["redirectUrl"]
    return query_of(url)["code"][0]


def post(bench: Any, path: str, form: Any, **options: Any) -> Any:
    """A request of a client to an endpoint, by form."""
    return bench.browser().post(f"{bench.auth}/v1/{path}", data=form, **options)


def redeem(bench: Any, who: dict[str, Any] | str, value: str, **form: Any) -> Any:
    """Redeem a code as a client; the answer."""
    own = (
        {"client_id": who}
        if isinstance(who, str)
        else {
            "client_id": who["client_id"],
            **({"client_secret": who["client_secret"]} if who.get("client_secret") else {}),
        }
    )
    asked = {
        "grant_type": "authorization_code",
        "code": value,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **own,
        **form,
    }
    return post(bench, "token", {name: item for name, item in asked.items() if item is not None})


def renew(bench: Any, who: dict[str, Any], token: str, **form: Any) -> Any:
    """Use a refresh token as a client; the answer."""
    own = {name: who[name] for name in ("client_id", "client_secret") if who.get(name)}
    asked = {"grant_type": "refresh_token", "refresh_token": token, **own, **form}
    return post(bench, "token", {name: item for name, item in asked.items() if item is not None})


def outcome(answer: Any) -> Any:
    """Status and error code, or the names of what was given."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    return [answer.status_code, body.get("error") if "error" in body else sorted(body)]


def offline(bench: Any, who: dict[str, Any], token: str = "") -> str:
    """A first refresh token."""
    return redeem(bench, who, code(bench, who, token, scope="openid offline_access")).json()["refresh_token"]


def payload(token: str) -> dict[str, Any]:
    """Claims of a JWT."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def escaped(text: str) -> str:
    """Percent-encoded."""
    return quote(text, safe="")
