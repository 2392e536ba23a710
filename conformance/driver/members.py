"""What an observation holds, in words; the language reference is made from it, a test compares it with the code."""

from collections.abc import Mapping
from typing import Final

from conformance.scenario.shape import Shape, shape_of

MEMBERS: Final[Mapping[str, Mapping[str, str]]] = {
    "Every HTTP answer": {
        "status": "the status code",
        "url": "the address that was asked",
        "headers": "name in lower case -> value; repeated fields joined by a comma",
        "set_cookie": "every `Set-Cookie` field as sent, in order",
        "cookies": "name -> cookie, of those the answer sets",
        "cookie_header": "those cookies as a `Cookie` field that sends them back",
        "cookie_order": "names of all cookies set or deleted, in order",
        "deleted": "list of cookies that the answer deletes",
        "deleted_names": "their names, in order",
        "body": "the body as text",
        "body_bytes": "its length in bytes",
        "location": "the `Location` field, resolved and taken apart like a URL; `as_sent` is the field itself",
        "json": "the body, decoded, if the answer says it is JSON",
        "json_error": "present if it is claimed and wrong",
    },
    "The provider's cookies": {
        "nonce_cookie": "the cookie `ID-nonce` that the answer sets",
        "refresh_cookie": "the cookie `ID-refresh-token`",
        "scope_cookie": "the cookie `ID-granted-scope`",
        "nonce_cookie_chunks": "list of `ID-nonce-0`, `-1` …, if the cookie comes in pieces",
        "refresh_cookie_chunks": "the same of the refresh token",
        "scope_cookie_chunks": "the same of the granted scope",
        "nonce_cookie_deletions": "every deletion of the cookie or a chunk of it",
        "refresh_cookie_deletions": "the same of the refresh token",
        "scope_cookie_deletions": "the same of the granted scope",
        "nonce_cookie_cleared": "true if one of them is host-only, so that the real cookie goes",
        "refresh_cookie_cleared": "the same of the refresh token",
        "scope_cookie_cleared": "the same of the granted scope",
    },
    "A cookie": {
        "raw": "the whole field as sent",
        "name": "its name",
        "value": "its value, percent-encoding undone",
        "raw_value": "its value as sent",
        "http_only": "true or false",
        "secure": "true or false",
        "attribute_order": "names of its attributes in lower case, in order",
        "path": "as sent; absent if it has none",
        "domain": "as sent; absent if it has none",
        "same_site": "as sent; absent if it has none",
        "priority": "as sent; absent if it has none",
        "max_age": "`Max-Age` as a number",
        "expires_in": "seconds from now to `Expires`",
    },
    "A URL": {
        "url": "the whole",
        "origin": "scheme, host and port; null if it is relative",
        "host": "host name without port",
        "path": "its path",
        "query_text": "its query as it stands",
        "query": "name -> value; the last one wins",
        "query_list": "list of [name, value], in order",
        "fragment": "what follows `#`",
        "problem": "present if it is no URL; then there is only `url` and an empty `query` beside it",
    },
    "The callback page": {
        "page": "the page, see below",
        "messages": "list of what it posts: `data`, `target_origin`, `receiver` (`opener` or `parent`)",
        "config_info": "the data of the message of that type",
        "answer": "the data of the `authorization_response`",
        "target_origin": "where the answer is posted to",
        "session": "its `response`; after `refresh` and `proxied_sign_in`, the JSON of a 200",
        "error": "its `error`",
    },
    "`page`": {
        "script": "text of the first script",
        "scripts": "how many scripts there are",
        "script_hash": "hash of the first, as a CSP source",
        "csp_allows_script": "true if the page's Content-Security-Policy lets all of them run",
        "only_a_script": "true if the document holds one inline script and nothing else",
        "encoded_literals": "arguments of `decodeURIComponent('…')` in the first script",
        "literals": "the same, decoded",
        "close_after_ms": "after how many milliseconds the page closes the popup; null if it does not",
        "receiver_without_opener": "who gets the first message if there is no opener; null for none",
        "script_error": "the first error of the scripts; null if there was none",
    },
    "`authn_request`": {
        "id": "its `ID`",
        "version": "as sent",
        "destination": "as sent; absent if it has none",
        "consumer_url": "`AssertionConsumerServiceURL`: where it wants the answer",
        "binding": "`ProtocolBinding`: how it wants the answer",
        "issuer": "who asks",
        "name_id_format": "the requested NameID format",
        "allow_create": "as sent",
        "contexts": "list of the authentication contexts it asks for",
        "comparison": "how they are to be compared",
        "age": "seconds since `IssueInstant`",
        "problem": "present if it is no authentication request; then there is nothing else",
    },
    "`frontend`": {
        "signed_in": "true if the frontend accepts the session",
        "user": "the entity reference of the user it signs in",
        "fresh_for": "for how many seconds it will not ask again",
        "failure": "what it throws if it does not: `name`, `message`, and `cause` if the target reported an error",
        "guest_tile": "what a sign-in page shows of the guest: `offered`, `unavailable` or `not-installed`",
        "stuck": "true if it will not ask again before the page is reloaded",
        "uses": "list of what it did whenever it needed its token later: `requests` (how many it sent), and as above",
    },
}
"""Group -> member -> meaning."""

URL: Final = shape_of(*MEMBERS["A URL"])
"""Shape of an address taken apart."""

FRONTEND: Final = {
    **shape_of(*MEMBERS["`frontend`"]),
    "failure": shape_of("name", "message", "cause"),
}
"""Shape of what the frontend makes of a proxied sign-in."""

COOKIE: Final = shape_of(*MEMBERS["A cookie"])
"""Shape of a cookie."""

AUTHN_REQUEST: Final = shape_of(*MEMBERS["`authn_request`"])
"""Shape of the request of a SAML provider."""

PAGE: Final[Shape] = {**shape_of(*MEMBERS["Every HTTP answer"]), "location": {**URL, "as_sent": None}}
"""Shape of a page of a vendor, whose scripts are not run."""

ANSWER: Final[Shape] = {
    **PAGE,
    **shape_of(*MEMBERS["The provider's cookies"], *MEMBERS["The callback page"]),
    **dict.fromkeys(("nonce_cookie", "refresh_cookie", "scope_cookie"), COOKIE),
    "page": shape_of(*MEMBERS["`page`"]),
}
"""Shape of every answer of the target."""
