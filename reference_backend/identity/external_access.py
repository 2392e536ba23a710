"""Services that may call with a token of their own (``backend.auth.externalAccess``; VERIFY-02, USERINFO-04)."""

import logging
from dataclasses import dataclass, field

from reference_backend.config.model import Config, ConfigError

KEY = "backend.auth.externalAccess"
PLUGIN_ID = "auth"
MIN_LENGTH = 8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExternalToken:
    """A static token.

    Parameters:
        token: the token.
        subject: whose it is.
        plugins: the plugins that it may be used at; None for all.
    """

    token: str = field(repr=False)
    subject: str
    plugins: tuple[str, ...] | None = None

    @property
    def is_for_us(self) -> bool:
        """Whether it may be used here."""
        return self.plugins is None or PLUGIN_ID in self.plugins


def read(config: Config) -> tuple[ExternalToken, ...]:
    """Read the static tokens; other kinds of access are not ours to give.

    Raises:
        ConfigError: a token is unusable.
    """
    found = []
    for entry in config.children(KEY):
        if entry.string("type") != "static":
            log.warning("'%s' of type '%s' is not supported, nobody gets in with it", KEY, entry.string("type"))
            continue
        found.append(_read_static(entry))
    return tuple(found)


def _read_static(entry: Config) -> ExternalToken:
    token = str(entry.string("options.token"))
    if len(token) < MIN_LENGTH or any(char.isspace() for char in token):
        raise ConfigError(
            f"Illegal token at '{entry.full_key('options.token')}', it has to have at least {MIN_LENGTH} characters "
            "and no white space"
        )
    restrictions = entry.children("accessRestrictions") if entry.has("accessRestrictions") else None
    plugins = None if restrictions is None else tuple(str(one.string("plugin")) for one in restrictions)
    return ExternalToken(token, str(entry.string("options.subject")), plugins)
