"""Auth proxies, one file each. A file in this package that defines one is all there is to add one."""

import sys
from collections.abc import Mapping
from functools import cache

from mock_idp.discovery import discovered
from mock_idp.proxies.base import AuthProxy


@cache
def proxies() -> Mapping[str, AuthProxy]:
    """All auth proxies by id, in alphabetical order."""
    return discovered(sys.modules[__name__], AuthProxy)
