"""The vendors, one file each. A file in this package that defines a vendor is all there is to add one."""

import sys
from collections.abc import Mapping
from functools import cache

from mock_idp.discovery import discovered, with_added
from mock_idp.vendors.base import Vendor


@cache
def _built_in() -> Mapping[str, Vendor]:
    return discovered(sys.modules[__name__], Vendor)


def vendors() -> Mapping[str, Vendor]:
    """All vendors by id, in alphabetical order; those of :mod:`mock_idp.vendor_files` too."""
    return with_added(_built_in(), Vendor)
