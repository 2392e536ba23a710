"""A strict mock identity provider: one server that is every vendor Backstage can sign in with."""

__version__ = "0.1.0"
