"""What the benchmarks compute, without measuring anything."""

import xml.etree.ElementTree as ET

import pytest

from benchmarks.client import AnswerReader, LoadError
from benchmarks.figures.model import Figure, Results
from benchmarks.logins import fill_in
from benchmarks.report import chart, document, ratio
from benchmarks.soak import growth_of_last_third


def test_ratio_is_of_one_round() -> None:
    found = ratio([1.0, 4.0], [2.0, 4.0])
    assert found == {"median": 0.75, "low": 0.5, "high": 1.0}
    assert ratio([], [1.0]) is None


def test_only_the_last_third_counts() -> None:
    assert growth_of_last_third([1.0, 50.0, 100.0, 100.0, 100.0, 100.0]) == 0
    assert growth_of_last_third([*range(1, 61)]) > 0.05


@pytest.mark.parametrize(
    ("received", "body", "is_last"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", b"ab", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", b"abc", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", b"ab", True),
    ],
)
def test_answers_are_cut_at_their_length(received: bytes, body: bytes, is_last: bool) -> None:
    reader, short = AnswerReader(), AnswerReader()
    reader.feed(received)
    assert reader.is_complete
    assert (reader.answer.body, reader.is_last) == (body, is_last)
    short.feed(received[:-1])
    assert not short.is_complete
    with pytest.raises(LoadError, match="in the middle"):
        short.feed(b"")


def test_without_a_length_the_connection_ends_an_answer() -> None:
    reader = AnswerReader()
    reader.feed(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nab")
    assert not reader.is_complete
    reader.feed(b"")
    assert (reader.is_complete, reader.answer.body) == (True, b"ab")


def test_what_is_no_http_is_told() -> None:
    with pytest.raises(LoadError, match="no HTTP"):
        AnswerReader().feed(b"SSH-2.0-x\r\n\r\n")


def test_a_page_is_filled_in() -> None:
    page = '<form action="/go?a=1&amp;b=2"><input type="hidden" name="request" value="7"><input name="sub"></form>'
    url, form = fill_in("http://127.0.0.1:1/authorize", page, {"sub": "jo"})
    assert (url, form) == ("http://127.0.0.1:1/go?a=1&b=2", [("request", "7"), ("sub", "jo")])
    with pytest.raises(LoadError, match="without a form"):
        fill_in(url, "<p>No.</p>", {})


def test_report_of_a_run() -> None:
    results = Results()
    results.enter("ours", {"speed": 2.0})
    results.enter("<theirs>", {"speed": 4.0})
    data = document([Figure("speed", "speed & more", "1/s", "higher")], results, {}, 1)
    assert data["figures"][0]["subjects"]["<theirs>"]["ratio"]["median"] == 0.5
    assert ET.fromstring(chart(data)).tag.endswith("svg")
