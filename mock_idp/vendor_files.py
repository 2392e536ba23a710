"""Vendors and auth proxies of one's own: Python files outside this package, or distributions with an entry point.

Such a file reads like one of ``mock_idp/vendors`` or ``mock_idp/proxies``.
"""

import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from mock_idp import discovery
from mock_idp.client_site import CLIENT_SITE
from mock_idp.emulation import Emulation
from mock_idp.oauth.policy import Policy
from mock_idp.personas import PERSONAS
from mock_idp.picture_site import PICTURE_SITE
from mock_idp.proxies import proxies
from mock_idp.proxies.base import AuthProxy
from mock_idp.vendors import vendors
from mock_idp.vendors.base import Vendor
from mock_idp.vendors.oauth_vendor import OAuthVendor

ENTRY_POINTS = "mock_idp.vendors"
"""The entry point group of distributions that bring vendors: each names a module, or a class in one."""

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_EXTRA_SCOPES = 4
_READ: set[Path] = set()
"""Files whose vendors are there."""

_BASES = "OAuthVendor, OpenIdVendor or AuthProxy"


class VendorFileError(ValueError):
    """A file or distribution that brings no vendor; the message says where, what is wrong and what to do."""


@cache
def add_installed() -> None:
    """Have the vendors and auth proxies that installed distributions bring; once is enough.

    Raises:
        VendorFileError: one of them cannot be used.
    """
    for point in entry_points(group=ENTRY_POINTS):
        where = f"The entry point {point.name} = {point.value} of the group {ENTRY_POINTS}"
        loaded = _loaded(point, where)
        classes = [loaded] if isinstance(loaded, type) else list(discovery.defined_in(loaded, Emulation))
        _add_all(classes, where)


def _loaded(point: EntryPoint, where: str) -> Any:
    try:
        loaded = point.load()
    except (Exception, SystemExit) as error:
        raise VendorFileError(f"{where} cannot be loaded: {type(error).__name__}: {error}.") from error
    if isinstance(loaded, ModuleType) or (isinstance(loaded, type) and issubclass(loaded, Emulation)):
        return loaded
    raise VendorFileError(f"{where} is neither a module nor a class that builds on {_BASES}.")


def add_vendor_file(path: Path) -> None:
    """Have the vendors and auth proxies that a file defines; a file that was added already stays as it is.

    Parameters:
        path: a Python file.

    Raises:
        VendorFileError: it cannot be used.
    """
    real, where = path.resolve(), str(path)
    if real not in _READ:
        module = _module(real, where, f"mock_idp_vendor_file_{len(_READ)}")
        _add_all(list(discovery.defined_in(module, Emulation)), where)
        _READ.add(real)


def _module(path: Path, where: str, name: str) -> ModuleType:
    if not path.is_file():
        raise VendorFileError(f"There is no vendor file {where}; name a Python file.")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise VendorFileError(f"{where}: a vendor file is a Python file, whose name ends in .py.")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up there.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise VendorFileError(_in_words(error, path, where)) from error
    return module


def _in_words(error: BaseException, path: Path, where: str) -> str:
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{where}:{error.lineno}: this is no Python: {error.msg}."
    if isinstance(error, OSError) and error.filename == str(path):
        return f"{where} cannot be read ({error.strerror})."
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    place = f"{where}:{lines[-1]}" if lines else where
    return f"{place}: the file cannot be loaded: {type(error).__name__}: {error}."


def _add_all(classes: list[type[Emulation]], where: str) -> None:
    named = [candidate for candidate in classes if "id" in vars(candidate)]
    if not named:
        without = f"; {classes[0].__name__} has no id" if classes else ""
        raise VendorFileError(
            f"{where}: there is no vendor in it{without}. A vendor is a class that builds on {_BASES} and has an id."
        )
    found: list[Emulation] = []
    for candidate in named:
        missing = next(_missing(candidate), None)
        if missing:
            raise VendorFileError(f"{where}: {candidate.__name__} {missing}.")
        emulation = _made(candidate, where)
        for name in (emulation.id, *emulation.provider_ids):
            _check_free(name, where, found)
        found.append(emulation)
    # All of them or none.
    for emulation in found:
        discovery.add(emulation)


def _made(candidate: type[Emulation], where: str) -> Emulation:
    try:
        return candidate()
    except Exception as error:
        raise VendorFileError(f"{where}: {candidate.__name__}() fails: {type(error).__name__}: {error}.") from error


def _check_free(name: str, where: str, beside: list[Emulation]) -> None:
    for known in (*vendors().values(), *proxies().values(), CLIENT_SITE, PICTURE_SITE, *beside):
        if name in (known.id, *known.provider_ids):
            raise VendorFileError(f"{where}: the id {name!r} is taken by {known.title}; choose another one.")
    if name in PERSONAS:
        raise VendorFileError(f"{where}: the id {name!r} is taken by a persona; choose another one.")


def _missing(candidate: type[Emulation]) -> Iterator[str]:
    """What a class lacks that the mock cannot do without, each as the end of a sentence."""
    if not issubclass(candidate, Vendor | AuthProxy):
        yield f"builds on none of {_BASES}"
        return
    if not isinstance(candidate.id, str) or not _ID.fullmatch(candidate.id):
        yield f"has the id {candidate.id!r}; an id begins with a letter, and has letters, digits, - and _ only"
    for name, what in (("title", "the name that people know"), ("kind", "oauth, saml or proxy")):
        if not isinstance(getattr(candidate, name, None), str):
            yield f"has no {name} ({what})"
    for route in candidate.routes:
        if not callable(getattr(candidate, route.handler, None)):
            yield f"has no method {route.handler!r}, which its route {route.path} names"
    if issubclass(candidate, AuthProxy):
        yield from _missing_of_proxy(candidate)
    else:
        yield from _missing_of_vendor(candidate)


def _missing_of_proxy(candidate: type[AuthProxy]) -> Iterator[str]:
    if next(iter(candidate.variants), candidate.id) != candidate.id:
        yield f"has variants whose first one is not called {candidate.id!r}"
    if candidate.headers is not AuthProxy.headers and not candidate.header_spec.headers:
        yield "has a header_spec without headers, so that clients could send what only the proxy may say"


def _missing_of_vendor(candidate: type[Vendor]) -> Iterator[str]:
    if len(candidate.extra_scopes) != _EXTRA_SCOPES or isinstance(candidate.extra_scopes, str):
        yield "has not four extra_scopes"
    if any("resolver" not in resolver for resolver in candidate.sign_in_resolvers):
        yield "has a member of sign_in_resolvers without the key 'resolver'"
    if not issubclass(candidate, OAuthVendor):
        return
    if not isinstance(candidate.policy, Policy):
        yield "has a policy that is no Policy"
    handlers = {route.handler for route in candidate.routes}
    for handler in ("authorize", "token"):
        if handler not in handlers:
            yield f"has no route whose handler is {handler!r}"
