from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_backend.errors import NotAllowedError
from reference_backend.formats import encoding, query
from reference_backend.oauth import state

texts = st.text(st.characters(exclude_categories=["Cs"]))
filled = texts.filter(bool)


@given(texts)
def test_components_round_trip(text):
    assert encoding.decode_component(encoding.component(text)) == text
    literal = encoding.component_without_apostrophe(text)
    assert unquote(literal) == text
    assert not set(literal) & set("'\"<>\\\n\r")
    assert literal.isascii()


@given(st.lists(st.tuples(texts, texts)))
def test_forms_round_trip(pairs):
    # A pair without name and value disappears, as everywhere.
    assert encoding.parse_form(encoding.form(pairs)) == [pair for pair in pairs if pair != ("", "")] or any(
        pair == ("", "") for pair in pairs
    )


def test_form_encoding_is_that_of_browsers():
    assert encoding.form([("a b", "c*~'()!é")]) == "a+b=c*%7E%27%28%29%21%C3%A9"


@given(
    st.builds(
        state.OAuthState,
        nonce=filled,
        env=filled,
        origin=st.none() | texts,
        redirect_url=st.none() | texts,
        flow=st.none() | texts,
        scope=st.none() | texts,
    )
)
def test_states_round_trip(value):
    encoded = state.encode(value)
    assert encoded == encoded.lower()
    assert state.decode(encoded) == value
    assert state.decode(encoded.upper() + "zz") == value
    assert state.decode(encoded + "0") == value


def test_of_duplicate_members_the_last_wins():
    assert state.decode(b"env=a&env=b&nonce=n&x=1".hex()).env == "b"
    assert state.decode(b"env=a&env=b&nonce=n&x=1".hex()).extra == {"x": "1"}


@given(st.text() | st.binary().map(bytes.hex))
def test_garbage_is_refused_or_read(text):
    try:
        state.decode(text)
    except NotAllowedError as error:
        assert error.message.startswith("OAuth state is invalid, missing ")


@pytest.mark.parametrize("text", ["%", "%z", "%zz", "%E0%A4%A", "a%"])
def test_malformed_escapes(text):
    with pytest.raises(ValueError):
        encoding.decode_component(text)


def test_lone_surrogates_stay_json():
    assert encoding.compact_json({"a": "\ud800é"}) == '{"a":"\\ud800é"}'


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "", "{"])
def test_what_is_not_json(text):
    with pytest.raises(ValueError):
        encoding.parse_json(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1&a=2&b=", {"a": "1,2", "b": ""}),
        ("a[]=1&a[]=2,3&a[0]=4", {"a": "1,2,3,4"}),
        ("a[x]=1", {"a": "[object Object]"}),
        ("a=1&a[x]=1", {"a": "[object Object]"}),
        ("a+b=c+d&%zz=1", {"a b": "c d", "%zz": "1"}),
        ("[]=1&a", {"[]": "1", "a": ""}),
    ],
)
def test_query(text, expected):
    assert query.parse(text) == expected
