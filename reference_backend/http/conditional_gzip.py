"""Entity tags, conditional requests and compression (HTTP-12); follows ``etag`` and ``compression`` of npm."""

import base64
import gzip
import hashlib

from flask import Request, Response

COMPRESS_FROM = 1024
"""Bytes from which a body is worth compressing."""
OK_STATUSES = range(200, 300)


def write(response: Response, request: Request) -> None:
    """Add what HTTP caches need, and compress or drop the body."""
    media_type = response.headers.get("Content-Type", "")
    if not media_type.startswith(("application/json", "text/")):
        return
    if media_type != "text/html" and "Location" not in response.headers:
        tag = entity_tag(response.get_data())
        response.headers["ETag"] = tag
        if is_not_modified(request, response.status_code, tag):
            drop_body(response)
            return
    response.vary.add("Accept-Encoding")
    if accepts_gzip(request) and len(response.get_data()) >= COMPRESS_FROM:
        response.set_data(gzip.compress(response.get_data(), mtime=0))
        response.headers["Content-Encoding"] = "gzip"


def entity_tag(body: bytes) -> str:
    """A weak tag from length and content."""
    digest = base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode("ascii")
    return f'W/"{len(body):x}-{digest[:27]}"'


def is_not_modified(request: Request, status: int, tag: str) -> bool:
    """Tell whether the client has this representation already (RFC 9110 §13.1.2)."""
    if request.method not in ("GET", "HEAD") or status not in OK_STATUSES:
        return False
    sent = [one.strip() for one in request.headers.get("If-None-Match", "").split(",")]
    return "*" in sent or tag in sent or tag.removeprefix("W/") in sent


def drop_body(response: Response) -> None:
    """Turn the answer into a 304."""
    response.status_code = 304
    response.set_data(b"")
    for name in ("Content-Type", "Content-Length"):
        response.headers.pop(name, None)


def accepts_gzip(request: Request) -> bool:
    """Tell whether the client can decompress."""
    return request.accept_encodings.quality("gzip") > 0
