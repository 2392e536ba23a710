"""An answer of the identity provider, as data that a fault can change before it is signed (SAML core section 3.3.3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from lxml import etree
from lxml.builder import ElementMaker

from mock_idp.oauth.tokens import OWN_KEY, Unsigned
from mock_idp.saml import names

RESPONSE, ASSERTION = "response", "assertion"
SIGNED_PARTS: Final = (RESPONSE, ASSERTION)
"""What can be signed: the whole answer, the statement about the person in it, or both."""

Edit = Callable[[etree._Element], etree._Element]
"""What happens to the finished XML after it was signed."""

_P = ElementMaker(namespace=names.PROTOCOL, nsmap={"samlp": names.PROTOCOL, "saml": names.ASSERTION})
_A = ElementMaker(namespace=names.ASSERTION, nsmap={"saml": names.ASSERTION})


@dataclass(frozen=True, slots=True)
class SamlResponse(Unsigned):
    """An answer that is not signed yet. Times are in seconds from the moment of signing.

    Parameters:
        response_id: id of the whole answer.
        assertion_id: id of the assertion.
        response_issuer: who answers, as the answer says it; the identity provider's entity id.
        issuer: who vouches for the person, as the assertion says it.
        destination: the address that the answer is sent to.
        in_response_to: id of the request that it answers; empty if it is unsolicited.
        audience: the service provider it is for; empty leaves the restriction out.
        recipient: the address at which the assertion may be shown.
        name_id: who signed in.
        name_id_format: how that is written.
        attributes: name -> text or texts about the person.
        session_index: names the session at the identity provider.
        not_before: from when on the assertion is good.
        not_on_or_after: from when on it is not.
        status: the status code, and one that says more.
        status_message: the same for people; empty leaves it out.
        signs: what is signed, of :data:`SIGNED_PARTS`.
        key: which key signs, of :data:`mock_idp.oauth.tokens.KEY_SETS`.
        edits: what happens after signing, in order.
        document_type: stands in front of the XML; empty for none.
    """

    response_id: str
    assertion_id: str
    response_issuer: str
    issuer: str
    destination: str
    in_response_to: str
    audience: str
    recipient: str
    name_id: str
    name_id_format: str
    attributes: Mapping[str, str | list[str]] = field(default_factory=dict)
    session_index: str = ""
    not_before: float = -30
    not_on_or_after: float = 300
    status: tuple[str, ...] = (names.SUCCESS,)
    status_message: str = ""
    signs: frozenset[str] = frozenset(SIGNED_PARTS)
    key: str = OWN_KEY
    edits: tuple[Edit, ...] = ()
    document_type: str = ""

    @property
    def is_success(self) -> bool:
        """Say whether a user signed in."""
        return self.status[0] == names.SUCCESS


def response_xml(answer: SamlResponse, now: float) -> etree._Element:
    """The answer without its assertion."""
    attributes = {"ID": answer.response_id, "Version": "2.0", "IssueInstant": _instant(now)}
    attributes["Destination"] = answer.destination
    if answer.in_response_to:
        attributes["InResponseTo"] = answer.in_response_to
    return _P.Response(attributes, _A.Issuer(answer.response_issuer), _status(answer))


def _status(answer: SamlResponse) -> etree._Element:
    inner: list[etree._Element] = []
    for value in reversed(answer.status):
        inner = [_P.StatusCode({"Value": value}, *inner)]
    message = [_P.StatusMessage(answer.status_message)] if answer.status_message else []
    return _P.Status(*inner, *message)


def assertion_xml(answer: SamlResponse, now: float) -> etree._Element:
    """The assertion (SAML core section 2.3.3, profiles section 4.1.4.2)."""
    window = {"NotOnOrAfter": _instant(now + answer.not_on_or_after)}
    confirmation = {**window, "Recipient": answer.recipient}
    if answer.in_response_to:
        confirmation["InResponseTo"] = answer.in_response_to
    restriction = [_A.AudienceRestriction(_A.Audience(answer.audience))] if answer.audience else []
    return _A.Assertion(
        {"ID": answer.assertion_id, "Version": "2.0", "IssueInstant": _instant(now)},
        _A.Issuer(answer.issuer),
        _A.Subject(
            _A.NameID({"Format": answer.name_id_format}, answer.name_id),
            _A.SubjectConfirmation({"Method": names.BEARER}, _A.SubjectConfirmationData(confirmation)),
        ),
        _A.Conditions({"NotBefore": _instant(now + answer.not_before), **window}, *restriction),
        _A.AuthnStatement(
            {"AuthnInstant": _instant(now), "SessionIndex": answer.session_index},
            _A.AuthnContext(_A.AuthnContextClassRef(names.PASSWORD)),
        ),
        *_attributes(answer.attributes),
    )


def _attributes(attributes: Mapping[str, str | list[str]]) -> list[etree._Element]:
    if not attributes:
        return []
    statement = _A.AttributeStatement()
    for name, texts in attributes.items():
        values = [_A.AttributeValue(text) for text in ([texts] if isinstance(texts, str) else texts)]
        statement.append(_A.Attribute({"Name": name, "NameFormat": names.BASIC_NAMES}, *values))
    return [statement]


def _instant(seconds: float) -> str:
    """A moment as SAML writes it: UTC, to the second (SAML core section 1.3.3)."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
