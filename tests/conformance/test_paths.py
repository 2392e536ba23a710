"""Paths into plain data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.paths import MISSING, look_up, segments

DATA = {
    "status": 200,
    "headers": {"content-type": "text/html"},
    "messages": [{"data": 1}, {"data": {"a.b": 2}}],
    "annotations": {"google.com/email": "a@b", "x": {"length": 7}},
    "nothing": None,
    "1": "one",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("status", 200),
        ("headers.content-type", "text/html"),
        ("messages.0.data", 1),
        ("messages.-1.data.[a.b]", 2),
        ("messages.1.data[a.b]", 2),
        ("annotations[google.com/email]", "a@b"),
        ("nothing", None),
        ("1", "one"),
        ("messages.length", 2),
        ("headers.content-type.length", 9),
        ("headers.length", 1),
        ("annotations.x.length", 7),
    ],
)
def test_found(path, found):
    assert look_up(DATA, path) == found


@pytest.mark.parametrize(
    "path",
    [
        "absent",
        "status.code",
        "status.length",
        "nothing.at.all",
        "messages.2",
        "messages.-3",
        "messages.first",
        "messages.0.0",
        "headers.Content-Type",
        "annotations.google.com/email",
    ],
)
def test_missing(path):
    assert look_up(DATA, path) is MISSING


def test_empty_path_is_the_whole():
    assert look_up(DATA, "") is DATA


def test_missing_is_false_and_shows_as_absent():
    assert not MISSING
    assert repr(MISSING) == "(absent)"


keys = st.text(st.characters(exclude_characters="[]"), min_size=1)


@given(st.lists(keys, min_size=1, max_size=4))
def test_any_key_can_be_reached_in_brackets(path):
    data = "leaf"
    for key in reversed(path):
        data = {key: data}
    assert look_up(data, "".join(f"[{key}]" for key in path)) == "leaf"


@given(
    st.text(),
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    ),
)
def test_any_path_can_be_asked_of_anything(path, data):
    look_up(data, path)


def test_segments():
    assert segments("a.b[c.d].0[e]") == ["a", "b", "c.d", "0", "e"]
