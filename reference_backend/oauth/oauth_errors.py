"""What the passport family says about an uncooperative vendor (providers-oauth.md §2.5, UP-07 … UP-13).

The codes P0 … P10 and R0 … R4 are those of that table. An answer of unexpected shape (P8) counts as the
nearest other failure.
"""

from collections.abc import Mapping
from typing import Any

from reference_backend.errors import AuthError
from reference_backend.formats import encoding, js_text

NO_TOKEN = "Failed to obtain access token"  # noqa: S105 - an error text
NO_PROFILE = "Failed to fetch user profile"
BAD_PROFILE = "Failed to parse user profile"
NO_REVOCATION = "Failed to revoke the session"


def unexpected_redirect() -> AuthError:
    """P0: neither ``code`` nor ``error`` (FRAME-10)."""
    return AuthError("Unexpected redirect")


def rejected(description: str) -> AuthError:
    """P1: the person said no (UP-08)."""
    return AuthError(f"Authentication rejected, {description}")


def failed(message: str) -> AuthError:
    """P2 … P10: anything else that went wrong in a callback."""
    return AuthError(f"Authentication failed, {message}")


def callback_error(query: Mapping[str, str]) -> AuthError:
    """P1 or P2: the vendor sent the browser back with an error (UP-08, UP-09)."""
    if query["error"] == "access_denied":
        return rejected(query.get("error_description", ""))
    return failed(js_text.member(dict(query), "error_description"))


def is_accepted_status(status: int) -> bool:
    """Statuses whose body is taken for a result; a redirect is one of them, and then lacks it (P6)."""
    return 200 <= status <= 299 or status in (301, 302)


def token_refused(body: str) -> AuthError:
    """P3 … P5: the token endpoint answered with an error status (UP-07, UP-10)."""
    try:
        parsed = encoding.parse_json(body)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict) and parsed.get("error"):
        return failed(js_text.member(parsed, "error_description"))
    return failed(NO_TOKEN + detail(body))


def no_token() -> AuthError:
    """P6, P7: no access token in an accepted answer, or no answer at all."""
    return failed(NO_TOKEN)


def detail(body: str) -> str:
    """What an error body adds to a text: its ``message``, or a placeholder if it is not JSON (UP-10)."""
    if not body:
        return ""
    try:
        parsed = encoding.parse_json(body)
    except ValueError:
        return f" - {js_text.OBJECT}"
    if parsed is None:
        return f" - {js_text.OBJECT}"
    message = parsed.get("message") if isinstance(parsed, dict) else None
    return f" - {js_text.text(message)}" if message else ""


def parse_token_answer(body: str) -> dict[str, Any]:
    """Read a token answer: JSON, else form encoding, whatever the media type says (§2.4)."""
    try:
        parsed = encoding.parse_json(body)
    except ValueError:
        return dict(encoding.parse_form(body))
    return parsed if isinstance(parsed, dict) else {}


def refresh_failed(reason: str) -> AuthError:
    """R1, R3: the token endpoint refused or could not be reached (UP-12)."""
    return AuthError("Failed to refresh access token", AuthError(reason))


def refresh_refused() -> AuthError:
    """R1: what the vendor said is not passed on."""
    return refresh_failed(f"unknown error '{js_text.OBJECT}'")


def refresh_without_token() -> AuthError:
    """R2 (UP-13)."""
    return AuthError("Failed to refresh access token, no access token received")


class ProfileError(AuthError):
    """The profile endpoint failed (P7, P9, P10, R4).

    The vendor's body stays here: neither a callback nor a refresh shows it (FRAME-22, OUT-R4).

    Parameters:
        message: what failed.
        name: name under which a refresh reports it.
        suffix: what a callback adds to the text.
        upstream_status: status of the vendor's answer, None if there was none.
    """

    def __init__(
        self, message: str, *, name: str = "Error", suffix: str = "", upstream_status: int | None = None
    ) -> None:
        super().__init__(message, name=name)
        self.suffix = suffix
        self.upstream_status = upstream_status


def profile_unreachable(label: str = NO_PROFILE) -> ProfileError:
    """P7 at the profile endpoint."""
    return ProfileError(label, name="InternalOAuthError")


def profile_refused(status: int, body: str, label: str = NO_PROFILE) -> ProfileError:
    """P9, R4: not a 2xx."""
    return ProfileError(label, name="InternalOAuthError", suffix=detail(body), upstream_status=status)


def profile_unreadable() -> ProfileError:
    """P10: 2xx, but no JSON."""
    return ProfileError(BAD_PROFILE)
