"""The cookie by which a vendor knows a browser again, so that a client can get a new token without a page.

It remembers who consented to which client, and nothing else: every other authorization request shows the consent page,
since tests choose there who signs in.
"""

from urllib.parse import urlsplit

from werkzeug.http import dump_cookie, parse_cookie

from mock_idp.emulation import ServiceRequest

COOKIE = "mock_idp_session"


def session_of(request: ServiceRequest) -> str:
    """The session that a request's cookie names, whether or not it exists; empty if there is none."""
    return parse_cookie(request.headers.get("cookie", "")).get(COOKIE, "")


def set_cookie(request: ServiceRequest, session: str) -> tuple[str, str]:
    """The header field that makes a browser keep a session.

    ``SameSite=None`` because a frame in a page of another site must send it, too; browsers take that with ``Secure``
    only, which they allow on loopback without TLS.
    """
    return "Set-Cookie", dump_cookie(COOKIE, session, path=_path(request), secure=True, httponly=True, samesite="None")


def clear_cookie(request: ServiceRequest) -> tuple[str, str]:
    """The header field that makes a browser forget its session."""
    value = dump_cookie(COOKIE, "", max_age=0, path=_path(request), secure=True, httponly=True, samesite="None")
    return "Set-Cookie", value


def _path(request: ServiceRequest) -> str:
    """By path, services share a host; each has sessions of its own."""
    return urlsplit(request.base_url).path or "/"
