"""Request bodies: JSON and forms are parsed up to a limit, others are ignored (HTTP-10, HTTP-11)."""

from collections.abc import Iterable
from typing import Any

from flask import Request

from reference_backend.errors import AuthError
from reference_backend.formats import encoding

LIMIT = 100 * 1024
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def read(request: Request) -> Any:
    """Read and check the body of a request; an empty object stands for one that is ignored.

    Raises:
        AuthError: too large (413), an unknown charset (415), or malformed JSON (400).
    """
    media_type = request.mimetype
    if media_type not in (JSON, FORM):
        return {}
    require_charset(request, media_type)
    if request.content_length is not None:
        require_size(request.content_length)
    body = request.stream.read(LIMIT + 1)
    require_size(len(body))
    if media_type == FORM:
        return form_members(encoding.parse_form(body.decode("utf-8", "replace")))
    return require_json_object(body.decode("utf-8", "replace")) if body else {}


def form_members(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Members of a form; what is repeated becomes a list."""
    members: dict[str, Any] = {}
    for name, value in pairs:
        known = members.get(name)
        if known is None:
            members[name] = value
        else:
            members[name] = [*known, value] if isinstance(known, list) else [known, value]
    return members


def require_charset(request: Request, media_type: str) -> None:
    """Refuse charsets that are not UTF-8 (GEN-07); JSON may be any UTF."""
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset != "utf-8" and not (media_type == JSON and charset.startswith("utf-")):
        raise AuthError(
            f'unsupported charset "{charset.upper()}"',
            name="UnsupportedMediaTypeError",
            status=415,
            fields={"charset": charset, "type": "charset.unsupported"},
        )


def require_size(size: int) -> None:
    """Refuse bodies over 100 KiB (HTTP-10)."""
    if size > LIMIT:
        raise AuthError(
            "request entity too large",
            name="PayloadTooLargeError",
            status=413,
            fields={"expected": size, "length": size, "limit": LIMIT, "type": "entity.too.large"},
        )


def require_json_object(text: str) -> dict[str, Any] | list[Any]:
    """Read JSON; refuse what is malformed, or neither object nor list (HTTP-10, HTTP-11)."""
    try:
        value = encoding.parse_json(text)
        message = f"Unexpected token '{text.strip()[:1]}', JSON text has to be an object or a list"
    except (ValueError, RecursionError) as error:
        value, message = None, str(error)
    if not isinstance(value, (dict, list)):
        raise AuthError(message, name="SyntaxError", status=400, fields={"type": "entity.parse.failed"})
    return value
