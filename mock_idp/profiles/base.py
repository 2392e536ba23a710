"""What a profile is: a variant of the app-config for what no environment of a provider can express."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class BackendKey:
    """A key with which the backend signs.

    Parameters:
        kid: its id.
        algorithm: JWS algorithm.
        private_key: PKCS#8, PEM.
    """

    kid: str
    algorithm: str
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Profile:
    """A variant of the app-config.

    Parameters:
        id: its name, in kebab-case.
        says: what differs, one sentence.
        overlay: put over the printed app-config: mappings are merged, null removes a key, all else replaces.
            Providers that the mock knows nothing of are added as they are.
        providers: the providers it has unless the command line names some; empty for all.
        environ: further environment variables of the backend, which ``mock-idp env`` and ``run`` set.
        backend_keys: the backend's signing keys, in the order of its configuration; the description of the mock shows
            them, so that tests can sign what the backend must not believe.
        spared: vendors and proxies whose own service one scenario has for itself here, so that it may change it.
        public_url: the backend's base URL if it is another one than where it listens; nobody can come back to it.
    """

    id: str
    says: str
    overlay: Mapping[str, Any] = field(default_factory=dict)
    providers: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    backend_keys: tuple[BackendKey, ...] = ()
    spared: tuple[str, ...] = ()
    public_url: str | None = None


def merged(config: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Put an overlay over a configuration."""
    result = dict(config)
    for key, value in overlay.items():
        known = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            result[key] = merged(known if isinstance(known, Mapping) else {}, value)
        else:
            result[key] = value
    return result
