"""Requests that the proofs of the ``frame_`` modules share; what they return is plain and the same in every run."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urljoin, urlsplit

import requests

APP = "http://localhost:3000"
OTHER_APP = "https://x.allowed.example"
AJAX = {"X-Requested-With": "XMLHttpRequest"}
NO_REDIRECT: dict[str, Any] = {"allow_redirects": False}


def set_cookies(response: requests.Response) -> list[str]:
    """All Set-Cookie lines, as they came."""
    return list(response.raw.headers.getlist("Set-Cookie"))


def attributes(response: requests.Response, part: str = "", drop: str = "expires") -> list[str]:
    """Host-only cookies of an answer with their attributes; values shown as live or gone."""
    found = []
    for line in set_cookies(response):
        head, *rest = line.split("; ")
        name, _, value = head.partition("=")
        if part in name and not (any(one.lower().startswith("domain=") for one in rest) and not value):
            kept = [one for one in rest if not one.lower().startswith(drop)]
            found.append("; ".join([f"{name}={'live' if value else 'gone'}", *kept]))
    return found


class Jar(dict[str, str]):
    """Cookies by name, as they are encoded on the wire; paths do not count."""

    def take(self, response: requests.Response) -> None:
        """Do what a browser does with an answer."""
        for line in set_cookies(response):
            name, _, value = line.split(";")[0].partition("=")
            if value:
                self[name] = value
            elif "domain=" not in line.lower():
                self.pop(name, None)

    def header(self) -> dict[str, str]:
        """The Cookie header."""
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.items())} if self else {}


def page(response: requests.Response) -> tuple[dict[str, Any], str]:
    """Message and target of a web message page."""
    found = re.findall(r"decodeURIComponent\('([^']*)'\)", response.text)
    return json.loads(unquote(found[0])), unquote(found[1])


def session_of(response: requests.Response) -> dict[str, Any]:
    """The session in a page or in the answer to a refresh; empty if there is none."""
    if "json" in response.headers.get("Content-Type", ""):
        return dict(response.json())
    return dict(page(response)[0].get("response") or {})


def summary(session: dict[str, Any]) -> dict[str, Any]:
    """A session without what differs from run to run."""
    info = session.get("providerInfo") or {}
    identity = (session.get("backstageIdentity") or {}).get("identity") or {}
    return {
        "profile": session.get("profile"),
        "scope": info.get("scope"),
        "keys": sorted(info),
        "who": identity.get("userEntityRef"),
        "owns": identity.get("ownershipEntityRefs"),
    }


def told(bench: Any, response: requests.Response) -> Any:
    """What an answer says: status and error, session, or place."""
    kind, status = response.headers.get("Content-Type", ""), response.status_code
    if response.headers.get("Location"):
        return clean(bench, [status, response.headers["Location"].partition("state=")[0]])
    if kind.startswith("text/html") and "decodeURIComponent" in response.text:
        message, target = page(response)
        body = message.get("error") or summary(message.get("response") or {})
        return clean(bench, [status, target, body])
    if "json" in kind:
        body = response.json()
        if "error" in body:
            return clean(bench, [status, body["error"]["name"], body["error"]["message"]])
        return clean(bench, [status, summary(body)])
    return clean(bench, [status, response.text])


def who(bench: Any, response: requests.Response) -> Any:
    """Who is signed in by an answer, or the error's name and message."""
    seen = told(bench, response)
    last = seen[-1]
    return (last["who"] or "nobody") if isinstance(last, dict) and "who" in last else last


def clean(bench: Any, value: Any) -> Any:
    """The same without the ports of this run."""
    text = json.dumps(value)
    for base, name in ((bench.auth, "AUTH"), (bench.idp, "IDP"), (bench.auth.removesuffix("/api/auth"), "BACKEND")):
        text = text.replace(base, name).replace(base.replace(":", "%3A").replace("/", "%2F"), name)
    return json.loads(text)


class Flow:
    """One sign-in, step by step, in a browser of its own."""

    def __init__(
        self,
        bench: Any,
        provider: str = "github",
        env: str = "development",
        *,
        jar: Jar | None = None,
        headers: dict[str, str] | None = None,
        **query: str,
    ) -> None:
        self.bench, self.provider, self.env = bench, provider, env
        self.jar = Jar() if jar is None else jar
        self.http = bench.browser()
        url = f"{bench.auth}/{provider}/start?" + urlencode({"env": env, **query})
        self.started = plain(bench).get(url, headers={**self.jar.header(), **(headers or {})}, **NO_REDIRECT)
        self.jar.take(self.started)
        self.location = self.started.headers.get("Location", "")
        self.query = dict(parse_qsl(urlsplit(self.location).query))
        self.state = self.query.get("state", "")
        self.members = members(self.state)
        self.grant = ""

    def answer(self, persona: str = "plain", **fields: Any) -> str:
        """Consent to all that is asked for; gives the query with which the vendor sends the browser back."""
        if urlsplit(self.location).hostname == "127.0.0.1":
            self.http.proxies = {}
        shown = self.http.get(self.location)
        asked = re.search(r'name="request" value="([^"]+)"', shown.text)
        if asked is None and shown.history:
            return urlsplit(shown.url).query
        assert asked, f"no consent page: {shown.status_code} {shown.text[:200]}"
        scopes = [
            one
            for tag in re.findall(r"<input[^>]*>", shown.text)
            if 'name="scope"' in tag
            for one in re.findall(r'value="([^"]*)"', tag)
        ]
        form = {"request": asked[1], "persona": persona, "decision": "allow", "scope": scopes, **fields}
        back = self.http.post(urljoin(shown.url, "/__idp/consent"), data=form, allow_redirects=False)
        self.grant = back.headers.get("Mock-Idp-Grant", "")
        return urlsplit(back.headers["Location"]).query

    def callback(
        self,
        query: str,
        method: str = "GET",
        jar: Jar | None = None,
        data: Any = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        """The way back."""
        sent = self.jar if jar is None else jar
        url = f"{self.bench.auth}/{self.provider}/handler/frame?{query}"
        response = plain(self.bench).request(
            method, url, headers={**sent.header(), **(headers or {})}, data=data, **NO_REDIRECT
        )
        sent.take(response)
        return response

    def finish(self, persona: str = "plain", faults: Any = None, **fields: str) -> requests.Response:
        """Consent and the way back."""
        extra = {"faults": json.dumps(faults)} if faults else {}
        return self.callback(self.answer(persona, **extra, **fields))

    def refresh(
        self, method: str = "GET", headers: dict[str, str] | None = None, env: str = "", **query: str
    ) -> requests.Response:
        """Refresh with the cookies of this browser."""
        url = f"{self.bench.auth}/{self.provider}/refresh?" + urlencode({"env": env or self.env, **query})
        sent = {**self.jar.header(), **(AJAX if headers is None else headers)}
        response = plain(self.bench).request(method, url, headers=sent, **NO_REDIRECT)
        self.jar.take(response)
        return response

    def logout(self, headers: dict[str, str] | None = None, method: str = "POST") -> requests.Response:
        """Log out."""
        url = f"{self.bench.auth}/{self.provider}/logout?env={self.env}"
        sent = {**self.jar.header(), **(AJAX if headers is None else headers)}
        response = plain(self.bench).request(method, url, headers=sent, **NO_REDIRECT)
        self.jar.take(response)
        return response

    def faults(self, *orders: Any) -> None:
        """Change what the grant carries."""
        requests.patch(f"{self.bench.idp}/__idp/grants/{self.grant}", json={"faults": list(orders)}).raise_for_status()

    def asked(self) -> list[dict[str, Any]]:
        """What the backend asked the vendor for this grant, in order."""
        answer = requests.get(f"{self.bench.idp}/__idp/journal", params={"grant": self.grant})
        answer.raise_for_status()
        found = answer.json()
        entries = found["entries"] if isinstance(found, dict) else found
        return [one for one in entries if one["endpoint"] not in ("authorization", "consent")]


def plain(bench: Any) -> requests.Session:
    """A client without cookies."""
    session = bench.browser()
    session.cookies.set_policy(__import__("http.cookiejar").cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return session


def members(state: str) -> dict[str, str]:
    """Members of a state."""
    return dict(parse_qsl(bytes.fromhex(state).decode(), keep_blank_values=True)) if state else {}


def made_state(**given: str) -> str:
    """A state of one's own."""
    return urlencode(given).encode().hex()


def get(
    bench: Any, path: str, method: str = "GET", headers: dict[str, str] | None = None, **options: Any
) -> requests.Response:
    """One request to the plugin."""
    return plain(bench).request(method, f"{bench.auth}{path}", headers=headers or {}, **NO_REDIRECT, **options)


def user_token(bench: Any, persona: str = "plain", provider: str = "github") -> str:
    """A Backstage token."""
    return str(session_of(Flow(bench, provider).finish(persona))["backstageIdentity"]["token"])


def b64url(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text: str) -> bytes:
    """Undo it."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token."""
    header, claims, _ = token.split(".")
    return json.loads(unb64url(header)), json.loads(unb64url(claims))


def encoded(*objects: Any) -> str:
    """Signing input."""
    return ".".join(b64url(json.dumps(one, separators=(",", ":")).encode()) for one in objects)


def userinfo(bench: Any, token: str, scheme: str = "Bearer") -> Any:
    """What the user info endpoint says."""
    response = get(bench, "/v1/userinfo", headers={"Authorization": f"{scheme} {token}"})
    if response.status_code == 200:
        return [200, response.json()["claims"].get("sub")]
    return told(bench, response)


def query_of(url: str) -> dict[str, list[str]]:
    """Query of an address."""
    return parse_qs(urlsplit(url).query, keep_blank_values=True)
