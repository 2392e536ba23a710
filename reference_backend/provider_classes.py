"""The classes of all providers: the backend's own, those of installed distributions, and those of files.

A file of one's own reads like one of ``reference_backend/providers`` or ``reference_backend/proxies``.
"""

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from reference_backend import providers, proxies, saml
from reference_backend.config.model import ConfigError
from reference_backend.oauth.provider import OAuthProvider
from reference_backend.proxies.base import ProxyProvider

ENTRY_POINTS = "reference_backend.providers"
"""The entry point group of distributions that bring providers: each names a module, or a class in one."""

_BASES = "OAuth2Provider, OpenIdProvider or ProxyProvider"
_WANTED = f"A provider is a class that builds on {_BASES} and has a vendor"

Found = type[OAuthProvider] | type[ProxyProvider]


@dataclass(frozen=True, slots=True)
class ProviderClasses:
    """What can be behind a provider id.

    Parameters:
        oauth: OAuth providers by vendor.
        proxies: proxy providers by vendor.
    """

    oauth: Mapping[str, type[OAuthProvider]]
    proxies: Mapping[str, type[ProxyProvider]]

    @property
    def vendors(self) -> tuple[str, ...]:
        """All vendors."""
        return (*self.oauth, *self.proxies, saml.VENDOR)

    def with_class(self, found: Found, where: str) -> Self:
        """These and one more.

        Raises:
            ConfigError: its vendor is there already.
        """
        if found.vendor in self.vendors:
            raise ConfigError(f"{where}: there is a provider for the vendor '{found.vendor}' already")
        if issubclass(found, OAuthProvider):
            return type(self)({**self.oauth, found.vendor: found}, self.proxies)
        return type(self)(self.oauth, {**self.proxies, found.vendor: found})


def all_classes(files: Sequence[Path] = ()) -> ProviderClasses:
    """The backend's own, those of installed distributions, and those of files.

    Parameters:
        files: Python files.

    Raises:
        ConfigError: one of them cannot be used.
    """
    classes = ProviderClasses(providers.discover(), proxies.discover())
    for found, where in _installed():
        classes = classes.with_class(found, where)
    for number, file in enumerate(dict.fromkeys(path.resolve() for path in files)):
        where = f"provider module {file}"
        module = _module(file, where, f"reference_backend_provider_module_{number}")
        for found in _named(_defined_in(module), where):
            classes = classes.with_class(found, where)
    return classes


@cache
def _installed() -> Sequence[tuple[Found, str]]:
    """What distributions bring, and for messages where each comes from."""
    brought: list[tuple[Found, str]] = []
    for point in entry_points(group=ENTRY_POINTS):
        where = f"entry point {point.name} = {point.value} of the group {ENTRY_POINTS}"
        brought += [(found, where) for found in _of_entry_point(point, where)]
    return brought


def _of_entry_point(point: EntryPoint, where: str) -> Sequence[Found]:
    try:
        loaded = point.load()
    except (Exception, SystemExit) as error:
        raise ConfigError(f"{where} cannot be loaded: {type(error).__name__}: {error}") from error
    return _named(_defined_in(loaded) if isinstance(loaded, ModuleType) else [loaded], where)


def _module(path: Path, where: str, name: str) -> ModuleType:
    if not path.is_file():
        raise ConfigError(f"{where}: there is no such file")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{where}: the name of a Python file ends in .py")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up there.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ConfigError(f"{where}{_in_words(error, path)}") from error
    return module


def _in_words(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f":{error.lineno}: this is no Python: {error.msg}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{f':{lines[-1]}' if lines else ''}: it cannot be loaded: {type(error).__name__}: {error}"


def _defined_in(module: ModuleType) -> list[Any]:
    return [found for _, found in inspect.getmembers(module, inspect.isclass) if found.__module__ == module.__name__]


def _named(candidates: Iterable[Any], where: str) -> Sequence[Found]:
    """Those that are providers of a vendor, rather than something to build upon.

    Raises:
        ConfigError: there are none.
    """
    found = [one for one in candidates if isinstance(one, type) and issubclass(one, OAuthProvider | ProxyProvider)]
    named = [one for one in found if "vendor" in vars(one)]
    if not named:
        without = f"; {found[0].__name__} has no vendor" if found else ""
        raise ConfigError(f"{where}: there is no provider in it{without}. {_WANTED}")
    for one in named:
        if not isinstance(one.vendor, str) or not one.vendor:
            raise ConfigError(f"{where}: the vendor of {one.__name__} is {one.vendor!r}, not a text")
    return named
