"""The smallest complete Backstage auth backend, in Python that reads like the specification."""

__version__ = "0.1.0"
