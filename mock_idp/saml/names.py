"""Names of SAML 2.0 (OASIS): namespaces, bindings, formats and status codes."""

from typing import Final

PROTOCOL: Final = "urn:oasis:names:tc:SAML:2.0:protocol"
ASSERTION: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
METADATA: Final = "urn:oasis:names:tc:SAML:2.0:metadata"
SIGNATURE: Final = "http://www.w3.org/2000/09/xmldsig#"
NAMESPACES: Final = {"samlp": PROTOCOL, "saml": ASSERTION, "ds": SIGNATURE, "md": METADATA}

HTTP_POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
HTTP_REDIRECT: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
BASIC_NAMES: Final = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
PASSWORD: Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"  # noqa: S105 - a name

EMAIL_ADDRESS: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
UNSPECIFIED: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
PERSISTENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"

_STATUS: Final = "urn:oasis:names:tc:SAML:2.0:status:"
SUCCESS: Final = f"{_STATUS}Success"
RESPONDER: Final = f"{_STATUS}Responder"
REQUEST_DENIED: Final = f"{_STATUS}RequestDenied"


def status(name: str) -> str:
    """A status code by its last part (SAML core section 3.2.2.2)."""
    return f"{_STATUS}{name}"


def protocol(name: str) -> str:
    """A name of the protocol namespace, as ``lxml`` writes it."""
    return f"{{{PROTOCOL}}}{name}"


def assertion(name: str) -> str:
    """A name of the assertion namespace."""
    return f"{{{ASSERTION}}}{name}"


def signature(name: str) -> str:
    """A name of the XML signature namespace."""
    return f"{{{SIGNATURE}}}{name}"
