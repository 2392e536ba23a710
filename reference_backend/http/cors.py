"""Cross-origin resource sharing (HTTP-01 … HTTP-07); follows ``cors`` of npm, as Backstage configures it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Request, Response

from reference_backend.config.model import Config
from reference_backend.formats import glob
from reference_backend.http import responses

DEFAULT_METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")


@dataclass(frozen=True, slots=True)
class CorsPolicy:
    """``backend.cors``.

    Parameters:
        origins: globs; None means any origin.
        methods: methods that a preflight announces.
        allowed_headers: headers that a preflight announces; None reflects the request.
        exposed_headers: headers that scripts may read.
        credentials: cookies may be sent.
        max_age: seconds that a preflight may be remembered.
        preflight_continue: hand preflights on to the routes.
        options_status: status of a preflight.
    """

    origins: Sequence[str] | None
    methods: Sequence[str] = DEFAULT_METHODS
    allowed_headers: Sequence[str] | None = None
    exposed_headers: Sequence[str] | None = None
    credentials: bool = False
    max_age: int | None = None
    preflight_continue: bool = False
    options_status: int = 204


def read(config: Config) -> CorsPolicy | None:
    """Read the policy; None means no CORS at all (HTTP-01)."""
    cors = config.optional_child("backend.cors")
    if cors is None:
        return None
    max_age, options_status = cors.number("maxAge"), cors.number("optionsSuccessStatus", 204)
    return CorsPolicy(
        origins=_strings(cors, "origin"),
        methods=_strings(cors, "methods") or DEFAULT_METHODS,
        allowed_headers=_strings(cors, "allowedHeaders"),
        exposed_headers=_strings(cors, "exposedHeaders"),
        credentials=bool(cors.boolean("credentials")),
        max_age=None if max_age is None else int(max_age),
        preflight_continue=bool(cors.boolean("preflightContinue")),
        options_status=int(options_status or 204),
    )


def _strings(config: Config, key: str) -> list[str] | None:
    value = config.get(key)
    return [value] if isinstance(value, str) else config.strings(key)


def allowed_origin(policy: CorsPolicy | None, origin: str | None) -> str | None:
    """What ``Access-Control-Allow-Origin`` says about this origin; None for nothing (HTTP-02 … HTTP-04)."""
    if policy is None:
        return None
    if policy.origins is None:
        return "*"
    if origin and any(glob.matches(pattern, origin) for pattern in policy.origins):
        return origin
    return None


def preflight(policy: CorsPolicy | None, request: Request) -> Response | None:
    """The answer to a preflight of a matching origin, for any path (HTTP-05)."""
    if policy is None or request.method != "OPTIONS" or policy.preflight_continue:
        return None
    if allowed_origin(policy, request.headers.get("Origin")) is None:
        return None
    response = responses.empty_with_length(policy.options_status)
    response.headers["Access-Control-Allow-Methods"] = ",".join(policy.methods)
    requested = request.headers.get("Access-Control-Request-Headers")
    if policy.allowed_headers is not None:
        response.headers["Access-Control-Allow-Headers"] = ",".join(policy.allowed_headers)
    elif requested:
        response.headers["Access-Control-Allow-Headers"] = requested
    if policy.allowed_headers is None:
        response.vary.add("Access-Control-Request-Headers")
    if policy.max_age is not None:
        response.headers["Access-Control-Max-Age"] = str(policy.max_age)
    return response


def write(response: Response, policy: CorsPolicy | None, request: Request) -> None:
    """Tell the browser that the app may read this answer, errors included (HTTP-03)."""
    allowed = allowed_origin(policy, request.headers.get("Origin"))
    if policy is None or allowed is None:
        return
    response.headers["Access-Control-Allow-Origin"] = allowed
    if allowed != "*":
        response.headers["Vary"] = ", ".join(filter(None, ["Origin", response.headers.get("Vary")]))
    # Any origin and cookies do not go together (HTTP-06, SEC-ORIG-07).
    if policy.credentials and allowed != "*":
        response.headers["Access-Control-Allow-Credentials"] = "true"
    if policy.exposed_headers:
        response.headers["Access-Control-Expose-Headers"] = ",".join(policy.exposed_headers)
