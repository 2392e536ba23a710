"""The faults of SAML answers: one that can be told any content, and a name for each of the usual ones."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mock_idp.faults.model import SAML_RESPONSE, Fault, Parameter, Parameters
from mock_idp.oauth.model import Answer, Page
from mock_idp.oauth.tokens import FOREIGN_KEY
from mock_idp.saml import forgery, names
from mock_idp.saml.response import SIGNED_PARTS, Edit, SamlResponse

Change = Callable[[SamlResponse, Parameters], SamlResponse]

FIELD = "SAMLResponse"
_PROFILE = "SAML profiles section 4.1.4"
_CORE = "SAML core section"
_REFUSES = "It refuses the answer: no session, no identity."
_ELSEWHERE = "https://elsewhere.invalid/handler/frame"
_UNSURE = 600
"""Seconds that no leeway for clocks that differ should cover."""
_TEXTS = (
    *("response_issuer", "issuer", "destination", "in_response_to", "audience", "recipient", "name_id"),
    *("name_id_format", "assertion_id", "session_index"),
)
_TIMES = ("not_before", "not_on_or_after")
_NAME_ID = Parameter("name_id", "text", None, "Who is forged to have signed in.", required=True)


def _change(change: Change) -> Callable[[Answer, Parameters], Answer]:
    """Change the answer in the form that the browser posts; any other page stays as it is."""

    def apply(answer: Answer, parameters: Parameters) -> Answer:
        form: Any = answer.body.values.get("parameters", {}) if isinstance(answer.body, Page) else {}
        told = form.get(FIELD)
        if not isinstance(told, SamlResponse):
            return answer
        values = {**answer.body.values, "parameters": {**form, FIELD: change(told, parameters)}}
        return replace(answer, body=replace(answer.body, values=values))

    return apply


def _fault(
    name: str, title: str, clause: str, change: Change, *parameters: Parameter, expect: str = _REFUSES, **more: Any
) -> Fault:
    return Fault(name, title, (SAML_RESPONSE,), clause, expect, parameters, change=_change(change), **more)


def _says(name: str, title: str, clause: str, **members: Any) -> Fault:
    """A fault that says something else under a good signature."""
    return _fault(name, title, clause, lambda told, parameters: replace(told, **members))


def _edited(told: SamlResponse, edit: Edit) -> SamlResponse:
    return replace(told, edits=(*told.edits, edit))


def _unsigned(told: SamlResponse, parameters: Parameters) -> SamlResponse:
    return replace(told, signs=told.signs - set(parameters["parts"]))


def _status(told: SamlResponse, parameters: Parameters) -> SamlResponse:
    codes = [names.status(parameters[name]) for name in ("code", "sub_code") if parameters[name]]
    return replace(told, status=tuple(codes), status_message=parameters["message"] or "")


def _with_document_type(told: SamlResponse, parameters: Parameters) -> SamlResponse:
    return replace(_edited(told, forgery.named_by_entity), document_type=forgery.document_type(told.name_id))


def _content(told: SamlResponse, parameters: Parameters) -> SamlResponse:
    members: dict[str, Any] = {name: parameters[name] for name in (*_TEXTS, *_TIMES) if parameters[name] is not None}
    attributes: Mapping[str, Any] = parameters["attributes"] or {}
    kept = {**told.attributes, **attributes}
    members["attributes"] = {name: value for name, value in kept.items() if value is not None}
    return replace(told, **members)


SAML_FAULTS = (
    _fault(
        "saml-content",
        "The response has given values, with a valid signature",
        _PROFILE,
        _content,
        *(
            Parameter(name, "text", None, "Said instead; an empty text leaves it out where it may be.")
            for name in _TEXTS
        ),
        *(Parameter(name, "number", None, "Seconds from now.") for name in _TIMES),
        Parameter("attributes", "object", None, "Name -> text or texts; null removes one."),
        expect="It believes what is good, and refuses the rest.",
        needs_one_of=(*_TEXTS, *_TIMES, "attributes"),
    ),
    _fault(
        "saml-unsigned",
        "The answer, the assertion in it, or both are not signed",
        f"{_CORE} 5, {_PROFILE}.5",
        _unsigned,
        Parameter("parts", "texts", list(SIGNED_PARTS), "What is not signed: response, assertion."),
    ),
    _says(
        "saml-foreign-key",
        "The response is signed with a foreign key, and contains its certificate",
        f"{_CORE} 5",
        key=FOREIGN_KEY,
    ),
    _fault(
        "saml-garbled-signature",
        "One character of each signature is another one",
        f"{_CORE} 5",
        lambda told, parameters: _edited(told, forgery.garbled),
    ),
    _fault(
        "saml-tampered",
        "Another person is named after the answer was signed",
        f"{_CORE} 5",
        lambda told, parameters: _edited(told, forgery.renamed(parameters["name_id"])),
        _NAME_ID,
    ),
    _fault(
        "saml-wrapped",
        "What was signed moves elsewhere, and an unsigned forgery takes its place",
        f"{_CORE} 5.4, XML Signature section 8.1.2 (see what is signed)",
        lambda told, parameters: _edited(told, forgery.wrapped(parameters["variant"], parameters["name_id"])),
        Parameter("variant", "text", None, "Where it goes.", required=True, choices=tuple(forgery.WRAPPINGS)),
        _NAME_ID,
    ),
    _fault(
        "saml-comment",
        "The NameID contains an XML comment",
        "Canonical XML section 2.1 (comments are not signed)",
        lambda told, parameters: _edited(told, forgery.commented(parameters["before"])),
        Parameter("before", "integer", None, "How many characters precede it.", required=True),
        expect="It reads the whole name, or refuses the answer.",
    ),
    _fault(
        "saml-document-type",
        "The answer has a document type, by which the NameID is said",
        "SAML bindings section 3.1.1, W3C XML Signature Best Practices section 2.1",
        _with_document_type,
    ),
    _says("saml-wrong-audience", "The assertion has another audience", f"{_CORE} 2.5.1.4", audience="another-client"),
    _says("saml-missing-audience", "The assertion has no audience", f"{_PROFILE}.2", audience=""),
    _says(
        "saml-expired",
        "The assertion is expired",
        f"{_CORE} 2.5.1.2",
        not_before=-2 * _UNSURE,
        not_on_or_after=-_UNSURE,
    ),
    _says(
        "saml-not-yet-valid",
        "The assertion is not valid yet",
        f"{_CORE} 2.5.1.2",
        not_before=_UNSURE,
        not_on_or_after=2 * _UNSURE,
    ),
    _says(
        "saml-wrong-request", "The answer is to another request", f"{_PROFILE}.3", in_response_to="_nobody-asked-this"
    ),
    _says(
        "saml-wrong-issuer",
        "Another identity provider answers than vouches",
        f"{_PROFILE}.2",
        response_issuer="https://issuer.invalid",
    ),
    _says("saml-wrong-recipient", "The assertion may be shown elsewhere only", f"{_PROFILE}.3", recipient=_ELSEWHERE),
    _says(
        "saml-wrong-destination",
        "The answer was sent elsewhere",
        "SAML bindings section 3.5.5.2",
        destination=_ELSEWHERE,
    ),
    _fault(
        "saml-unsolicited",
        "The response is unsolicited",
        f"{_PROFILE}.5",
        lambda told, parameters: replace(told, in_response_to=""),
        expect="It signs in, or refuses if it wants to be asked.",
    ),
    _fault(
        "saml-error",
        "The identity provider reports an error",
        f"{_CORE} 3.2.2.2",
        _status,
        Parameter("code", "text", "Responder", "The last part of the status code."),
        Parameter("sub_code", "text", "AuthnFailed", "The last part of the code below it; empty for none."),
        Parameter("message", "text", None, "The message for people; left out if absent."),
        expect="It reports the failure in the identity provider's words.",
    ),
)
"""All faults of SAML answers."""
