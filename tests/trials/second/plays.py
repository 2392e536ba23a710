"""What proofs have in common: requests to a backend, and plain data about the answers. No seed is in here."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import time
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

import jwt
import requests

APP = "http://localhost:3000"
XHR = {"X-Requested-With": "XMLHttpRequest"}


# --- the mock -------------------------------------------------------------------------------------------------------


def control(bench: Any, method: str, path: str, **data: Any) -> Any:
    """One operation of the mock's control API."""
    session = requests.Session()
    session.trust_env = False
    answer = session.request(method, f"{bench.idp}/__idp{path}", json=data or None)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.text else None


def reset(bench: Any) -> None:
    """Have the mock as at the start."""
    control(bench, "POST", "/reset")


def journal(bench: Any, **wanted: str) -> list[dict[str, Any]]:
    """What the mock was asked since the last reset."""
    return control(bench, "GET", f"/journal?{urlencode(wanted)}")["entries"]


# --- pages and messages ---------------------------------------------------------------------------------------------


def message(page: requests.Response) -> tuple[dict[str, Any], str]:
    """What a page posts, and to which origin."""
    found = re.findall(r"decodeURIComponent\('([^']*)'\)", page.text)
    if len(found) != 2:
        return {}, f"no message: {page.status_code}"
    return json.loads(unquote(found[0])), unquote(found[1])


def told(error: dict[str, Any]) -> str:
    """An error as one text, without what differs from run to run."""
    text = re.sub(r"127\.0\.0\.1:\d+|localhost:\d{5}", "HOST", str(error.get("message")))
    return f"{error.get('name')}: {re.sub(r'[0-9]{9,}', 'N', text)}"[:160]


def who(page: requests.Response) -> str:
    """Who is signed in by a page or by a JSON answer, or why nobody is."""
    if page.status_code == 302:
        return f"redirected to {page.headers['Location']}"
    if page.headers.get("Content-Type", "").startswith("application/json"):
        body = page.json()
    else:
        body = message(page)[0]
        body = body.get("response") or body
    if "error" in body:
        return told(body["error"]) if isinstance(body["error"], dict) else f"{body['error']}: {body}"
    identity = body.get("backstageIdentity")
    return identity["identity"]["userEntityRef"] if identity else f"nobody, {sorted(body)} {page.status_code}"


def response_of(page: requests.Response) -> dict[str, Any]:
    """The session that a page or a JSON answer carries."""
    if page.headers.get("Content-Type", "").startswith("application/json"):
        return page.json()
    return message(page)[0].get("response") or {}


def set_cookies(answer: requests.Response) -> list[str]:
    """The Set-Cookie lines of an answer."""
    return list(answer.raw.headers.getlist("Set-Cookie"))


def live_cookies(answer: requests.Response) -> dict[str, dict[str, str]]:
    """Cookies with a value, with their attributes in lower case."""
    found = {}
    for line in set_cookies(answer):
        pair, *rest = line.split("; ")
        name, _, value = pair.partition("=")
        attributes = {key.lower(): text for key, _, text in (one.partition("=") for one in rest)}
        if value and attributes.get("max-age") != "0":
            found[name] = {"value": value, **attributes}
    return found


# --- sign-in --------------------------------------------------------------------------------------------------------


def start(bench: Any, browser: requests.Session, provider: str, env: str = "development", **query: str) -> Any:
    """The start of a flow; the answer is not followed."""
    return browser.get(f"{bench.auth}/{provider}/start", params={"env": env, **query}, allow_redirects=False)


def sent_upstream(answer: requests.Response) -> dict[str, str]:
    """Parameters of the authorization request."""
    return dict(parse_qsl(urlsplit(answer.headers.get("Location", "")).query, keep_blank_values=True))


def state_of(answer: requests.Response) -> dict[str, str]:
    """Members of the state that a start made."""
    return dict(parse_qsl(bytes.fromhex(sent_upstream(answer)["state"]).decode()))


def make_state(**members: str) -> str:
    """A home-made state."""
    return urlencode(members).encode().hex()


def decide(bench: Any, browser: requests.Session, location: str, persona: str = "plain", **more: Any) -> str:
    """Decide at the vendor; the address to which it sends the browser back."""
    fields = dict(more)
    if "faults" in fields:
        fields["faults"] = json.dumps(fields["faults"])
    asked = dict(parse_qsl(urlsplit(location).query)).get("scope", "")
    fields.setdefault("scope", re.split(r"[\s,]+", asked))
    browser.proxies.setdefault("https://127.0.0.1", "")
    answer = bench.consent(browser, location, persona, **fields)
    assert "Location" in answer.headers, f"{answer.status_code} {answer.text[:300]}"
    return answer.headers["Location"]


def sign_in(
    bench: Any,
    provider: str,
    persona: str = "plain",
    *,
    env: str = "development",
    browser: requests.Session | None = None,
    query: dict[str, str] | None = None,
    **more: Any,
) -> requests.Response:
    """A whole sign-in; the last page."""
    browser = browser or bench.browser()
    begun = start(bench, browser, provider, env, **(query or {}))
    assert begun.status_code == 302, f"{begun.status_code} {begun.text[:300]}"
    back = decide(bench, browser, begun.headers["Location"], persona, **more)
    return browser.get(back, allow_redirects=False)


def refresh(
    bench: Any, browser: requests.Session, provider: str, env: str = "development", method: str = "GET", **more: Any
) -> requests.Response:
    """A refresh."""
    headers = {**XHR, **more.pop("headers", {})}
    address = f"{bench.auth}/{provider}/refresh"
    return browser.request(method, address, params={"env": env, **more}, headers=headers)


def logout(bench: Any, browser: requests.Session, provider: str, env: str = "development", **headers: str) -> Any:
    """A logout."""
    address = f"{bench.auth}/{provider}/logout"
    return browser.post(address, params={"env": env}, headers={**XHR, **headers})


def latest_grant(bench: Any) -> str:
    """Id of the grant that was given last."""
    return max(control(bench, "GET", "/grants")["grants"], key=lambda grant: grant["granted_at"])["id"]


def change_grant(bench: Any, faults: list[Any]) -> None:
    """Let the latest grant carry other faults from now on."""
    control(bench, "PATCH", f"/grants/{latest_grant(bench)}", faults=faults)


# --- auth proxies and SAML ------------------------------------------------------------------------------------------


def proxy(bench: Any, provider: str, persona: str = "plain", kind: str | None = None, **forgery: Any) -> str:
    """Who is signed in by the headers that an auth proxy makes."""
    vendor = kind or provider.partition("-")[0]
    made = control(bench, "POST", f"/proxies/{vendor}/headers", persona=persona, provider=provider, **forgery)
    headers = {name: value.encode("latin-1") for name, value in made["headers"]}
    return who(bench.browser().get(f"{bench.auth}/{provider}/refresh", headers=headers))


def saml_answer(
    bench: Any, browser: requests.Session, provider: str = "saml", persona: str = "plain", faults: Any = ()
) -> tuple[str, dict[str, str]]:
    """The form with which the identity provider sends the browser back: address and fields."""
    begun = browser.get(f"{bench.auth}/{provider}/start", allow_redirects=False)
    page = bench.consent(browser, begun.headers["Location"], persona, faults=json.dumps(list(faults)))
    action = re.search(r'action="([^"]+)"', page.text)
    assert action, f"{page.status_code} {page.text[:300]}"
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', page.text)
    return html.unescape(action[1]), {name: html.unescape(value) for name, value in fields}


def saml(bench: Any, provider: str = "saml", persona: str = "plain", *faults: Any) -> str:
    """Who is signed in by an answer of the SAML identity provider."""
    browser = bench.browser()
    address, fields = saml_answer(bench, browser, provider, persona, faults)
    return who(browser.post(address, data=fields, allow_redirects=False))


# --- tokens ---------------------------------------------------------------------------------------------------------


def claims_of(token: str) -> dict[str, Any]:
    """Payload of a JWT."""
    return json.loads(unb64(token.split(".")[1]))


def header_of(token: str) -> dict[str, Any]:
    """Header of a JWT."""
    return json.loads(unb64(token.split(".", maxsplit=1)[0]))


def unb64(text: str) -> bytes:
    """Undo base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def user_token(bench: Any, provider: str = "guest") -> str:
    """A Backstage token of whoever a guest provider signs in."""
    return bench.browser().get(f"{bench.auth}/{provider}/refresh").json()["backstageIdentity"]["token"]


def bearer(token: str) -> dict[str, str]:
    """The header of a bearer token."""
    return {"Authorization": f"Bearer {token}"}


def userinfo(bench: Any, token: str) -> int:
    """Status of user info for a token."""
    return bench.browser().get(f"{bench.auth}/v1/userinfo", headers=bearer(token)).status_code


def own_token(bench: Any, *, kid: str = "first-key", header: Any = None, **claims: Any) -> str:
    """A token signed with one of the backend's static keys (profile static-keys); None leaves a claim out."""
    keys = {key["kid"]: key for key in control(bench, "GET", "/")["backend_keys"]}
    now = int(time.time())
    usual = {"iss": bench.auth, "sub": "user:development/guest", "aud": "backstage", "iat": now, "exp": now + 600}
    said = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    head = {"typ": "vnd.backstage.user", "kid": kid, **(header or {})}
    return jwt.encode(said, keys[kid]["private_key"], algorithm=keys[kid]["algorithm"], headers=head)


def is_signed(bench: Any, token: str) -> bool:
    """Whether a token verifies against the published keys, as any JOSE library does it."""
    keys = bench.browser().get(f"{bench.auth}/.well-known/jwks.json").json()["keys"]
    head = header_of(token)
    for key in keys:
        if key["kid"] == head["kid"]:
            try:
                jwt.decode(token, jwt.PyJWK(key), algorithms=[head["alg"]], options={"verify_aud": False})
            except jwt.PyJWTError:
                return False
            return True
    return False


# --- the authorization server ---------------------------------------------------------------------------------------

VERIFIER = "a-code-verifier-of-more-than-forty-three-characters-0123456789"
CHALLENGE = b64(hashlib.sha256(VERIFIER.encode()).digest())
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
CALLBACK = "http://localhost:8765/callback"
USER = "guest-of-catalog"


def register(bench: Any, **members: Any) -> dict[str, Any]:
    """A registered client."""
    body = {"redirect_uris": [CALLBACK], "client_name": "A client", **members}
    answer = bench.browser().post(f"{bench.auth}/v1/register", json=body)
    return {**answer.json(), "status": answer.status_code}


def authorize(bench: Any, client_id: str, **query: Any) -> requests.Response:
    """An authorization request."""
    usual = {"client_id": client_id, "redirect_uri": CALLBACK, "response_type": "code", **PKCE, **query}
    asked = {name: value for name, value in usual.items() if value is not None}
    return bench.browser().get(f"{bench.auth}/v1/authorize", params=asked, allow_redirects=False)


def authorized(answer: requests.Response) -> str:
    """What came of an authorization request, in a few words."""
    if answer.status_code == 302:
        parts = urlsplit(answer.headers["Location"])
        return "accepted" if parts.netloc == "localhost:3000" else f"sent to {parts.netloc}"
    body = answer.json()
    error = body.get("error")
    return f"{answer.status_code} {told(error) if isinstance(error, dict) else body.get('error_description')}"[:120]


def session_id(answer: requests.Response) -> str:
    """Id of the session that an authorization request began."""
    return urlsplit(answer.headers["Location"]).path.rpartition("/")[2]


def approve(bench: Any, answer: requests.Response, user: str = USER) -> str:
    """Approve; where the browser goes next."""
    address = f"{bench.auth}/v1/sessions/{session_id(answer)}/approve"
    return bench.browser().post(address, headers=bearer(user_token(bench, user))).json()["redirectUrl"]


def code_of(url: str) -> str:
    """The code in an address."""
    return parse_qs(urlsplit(url).query)["code"][0]


def token(bench: Any, auth: tuple[str, str] | None = None, **form: Any) -> requests.Response:
    """A token request; None leaves a member out."""
    said = {name: value for name, value in form.items() if value is not None}
    return bench.browser().post(f"{bench.auth}/v1/token", data=said, auth=auth)


def redeem(bench: Any, code: str, auth: tuple[str, str] | None = None, **form: Any) -> requests.Response:
    """Redeem a code."""
    usual = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return token(bench, auth, **{**usual, **form})


def answered(answer: requests.Response) -> str:
    """What came of a token request, in a few words."""
    body = answer.json()
    if answer.ok:
        return f"{answer.status_code} {sorted(body)}"
    return f"{answer.status_code} {body.get('error')}: {body.get('error_description')}"[:120]


def public_client(bench: Any, **members: Any) -> str:
    """Id of a registered public client."""
    return register(bench, token_endpoint_auth_method="none", **members)["client_id"]


def offline(bench: Any, client_id: str, user: str = USER, **query: Any) -> dict[str, Any]:
    """The answer to a code of a client that wants a refresh token."""
    asked = authorize(bench, client_id, scope="openid offline_access", **query)
    return redeem(bench, code_of(approve(bench, asked, user)), client_id=client_id).json()


def renew(bench: Any, refresh_token: str, **form: Any) -> requests.Response:
    """Use a refresh token of the authorization server."""
    return token(bench, grant_type="refresh_token", refresh_token=refresh_token, **form)


__all__ = [name for name in dir() if not name.startswith("_") and name != "annotations"]
