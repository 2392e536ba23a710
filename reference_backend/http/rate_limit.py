"""Rate limiting, off unless configured (HTTP-13); follows ``express-rate-limit`` of npm."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Request, Response, g

from reference_backend.config.model import Config
from reference_backend.http import responses

DEFAULT_WINDOW = 60.0
DEFAULT_LIMIT = 5
LOOPBACK = ("127.0.0.1", "0:0:0:0:0:0:0:1", "::1")
BODY = {
    "error": {"name": "Error", "message": "Too many requests, please try again later"},
    "response": {"statusCode": 429},
}
PLUGIN_KEY = "backend.rateLimit.plugin.auth"


@dataclass(slots=True)
class RateLimit:
    """Counts requests of each address in fixed windows.

    Parameters:
        clock: seconds since the epoch.
        window: length of a window in seconds.
        limit: requests of one address in a window.
        exempt: addresses that are not counted.
    """

    clock: Callable[[], float]
    window: float = DEFAULT_WINDOW
    limit: int = DEFAULT_LIMIT
    exempt: tuple[str, ...] = LOOPBACK
    _counts: dict[str, int] = field(default_factory=dict)
    _ends_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, address: str) -> tuple[int, float]:
        """Count a request; returns how many there were, and when the window ends."""
        with self._lock:
            now = self.clock()
            if now >= self._ends_at:
                self._counts.clear()
                self._ends_at = now + self.window
            self._counts[address] = self._counts.get(address, 0) + 1
            return self._counts[address], self._ends_at


def read(config: Config, clock: Callable[[], float]) -> list[RateLimit]:
    """The limits that are configured: one for everything, one for this plugin."""
    limits = []
    if config.get("backend.rateLimit") is True:
        return [RateLimit(clock)]
    overall = config.optional_child("backend.rateLimit")
    if overall is not None and overall.boolean("global") is not False:
        limits.append(_read_one(overall, clock))
    plugin = config.optional_child(PLUGIN_KEY) if overall is not None else None
    if plugin is not None:
        limits.append(_read_one(plugin, clock))
    return limits


def _read_one(config: Config, clock: Callable[[], float]) -> RateLimit:
    exempt = config.strings("ipAllowList")
    return RateLimit(
        clock,
        window=config.duration("window", DEFAULT_WINDOW),
        limit=int(config.number("incomingRequestLimit") or DEFAULT_LIMIT),
        exempt=LOOPBACK if exempt is None else tuple(exempt),
    )


def check(limits: list[RateLimit], request: Request) -> Response | None:
    """The refusal, if an address has asked too often; its body has no ``request`` member."""
    address = request.remote_addr or ""
    for limit in limits:
        if address in limit.exempt:
            continue
        count, ends_at = limit.count(address)
        g.rate_limit_headers = {
            "X-RateLimit-Limit": str(limit.limit),
            "X-RateLimit-Remaining": str(max(0, limit.limit - count)),
            "X-RateLimit-Reset": str(math.ceil(ends_at)),
        }
        if count > limit.limit:
            response = responses.json_response(BODY, 429)
            response.headers["Retry-After"] = str(math.ceil(ends_at - limit.clock()))
            return response
    return None


def write(response: Response) -> None:
    """Say how much of the limit is left."""
    response.headers.update(g.get("rate_limit_headers", {}))
