"""What faults do to answers: pure functions from an answer and complete parameters to another answer."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from mock_idp.faults.model import CALLBACK, ID_TOKEN, Parameters
from mock_idp.oauth.model import FORM_POST, Answer, Encoding, JsonValue, Page, split_scopes
from mock_idp.oauth.tokens import Forgery, SignedToken
from mock_idp.settings import MOST_REPEATED_TEXTS, MOST_UNPACKED_MEGABYTES

_CONTENT_TYPE = "content-type"
_UNUSABLE_HTML = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


def _without(names: list[str], answer: Answer) -> Answer:
    if isinstance(answer.body, Mapping):
        return replace(answer, body={key: value for key, value in answer.body.items() if key not in names})
    if isinstance(answer.body, list):
        parts = [_without(names, replace(answer, body=entry)).body for entry in answer.body]
        return replace(answer, body=parts)
    return answer


def _with(members: Mapping[str, JsonValue], answer: Answer) -> Answer:
    if isinstance(answer.body, Mapping):
        return replace(answer, body={**answer.body, **members})
    if isinstance(answer.body, list):
        return replace(answer, body=[_with(members, replace(answer, body=entry)).body for entry in answer.body])
    return answer


def _on_id_token(change: Callable[[SignedToken], SignedToken], answer: Answer) -> Answer:
    """Apply a change to the ID token inside a token answer, if there is one."""
    token = answer.body.get(ID_TOKEN) if isinstance(answer.body, Mapping) else None
    return _with({ID_TOKEN: change(token)}, answer) if isinstance(token, SignedToken) else answer


def _in_id_token(change: Callable[[Answer], Answer], answer: Answer) -> Answer:
    """Apply a change to the claims of the ID token."""
    return _on_id_token(lambda token: replace(token, claims=change(Answer(200, dict(token.claims))).body), answer)


def _in_callback(change: Callable[[Answer], Answer], answer: Answer) -> Answer:
    """Apply a change to what the client is told: the query of a redirect, or the fields of a form."""
    page = answer.body
    if isinstance(page, Page) and page.template == FORM_POST:
        parameters = change(Answer(200, dict(page.values["parameters"]))).body
        return replace(answer, body=replace(page, values={**page.values, "parameters": parameters}))
    return replace(
        answer,
        headers=tuple(
            (name, _with_query(value, change) if name.lower() == "location" else value)
            for name, value in answer.headers
        ),
    )


def _with_query(location: str, change: Callable[[Answer], Answer]) -> str:
    parts = urlsplit(location)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit(parts._replace(query=urlencode(change(Answer(200, query)).body)))


def _at_place(change: Callable[[Answer], Answer], answer: Answer, parameters: Parameters) -> Answer:
    if parameters["at"] == ID_TOKEN:
        return _in_id_token(change, answer)
    if parameters["at"] == CALLBACK:
        return _in_callback(change, answer)
    return change(answer)


def with_odd_keys(answer: Answer, parameters: Parameters) -> Answer:
    """Put entries into a key set that are invalid, before and behind the valid ones (RFC 7517 section 5)."""
    del parameters
    if not isinstance(answer.body, Mapping) or not isinstance(answer.body.get("keys"), list):
        return answer
    odd: list[JsonValue] = [
        {"kty": "RSA", "kid": "without-modulus", "use": "sig", "e": "AQAB"},
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
        {"kty": "unheard-of", "kid": "of-tomorrow"},
    ]
    return _with({"keys": [*odd, *answer.body["keys"], "no-object"]}, answer)


def with_altered_keys(answer: Answer, parameters: Parameters) -> Answer:
    """Let the keys of each published set say something else about themselves (RFC 7517 section 4)."""
    keys = answer.body.get("keys") if isinstance(answer.body, Mapping) else None
    if not isinstance(keys, list):
        return answer
    changes = parameters["sets"]
    of_each = max(len(keys) // len(changes), 1) if changes else len(keys)
    altered = []
    for index, key in enumerate(keys):
        change = changes[index // of_each] if index // of_each < len(changes) else {}
        altered.append({name: value for name, value in {**key, **change}.items() if value is not None})
    return _with({"keys": altered}, answer)


def with_queried_endpoint(answer: Answer, parameters: Parameters) -> Answer:
    """Give an endpoint in the document a query of its own (RFC 6749 section 3.1)."""
    member = parameters["member"]
    if not isinstance(answer.body, Mapping) or not isinstance(answer.body.get(member), str):
        return answer
    return _with({member: f"{answer.body[member]}?{parameters['query']}"}, answer)


def set_members(answer: Answer, parameters: Parameters) -> Answer:
    """Add or replace members of the body, the ID token's claims or the callback's query; and header fields."""
    fields = parameters["headers"] or {}
    changed = _at_place(partial(_with, parameters["members"] or {}), answer, parameters)
    kept = _without_headers(list(fields), changed)
    media_type = next((value for name, value in fields.items() if name.lower() == _CONTENT_TYPE), kept.content_type)
    added = tuple((name, value) for name, value in fields.items() if name.lower() != _CONTENT_TYPE)
    return replace(kept, headers=(*kept.headers, *added), content_type=media_type)


def remove_members(answer: Answer, parameters: Parameters) -> Answer:
    """Remove members of the body, the ID token's claims or the callback's query; and header fields."""
    changed = _at_place(partial(_without, parameters["members"] or []), answer, parameters)
    names = parameters["headers"] or []
    kept = _without_headers(names, changed)
    return replace(kept, content_type="") if _CONTENT_TYPE in map(str.lower, names) else kept


def _without_headers(names: list[str], answer: Answer) -> Answer:
    gone = {name.lower() for name in names}
    return replace(answer, headers=tuple(pair for pair in answer.headers if pair[0].lower() not in gone))


def forged(answer: Answer, parameters: Parameters) -> Answer:
    """Change the ID token the way the parameters say (:class:`~mock_idp.oauth.tokens.Forgery`)."""
    return _on_id_token(Forgery.read(parameters).apply, answer)


def forging(change: Callable[[SignedToken], SignedToken]) -> Callable[[Answer, Parameters], Answer]:
    """Make a change of the ID token that needs no parameters."""
    return lambda answer, parameters: _on_id_token(change, answer)


def removing(*names: str) -> Callable[[Answer, Parameters], Answer]:
    """Make a change that removes these members of the body."""
    return lambda answer, parameters: _without(list(names), answer)


def callback_error(answer: Answer, parameters: Parameters) -> Answer:
    """Replace the code in the callback by an error (RFC 6749 section 4.1.2.1)."""
    error = {"error": parameters["error"]}
    if parameters.get("description") is not None:
        error["error_description"] = parameters["description"]

    def change(query: Answer) -> Answer:
        return _with(error, _without(["code", "error", "error_description", "error_uri"], query))

    return _in_callback(change, answer)


def denied(answer: Answer, parameters: Parameters) -> Answer:
    """Replace the code in the callback by a refusal of the person."""
    return callback_error(answer, {"error": "access_denied", **parameters})


def _error_body(parameters: Parameters) -> dict[str, JsonValue]:
    body: dict[str, JsonValue] = {"error": parameters["error"]}
    if parameters["description"] is not None:
        body["error_description"] = parameters["description"]
    return body


def oauth_error(answer: Answer, parameters: Parameters) -> Answer:
    """Answer an OAuth error (RFC 6749 section 5.2)."""
    return Answer(parameters["status"], _error_body(parameters), headers=(("Cache-Control", "no-store"),))


def rate_limited(answer: Answer, parameters: Parameters) -> Answer:
    """Answer 429 (RFC 6585 section 4)."""
    body = {"message": parameters["message"]}
    return Answer(429, body, headers=(("Retry-After", str(parameters["retry_after"])),))


def server_error(answer: Answer, parameters: Parameters) -> Answer:
    """Answer a server error as JSON."""
    return Answer(parameters["status"], {"message": parameters["message"]})


def bad_gateway(answer: Answer, parameters: Parameters) -> Answer:
    """Answer a gateway's error page."""
    return Answer(parameters["status"], _UNUSABLE_HTML, Encoding.HTML)


def emptied(answer: Answer, parameters: Parameters) -> Answer:
    """Answer nothing but a status."""
    return Answer(parameters["status"], None, Encoding.EMPTY)


def json_text(text: str) -> Callable[[Answer, Parameters], Answer]:
    """Make a change that answers this text as JSON."""
    return lambda answer, parameters: Answer(200, text, Encoding.TEXT, content_type="application/json")


def redirected(answer: Answer, parameters: Parameters) -> Answer:
    """Answer a redirect."""
    return Answer(parameters["status"], None, Encoding.EMPTY, headers=(("Location", parameters["location"]),))


def redirected_to_itself(answer: Answer, parameters: Parameters) -> Answer:
    """Answer a redirect to the same address (RFC 3986 section 4.2: a mere query keeps the path)."""
    return redirected(answer, {**parameters, "location": "?again=1"})


def text_instead(answer: Answer, parameters: Parameters) -> Answer:
    """Answer a text, once or many times over."""
    text = parameters["text"] * min(parameters["repeat"], MOST_REPEATED_TEXTS)
    return Answer(parameters["status"], text, Encoding.TEXT, content_type=parameters["type"])


def form_encoded(answer: Answer, parameters: Parameters) -> Answer:
    """Write the body as a form."""
    return replace(answer, encoding=Encoding.FORM) if isinstance(answer.body, Mapping) else answer


def oversized(answer: Answer, parameters: Parameters) -> Answer:
    """Add a member of that many bytes."""
    return _with({"padding": "x" * parameters["bytes"]}, answer)


def compressed(answer: Answer, parameters: Parameters) -> Answer:
    """Answer a good beginning of JSON and megabytes of blanks behind it, packed (RFC 9110 section 8.4.1.3)."""
    body = _packed(min(parameters["megabytes"], MOST_UNPACKED_MEGABYTES))
    return Answer(200, body, Encoding.BYTES, headers=(("Content-Encoding", "gzip"),), content_type="application/json")


@lru_cache(maxsize=4)
def _packed(megabytes: int) -> bytes:
    text = b'{"padding":"'
    packer = zlib.compressobj(level=9, wbits=zlib.MAX_WBITS | 16)
    return b"".join([packer.compress(text), *(packer.compress(b" " * 2**20) for _ in range(megabytes)), packer.flush()])


def in_charset(answer: Answer, parameters: Parameters) -> Answer:
    """Write the body in another character encoding, once its tokens are signed."""
    return replace(answer, charset=parameters["charset"])


def json_encoded(answer: Answer, parameters: Parameters) -> Answer:
    """Write the body as JSON."""
    return replace(answer, encoding=Encoding.JSON) if isinstance(answer.body, Mapping) else answer


def content_type(answer: Answer, parameters: Parameters) -> Answer:
    """Say another media type."""
    return replace(answer, content_type=parameters["type"])


def another_status(answer: Answer, parameters: Parameters) -> Answer:
    """Say another status."""
    return replace(answer, status=parameters["status"])


def fewer_scopes(answer: Answer, parameters: Parameters) -> Answer:
    """Leave scopes out of a token answer, in whatever form it lists them."""
    if not isinstance(answer.body, Mapping):
        return answer
    shortened = {}
    for member in ("scope", "scopes"):
        text = answer.body.get(member)
        if isinstance(text, str):
            separator = "," if "," in text else " "
            kept = [scope for scope in split_scopes(text, " ,") if scope not in parameters["without"]]
            shortened[member] = separator.join(kept)
    return _with(shortened, answer)


def over_transport(kind: str) -> Callable[[Answer, Parameters], Answer]:
    """Make a change that lets the connection misbehave (``mock_idp.server.transport``)."""

    def change(answer: Answer, parameters: Parameters) -> Answer:
        seconds = parameters.get("seconds")
        return replace(answer, transport=kind if seconds is None else f"{kind}:{seconds:g}")

    return change


def held_back(answer: Answer, parameters: Parameters) -> Answer:
    """Let the answer wait for others at the same place and under the same name, whatever service they are of."""
    name = f"{parameters['at']}/{parameters['name']}"
    return replace(answer, transport=f"hold:{parameters['seconds']:g}:{parameters['until']}:{name}")
