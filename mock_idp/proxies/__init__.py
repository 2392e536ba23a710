"""Auth proxies, one file each. A file in this package that defines one is all there is to add one."""

import sys
from collections.abc import Mapping
from functools import cache

from mock_idp.discovery import discovered, with_added
from mock_idp.proxies.base import AuthProxy


@cache
def _built_in() -> Mapping[str, AuthProxy]:
    return discovered(sys.modules[__name__], AuthProxy)


def proxies() -> Mapping[str, AuthProxy]:
    """All auth proxies by id, in alphabetical order; those of :mod:`mock_idp.vendor_files` too."""
    return with_added(_built_in(), AuthProxy)
