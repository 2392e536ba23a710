"""What the OpenID Connect family says about an uncooperative vendor (providers-oauth.md §2.6, UP-30).

Three sorts of failure: the vendor named an OAuth error (:class:`OpError`), the vendor's answer failed a check of ours
(:class:`RpError`), anything else (a plain ``AuthError``). A callback tells them apart by the words "rejected" and
"failed" (O0 … O5), a refresh by their names (OR).
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

from reference_backend.errors import AuthError
from reference_backend.formats import encoding, js_text
from reference_backend.oauth import oauth_errors

OK = 200
NO_SESSION = "authentication requires session support"
NO_USERINFO = "OIDC IdP must provide a userinfo_endpoint in the metadata response"
NO_ID_TOKEN = "id_token not present in TokenSet"  # noqa: S105 - an error text
_QUOTED_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class OpError(AuthError):
    """The vendor named an error.

    Parameters:
        code: the OAuth error code, or what stands for one.
        description: the vendor's explanation.
        status: HTTP status that our own answer gets; None for the usual one.
    """

    default_name = "OPError"

    def __init__(self, code: str, description: str | None = None, *, status: int | None = None) -> None:
        super().__init__(f"{code} ({description})" if description else code, status=status)
        self.code = code


class RpError(AuthError):
    """A check of the vendor's answer failed."""

    default_name = "RPError"


def in_callback(error: AuthError) -> AuthError:
    """A failure as the callback page reports it (O0 … O5)."""
    return oauth_errors.rejected(error.message) if is_rejection(error) else oauth_errors.failed(error.message)


def is_rejection(error: AuthError) -> bool:
    """Tell "rejected" from "failed" (UP-30)."""
    if isinstance(error, OpError):
        return error.code != "server_error" and not error.code.startswith("invalid")
    return isinstance(error, RpError)


def code_missing() -> RpError:
    """O0: neither ``code`` nor ``error``."""
    return RpError("code missing from response")


def named_error(members: Mapping[str, object]) -> OpError | None:
    """O1, O2: the error in a callback's query or in a JSON body; None if it names none."""
    code, description = members.get("error"), members.get("error_description")
    if not isinstance(code, str) or not code:
        return None
    return OpError(code, None if not description else js_text.text(description))


def refused(status: int, body: str, challenge: str | None = None) -> OpError:
    """O1 … O3: a status other than 200.

    Parameters:
        status: HTTP status.
        body: the answer's body.
        challenge: ``WWW-Authenticate``, for endpoints that take a bearer token; None for others.
    """
    found = dict(_QUOTED_PARAMETER.findall(challenge or ""))
    return named_error(found) or named_error(_json_object(body)) or unexpected_status(status)


def unexpected_status(status: int) -> OpError:
    """O3: no error is named."""
    reason = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else js_text.UNDEFINED
    return OpError(f"expected 200 OK, got: {status} {reason}")


def parse_answer(body: str) -> dict[str, object]:
    """The members of an answer with status 200.

    Raises:
        AuthError: O4, it is no JSON object.
        OpError: there is no body.
    """
    if not body:
        raise OpError("expected 200 OK with body but no body was returned")
    try:
        found = encoding.parse_json(body)
    except ValueError as error:
        raise AuthError(f"the answer is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise AuthError("the answer is not a JSON object")
    return found


def _json_object(body: str) -> dict[str, object]:
    try:
        found = encoding.parse_json(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def timed_out(seconds: float) -> RpError:
    """The vendor was silent for too long (UP-32)."""
    return RpError(f"outgoing request timed out after {round(seconds * 1000)}ms")


def session_entry_missing(key: str) -> AuthError:
    """The session of a callback is not the one of its start (OIDCPROV-14)."""
    return AuthError(
        f'did not find expected authorization request details in session, req.session["{key}"] is {js_text.UNDEFINED}'
    )


def not_in_metadata(member: str) -> AuthError:
    """The discovery document lacks what is needed (§14.2)."""
    return AuthError(f"{member} must be configured on the issuer")


def require_issuer(expected: str, found: object) -> None:
    """The discovery document has to be about the address that it came from (SEC-JWKS-04, Discovery §4.3)."""
    if found != expected:
        raise RpError(f"discovered issuer mismatch, expected {expected}, got: {js_text.text(found)}")


def require_same_state(expected: object, received: str | None) -> None:
    """The callback has to belong to the start that the session remembers; neither value is shown (SEC-ERR-05)."""
    if not received or received != expected:
        raise RpError("state mismatch")


def require_response_issuer(expected: str, received: str | None, *, promised: bool) -> None:
    """``iss`` of an authorization answer (OIDCPROV-13, RFC 9207 §2.4).

    Parameters:
        expected: the issuer.
        received: ``iss`` of the callback.
        promised: the metadata says that it is always sent.
    """
    if received is None and promised:
        raise RpError("iss missing from the response")
    if received is not None and received != expected:
        raise RpError(f"iss mismatch, expected {expected}, got: {received}")


def require_same_person(expected: str | None, found: str | None) -> None:
    """A refresh keeps the subject of the sign-in (SEC-REFR-06, Core §12.2), where that is known."""
    if expected is not None and found is not None and found != expected:
        raise RpError(f"unexpected sub value, the session is not that of {found}")


def require_subject(expected: object, userinfo: Mapping[str, object]) -> None:
    """User info and ID token have to be about one person (OIDCPROV-08, Core §5.3.2)."""
    if userinfo.get("sub") != expected:
        raise RpError(
            f"userinfo sub mismatch, expected {js_text.text(expected)}, got: {js_text.member(dict(userinfo), 'sub')}"
        )
