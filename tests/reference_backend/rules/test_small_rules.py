import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_backend import errors
from reference_backend.errors import AuthError, InputError
from reference_backend.formats import compact_jws, durations, encoding, js_text
from reference_backend.identity import entity_ref, session_response
from reference_backend.identity.session_response import Profile
from reference_backend.oauth import scopes
from reference_backend.providers import profiles
from reference_backend.providers.profiles import VendorProfile


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2 days", 172800),
        ("90m", 5400),
        ("1.5h", 5400),
        ("500 ms", 0.5),
        ("P2DT6H", 194400),
        ("PT0,5S", 0.5),
        ("P1Y1M1W", 365 * 86400 + 30 * 86400 + 7 * 86400),
        ({"hours": 24}, 86400),
        ({"minutes": "1", "milliseconds": 500}, 60.5),
    ],
)
def test_durations(value, seconds):
    assert durations.seconds(value) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "value", ["5", "", "x", "5 lightyears", "P", "PT", "-1d", {}, {"hour": 1}, {"hours": "x"}, 5, []]
)
def test_what_is_no_duration(value):
    with pytest.raises(ValueError):
        durations.seconds(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("User:default/A", ("User", "default", "A")),
        ("a", ("User", "default", "a")),
        ("group:a", ("group", "default", "a")),
        ("ns/a", ("User", "ns", "a")),
        ("user:default/default/a", ("user", "default", "default/a")),
        ("a/b:c", ("User", "a", "b:c")),
    ],
)
def test_entity_refs(text, expected):
    ref = entity_ref.parse(text, "User")
    assert (ref.kind, ref.namespace, ref.name) == expected


@pytest.mark.parametrize("text", ["", ":a", "user:", "/a", "a/", "user:/a", "user:a/"])
def test_incomplete_entity_refs(text):
    with pytest.raises(AuthError):
        entity_ref.parse(text, "User")


def test_a_kind_is_needed():
    with pytest.raises(AuthError, match="had missing or empty kind"):
        entity_ref.parse("a")


@given(st.text())
def test_no_foreign_letter_becomes_ascii(text):
    folded = entity_ref.fold(text)
    assert [char for char in folded if char.isascii()] == [char.lower() for char in text if char.isascii()]


def test_the_kelvin_sign_is_not_a_k():
    assert entity_ref.fold("MI\u212aE") == "mi\u212ae"


def test_scopes():
    assert scopes.split("s1,s2|s3  s4\ts5,") == ["s1", "s2", "s3", "s4", "s5"]
    assert scopes.effective(["b", "a", "req"], [], ["req"], ["p1"]) == "b a req p1"
    assert scopes.effective(["a"], ["g"], ["r"], [], lambda r, g, q, a: [*g, "x", "x"]) == "g x"
    assert scopes.reported("a,b  c") == "a b c"
    assert scopes.reported(None) == ""
    assert scopes.already_granted(["a", "b"], "a")
    assert not scopes.already_granted(["a"], "a b")
    assert scopes.confirmed("new old req", ["new", "old"], ["old", "req"]) == "old req"


def test_causes_and_statuses():
    error = errors.AuthenticationError("Outer", InputError("inner", AuthError("core", fields={"code": 1})))
    assert errors.serialise(error) == {
        "name": "AuthenticationError",
        "message": "Outer; caused by InputError: inner; caused by Error: core",
        "cause": {
            "name": "InputError",
            "message": "inner; caused by Error: core",
            "cause": {"name": "Error", "message": "core", "code": 1},
        },
    }
    assert errors.status_of(AuthError("x")) == 500
    assert errors.status_of(AuthError("x", status=418)) == 418
    assert errors.status_of(InputError("x", status=99)) == 400
    assert errors.status_of(AuthError("x", name="NotModifiedError")) == 304


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "null"), (True, "true"), (1.0, "1"), (1.5, "1.5"), ({}, "[object Object]"), ([1, None, "a"], "1,,a")],
)
def test_js_text(value, text):
    assert js_text.text(value) == text


def id_token(**claims):
    return f"{compact_jws.encode({'alg': 'none'}, claims)}."


@pytest.mark.parametrize(
    ("vendor", "token", "expected"),
    [
        (VendorProfile(id="1", username="u", display_name="N", email="e"), None, Profile("e", None, "N")),
        (VendorProfile(id="1", username="u"), None, Profile(None, None, "u")),
        (VendorProfile(id="1"), None, Profile(None, None, "1")),
        (VendorProfile(), id_token(email="e", picture="p", name="n"), Profile("e", "p", "n")),
        (VendorProfile(), id_token(email="e", email_verified=True), Profile("e", None, None)),
        (VendorProfile(), id_token(email="e", email_verified=False), Profile(None, None, None)),
        (VendorProfile(), id_token(email="e", email_verified="false"), Profile(None, None, None)),
        (VendorProfile(email="e", email_verified=False), id_token(email="x", name="n"), Profile(None, None, "n")),
        (
            VendorProfile(email="e", raw={"email": "e", "email_verified": False}),
            None,
            Profile(None, None, None),
        ),
        (VendorProfile(email="e", raw={"email": "x", "email_verified": False}), None, Profile("e", None, None)),
        (VendorProfile(email="e", picture="p", display_name="n"), "garbage", Profile("e", "p", "n")),
    ],
)
def test_profiles(vendor, token, expected):
    assert profiles.transform(vendor, token) == expected


def test_an_undecodable_id_token():
    with pytest.raises(AuthError) as caught:
        profiles.transform(VendorProfile(), "garbage")
    assert caught.value.name == "JWTInvalid"
    assert caught.value.message == "Failed to parse id token and get profile info; caused by JWTInvalid: Invalid JWT"


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("", "Identity response must return a token"),
        (id_token(exp=5), "Identity response must return a token with subject claim"),
        (id_token(sub="s", exp=5), "Identity response must not return an expired token"),
    ],
)
def test_unusable_identities(token, expected):
    with pytest.raises(InputError, match=f"^{expected}$"):
        session_response.expires_in_seconds(token, 10)


def test_a_token_without_expiry():
    assert session_response.expires_in_seconds(id_token(sub="s"), 10) is None
    assert session_response.expires_in_seconds(id_token(sub="s", exp=20), 10.4) == 10


@given(st.text())
def test_locations_hold_nothing_dangerous(text):
    written = encoding.location(text.encode("utf-8", "replace").decode())
    assert written.isascii()
    assert not any(ord(char) <= 0x20 for char in written)


def test_locations_keep_escapes():
    assert encoding.location("https://a.test/%20?x=1&y=é \r\n") == "https://a.test/%20?x=1&y=%C3%A9%20%0D%0A"
