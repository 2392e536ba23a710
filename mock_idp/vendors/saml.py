"""A SAML 2.0 identity provider: single sign-on by redirect, the answer by a form that the browser posts.

Facts: SAML core (assertions and protocols), bindings sections 3.4 and 3.5, profiles section 4.1 (web browser SSO).
There is no token endpoint and no environment: the certificate that the answers are signed with, stands in the
backend's configuration.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.oauth.model import Answer, Client, Encoding, Endpoint, Grant, Reason, Refusal
from mock_idp.people import Account
from mock_idp.saml import authn_request, metadata, names, signing
from mock_idp.saml.authn_request import AuthnRequest
from mock_idp.saml.response import ASSERTION, RESPONSE, SIGNED_PARTS, SamlResponse
from mock_idp.vendors.base import Vendor

REQUEST_ID, NAME_ID_FORMAT = "ID", "NameIDPolicy"
"""What is kept of the request, beside its parameters, until somebody decides."""

_ID_LENGTH = 32


class Saml(Vendor):
    """The identity provider behind a backend's SAML provider."""

    id = "saml"
    title = "SAML"
    icon = "S"
    kind = "saml"
    accent = "#5b4b8a"
    routes = (
        Route("GET", "/sso", "authorize", Endpoint.AUTHORIZATION),
        Route("GET", "/metadata", "metadata", Endpoint.DISCOVERY),
    )
    variants: ClassVar = {
        "saml": {},
        "saml-assertion": {"wantAuthnResponseSigned": False},
        "saml-response": {"wantAssertionsSigned": False},
        "saml-signed": {
            "privateKey": signing.private_key_pem(signing.SERVICE_PROVIDER),
            "signatureAlgorithm": "sha256",
        },
    }
    quirks = (
        Quirk(
            "published-key",
            "Answers are signed with a key that is the same in every run, because backends are told its certificate.",
            "docs/decisions/0231-the-saml-key-is-published.md",
        ),
        Quirk(
            "names-by-format",
            "Names a person by e-mail address, user name or an opaque id, as the request's NameIDPolicy asks.",
            "SAML core sections 3.4.1.1 and 8.3",
        ),
        Quirk(
            "signs-what-is-wanted",
            "Signs the whole answer, the assertion or both, as the provider id's configuration wants it.",
            "SAML core section 5",
        ),
    )

    def authorize(self, request: ServiceRequest) -> Answer:
        """Answer an authentication request with the consent page (SAML profiles section 4.1.3).

        Raises:
            Refusal: something is wrong with the request.
        """
        asked = authn_request.read(request.query)
        client = _service_provider(request, asked)
        _check(request, asked, client)
        consumer_url = asked.consumer_url or next(iter(sorted(client.redirect_uris)))
        kept = {REQUEST_ID: asked.request_id, NAME_ID_FORMAT: asked.name_id_format}
        return self.ask(request, client, consumer_url, (), request.query.get("RelayState"), kept)

    def callback(
        self, request: ServiceRequest, grant: Grant | None, redirect_uri: str, parameters: Mapping[str, str]
    ) -> Answer:
        """Let the browser post the answer (SAML bindings section 3.5)."""
        if grant is None:
            return super().callback(request, grant, redirect_uri, parameters)
        fields: dict[str, Any] = {"SAMLResponse": _response(request, grant, redirect_uri)}
        if grant.request.state is not None:
            fields["RelayState"] = grant.request.state
        return self.form_post(redirect_uri, fields)

    def metadata(self, request: ServiceRequest) -> Answer:
        """``GET /metadata``: what a service provider's operator has to know (SAML metadata section 2.4.3)."""
        document = metadata.identity_provider(_entity_id(request), f"{request.base_url}/sso")
        return Answer(200, document, Encoding.BYTES, content_type="application/samlmetadata+xml")

    def direct_config(self, where: Addresses, client: Client) -> dict[str, Any]:
        """Everything below ``auth.providers.<id>``: there are no environments."""
        return {
            "entryPoint": f"{where.http}/sso",
            "issuer": client.client_id,
            "audience": client.client_id,
            "cert": signing.certificate_text(),
            # The usual resolver takes this name for the name of a user.
            "identifierFormat": names.UNSPECIFIED,
            **self.variants[self.variant(client.provider)],
        }


def _entity_id(request: ServiceRequest) -> str:
    return f"{request.base_url}/metadata"


def _service_provider(request: ServiceRequest, asked: AuthnRequest) -> Client:
    """The registered service provider of that entity id."""
    known = request.service.clients.by_id
    client = known.get(asked.issuer)
    if client is None:
        there = ", ".join(sorted(known)) or "none"
        detail = f"The request's Issuer is {asked.issuer!r:.200}. Registered service providers: {there}."
        raise Refusal(Reason.UNKNOWN_CLIENT, detail)
    return client


def _check(request: ServiceRequest, asked: AuthnRequest, client: Client) -> None:
    # Nothing is sent to an address that is not registered (SAML profiles section 4.1.4.1).
    if asked.consumer_url and asked.consumer_url not in client.redirect_uris:
        registered = ", ".join(sorted(client.redirect_uris))
        detail = f"Registered is {registered}. The request wants the answer at {asked.consumer_url!r:.200}."
        raise Refusal(Reason.UNREGISTERED_REDIRECT_URI, detail)
    here = f"{request.base_url}{request.path}"
    if asked.destination not in ("", here):
        raise Refusal(Reason.INVALID_PARAMETER, f"The request is for {asked.destination!r:.200}, not for {here}.")
    if Saml.variants.get(client.provider, {}).get("privateKey"):
        authn_request.require_signature(request.query_text, signing.private_key(signing.SERVICE_PROVIDER).public_key())
    if not asked.request_id:
        raise Refusal(Reason.MISSING_PARAMETER, "The request has no ID (SAML core section 3.2.1).")
    if asked.name_id_format and asked.name_id_format not in _NAME_IDS:
        detail = f"The NameIDPolicy asks for {asked.name_id_format!r:.200}; offered are {', '.join(_NAME_IDS)}."
        raise Refusal(Reason.INVALID_PARAMETER, detail)


_NAME_IDS: Mapping[str, Callable[[Account], str]] = {
    names.EMAIL_ADDRESS: lambda account: account.persona.email or account.persona.login,
    names.UNSPECIFIED: lambda account: account.persona.login,
    names.PERSISTENT: lambda account: account.uuid,
}
"""Format -> how a person is named in it (SAML core section 8.3)."""


def _response(request: ServiceRequest, grant: Grant, consumer_url: str) -> SamlResponse:
    service, asked = request.service, grant.request.parameters
    account = service.account(grant)
    name_id_format = asked[NAME_ID_FORMAT] or names.UNSPECIFIED
    is_denied = grant.revoked
    return SamlResponse(
        response_id=_id(request),
        assertion_id=_id(request),
        response_issuer=_entity_id(request),
        issuer=_entity_id(request),
        destination=consumer_url,
        in_response_to=asked[REQUEST_ID],
        audience=grant.request.client.client_id,
        recipient=consumer_url,
        name_id=_NAME_IDS[name_id_format](account),
        name_id_format=name_id_format,
        attributes=_attributes(account),
        session_index=_id(request),
        status=(names.RESPONDER, names.REQUEST_DENIED) if is_denied else (names.SUCCESS,),
        signs=frozenset({RESPONSE}) if is_denied else _signed_parts(grant.request.client),
    )


def _id(request: ServiceRequest) -> str:
    """An id as XML allows it: it begins with no digit (SAML core section 1.3.4)."""
    return f"_{request.service.randomness.text(_ID_LENGTH)}"


def _attributes(account: Account) -> dict[str, str | list[str]]:
    persona = account.persona
    known: dict[str, str | list[str]] = {"email": persona.email} if persona.email else {}
    return {**known, "displayName": persona.name}


def _signed_parts(client: Client) -> frozenset[str]:
    """What a service provider wants signed, and no more."""
    wanted = Saml.variants.get(client.provider, {})
    unwanted = {
        part
        for part, key in ((RESPONSE, "wantAuthnResponseSigned"), (ASSERTION, "wantAssertionsSigned"))
        if wanted.get(key) is False
    }
    return frozenset(SIGNED_PARTS) - unwanted
