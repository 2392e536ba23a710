"""What an identity provider says about itself (SAML metadata section 2.4.3)."""

from lxml import etree
from lxml.builder import ElementMaker

from mock_idp.saml import names, signing

_M = ElementMaker(namespace=names.METADATA, nsmap={"md": names.METADATA, "ds": names.SIGNATURE})
_D = ElementMaker(namespace=names.SIGNATURE, nsmap={"ds": names.SIGNATURE})


def identity_provider(entity_id: str, sign_on_url: str) -> bytes:
    """The metadata document.

    Parameters:
        entity_id: the identity provider's entity id.
        sign_on_url: where authentication requests go.
    """
    certificate = _D.KeyInfo(_D.X509Data(_D.X509Certificate(signing.certificate_text())))
    formats = (names.EMAIL_ADDRESS, names.UNSPECIFIED, names.PERSISTENT)
    document = _M.EntityDescriptor(
        {"entityID": entity_id},
        _M.IDPSSODescriptor(
            {"protocolSupportEnumeration": names.PROTOCOL, "WantAuthnRequestsSigned": "false"},
            _M.KeyDescriptor({"use": "signing"}, certificate),
            *(_M.NameIDFormat(value) for value in formats),
            _M.SingleSignOnService({"Binding": names.HTTP_REDIRECT, "Location": sign_on_url}),
        ),
    )
    return etree.tostring(document.getroottree(), xml_declaration=True, encoding="UTF-8")
