"""What is configured below ``auth.providers.saml`` (providers-oauth.md §18)."""

from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from reference_backend.config.model import Config, ConfigError
from reference_backend.saml import names

DEFAULT_ALGORITHM: Final = "sha256"
"""Of signed requests. The section's own default is SHA-1, which nobody should sign with any more."""
ALGORITHMS: Final = (DEFAULT_ALGORITHM, "sha512")
NO_TIME_CHECKS: Final = -1
"""Value of ``acceptedClockSkewMs`` that switches the checks of times off."""


@dataclass(frozen=True, slots=True)
class SamlSettings:
    """The configuration of one SAML provider; it has no environments.

    Parameters:
        callback_url: where answers go.
        entry_point: the identity provider's address for requests.
        issuer: our entity id.
        audience: whom answers have to be for.
        certificate: what answers are signed with.
        private_key: signs requests; None leaves them unsigned.
        algorithm: with which hash, of :data:`ALGORITHMS`.
        name_id_format: the requested NameID format.
        authn_context: how they are to have signed in at the identity provider.
        clock_skew: seconds by which its clock may be wrong; None means that times are not checked.
        wants_signed_response: the whole answer has to be signed.
        wants_signed_assertion: the assertion has to be signed.
    """

    callback_url: str
    entry_point: str
    issuer: str
    audience: str
    certificate: x509.Certificate
    private_key: rsa.RSAPrivateKey | None = field(repr=False)
    algorithm: str
    name_id_format: str
    authn_context: tuple[str, ...]
    clock_skew: float | None
    wants_signed_response: bool
    wants_signed_assertion: bool


def read(config: Config, callback_url: str) -> SamlSettings:
    """Read the configuration.

    Raises:
        ConfigError: a required key is missing, or a value cannot be used.
    """
    if config.has("decryptionPvk"):
        raise ConfigError(f"'{config.full_key('decryptionPvk')}': encrypted assertions are not supported here")
    algorithm = config.string("signatureAlgorithm", DEFAULT_ALGORITHM)
    if algorithm not in ALGORITHMS:
        raise ConfigError(f"'{config.full_key('signatureAlgorithm')}' is one of {', '.join(ALGORITHMS)}")
    skew = config.number("acceptedClockSkewMs", 0) or 0
    return SamlSettings(
        callback_url=callback_url,
        entry_point=config.string("entryPoint"),
        issuer=config.string("issuer"),
        audience=config.string("audience"),
        certificate=_certificate(config),
        private_key=_private_key(config),
        algorithm=algorithm,
        name_id_format=config.string("identifierFormat", names.EMAIL_ADDRESS),
        authn_context=tuple(config.strings("authnContext") or (names.PASSWORD,)),
        clock_skew=None if skew == NO_TIME_CHECKS else skew / 1000,
        wants_signed_response=config.boolean("wantAuthnResponseSigned", True) is not False,
        wants_signed_assertion=config.boolean("wantAssertionsSigned", True) is not False,
    )


def _certificate(config: Config) -> x509.Certificate:
    """The certificate, as PEM or as the base64 text of it alone."""
    text = "".join(line for line in config.string("cert").split() if line)
    bare = text.replace("-----BEGINCERTIFICATE-----", "").replace("-----ENDCERTIFICATE-----", "")
    pem = f"-----BEGIN CERTIFICATE-----\n{bare}\n-----END CERTIFICATE-----\n"
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise ConfigError(f"'{config.full_key('cert')}' is not a certificate") from error


def _private_key(config: Config) -> rsa.RSAPrivateKey | None:
    text = config.string("privateKey", None)
    if text is None:
        return None
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigError(f"'{config.full_key('privateKey')}' is not an RSA private key in PEM")
    return key
