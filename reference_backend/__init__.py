"""The smallest complete Backstage auth backend, in Python that reads like the specification."""

from importlib.metadata import version

__version__ = version("backstage-auth-conformance")
