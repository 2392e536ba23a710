"""Nothing that a browser or a log must keep is left in what people get to see."""

import base64
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.driver.browser import Browser, Transcript
from conformance.driver.secrets import SHORTEST, Secrets
from conformance.driver.wire import NoAnswerError, Request, Response
from conformance.reports.transcript import BODY_CHARACTERS, as_text, render

TOKEN = "gho_9f/+a=Zq17secret"
JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"ES256"}', b'{"sub":"u"}', b"sig-sig")
)


class FakeWire:
    """Answers every request with what it was given."""

    def __init__(self, *answers: Response | None) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    def has_replicas_at(self, url: str) -> bool:
        return False

    def send(self, request: Request, turn: int = 0) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if answer is None:
            raise NoAnswerError("http://localhost", "did not answer")
        return answer


def answer(body: bytes = b"", *headers: tuple[str, str]) -> Response:
    return Response(200, headers, body)


def shown_after(transcript: Transcript) -> str:
    rendered = render(transcript, "http://localhost")
    return json.dumps(rendered, ensure_ascii=False) + as_text(rendered)


@pytest.mark.parametrize(
    "written",
    [
        TOKEN,
        quote(TOKEN, safe=""),
        quote_plus(TOKEN),
        quote(TOKEN, safe="-_.!~*'()"),
        json.dumps({"x": TOKEN}),
        json.dumps({"x": TOKEN}).replace("/", "\\/"),
        quote(json.dumps({"x": TOKEN}), safe="-_.!~*'()"),
        urlencode({"nonce": TOKEN, "env": "x"}).encode().hex(),
        f"code={TOKEN}&state=x",
    ],
)
def test_learned_values_are_masked_in_every_form(written):
    secrets = Secrets()
    secrets.learn(TOKEN)
    masked = secrets.mask(f"before {written} after")
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert written not in masked
    assert "9f" not in masked
    assert "«secret " in masked


def test_same_value_gets_the_same_label_everywhere():
    secrets = Secrets()
    secrets.learn(TOKEN)
    secrets.learn("another-secret")
    one, two, other = secrets.mask(TOKEN), secrets.mask(quote(TOKEN, safe="")), secrets.mask("another-secret")
    assert one == two != other


def test_longer_secrets_are_masked_before_their_parts():
    secrets = Secrets()
    secrets.learn("secret-part")
    secrets.learn("secret-part-and-more")
    masked = secrets.mask("secret-part-and-more")
    assert masked.startswith("«secret ")
    assert masked.endswith("»")


@pytest.mark.parametrize("value", ["short", "", None, 5, True, ["a-long-enough-item"]])
def test_what_is_too_short_or_no_text_is_left_alone(value):
    secrets = Secrets()
    secrets.learn(value)
    assert secrets.mask("short a-long-enough-item 5") == "short a-long-enough-item 5"


@given(st.text(min_size=SHORTEST))
def test_any_text_can_be_learned_and_is_gone(value):
    secrets = Secrets()
    secrets.learn(value)
    assert "«" in secrets.mask(value.encode("utf-8", "replace").decode())


def test_half_characters_can_be_learned():
    Secrets().learn("\ud800" * SHORTEST)


def test_tokens_are_found_without_being_told():
    secrets = Secrets()
    masked = secrets.mask(f"id={JWT}; limited {JWT.rsplit('.', 1)[0]}. end")
    assert "eyJ" not in masked
    assert masked.count("«jwt ") == 2


@pytest.mark.parametrize("line", ["Authorization: Bearer abcdefgh1234", "bearer%20abcdefgh1234", "BASIC abcdefgh1234"])
def test_credentials_are_found_without_being_told(line):
    assert "abcdefgh1234" not in Secrets().mask(line)


def test_members_with_secret_names_are_learned_at_any_depth():
    secrets = Secrets()
    secrets.learn_from(
        {"a": [{"accessToken": "value-one"}, {"b": {"Refresh_Token": "value-two"}}], "name": "value-three"}
    )
    assert secrets.mask("value-one value-two value-three").endswith(" value-three")
    assert "value-one" not in secrets.mask("value-one")
    assert "value-two" not in secrets.mask("value-two")


def test_trees_are_masked_with_their_keys():
    secrets = Secrets()
    secrets.learn("the-secret")
    tree = secrets.mask_tree({"the-secret": ["the-secret", 5, None, ("the-secret",)]})
    assert "the-secret" not in repr(tree)
    assert 5 in next(iter(tree.values()))


class TestTranscript:
    def test_cookies_in_both_directions(self):
        transcript = Transcript()
        value = "s%3Arefresh%2Fvalue"
        fields = [
            ("Set-Cookie", f"bitbucketServer-refresh-token={value}; Path=/; HttpOnly"),
            ("Set-Cookie", "github-nonce=bm9uY2Utbm9uY2U%3D; Path=/"),
            ("Set-Cookie", "backstage-auth=opaque-cookie-token; Path=/"),
            ("Set-Cookie", "theme=dark-and-visible; Path=/"),
        ]
        wire = FakeWire(answer(b"", *fields), answer())
        browser = Browser(wire, "http://localhost:3000", transcript)
        browser.navigate("http://localhost:7007/")
        browser.navigate("http://localhost:7007/")
        assert "opaque-cookie-token" in dict(wire.requests[1].headers)["Cookie"]
        shown = shown_after(transcript)
        for secret in (value, "s:refresh/value", "bm9uY2Utbm9uY2U", "opaque-cookie-token"):
            assert secret not in shown
        assert "dark-and-visible" not in shown

    @pytest.mark.parametrize(
        "field",
        [
            ("Authorization", "token made-up-credentials"),
            ("authorization", "made-up-credentials"),
            ("Proxy-Authorization", "Digest made-up-credentials"),
            ("X-Forwarded-Access-Token", "made-up-credentials"),
            ("X-Goog-IAP-JWT-Assertion", "made-up-credentials"),
        ],
    )
    def test_headers_that_carry_credentials(self, field):
        transcript = Transcript()
        body = b"you sent made-up-credentials"
        Browser(FakeWire(answer(body)), "http://a", transcript).bare("http://localhost/", "GET", dict([field]))
        shown = shown_after(transcript)
        assert "made-up-credentials" not in shown
        assert field[0] in shown

    def test_members_of_json_answers(self):
        transcript = Transcript()
        body = json.dumps({"accessToken": "opaque-access-token", "profile": {"email": "plain@example.test"}}).encode()
        Browser(FakeWire(answer(body)), "http://a", transcript).fetch("http://localhost/")
        shown = shown_after(transcript)
        assert "opaque-access-token" not in shown
        assert "plain@example.test" in shown

    def test_codes_in_addresses(self):
        transcript = Transcript()
        transcript.secrets.learn("code/with+signs")
        wire = FakeWire(answer(b"", ("Location", "http://b/?code=code%2Fwith%2Bsigns")))
        Browser(wire, "http://a", transcript).navigate("http://localhost/?code=code%2Fwith%2Bsigns")
        assert "with%2Bsigns" not in shown_after(transcript)

    def test_request_without_answer_is_shown(self):
        transcript = Transcript()
        browser = Browser(FakeWire(None), "http://a", transcript)
        with pytest.raises(NoAnswerError):
            browser.navigate("http://localhost/gone")
        assert "http://localhost/gone" in shown_after(transcript)
        assert "(no answer)" in as_text(render(transcript, "http://localhost"))

    def test_long_bodies_are_cut_after_masking(self):
        transcript = Transcript()
        body = b"x" * (BODY_CHARACTERS - 10) + b"secret-at-the-border" + b"y" * 100
        transcript.secrets.learn("secret-at-the-border")
        Browser(FakeWire(answer(body)), "http://a", transcript).navigate("http://localhost/")
        shown = shown_after(transcript)
        assert "secret-at" not in shown
        assert "characters)" in shown

    def test_json_and_message_pages_are_shown_readably(self):
        page = b"<script>decodeURIComponent('%7B%22type%22%3A1%7D')</script>"
        transcript = Transcript()
        browser = Browser(FakeWire(answer(b'{"a":1}'), answer(page)), "http://a", transcript)
        browser.navigate("http://localhost/")
        browser.navigate("http://localhost/")
        text = as_text(render(transcript, "http://localhost"))
        assert '"a": 1' in text
        assert '{"type":1}' in text
