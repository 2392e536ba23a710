"""Under which conditions a signed assertion counts (SAML core section 2.5, profiles section 4.1.4.3)."""

from collections.abc import Callable
from datetime import UTC, datetime

from lxml import etree

from reference_backend.errors import AuthError
from reference_backend.saml import names
from reference_backend.saml.configuration import SamlSettings

EXPIRED = "SAML assertion expired: clocks skewed too much"
NOT_YET_VALID = "SAML assertion not yet valid"
NOT_CONFIRMED = "No valid subject confirmation found among those available in the SAML assertion"


def require_destination(settings: SamlSettings, response: etree._Element) -> None:
    """The answer was sent here (SAML-15)."""
    destination = response.get("Destination")
    if destination is not None and destination != settings.callback_url:
        raise AuthError(f"SAML response is for {destination}, not for {settings.callback_url}")


def require_same_issuer(response: etree._Element, assertion: etree._Element) -> None:
    """Who answers is who vouches (SAML-16)."""
    outer, inner = issuer(response), issuer(assertion)
    if not inner or outer not in ("", inner):
        raise AuthError("SAML response and assertion have different issuers")


def issuer(element: etree._Element) -> str:
    """Who issued a response or an assertion; empty if it does not say."""
    return (element.findtext(names.assertion("Issuer")) or "").strip()


def require_time(settings: SamlSettings, assertion: etree._Element, now: float) -> None:
    """The assertion is good now (SAML-09)."""
    for conditions in assertion.findall(names.assertion("Conditions")):
        require_window(settings, conditions, now)


def require_window(settings: SamlSettings, element: etree._Element, now: float) -> None:
    """Compare the clock with ``NotBefore`` and ``NotOnOrAfter``."""
    if settings.clock_skew is None:
        return
    not_before, not_on_or_after = moment(element.get("NotBefore")), moment(element.get("NotOnOrAfter"))
    if not_before is not None and now + settings.clock_skew < not_before:
        raise AuthError(NOT_YET_VALID)
    if not_on_or_after is not None and now - settings.clock_skew >= not_on_or_after:
        raise AuthError(EXPIRED)


def moment(text: str | None) -> float | None:
    """Seconds since the epoch of a time in an assertion (SAML core section 1.3.3).

    Raises:
        AuthError: it is no time.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise AuthError("SAML assertion has an invalid time") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def require_audience(settings: SamlSettings, assertion: etree._Element) -> None:
    """The assertion is for us (SAML-10); every restriction has to name us (SAML core section 2.5.1.4)."""
    path = f"{names.assertion('Conditions')}/{names.assertion('AudienceRestriction')}"
    restrictions = assertion.findall(path)
    if not restrictions:
        raise AuthError("SAML assertion has no AudienceRestriction")
    for restriction in restrictions:
        audiences = [(found.text or "").strip() for found in restriction.findall(names.assertion("Audience"))]
        if settings.audience not in audiences:
            received = ", ".join(audiences)
            raise AuthError(f"SAML assertion audience mismatch. Expected: {settings.audience} Received: {received}")


def require_confirmation(settings: SamlSettings, assertion: etree._Element, now: float) -> None:
    """The bearer may present the assertion here and now (SAML-09, SAML-15)."""
    found = assertion.findall(f"{names.assertion('Subject')}/{names.assertion('SubjectConfirmation')}")
    bearers = [confirmation for confirmation in found if confirmation.get("Method") == names.BEARER]
    datas = [data for bearer in bearers for data in bearer.findall(names.assertion("SubjectConfirmationData"))]
    if not datas:
        raise AuthError(NOT_CONFIRMED)
    for data in datas:
        require_window(settings, data, now)
        require_recipient(settings, data)


def require_recipient(settings: SamlSettings, data: etree._Element) -> None:
    """The assertion may be shown here (SAML-15)."""
    if data.get("Recipient") != settings.callback_url:
        raise AuthError(NOT_CONFIRMED)


def require_own_request(
    response: etree._Element, assertion: etree._Element, is_own_request: Callable[[str], bool]
) -> None:
    """An answer that says what it answers, answers a request of ours; it may be unsolicited (SAML-14, SAML-18)."""
    datas = assertion.iter(names.assertion("SubjectConfirmationData"))
    said = {element.get("InResponseTo") for element in (response, *datas)}
    for request_id in said - {None}:
        if not is_own_request(str(request_id)):
            raise AuthError("InResponseTo is not valid")


def last_moment(assertion: etree._Element) -> float | None:
    """Until when the assertion could be shown, which is how long it has to be remembered (SAML-13)."""
    path = f"{names.assertion('Subject')}/{names.assertion('SubjectConfirmation')}"
    datas = assertion.findall(f"{path}/{names.assertion('SubjectConfirmationData')}")
    elements = (*assertion.findall(names.assertion("Conditions")), *datas)
    ends = [end for element in elements if (end := moment(element.get("NotOnOrAfter"))) is not None]
    return max(ends, default=None)
