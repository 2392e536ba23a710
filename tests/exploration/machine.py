"""Hypothesis makes stories: it chooses moves, has each story played, and makes a failing one as short as it can."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.exploration.story import BROWSERS, DEAD, PERSONAS, Step, Story

browsers = st.sampled_from(BROWSERS)
personas = st.sampled_from(PERSONAS)


class Explorer(RuleBasedStateMachine):
    """Moves of people, browsers, foreign pages and the vendor, in any order.

    Parameters:
        judge: plays the steps of a finished story; raises if something was not as expected.
    """

    def __init__(self, judge: Callable[[list[Step]], None]) -> None:
        super().__init__()
        self.judge = judge
        self.story = Story()

    @rule(name=browsers)
    def start(self, name: str) -> None:
        """Somebody begins to sign in."""
        self.story.start(name)

    @precondition(lambda self: any(browser.undecided for browser in self.story.browsers.values()))
    @rule(data=st.data(), persona=personas, allow=st.sampled_from([True, True, False]))
    def consent(self, data: st.DataObject, persona: str, allow: bool) -> None:
        """Somebody decides at the vendor."""
        undecided = [name for name, browser in self.story.browsers.items() if browser.undecided]
        self.story.consent(data.draw(st.sampled_from(undecided)), persona, allow=allow)

    @precondition(lambda self: self.story.grants)
    @rule(data=st.data(), name=browsers)
    def callback(self, data: st.DataObject, name: str) -> None:
        """An answer of the vendor, the latest most often, reaches the backend."""
        place = data.draw(st.sampled_from([-1, -1, -1, 0]))
        self.story.callback(name, self.story.grants[place])

    @rule(name=browsers, persona=personas)
    def sign_in(self, name: str, persona: str) -> None:
        """The whole flow at once, so that stories get somewhere."""
        self.story.start(name)
        self.story.consent(name, persona, allow=True)
        self.story.callback(name, self.story.grants[-1])

    @rule(name=browsers)
    def refresh(self, name: str) -> None:
        """The app asks for the session again."""
        self.story.refresh(name)

    @rule(name=browsers)
    def forged_refresh(self, name: str) -> None:
        """A foreign page tries to."""
        self.story.forged_refresh(name)

    @rule(name=browsers)
    def logout(self, name: str) -> None:
        """Somebody signs out."""
        self.story.logout(name)

    @rule(name=browsers)
    def forged_logout(self, name: str) -> None:
        """A foreign page tries to sign them out."""
        self.story.forged_logout(name)

    @rule(name=browsers)
    def forget(self, name: str) -> None:
        """Somebody clears their cookies."""
        self.story.forget(name)

    @precondition(lambda self: any(grant.used for grant in self.story.grants))
    @rule(data=st.data(), fault=st.sampled_from([*DEAD, None]))
    def expire(self, data: st.DataObject, fault: str | None) -> None:
        """The vendor changes its mind about a refresh token."""
        self.story.expire(data.draw(st.sampled_from([grant for grant in self.story.grants if grant.used])), fault)

    @precondition(lambda self: any(grant.used for grant in self.story.grants))
    @rule(data=st.data())
    def rotate(self, data: st.DataObject) -> None:
        """The vendor begins to rotate a refresh token."""
        self.story.rotate(data.draw(st.sampled_from([grant for grant in self.story.grants if grant.used])))

    def teardown(self) -> None:
        """Play the story."""
        if any("expect" in step for step in self.story.steps):
            self.judge(self.story.steps)
