"""The last Backstage auth backend with a SAML provider, as a target."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
PROVIDERS = ("saml", "saml-assertion", "saml-response", "saml-signed")
"""What it is asked about."""
CHOSEN = tuple(argument for provider in PROVIDERS for argument in ("--provider", provider))
"""The same as options, of the mock IdP and of the suite."""
