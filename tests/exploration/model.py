"""A model of the sign-in protocol that writes scenarios: each move becomes a step that says what has to be seen. Pure.

The model knows what docs/spec promises of any sound backend, and nothing of how one works: who holds which session,
which login in progress belongs to which browser, and what the vendor would say to a refresh token. A move changes the
model and adds a step with its expectation, so that a sequence of moves is an ordinary scenario.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.exploration.keys import A_WHILE, COOL_DOWN, SLACK, IssuerKeys, OwnKeys, Token, Verdict

Step = dict[str, Any]

BROWSERS = ("laptop", "phone")
PERSONAS = ("plain", "many-groups", "twin-north", "twin-south")
DEAD = ("expired-refresh-token", "revoked-refresh-token", "unknown-refresh-token")
"""Faults after which the vendor refuses the refresh token."""

REFUSED = {"error": {"type": "mapping"}, "session": {"absent": True}, "refresh_cookie": {"absent": True}}
NONCE_LIFETIME = 600
"""Seconds that the nonce cookie lives (START-08)."""

SERVICE = {"service": "${provider.id}-${provider.environment}"}
"""Where the journal tells of the issuer's key set."""


@dataclass
class Grant:
    """A decision at the vendor.

    Parameters:
        name: under which the step with it is saved.
        start: number of the start that it answers.
        persona: who decided.
        allowed: False if consent was denied.
        used: True once its code was redeemed.
        fault: what the vendor does with its refresh token, or None.
        rotates: True if the vendor replaces the refresh token at every refresh.
        key: the key set that signs its ID tokens.
        started_at: after how many seconds of waiting the login began.
        decided_at: after how many the persona decided.
    """

    name: str
    start: int
    persona: str
    allowed: bool
    used: bool = False
    fault: str | None = None
    rotates: bool = False
    key: str = "own"
    started_at: int = 0
    decided_at: int = 0

    @property
    def faults(self) -> list[Any]:
        """What it carries along."""
        # A refresh that is refused for its ID token must not have used up the refresh token (SEC-REFR-09).
        forged = [] if self.key == "own" else ["kept-refresh-token", {"fault": "forged", "key": self.key}]
        return [*(["rotated-refresh-token"] if self.rotates else []), *forged, *([self.fault] if self.fault else [])]


@dataclass
class Browser:
    """What a browser holds.

    Parameters:
        start: number of the login in progress that its nonce cookie belongs to, or None.
        undecided: True if nobody has consented to that start yet.
        session: the grant behind its refresh cookie, or None.
        started_at: after how many seconds of waiting that login began.
    """

    start: int | None = None
    undecided: bool = False
    session: Grant | None = None
    started_at: int = 0


@dataclass
class Model:
    """A sequence of moves, as steps of a scenario.

    Parameters:
        keys: the issuer's keys, where the backend checks ID tokens and the issuer is the story's own; else None.
    """

    keys: IssuerKeys | None = None
    own_keys: OwnKeys = field(default_factory=OwnKeys)
    steps: list[Step] = field(default_factory=list)
    browsers: dict[str, Browser] = field(default_factory=lambda: {name: Browser() for name in BROWSERS})
    grants: list[Grant] = field(default_factory=list)
    starts: int = 0

    def __post_init__(self) -> None:
        """Begin with a key that nobody has seen, whatever earlier stories did."""
        if self.keys:
            self._change_service({"rotate_keys": True, "faults": []})
            for _ in ("the first may have been announced", "and must not be the previous one either"):
                self._change_service({"rotate_keys": True})
            # Of nobody's state: only the number of the newest entry is wanted, and the journal is long.
            self._add({"journal": {"state": "of-nobody"}, "save": "beginning"}, BROWSERS[0])

    def end(self) -> None:
        """Ask how often the issuer was asked for its keys: once, and once more for each minute (SEC-JWKS-05)."""
        if self.keys and self.keys.was_read:
            expected = {"OIDCPROV-17, SEC-JWKS-05": {"counts.jwks": {"at_most": self.keys.waits + 1}}}
            self._add({"journal": {**SERVICE, "since": "${beginning.latest}"}}, BROWSERS[0], expected)

    def start(self, name: str) -> None:
        """Begin a login; an earlier one of this browser is given up (SEC-STATE-11)."""
        self.starts += 1
        browser = self.browsers[name]
        browser.start, browser.undecided, browser.started_at = self.starts, True, self.own_keys.now
        self._add({"start": {}}, name, {"START-01": {"status": 302}})

    def consent(self, name: str, persona: str, *, allow: bool) -> None:
        """Decide at the vendor about the latest login of a browser."""
        browser = self.browsers[name]
        assert browser.start is not None
        if self.keys and self.keys.verdict("own") is Verdict.AFTER_A_WHILE:
            self._wait(COOL_DOWN)  # now, because no code lives that long
        browser.undecided = False
        grant = Grant(f"grant{len(self.grants) + 1}", browser.start, persona, allow)
        grant.started_at, grant.decided_at = browser.started_at, self.own_keys.now
        self.grants.append(grant)
        decision = {} if allow else {"decision": "deny"}
        self._add({"consent": {"persona": persona, **decision}, "save": grant.name}, name)

    def callback(self, name: str, grant: Grant) -> None:
        """Bring an answer of the vendor to the backend, in any browser, once or again.

        Not one of which nobody can say what has to become of it.
        """
        browser = self.browsers[name]
        step = {"callback": {"url": f"${{{grant.name}.callback_url}}"}}
        if browser.start != grant.start or not grant.allowed or grant.used:
            self._add(step, name, {"FRAME-09": REFUSED})
            return
        if self.own_keys.now > grant.decided_at or self.own_keys.now > grant.started_at + NONCE_LIFETIME - SLACK:
            return  # code or nonce have expired, unless it is only the fake clock that says so
        self._make_certain(grant)
        if self.keys and self.keys.verdict(grant.key) is Verdict.AFTER_A_WHILE:
            return
        is_good = self._verifies(grant)
        grant.used = True
        if not is_good:
            self._add(step, name, {"SEC-JWKS-03": REFUSED})
            return
        browser.session = grant
        browser.start = None  # a backend may keep the nonce, but no answer to it is left
        self._add_session(step, name, {f"FRAME-11{self._followed}": signed_in(grant)})

    def refresh(self, name: str) -> None:
        """Ask for the session again."""
        grant = self.browsers[name].session
        if grant is None:
            self._add({"refresh": {}}, name, {"REFRESH-02": {"status": 401, "session": {"absent": True}}})
        elif grant.fault:
            kept = {"refresh_cookie": {"absent": True}, "refresh_cookie_cleared": False}
            self._add(
                {"refresh": {}}, name, {"REFRESH-03": {"status": 401, "session": {"absent": True}}, "REFRESH-16": kept}
            )
        elif not self._verifies(grant):
            self._add({"refresh": {}}, name, {"SEC-REFR-05": {"status": 401, "session": {"absent": True}}})
        else:
            expected = {f"REFRESH-04, REFRESH-09{self._followed}": {"status": 200, **signed_in(grant)}}
            self._add_session({"refresh": {}}, name, expected)

    def forged_refresh(self, name: str) -> None:
        """A foreign page asks for the session."""
        expected = {"status": 401, "session": {"absent": True}, "set_cookie": {"empty": True}}
        self._add({"refresh": {"headers": {"X-Requested-With": None}}}, name, {"SEC-REFR-01": expected})

    def logout(self, name: str) -> None:
        """Sign out, whether anybody is signed in or not (LOGOUT-05)."""
        had_session = self.browsers[name].session is not None
        self.browsers[name].session = None
        expected: dict[str, Any] = {"LOGOUT-05": {"status": 200}}
        if had_session:
            expected["LOGOUT-06"] = {"refresh_cookie_cleared": True}
        self._add({"logout": {}}, name, expected)

    def forged_logout(self, name: str) -> None:
        """A foreign page signs the user out."""
        expected = {"status": {"at_least": 400, "at_most": 499}, "set_cookie": {"empty": True}}
        self._add({"logout": {"headers": {"Origin": "https://evil.example"}}}, name, {"SEC-LOGOUT-02": expected})

    def forget(self, name: str) -> None:
        """The browser's user clears its cookies."""
        self.browsers[name] = Browser()
        self._add({"forget_cookies": {}}, name)

    def expire(self, grant: Grant, fault: str | None) -> None:
        """From now on the vendor refuses the grant's refresh token, or takes it again."""
        grant.fault = fault
        self._change(grant)

    def rotate(self, grant: Grant) -> None:
        """From now on the vendor replaces the grant's refresh token at every refresh (RFC 9700 section 4.14.2)."""
        grant.rotates = True
        self._change(grant)

    def rotate_keys(self, *, overlap: bool) -> None:
        """The issuer signs with its next key, and publishes the old one with it or not at all."""
        assert self.keys
        self.keys.rotate(overlap=overlap)
        self._change_service({"rotate_keys": "overlap" if overlap else True})

    def announce_key(self) -> None:
        """The issuer publishes its next key before it signs."""
        assert self.keys
        self.keys.announce()
        self._change_service({"published_keys": ["own", "next"]})

    def sign_with(self, grant: Grant, key: str) -> None:
        """From now on another key signs the ID tokens of a grant."""
        grant.key = key
        self._change(grant)

    def pass_time(self) -> None:
        """Less than one lifetime of a key goes by."""
        self._wait(A_WHILE)

    def read_token(self, token: Token) -> None:
        """Verify a token that the backend issued before with the keys that it publishes now."""
        step: Step = {"read_token": {"token": f"${{{token.name}.session.backstageIdentity.token}}"}}
        expected: dict[str, Any] = {}
        is_published = self.own_keys.is_published(token)
        if is_published is not None:
            expected["SEC-ISS-01, KEY-04" if is_published else "KEY-04"] = {"verified": is_published}
        other = self.own_keys.of_another_key(token)
        if other:
            expected["KEY-02"] = {"header.kid": {"not_equals": f"${{{other.read_as}.header.kid}}"}}
        token.read_as = f"{token.name}_read"
        self._add({**step, "save": token.read_as}, BROWSERS[0], expected)

    @property
    def renewable(self) -> list[tuple[str, Grant]]:
        """Browsers with a session whose refresh token the vendor does not replace, each with its grant."""
        held = [(name, browser.session) for name, browser in self.browsers.items() if browser.session]
        return [(name, grant) for name, grant in held if not grant.rotates]

    @property
    def _followed(self) -> str:
        return ", SEC-JWKS-01" if self.keys else ""

    def _verifies(self, grant: Grant) -> bool:
        """Whether the backend has to accept the grant's next ID token, after what it takes to be certain."""
        if self.keys is None:
            return True
        self._make_certain(grant)
        if self.keys.verdict(grant.key) is Verdict.AFTER_A_WHILE:
            self._wait(COOL_DOWN)
        is_good = self.keys.verdict(grant.key) is Verdict.ACCEPTED
        self.keys.seen(grant.key)
        return is_good

    def _make_certain(self, grant: Grant) -> None:
        """Let the issuer sign properly where the backend may or may not know that a key was withdrawn."""
        if self.keys and self.keys.verdict(grant.key) is Verdict.UNKNOWN:
            self.sign_with(grant, "own")

    def _wait(self, seconds: int) -> None:
        self.own_keys.now += seconds
        if self.keys:
            self.keys.rest()
        self._add({"wait": {"seconds": seconds}}, BROWSERS[0])

    def _change_service(self, changes: dict[str, Any]) -> None:
        self._add({"change_service": changes}, BROWSERS[0])

    def _add_session(self, step: Step, browser: str, expect: dict[str, Any]) -> None:
        self._add({**step, "save": self.own_keys.issued().name}, browser, expect)

    def _change(self, grant: Grant) -> None:
        self._add({"change_grant": {"grant": f"${{{grant.name}.grant}}", "faults": grant.faults}}, BROWSERS[0])

    def _add(self, step: Step, browser: str, expect: dict[str, Any] | None = None) -> None:
        self.steps.append({**step, "browser": browser, **({"expect": expect} if expect else {})})


def signed_in(grant: Grant) -> dict[str, Any]:
    """The session is that of whoever consented."""
    return {"session.backstageIdentity.identity.userEntityRef": f"${{persona.{grant.persona}.entity_ref}}"}
