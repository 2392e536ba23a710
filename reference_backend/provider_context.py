"""What a provider needs from the world around it, in one parameter, so that tests can hold all of it still."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reference_backend.http.client import HttpClient

__all__ = ["ProviderContext"]


@dataclass(frozen=True, slots=True)
class ProviderContext:
    """The world as providers see it.

    Parameters:
        http: HTTP client for calls to the vendor.
        clock: seconds since the epoch.
        random_bytes: so many unpredictable bytes.
        environ: environment variables.
        development: NODE_ENV is ``development``.
    """

    http: HttpClient
    clock: Callable[[], float] = time.time
    random_bytes: Callable[[int], bytes] = secrets.token_bytes
    environ: Mapping[str, str] = field(default_factory=dict)
    development: bool = False
