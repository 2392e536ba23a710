"""OAuth providers: one file a vendor, found by looking, so that adding one touches no list."""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache

from reference_backend.oauth.provider import OAuthProvider


@cache
def discover() -> Mapping[str, type[OAuthProvider]]:
    """Provider classes by vendor: every class of this package that defines ``vendor`` itself."""
    found: dict[str, type[OAuthProvider]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for candidate in vars(module).values():
            if inspect.isclass(candidate) and issubclass(candidate, OAuthProvider):
                vendor = vars(candidate).get("vendor")
                if vendor is not None and candidate.__module__ == module.__name__:
                    found[vendor] = candidate
    return found
