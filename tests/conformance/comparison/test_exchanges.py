"""What differs between two answers, and what is left out of the comparison."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from conformance.comparison.exchanges import MASKED, Reader, differences
from conformance.comparison.explanations import Explanation, ExplanationFileError, explanation_of, read_explanations
from conformance.comparison.left_out import FILE, left_out
from conformance.driver.wire import Response
from conformance.verdicts import Verdict
from tests.conformance.fakes import message_page
from tests.conformance.samples import MUST, OTHER_MUST, check, result

URL = "http://localhost:7007/api/auth/github/start"
Header = tuple[str, str]
COOKIE = "github-granted-scope=read%3Auser; Max-Age=600; Path=/api/auth/github; HttpOnly; SameSite=Lax"


def answer(*headers: Header, status: int = 200, body: Any = b"") -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    media = () if isinstance(body, bytes) else (("Content-Type", "application/json"),)
    return Response(status, (*headers, *media), content)


def places_of_differences(one: Response, other: Response, own: str = "http://localhost:7008") -> list[str]:
    here, there = Reader({"http://localhost:7007": "«backend»"}, left_out()), Reader({own: "«backend»"}, left_out())
    return [
        difference.place
        for difference in differences(here.places(one, URL), there.places(other, URL.replace("7007", "7008")))
    ]


def jwt(**claims: Any) -> str:
    parts = ({"alg": "ES256", "kid": claims.pop("kid", "1")}, claims)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, "signature"])


def state(**members: str) -> str:
    return "&".join(f"{name}={value}" for name, value in members.items()).encode().hex()


class TestSeeded:
    """A change of each sort is seen, at its place."""

    @pytest.mark.parametrize(
        ("one", "other", "place"),
        [
            (answer(), answer(status=204), "status"),
            (answer(("X-Frame-Options", "DENY")), answer(), "header x-frame-options"),
            (answer(("Vary", "Origin")), answer(("vary", "Accept")), "header vary"),
            (answer(("Set-Cookie", COOKIE)), answer(), "cookie github-granted-scope"),
            (
                answer(("Set-Cookie", COOKIE)),
                answer(("Set-Cookie", COOKIE.replace("user", "org"))),
                "cookie github-granted-scope value",
            ),
            *(
                (
                    answer(("Set-Cookie", COOKIE)),
                    answer(("Set-Cookie", COOKIE.replace(old, new))),
                    f"cookie github-granted-scope {name}",
                )
                for old, new, name in [
                    ("; HttpOnly", "", "httponly"),
                    ("Lax", "None", "samesite"),
                    ("Path=/api/auth/github", "Path=/", "path"),
                    ("600", "60", "max-age"),
                    ("; SameSite", "; Secure; SameSite", "secure"),
                ]
            ),
            (answer(body={"a": {"b": 1}}), answer(body={"a": {"b": 2}}), "body.a.b"),
            (answer(body={"a": 1}), answer(body={}), "body.a"),
            (answer(body=[{"a": 1}]), answer(body=[{"a": True}]), "body[0].a"),
            (answer(body=b"one"), answer(body=b"other"), "body"),
            (
                answer(("Location", "https://x.example/a?scope=b")),
                answer(("Location", "https://x.example/a?scope=c")),
                "location query scope",
            ),
            (answer(("Location", "https://x.example/a")), answer(("Location", "https://x.example/b")), "location"),
            (
                answer(("Location", f"https://x.example/?state={state(nonce='1', env='a')}")),
                answer(("Location", f"https://x.example/?state={state(nonce='2', env='b')}")),
                "location query state member.env",
            ),
            (answer(body={"t": jwt(sub="a", iat=1)}), answer(body={"t": jwt(sub="b", iat=2)}), "body.t claims.sub"),
        ],
    )
    def test_is_found(self, one: Response, other: Response, place: str) -> None:
        assert place in places_of_differences(one, other)

    def test_message_of_a_page(self) -> None:
        html = ("Content-Type", "text/html")
        pages = [
            answer(html, body=message_page({"type": "authorization_response", "error": {"message": said}}).encode())
            for said in ("one", "other")
        ]

        assert places_of_differences(*pages) == ["page[1].data.error.message"]


class TestLeftOut:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (answer(("Date", "yesterday")), answer(("Date", "today"))),
            (
                answer(("Set-Cookie", "github-nonce=AAA; Path=/")),
                answer(("Set-Cookie", "github-nonce=BBB; Path=/")),
            ),
            (
                answer(("Set-Cookie", f"{COOKIE}; Expires=Thu, 01 Jan 2026 00:00:00 GMT")),
                answer(("Set-Cookie", f"{COOKIE}; Expires=Fri, 02 Jan 2026 00:00:00 GMT")),
            ),
            (
                answer(("Location", f"https://x.example/?state={state(nonce='1', env='a')}")),
                answer(("Location", f"https://x.example/?state={state(nonce='2', env='a')}")),
            ),
            (answer(body={"t": jwt(sub="a", iat=1)}), answer(body={"t": jwt(sub="a", iat=2, kid="2")})),
            (answer(body={"url": "http://localhost:7007/x"}), answer(body={"url": "http://localhost:7008/x"})),
            (
                answer(body={"id": "0fb5a6b0-0d3e-4a3a-8f52-3f5d0c1e7a11"}),
                answer(body={"id": "1fb5a6b0-0d3e-4a3a-8f52-3f5d0c1e7a12"}),
            ),
        ],
    )
    def test_is_no_difference(self, one: Response, other: Response) -> None:
        assert places_of_differences(one, other) == []

    def test_a_body_is_compared_as_it_was_before_it_was_compressed(self) -> None:
        packed = [
            Response(200, (("Content-Encoding", "gzip"),), gzip.compress(f"at {at}".encode()))
            for at in ("2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z")
        ]

        assert places_of_differences(*packed) == []

    def test_what_is_masked_has_to_be_there_all_the_same(self) -> None:
        assert places_of_differences(answer(body={"exp": 1}), answer(body={})) == ["body.exp", "body"]

    def test_every_entry_has_a_reason(self) -> None:
        data = left_out()
        entries = [*data.headers, *data.cookies, *data.attributes, *data.members, *data.values, *data.steps]

        assert entries
        assert all(entry.reason.endswith(".") for entry in entries)
        assert FILE.is_file()

    def test_the_value_is_not_shown(self) -> None:
        places = Reader({}, left_out()).places(answer(body={"accessToken": "gho_secret"}), URL)

        assert places["body.accessToken"] == MASKED


BOTH_GOOD = (result(Verdict.PASSED), result(Verdict.PASSED))


class TestExplanations:
    def difference(self) -> Any:
        here, there = Reader({}, left_out()), Reader({}, left_out())
        (found,) = differences(here.places(answer(), URL), there.places(answer(("X-Powered-By", "Express")), URL))
        return found

    def test_an_entry(self) -> None:
        entry = Explanation(place="header x-powered-*", one=None, other="Express", requirement=MUST, reason="Known.")

        assert explanation_of(self.difference(), "any", 1, BOTH_GOOD, [entry]) == f"{MUST}: Known."

    @pytest.mark.parametrize(
        "changes", [{"one": "x"}, {"other": None}, {"scenarios": ["another"]}, {"place": "header vary"}]
    )
    def test_an_entry_about_something_else(self, changes: dict[str, Any]) -> None:
        entry = Explanation(**{"place": "header x-powered-by", "reason": "Known.", **changes})

        assert explanation_of(self.difference(), "any", 1, BOTH_GOOD, [entry]) is None

    def test_a_requirement_that_one_target_does_not_meet(self) -> None:
        good = result(Verdict.PASSED, check(MUST))
        bad = result(Verdict.FAILED, check(MUST, holds=False))

        assert (
            explanation_of(self.difference(), "any", 1, (good, bad), []) == f"{MUST}: only one of the targets meets it"
        )
        assert explanation_of(self.difference(), "any", 0, (good, bad), []) is None
        assert explanation_of(self.difference(), "any", 1, (bad, bad), []) is None
        assert OTHER_MUST != MUST

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            (None, "cannot be read"),
            ("a: [", "is no YAML"),
            ("[]", "has to be a mapping with a list 'differences'"),
            ("differences: [{place: x}]", "difference 1: Field required (reason)"),
            ("differences: [{place: x, reason: y, requirement: NO-1}]", "there is no requirement 'NO-1'"),
        ],
    )
    def test_a_file_with_a_mistake(self, tmp_path: Any, text: str | None, told: str) -> None:
        file = tmp_path / "explained.yaml"
        if text is not None:
            file.write_text(text, encoding="utf-8")

        with pytest.raises(ExplanationFileError, match=r"explained\.yaml") as caught:
            read_explanations(file)
        assert told in str(caught.value)
