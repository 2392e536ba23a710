"""The SAML provider: what it asks an identity provider, and what it believes of the answer (providers-oauth.md §18)."""

VENDOR = "saml"
"""The provider id under which it is installed."""
