"""A secret is found in whatever form it hides."""

import base64
import json
from urllib.parse import quote

import pytest

from conformance.driver.leak_encodings import encodings_of

SECRET = "s3cr3t +/ž value"


@pytest.mark.parametrize(
    "hidden",
    [
        SECRET,
        f"/?x={quote(SECRET)}&y",
        json.dumps({"a": SECRET}),
        f"state={quote(SECRET).encode().hex()}",
        SECRET.encode().hex().upper(),
        *(base64.b64encode(b"." * before + SECRET.encode() + b"..").decode() for before in range(3)),
        *(base64.urlsafe_b64encode(b"." * before + SECRET.encode() + b"..").decode() for before in range(3)),
    ],
)
def test_found(hidden: str) -> None:
    assert any(form in hidden for form in encodings_of(SECRET))


@pytest.mark.parametrize("other", ["", "s3cr3t", quote("s3cr3t +/z value"), base64.b64encode(b"s3cr3t + val").decode()])
def test_nothing_else_is_found(other: str) -> None:
    assert not any(form in other for form in encodings_of(SECRET))
