"""Profiles, one file each. A file in this package that holds a ``PROFILE`` is all there is to add one."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from mock_idp.profiles.base import Profile


@cache
def profiles() -> Mapping[str, Profile]:
    """All profiles by id, in alphabetical order."""
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    found = [module.PROFILE for module in modules if hasattr(module, "PROFILE")]
    return MappingProxyType({profile.id: profile for profile in sorted(found, key=lambda profile: profile.id)})
