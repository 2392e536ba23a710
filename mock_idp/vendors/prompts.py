"""The parameter prompt of an authorization request (OIDC Core section 3.1.2.1)."""

from mock_idp.oauth.model import Reason, Refusal
from mock_idp.vendors.base import Exchange

PROMPTS = frozenset({"none", "login", "consent", "select_account"})


def require_prompt(exchange: Exchange, place: str) -> None:
    """Check that there are such prompts, and that somebody is signed in if nobody may be asked.

    Parameters:
        exchange: the authorization request.
        place: what people sign in to, for the message.

    Raises:
        Refusal: it has an unknown value, or is "none" while nobody is signed in.
    """
    prompts = exchange.query.get("prompt", "").split()
    if not set(prompts) <= PROMPTS:
        raise Refusal(Reason.INVALID_PARAMETER, f"prompt is {' '.join(prompts)!r}, which is no prompt.")
    if "none" in prompts and exchange.service.settings.auto_login is None:
        raise Refusal(Reason.LOGIN_REQUIRED, f"prompt is none, but nobody is signed in at this {place}.")
