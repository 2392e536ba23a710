"""Hypothesis makes stories: it chooses moves, has each story played, and makes a failing one as short as it can."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.exploration.keys import FOREIGN, IssuerKeys
from tests.exploration.model import BROWSERS, DEAD, PERSONAS, Model, Step

browsers = st.sampled_from(BROWSERS)
personas = st.sampled_from(PERSONAS)
foreign_keys = st.sampled_from(["previous", "next", FOREIGN])


class Explorer(RuleBasedStateMachine):
    """Moves of people, browsers, foreign pages and the vendor, in any order.

    Parameters:
        judge: plays the steps of a finished story; raises if something was not as expected.
        keys_move: True if the issuer's keys can be changed.
    """

    def __init__(self, judge: Callable[[list[Step]], None], *, keys_move: bool = False) -> None:
        super().__init__()
        self.judge = judge
        self.model = Model(IssuerKeys() if keys_move else None)

    @rule(name=browsers)
    def start(self, name: str) -> None:
        """Somebody begins to sign in."""
        self.model.start(name)

    @precondition(lambda self: any(browser.undecided for browser in self.model.browsers.values()))
    @rule(data=st.data(), persona=personas, allow=st.sampled_from([True, True, False]))
    def consent(self, data: st.DataObject, persona: str, allow: bool) -> None:
        """Somebody decides at the vendor."""
        undecided = [name for name, browser in self.model.browsers.items() if browser.undecided]
        self.model.consent(data.draw(st.sampled_from(undecided)), persona, allow=allow)

    @precondition(lambda self: self.model.grants)
    @rule(data=st.data(), name=browsers)
    def callback(self, data: st.DataObject, name: str) -> None:
        """An answer of the vendor, the latest most often, reaches the backend."""
        place = data.draw(st.sampled_from([-1, -1, -1, 0]))
        self.model.callback(name, self.model.grants[place])

    @rule(name=browsers, persona=personas)
    def sign_in(self, name: str, persona: str) -> None:
        """The whole flow at once, so that stories get somewhere."""
        self.model.start(name)
        self.model.consent(name, persona, allow=True)
        self.model.callback(name, self.model.grants[-1])

    @rule(persona=personas)
    def slipped_sign_in(self, persona: str) -> None:
        """Somebody slips their own answer into another browser that is signing in (SEC-STATE-01)."""
        mine, other = BROWSERS
        self.model.start(other)
        self.model.start(mine)
        self.model.consent(mine, persona, allow=True)
        self.model.callback(other, self.model.grants[-1])

    @rule(name=browsers)
    def refresh(self, name: str) -> None:
        """The app asks for the session again."""
        self.model.refresh(name)

    @rule(name=browsers)
    def forged_refresh(self, name: str) -> None:
        """A foreign page tries to."""
        self.model.forged_refresh(name)

    @rule(name=browsers)
    def logout(self, name: str) -> None:
        """Somebody signs out."""
        self.model.logout(name)

    @rule(name=browsers)
    def forged_logout(self, name: str) -> None:
        """A foreign page tries to sign them out."""
        self.model.forged_logout(name)

    @rule(name=browsers)
    def forget(self, name: str) -> None:
        """Somebody clears their cookies."""
        self.model.forget(name)

    @precondition(lambda self: any(grant.used for grant in self.model.grants))
    @rule(data=st.data(), fault=st.sampled_from([*DEAD, None]))
    def expire(self, data: st.DataObject, fault: str | None) -> None:
        """The vendor changes its mind about a refresh token."""
        self.model.expire(data.draw(st.sampled_from([grant for grant in self.model.grants if grant.used])), fault)

    @precondition(lambda self: any(grant.used and grant.key == "own" for grant in self.model.grants))
    @rule(data=st.data())
    def rotate(self, data: st.DataObject) -> None:
        """The vendor begins to rotate a refresh token."""
        usual = [grant for grant in self.model.grants if grant.used and grant.key == "own"]
        self.model.rotate(data.draw(st.sampled_from(usual)))

    @precondition(lambda self: self.model.keys)
    @rule(overlap=st.booleans())
    def rotate_keys(self, overlap: bool) -> None:
        """The issuer replaces its signing key."""
        self.model.rotate_keys(overlap=overlap)

    @precondition(lambda self: self.model.keys)
    @rule()
    def announce_key(self) -> None:
        """The issuer publishes the key that it will sign with one day."""
        self.model.announce_key()

    @precondition(lambda self: self.model.keys)
    @rule(name=browsers, persona=personas, key=foreign_keys)
    def forged_sign_in(self, name: str, persona: str, key: str) -> None:
        """The whole flow, with an ID token that another key signed."""
        self.model.start(name)
        self.model.consent(name, persona, allow=True)
        self.model.sign_with(self.model.grants[-1], key)
        self.model.callback(name, self.model.grants[-1])

    @precondition(lambda self: self.model.keys and self.model.renewable)
    @rule(data=st.data(), key=foreign_keys | st.just("own"))
    def refresh_with(self, data: st.DataObject, key: str) -> None:
        """The app asks for a session again, and the ID token that comes along was signed with some key."""
        name, grant = data.draw(st.sampled_from(self.model.renewable))
        self.model.sign_with(grant, key)
        self.model.refresh(name)

    @rule()
    def pass_time(self) -> None:
        """Nobody does anything for a while."""
        self.model.pass_time()

    @rule(data=st.data(), name=browsers, persona=personas, times=st.integers(2, 5))
    def sign_ins_over_time(self, data: st.DataObject, name: str, persona: str, times: int) -> None:
        """Somebody signs in again and again with long breaks; then one of the tokens is verified (KEY-02, KEY-04)."""
        for _ in range(times):
            self.sign_in(name, persona)
            self.model.pass_time()
        self.model.read_token(data.draw(st.sampled_from(self.model.own_keys.tokens)))

    @precondition(lambda self: self.model.own_keys.tokens)
    @rule(data=st.data())
    def read_token(self, data: st.DataObject) -> None:
        """Somebody verifies a token from earlier."""
        self.model.read_token(data.draw(st.sampled_from(self.model.own_keys.tokens)))

    def teardown(self) -> None:
        """Play the story."""
        self.model.end()
        if any("expect" in step for step in self.model.steps):
            self.judge(self.model.steps)
