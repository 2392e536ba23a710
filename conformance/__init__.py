"""Declarative scenarios against any auth backend that speaks the Backstage auth protocol."""

from importlib.metadata import version

__version__ = version("backstage-auth-conformance")
