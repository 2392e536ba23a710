"""The vendors, one file each. A file in this package that defines a vendor is all there is to add one."""

import sys
from collections.abc import Mapping
from functools import cache

from mock_idp.discovery import discovered
from mock_idp.vendors.base import Vendor


@cache
def vendors() -> Mapping[str, Vendor]:
    """All vendors by id, in alphabetical order."""
    return discovered(sys.modules[__name__], Vendor)
