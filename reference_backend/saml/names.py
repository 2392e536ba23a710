"""Names of SAML 2.0 (OASIS) that the provider writes or looks for."""

from typing import Final

PROTOCOL: Final = "urn:oasis:names:tc:SAML:2.0:protocol"
ASSERTION: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
NAMESPACES: Final = {"samlp": PROTOCOL, "saml": ASSERTION}

HTTP_POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
SUCCESS: Final = "urn:oasis:names:tc:SAML:2.0:status:Success"
EMAIL_ADDRESS: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
PASSWORD: Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"  # noqa: S105 - a name
MAIL_OID: Final = "urn:oid:0.9.2342.19200300.100.1.3"


def protocol(name: str) -> str:
    """A name of the protocol namespace, as ``lxml`` writes it."""
    return f"{{{PROTOCOL}}}{name}"


def assertion(name: str) -> str:
    """A name of the assertion namespace."""
    return f"{{{ASSERTION}}}{name}"
