"""The frontend's proxied sign-in (frontend.md §8): how it asks, what it accepts, when it asks again.

Behind an auth proxy there is no popup: the app asks ``refresh`` and believes what comes, if it fits.
"""

import asyncio
import base64
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conformance.driver.wire import Response

MARGIN_SECONDS: Final = 300.0
"""A session counts until so long before its token's expiry (FE-67)."""

WITHOUT_EXPIRY_SECONDS: Final = 300.0
"""How long it counts if the token has no numeric ``exp`` (FE-67)."""

XHR: Final = {"X-Requested-With": "XMLHttpRequest"}

HeaderFields = Mapping[str, Any]
HeaderSource = HeaderFields | Callable[[], HeaderFields | Awaitable[HeaderFields]]
"""Headers of the app's own: a mapping, a function, or one that has to be awaited (FE-65)."""

Fetch = Callable[[HeaderFields], Response]


class FrontendError(Exception):
    """What the frontend throws.

    Parameters:
        name: of the JavaScript error.
        message: of it.
        cause: the error that the backend reported, if it used its envelope.
    """

    def __init__(self, name: str, message: str, cause: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.cause = cause


class _Schema(BaseModel):
    """Unknown members are dropped; what is optional may be missing, but not null (FE-66)."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class SessionProfile(_Schema):
    """Who a user is to the provider."""

    email: str = ""
    displayName: str = ""  # noqa: N815 - its name on the wire
    picture: str = ""


class Identity(_Schema):
    """Who a user is to Backstage."""

    type: Literal["user"]
    userEntityRef: str  # noqa: N815 - its name on the wire
    ownershipEntityRefs: list[str]  # noqa: N815 - its name on the wire


class BackstageIdentity(_Schema):
    """The identity with its token."""

    token: str
    identity: Identity


class Session(_Schema):
    """What the frontend keeps of the answer."""

    profile: SessionProfile
    providerInfo: dict[str, Any] = Field(default={})  # noqa: N815 - its name on the wire
    backstageIdentity: BackstageIdentity  # noqa: N815 - its name on the wire


def read_session(response: Response) -> Session:
    """Accept an answer, as strictly as the frontend does.

    Raises:
        FrontendError: the status is no success (FE-68), or the body does not fit (FE-66).
    """
    if not 200 <= response.status < 300:
        raise _response_error(response)
    try:
        return Session.model_validate(json.loads(response.body))
    except ValidationError as error:
        first = error.errors()[0]
        raise FrontendError("ZodError", f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ValueError as error:
        raise FrontendError("SyntaxError", "The answer is no JSON") from error


def _response_error(response: Response) -> FrontendError:
    phrase = HTTPStatus(response.status).phrase if response.status in list(HTTPStatus) else ""
    message = f"Request failed with {response.status} {phrase}".rstrip()
    try:
        body = json.loads(response.body)
    except ValueError:
        body = None
    has_envelope = isinstance(body, dict) and isinstance(body.get("error"), dict) and "response" in body
    return FrontendError("ResponseError", message, body["error"] if has_envelope else None)


def expiry(token: str, now: float) -> float:
    """Until when a session with this token counts (FE-67).

    Parameters:
        token: the Backstage token; its signature is not looked at.
        now: seconds since the epoch.

    Raises:
        FrontendError: the token has no payload (FE-69).
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        expires = claims.get("exp")
    except (IndexError, ValueError, AttributeError) as error:
        raise FrontendError("TypeError", "The Backstage token has no payload") from error
    is_number = isinstance(expires, int | float) and not isinstance(expires, bool)
    return expires - MARGIN_SECONDS if is_number else now + WITHOUT_EXPIRY_SECONDS


@dataclass
class _Active:
    session: Session
    until: float


class ProxiedIdentity:
    """The state machine behind ``ProxiedSignInPage`` and the guest tile.

    A session is fetched when it is needed and none counts, once for all who wait. A failure is forgotten, except for
    that of a token without payload, which stays until the page is reloaded (FE-69).

    Parameters:
        fetch: asks ``refresh`` with these header fields.
        headers: the app's own.
        clock: seconds since the epoch.
    """

    def __init__(self, fetch: Fetch, headers: HeaderSource, clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._headers = headers
        self._clock = clock
        self._active: _Active | None = None
        self._stuck: FrontendError | None = None
        self._is_signed_out = False
        self._lock = Lock()

    def session(self) -> Session:
        """The session of now.

        Raises:
            FrontendError: there is none.
        """
        with self._lock:
            if self._is_signed_out:
                raise FrontendError("AbortError", "The user signed out")
            if self._stuck is not None:
                raise self._stuck
            if self._active is None or self._clock() >= self._active.until:
                self._active = None
                self._active = self._fetched()
            return self._active.session

    @property
    def fresh_for(self) -> float:
        """Seconds from now that the session counts; 0 if there is none."""
        return max(0.0, self._active.until - self._clock()) if self._active else 0.0

    @property
    def is_stuck(self) -> bool:
        """True if nothing but a reload helps."""
        return self._stuck is not None

    def sign_out(self) -> None:
        """Give up; the backend is not told (FE-70)."""
        self._is_signed_out = True
        self._active = None

    def _fetched(self) -> _Active:
        session = read_session(self._fetch({**_asked(self._headers), **XHR}))
        try:
            return _Active(session, expiry(session.backstageIdentity.token, self._clock()))
        except FrontendError as error:
            self._stuck = error
            raise


def _asked(headers: HeaderSource) -> dict[str, Any]:
    """The app's headers without the one that the frontend sets itself (FE-65)."""
    given = headers() if callable(headers) else headers
    if inspect.isawaitable(given):
        given = asyncio.run(_awaited(given))
    return {name: value for name, value in given.items() if name.lower() != "x-requested-with"}


async def _awaited(headers: Awaitable[HeaderFields]) -> HeaderFields:
    return await headers


def guest_tile(failure: FrontendError | None) -> str:
    """What the sign-in page shows of the guest (FE-57).

    Returns:
        ``offered``, ``not-installed``, or ``unavailable`` with a warning in the console.
    """
    if failure is None:
        return "offered"
    cause = failure.cause or {}
    return "not-installed" if cause.get("name") == "NotFoundError" else "unavailable"
