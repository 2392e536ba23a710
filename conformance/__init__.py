"""Declarative scenarios against any auth backend that speaks the Backstage auth protocol."""

__version__ = "0.1.0"
