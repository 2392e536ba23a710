"""Which Content-Security-Policy lets an inline script run."""

import pytest

from conformance.driver.csp import allows_script, source_hash

SCRIPT = "window.close()"
HASH = f"'{source_hash(SCRIPT)}'"
LONG_HASH = f"'{source_hash(SCRIPT, 'sha512')}'"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "img-src 'none'",
        f"script-src {HASH}",
        f"SCRIPT-SRC {LONG_HASH} 'self'",
        f"default-src 'none'; script-src\t{HASH}",
        f"script-src 'none'; script-src-elem {HASH}",
        f"default-src {HASH}",
        "script-src 'unsafe-inline'",
        "script-src 'self' 'nonce-abc'",
        f"script-src {HASH}, default-src {HASH}",
    ],
)
def test_allowed(header):
    assert allows_script(header, SCRIPT, nonce="abc")


@pytest.mark.parametrize(
    "header",
    [
        "script-src 'self'",
        "script-src 'none'",
        "script-src",
        "default-src 'self'",
        "script-src 'nonce-other'",
        f"script-src '{source_hash('another script')}'",
        f"script-src {HASH.upper()}",
        f"script-src 'unsafe-inline' '{source_hash('another script')}'",
        "script-src 'unsafe-inline' 'nonce-other'",
        f"script-src 'none'; script-src {HASH}",
        f"script-src {HASH}, default-src 'none'",
    ],
)
def test_forbidden(header):
    assert not allows_script(header, SCRIPT, nonce="abc")


def test_script_without_nonce_gets_in_by_none():
    assert not allows_script("script-src 'nonce-'", SCRIPT, nonce="")
    assert not allows_script("script-src 'nonce-None'", SCRIPT)
