"""The last part of the examination: one whole sign-in with every provider.

What keeps it from working is a fault of the set-up if the mock's journal says so (no request arrived, another secret
was sent), and else a defect of the backend, which the scenarios judge.
"""

import base64
import binascii
import contextlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from conformance.driver import popup
from conformance.driver.browser import Browser, Transcript, encode_query
from conformance.driver.cookies import parse_set_cookie, same_site
from conformance.driver.idp import Idp, IdpError, give_consent
from conformance.driver.observation import observe_response, observe_url
from conformance.driver.wire import NoAnswerError, Request, Response, Wire, origin_of
from conformance.examination.findings import Finding, FoundError, found
from conformance.scenario.model import ProviderFacts
from conformance.target import Provider, Target

CATALOG_SECONDS: Final = 30.0
"""How long a catalog may take to learn about the personas before that counts as a fault."""

CATALOG_POLL_SECONDS: Final = 0.2

FIRST_PERSONA: Final = "plain"
"""The persona that has nothing special, so nothing but the set-up can keep it from signing in."""

UNKNOWN_PERSONA: Final = "resolve user identity"
"""Part of the message of RES-07."""

SHOWN_CHARACTERS: Final = 200
"""Longer messages are cut."""

SESSION_COOKIE: Final = "connect.sid"
"""SESSION-02."""

WITHOUT_SESSIONS: Final = frozenset({"bare"})
"""Profiles without a session secret: what its absence comes to is what their scenarios are about (UP-20)."""

_NO_SESSIONS: Final = re.compile(r"session support|session\.secret", re.IGNORECASE)
_LOST_SESSION: Final = re.compile(r"\bsession\b", re.IGNORECASE)
_OWN_CHECKS: Final = re.compile(r"\bnonce\b|\bstate\b", re.IGNORECASE)
_UNTRUSTED: Final = re.compile(r"certificate|self.signed|\bCERT_|\bSSL\b|\bTLS\b", re.IGNORECASE)
_UNREACHED: Final = re.compile(
    r"ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|getaddrinfo|fetch failed|socket hang up"
    r"|connection (refused|error|reset)|(can|could) ?not (connect|be reached|reach)|unreachable|name resolution"
    r"|name or service|timed out|max retries|failed to obtain access token|proxy",
    re.IGNORECASE,
)
"""What programs say that cannot reach somebody; passport says that it failed to obtain an access token."""


def sign_in_everywhere(
    target: Target, facts: Mapping[str, ProviderFacts], wire: Wire, skipped: Sequence[str] = ()
) -> list[Finding]:
    """Sign the plain persona in with every provider, waiting for the catalog if it is not ready yet.

    Parameters:
        target: what is known about the target so far.
        facts: what is known about vendors.
        wire: how requests are sent.
        skipped: ids of providers of which a fault is known already.

    Raises:
        FoundError: the target does not answer any more.
    """
    findings: list[Finding] = []
    deadline = time.monotonic() + CATALOG_SECONDS
    finds_people = False
    tried = [provider for provider in target.providers if provider.id not in skipped and _is_there(target, provider)]
    for provider in tried:
        trial = _Trial(target, provider, facts[provider.vendor], wire)
        finding = trial.outcome()
        while finding is not None and finding.name == "person-not-found" and time.monotonic() < deadline:
            time.sleep(CATALOG_POLL_SECONDS)
            trial = _Trial(target, provider, facts[provider.vendor], wire)
            finding = trial.outcome()
        finds_people |= trial.has_found_somebody
        if finding is not None:
            findings.append(finding)
    nobody = [finding for finding in findings if finding.name == "person-not-found"]
    if nobody and not finds_people:
        # Nobody is found by any provider, so it is the catalog.
        location = f"{target.idp['urls']['http']}/__idp/catalog.yaml"
        catalog = found("target-catalog", persona=FIRST_PERSONA, seconds=f"{CATALOG_SECONDS:g}", location=location)
        return [catalog, *(finding for finding in findings if finding not in nobody)]
    return findings


def _is_there(target: Target, provider: Provider) -> bool:
    if provider.not_applicable or provider.reserved:
        return False
    return not provider.has_environments or target.environment in provider.environments


class _Trial:
    """One sign-in at one provider, as far as it goes."""

    def __init__(self, target: Target, provider: Provider, facts: ProviderFacts, wire: Wire) -> None:
        self._target = target
        self._provider = provider
        self._facts = facts
        self._wire = wire
        self._browser = Browser(wire, target.app_origin, Transcript())
        self._url = f"{target.auth_url}/{provider.id}"
        self._environment = {"env": target.environment} if provider.has_environments else {}
        self._start_url = ""
        self._location = ""
        self._sent: Mapping[str, str] = {}
        self._back: popup.WayBack | None = None
        self._grant: str | None = None
        self._session: Any = None

    def outcome(self) -> Finding | None:
        """What keeps the sign-in from working, or None."""
        popup_flow = (self._start, self._check_redirect, self._consent, self._call_back, self._refresh)
        for stage in popup_flow if self._provider.has_popup else (self._ask_through_proxy,):
            finding = stage()
            if finding is not None:
                return finding
        return None

    @property
    def has_found_somebody(self) -> bool:
        """True if the persona was found in the catalog; a guest need not be."""
        return isinstance(self._session, dict) and "backstageIdentity" in self._session

    def _ask_through_proxy(self) -> Finding | None:
        """Ask as through the auth proxy, whose headers the mock makes; a guest needs none."""
        fields: dict[str, Any] = {}
        if "headers" in self._facts.capabilities:
            order = {"persona": FIRST_PERSONA, "provider": self._provider.id, "faults": []}
            try:
                minted = Idp(self._target.idp["urls"]["http"], self._wire).post(
                    f"/proxies/{self._provider.vendor}/headers", order
                )["headers"]
            except (IdpError, KeyError, TypeError):
                return None  # nothing is known, so nothing is blamed on anybody
            for name, value in minted:
                fields[name] = [*fields.get(name, []), value]
        try:
            answer = self._browser.fetch(f"{self._url}/refresh", headers=fields)
        except NoAnswerError as error:
            return self._no_answer("refresh", error, f"{self._url}/refresh")
        if answer.status == 200:
            with contextlib.suppress(ValueError):
                self._session = json.loads(answer.body) if fields else None
            return None
        message = message_of(answer)
        if UNKNOWN_PERSONA in message:
            return self._found("person-not-found")
        return self._unreached(message) or self._found("proxy-fails", status=answer.status, message=message)

    def _found(self, name: str, **values: Any) -> Finding:
        return found(name, self._provider.id, **values)

    def _no_answer(self, stage: str, error: NoAnswerError, url: str) -> Finding:
        if error.origin != origin_of(self._target.auth_url):
            return found("idp-proxy", problem=str(error))
        try:
            self._wire.send(Request("GET", f"{self._target.auth_url}/.well-known/jwks.json", ()))
        except NoAnswerError as again:
            raise FoundError(found("target-gone", problem=str(again), url=url)) from error
        return self._found(f"{stage}-silent" if "did not answer within" in error.problem else f"{stage}-breaks-off")

    def _start(self) -> Finding | None:
        scope = " ".join(self._facts.scopes.frontend)
        parameters = popup.start_parameters(
            self._provider.kind, scope, self._target.app_origin, self._target.environment
        )
        self._start_url = f"{self._url}/start?{encode_query(parameters)}"
        try:
            answer = self._browser.navigate(self._start_url)
        except NoAnswerError as error:
            return self._no_answer("start", error, self._start_url)
        location = answer.header("location")
        if location is None or not 300 <= answer.status < 400:
            return self._no_redirect(answer)
        self._location = location
        self._cookies = [parse_set_cookie(raw) for raw in answer.header_values("set-cookie")]
        return None

    def _no_redirect(self, answer: Response) -> Finding | None:
        message = message_of(answer)
        if answer.status < 400:
            return self._found("start-shows-a-page", status=answer.status)
        if _NO_SESSIONS.search(message):
            is_meant = self._target.profile in WITHOUT_SESSIONS
            return None if is_meant else self._found("session-secret", problem=message)
        return self._unreached(message) or self._found("start-fails", status=answer.status, message=message)

    def _unreached(self, message: str) -> Finding | None:
        if _UNTRUSTED.search(message):
            return self._found("vendor-untrusted", problem=message)
        return self._found("vendor-unreached", problem=message) if _UNREACHED.search(message) else None

    def _check_redirect(self) -> Finding | None:
        if not self._location:
            return None
        seen = observe_url(self._location)
        if seen.get("origin") is None:
            return self._found("start-redirects-nowhere", location=self._location[:SHOWN_CHARACTERS])
        self._sent = seen["query"]
        if self._provider.kind != "oauth":
            return None
        for name, finding in (
            ("state", "state-missing"),
            ("client_id", "client-missing"),
            ("redirect_uri", "redirect-uri-missing"),
        ):
            if not self._sent.get(name):
                return self._found(finding)
        callback = self._sent["redirect_uri"]
        # What a foreign callback URL comes to, the vendor says.
        return self._check_nonce(callback) if callback.partition("?")[0] == f"{self._url}/handler/frame" else None

    def _check_nonce(self, callback: str) -> Finding | None:
        name = f"{self._provider.id}-nonce"
        now = self._browser.now()
        if any(
            part.partition("=")[0].strip() == name
            for part in (self._browser.jar.cookies_for(callback, now, cross_site=True, navigation=True) or "").split(
                ";"
            )
        ):
            return None
        set_ = [cookie for cookie in self._cookies if cookie.name == name and not cookie.is_deletion(now)]
        if not set_:
            return self._found("nonce-not-set", cookie=name)
        return self._found("nonce-lost", path=urlsplit(callback).path, cookie=attributes_of(set_[-1].raw))

    def _consent(self) -> Finding | None:
        if not self._location:
            return None
        try:
            page, answer, _ = give_consent(
                self._browser, self._location, persona=FIRST_PERSONA, came_from=self._start_url
            )
        except NoAnswerError as error:
            return self._no_answer("start", error, self._start_url)
        if (refusal := page.header("mock-idp-refusal")) is not None:
            return self._refused(refusal)
        if answer is None:
            by_itself = page.header("mock-idp-grant") is not None
            nowhere = self._found("users-nowhere", where=self._location.partition("?")[0])
            return found("idp-auto-login") if by_itself else nowhere
        self._back = popup.way_back(answer, self._location)
        self._grant = answer.header("mock-idp-grant")
        return self._refused(answer.header("mock-idp-refusal") or str(answer.status)) if self._back is None else None

    def _refused(self, refusal: str) -> Finding:
        reason, _, detail = refusal.partition(": ")
        callback = self._sent.get("redirect_uri", "")
        own = f"{self._url}/handler/frame"
        if reason == "unknown client":
            return self._found("client-unknown", client=self._sent.get("client_id", ""))
        if callback and "redirect" in reason.lower():
            if callback.partition("?")[0] == own:
                return self._found("redirect-unregistered", redirect_uri=callback, backend_url=self._target.backend_url)
            return self._found("redirect-uri-differs", redirect_uri=callback)
        return self._found("authorization-refused", detail=detail or refusal)

    def _call_back(self) -> Finding | None:
        if self._back is None:
            return None
        sent = self._browser.jar.cookies_for(
            self._back.url, self._browser.now(), cross_site=True, navigation=self._back.method == "GET"
        )
        try:
            answer = self._back.follow(self._browser)
        except NoAnswerError as error:
            return self._no_answer("callback", error, self._back.url)
        seen = observe_response(answer, self._back.url, time.time(), self._provider.id)
        self._callback_cookies = [parse_set_cookie(raw) for raw in answer.header_values("set-cookie")]
        if "session" in seen:
            self._session = seen["session"]
            if seen["target_origin"] != self._target.app_origin:
                return self._found("callback-to-another", origin=seen["target_origin"], app=self._target.app_origin)
            return None
        return self._why_not(answer, seen, sent or "")

    def _why_not(self, answer: Response, seen: Mapping[str, Any], cookies: str) -> Finding:
        error = seen.get("error")
        message = _cut(str(error.get("message", ""))) if isinstance(error, dict) else ""
        entries = self._journal()
        refused = next(
            (entry for entry in entries if entry.get("refusal") and entry["endpoint"] != "authorization"), None
        )
        if refused is not None:
            return self._vendor_refused(refused)
        if UNKNOWN_PERSONA in message:
            return self._found("person-not-found")
        if not error:
            return self._no_message(answer)
        asked = not entries or any(entry["endpoint"] == "token" for entry in entries)
        if self._provider.kind == "oauth" and not asked:
            return self._never_asked(message, cookies)
        return self._unreached(message) or self._found("sign-in-fails", message=message)

    def _no_message(self, answer: Response) -> Finding:
        if answer.status != 200:
            return self._found("callback-fails", status=answer.status, message=message_of(answer))
        media_type = (answer.header("content-type") or "no media type").partition(";")[0]
        if media_type != "text/html":
            return self._found("callback-no-page", media_type=media_type)
        return self._found("callback-no-message")

    def _never_asked(self, message: str, cookies: str) -> Finding:
        """The target says that it failed, and no request for a token arrived."""
        reached = self._unreached(message)
        if reached is not None:
            return reached
        if _LOST_SESSION.search(message):
            began = [cookie for cookie in self._cookies if cookie.name == SESSION_COOKIE]
            shown = attributes_of(began[-1].raw) if began else "none was set"
            if self._target.behind and SESSION_COOKIE in cookies:
                return self._found("session-not-shared", message=message)
            if SESSION_COOKIE not in cookies or began:
                return self._found("session-lost", message=message, cookie=shown)
        if _OWN_CHECKS.search(message):
            return self._found("callback-refuses", message=message)
        return self._found("vendor-unreached", problem=message)

    def _vendor_refused(self, entry: Mapping[str, Any]) -> Finding:
        refusal = entry["refusal"]
        detail = f"{refusal['reason']} ({refusal['detail']})"
        if entry["endpoint"] != "token":
            return self._found("profile-request-refused", detail=detail)
        if refusal["reason"] == "unknown client":
            return self._found("client-unknown", client=sent_credentials(entry)[0] or entry.get("client_id") or "")
        if refusal["reason"] == "wrong client secret" and self._has_another_secret(entry):
            return self._found("secret-differs", status=entry["status"], environment=self._target.environment)
        return self._found("token-request-refused", detail=detail)

    def _has_another_secret(self, entry: Mapping[str, Any]) -> bool:
        """False if it is the right one after all, spoilt on the way, which is a matter of the backend."""
        _, secret = sent_credentials(entry)
        registered = [
            item["client_secret"]
            for known in self._target.idp["providers"]
            if known["id"] == self._provider.id
            for item in known.get("environments", [])
            if item["name"] == self._target.environment
        ]
        return bool(secret) and unquote(secret) not in registered

    def _journal(self) -> Sequence[Mapping[str, Any]]:
        """What the vendor was asked for this sign-in; nothing if that cannot be found out."""
        if not self._grant:
            return ()
        idp = Idp(self._target.idp["urls"]["http"], self._wire)
        with contextlib.suppress(IdpError, KeyError, TypeError, ValueError):
            began = min(entry["sequence"] for entry in idp.get("/journal", grant=self._grant)["entries"])
            after = idp.get("/journal", since=began - 1, vendor=self._provider.vendor)["entries"]
            # Whoever did not prove who it is, is refused before anybody looks whose code or token it has.
            return [entry for entry in after if entry.get("grant") in {None, self._grant}]
        return ()

    def _refresh(self) -> Finding | None:
        if self._session is None or self._provider.kind != "oauth" or "refresh" not in self._facts.capabilities:
            return None
        url = f"{self._url}/refresh?{encode_query({'optional': True, **self._environment})}"
        name = f"{self._provider.id}-refresh-token"
        foreign = not same_site(self._target.app_origin, url)
        if foreign and not self._target.is_https:
            return None  # no cookie reaches a foreign host without TLS (COOKIE-05)
        kept = self._browser.jar.cookies_for(url, self._browser.now(), cross_site=foreign)
        if name not in (kept or ""):
            given = [cookie for cookie in self._callback_cookies if cookie.name.startswith(name)]
            given = [cookie for cookie in given if not cookie.is_deletion(self._browser.now())]
            if not given:
                return self._found("refresh-cookie-not-set", cookie=name)
            return self._found("refresh-cookie-lost", path=urlsplit(url).path, cookie=attributes_of(given[-1].raw))
        try:
            answer = self._browser.fetch(url, headers={"X-Requested-With": "XMLHttpRequest"})
        except NoAnswerError as error:
            return self._no_answer("refresh", error, url)
        return self._check_refresh(answer)

    def _check_refresh(self, answer: Response) -> Finding | None:
        if answer.status != 200:
            return self._found("refresh-fails", status=answer.status, message=message_of(answer))
        try:
            session = json.loads(answer.body)
        except ValueError:
            media_type = (answer.header("content-type") or "no media type").partition(";")[0]
            return self._found("refresh-no-json", media_type=media_type)
        if not isinstance(session, dict) or "providerInfo" not in session:
            members = ", ".join(session) if isinstance(session, dict) else type(session).__name__
            return self._found("refresh-no-session", members=members or "an empty object")
        if not isinstance(self._session, dict) or "backstageIdentity" not in self._session:
            return None  # nobody has an identity where no resolver is configured (IDENT-05)
        identity = session.get("backstageIdentity")
        if not isinstance(identity, dict) or not isinstance(identity.get("token"), str):
            return self._found("no-token")
        return self._check_token(identity["token"])

    def _check_token(self, token: str) -> Finding | None:
        header, claims = (_decoded(part) for part in (*token.split("."), "", "")[:2])
        if header is None or claims is None:
            return self._found("token-no-jwt")
        if claims.get("iss") != self._target.auth_url:
            return self._found("token-issuer", issuer=claims.get("iss"), auth_url=self._target.auth_url)
        url = f"{self._target.auth_url}/.well-known/jwks.json"
        with contextlib.suppress(NoAnswerError, ValueError, KeyError, TypeError):
            sets = [
                [key["kid"] for key in json.loads(self._wire.send(Request("GET", url, ()), turn).body)["keys"]]
                for turn in range(max(1, len(self._target.replicas)))
            ]
            missing = [kids for kids in sets if header.get("kid") not in kids]
            if missing:
                name = "token-key-unknown" if len(missing) == len(sets) else "key-not-shared"
                return self._found(name, kid=header.get("kid"))
        return None


def attributes_of(set_cookie: str) -> str:
    """A ``Set-Cookie`` field without the cookie's value, which is not shown."""
    first, separator, rest = set_cookie.partition(";")
    return f"{first.partition('=')[0]}=…{separator}{rest}"


def message_of(answer: Response) -> str:
    """What an answer says went wrong, in words."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return _cut(str(json.loads(answer.body)["error"]["message"]))
    text = re.sub(r"<[^>]*>", " ", answer.body.decode("utf-8", "replace"))
    return _cut(text) or "an empty body"


def sent_credentials(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Client id and secret of a token request in the mock's journal; empty where there are none."""
    form, headers = entry.get("form", {}), entry.get("headers", {})
    id_, secret = (next(iter(form.get(name, [])), "") for name in ("client_id", "client_secret"))
    scheme, _, pair = headers.get("authorization", "").partition(" ")
    if not secret and scheme.rstrip(":").lower() == "basic":
        with contextlib.suppress(ValueError, binascii.Error):
            id_, _, secret = base64.b64decode(pair).decode().partition(":")
    return id_, secret


def _decoded(part: str) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError, binascii.Error):
        data = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return data if isinstance(data, dict) else None
    return None


def _cut(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= SHOWN_CHARACTERS else f"{one_line[:SHOWN_CHARACTERS]}…"
