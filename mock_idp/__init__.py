"""A strict mock identity provider: one server that is every vendor Backstage can sign in with."""

from importlib.metadata import version

__version__ = version("backstage-auth-conformance")
