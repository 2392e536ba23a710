"""What the target is as a whole: whether it is there, whether it is an auth backend, and in which mode it runs."""

import contextlib
import json
import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from conformance.driver.wire import NoAnswerError, Request, Response, Wire, origin_of
from conformance.examination.findings import Finding, found

DEVELOPMENT: Final = "development"
"""The profile whose backend is in development mode."""

CLOCK_SECONDS: Final = 60
"""Clocks that differ by more make tokens of one side too old or too new for the other."""

HANDSHAKE_SECONDS: Final = 2.0

NO_TARGET: Final = frozenset(
    {
        *("target-absent", "target-silent", "target-certificate", "target-plain", "target-tls"),
        *("target-gate", "target-limits", "target-not-ready", "target-other"),
    }
)
"""Findings after which there is no target to be examined."""

NO_PROVIDER: Final = "no-provider-has-this-id"


def check_address(url: str, name: str, example: str) -> list[Finding]:
    """Check an address of the command line.

    Parameters:
        url: the address.
        name: the finding if it is none.
        example: one that is.
    """
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    return [] if sound else [found(name, url=url, example=example)]


def find_target(wire: Wire, auth_url: str) -> list[Finding]:
    """Ask the target for its keys, which every auth backend publishes.

    Parameters:
        wire: how requests are sent.
        auth_url: base URL of the auth plugin.

    Returns:
        What was found; one of :data:`NO_TARGET` if no auth backend answers there.
    """
    url = f"{auth_url}/.well-known/jwks.json"
    try:
        response = wire.send(Request("GET", url, ()))
    except NoAnswerError as error:
        return [_no_answer(error, auth_url)]
    clock = _clock(response)
    if _is_key_set(response):
        return clock
    if response.status >= 500 and response.status != 503 and _has_envelope(wire, auth_url):
        return [*clock, found("keys-fail", url=url, status=response.status)]
    return [_other(response, url, auth_url)]


def _no_answer(error: NoAnswerError, auth_url: str) -> Finding:
    origin, scheme = origin_of(auth_url), urlsplit(auth_url).scheme
    if scheme == "https" and "WRONG_VERSION_NUMBER" in error.problem:
        return found("target-plain", origin=origin, instead=auth_url.replace("https:", "http:", 1))
    if scheme == "https" and "CERTIFICATE" in error.problem.upper():
        return found("target-certificate", problem=str(error))
    if "did not answer within" in error.problem:
        return found("target-silent", problem=str(error))
    if "cannot be reached" not in error.problem and _speaks_tls(auth_url):
        return found("target-tls", origin=origin, instead=auth_url.replace("http:", "https:", 1))
    return found("target-absent", problem=str(error))


def _speaks_tls(auth_url: str) -> bool:
    """Try a handshake; who is there, is not asked."""
    parts = urlsplit(auth_url)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        contextlib.suppress(OSError, ValueError),
        socket.create_connection((parts.hostname or "", parts.port or 80), HANDSHAKE_SECONDS) as connection,
        context.wrap_socket(connection, server_hostname=parts.hostname),
    ):
        return True
    return False


def _is_key_set(response: Response) -> bool:
    try:
        return response.status == 200 and isinstance(json.loads(response.body)["keys"], list)
    except (ValueError, KeyError, TypeError):
        return False


def _has_envelope(wire: Wire, auth_url: str) -> bool:
    """Say whether errors there have the form of GEN-04."""
    with contextlib.suppress(NoAnswerError, ValueError):
        said = json.loads(wire.send(Request("GET", f"{auth_url}/{NO_PROVIDER}/start", ())).body)
        return isinstance(said, dict) and isinstance(said.get("error"), dict) and "name" in said["error"]
    return False


def _other(response: Response, url: str, auth_url: str) -> Finding:
    location = response.header("location")
    if response.status == 429:
        return found("target-limits", url=url)
    if response.status == 503:
        return found("target-not-ready", url=url)
    if response.status in {401, 403, 407} or (location is not None and 300 <= response.status < 400):
        where = f" to {location.partition('?')[0]}" if location else ""
        return found("target-gate", url=url, status=response.status, where=where, path=urlsplit(auth_url).path)
    if response.status == 400 and auth_url.startswith("http:") and _speaks_tls(auth_url):
        # Many servers say in plain text that they want TLS.
        return found("target-tls", origin=origin_of(auth_url), instead=auth_url.replace("http:", "https:", 1))
    usually = f"{origin_of(auth_url)}/api/auth"
    return found("target-other", auth_url=auth_url, url=url, status=response.status, usually=usually)


def _clock(response: Response) -> list[Finding]:
    """Compare the target's clock with ours, as far as it tells its own (RFC 9110 section 6.6.1)."""
    with contextlib.suppress(ValueError, TypeError):
        seconds = round(parsedate_to_datetime(response.header("date") or "").timestamp() - time.time())
        if abs(seconds) > CLOCK_SECONDS:
            return [found("target-clock", seconds=abs(seconds))]
    return []


def check_mode(wire: Wire, auth_url: str, profile: str) -> list[Finding]:
    """Compare the mode of the target with that of its profile (GEN-09, GEN-10).

    Development mode shows stack traces *and* indents its JSON; one of them alone is a defect, which the scenarios find.

    Parameters:
        wire: how requests are sent.
        auth_url: base URL of the auth plugin.
        profile: the profile that the suite is to test.
    """
    if profile == DEVELOPMENT:
        return []
    with contextlib.suppress(NoAnswerError, ValueError, KeyError, TypeError):
        body = wire.send(Request("GET", f"{auth_url}/{NO_PROVIDER}/start", ())).body
        is_developing = "stack" in json.loads(body)["error"] and b'\n  "' in body
        if is_developing:
            return [found("target-development")]
    return []
