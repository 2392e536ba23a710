"""What generic scenarios must know about a vendor. A new vendor needs them; ``${provider.…}`` reaches it.

Facts may speak of the person who signs in as ``${it.…}``: the persona of the latest consent or proxied sign-in.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

KebabCase = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
RequirementId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$")]
Kind = Literal["oauth", "saml", "proxy"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Scopes(_Strict):
    """What a backend does with scopes at a vendor; see SCOPE in the specification."""

    required: list[str] = []
    """scopes the backend always asks for."""
    frontend: list[str] = []
    """scopes the Backstage frontend asks for by default."""
    reported: list[str] = []
    """those of them that the session names as granted; all if left out."""
    extra: list[str] = []
    """four further scopes that the vendor knows, for tests."""

    @model_validator(mode="before")
    @classmethod
    def _report_all(cls, data: Any) -> Any:
        """Most vendors name every scope they grant."""
        is_left_out = isinstance(data, dict) and "frontend" in data and "reported" not in data
        return {**data, "reported": data["frontend"]} if is_left_out else data


class TokenRequest(_Strict):
    """How the backend asks the vendor for tokens."""

    has: list[str] = ["grant_type", "redirect_uri", "client_id", "client_secret", "code"]
    """fields of the form, at least."""
    placement: Literal["body", "basic", "both"] = "body"
    """where the client's id and secret stand: in the form (``body``), in an HTTP Basic header (``basic``) or in
    ``both``. ``${provider.token_request.authorization}`` matches what follows from it."""


class RefreshRequest(_Strict):
    """How the backend asks the vendor for new tokens (UP-11)."""

    has: list[str] = ["grant_type", "scope", "client_id", "client_secret", "refresh_token"]
    """fields of the form, at least."""
    placement: Literal["body", "basic", "both"] = "body"
    """as in :class:`TokenRequest`."""


class Requests(_Strict):
    """Everything that the vendor is asked, to the last parameter, as the step ``traffic`` tells it (SEC-TOKX-09)."""

    sign_in: list[str] = [
        "token POST form: client_id client_secret=client-secret code=code grant_type redirect_uri",
        "profile GET header: authorization=access-token",
    ]
    """at sign-in."""
    refresh: list[str] = [
        "refresh POST form: client_id client_secret=client-secret grant_type refresh_token=refresh-token scope",
        "profile GET header: authorization=new-access-token",
    ]
    """at a refresh."""
    logout: list[str] = []
    """at sign-out."""


class PersonaProfile(_Strict):
    """What a session's profile says about the person who signed in; null where it says nothing."""

    email: str | None = None
    """usually ``${it.email}``."""
    displayName: str | None = None  # noqa: N815 - the member's name on the wire
    """usually ``${it.name}``."""
    picture: str | None = None
    """usually ``${it.picture}``."""


class MissingKey(_Strict):
    """How to bring about a profile that lacks what a resolver looks for, and what the backend says then."""

    message: str
    """the error's message."""
    persona: str = "plain"
    """who signs in."""
    faults: list[Any] = []
    """what the grant carries."""


class Resolver(_Strict):
    """A sign-in resolver of the vendor's own. Each has an environment, ``resolver-`` and its name in kebab case."""

    name: str
    """as in the configuration."""
    requirement: RequirementId
    """the requirement that describes it."""
    entity_ref: str = "${it.entity_ref}"
    """whom it finds."""
    missing: MissingKey
    """what happens to a profile without what it looks for."""


class IdleResolver(_Strict):
    """A sign-in resolver that finds no user, because no profile of this vendor has what it looks for."""

    name: str
    """as in the configuration."""
    requirement: RequirementId
    """the requirement that describes it."""
    message: str
    """the error's message."""


class ProviderFacts(_Strict):
    """What generic scenarios must know about providers of one vendor."""

    provider: str
    """the vendor's id."""
    title: str
    """its usual name."""
    kind: Kind
    """the protocol between backend and vendor: ``oauth``, ``saml``, or ``proxy`` for an auth proxy."""
    capabilities: list[str] = []
    """what it can do; every word stands in ``scenarios/vocabulary.yaml``."""
    scopes: Scopes = Scopes()
    """see :class:`Scopes`."""
    authorization_path: str | None = None
    """path of the vendor's authorization endpoint, below the service."""
    authorization_query: dict[str, Any] = {"response_type": "code"}
    """parameters there that are the same for every user -> matcher."""
    token_request: TokenRequest = TokenRequest()
    """see :class:`TokenRequest`."""
    refresh_request: RefreshRequest = RefreshRequest()
    """see :class:`RefreshRequest`."""
    requests: Requests = Requests()
    """see :class:`Requests`."""
    profile: PersonaProfile = PersonaProfile()
    """see :class:`PersonaProfile`."""
    resolvers: list[Resolver] = []
    """the vendor's own sign-in resolvers, see :class:`Resolver`."""
    idle_resolvers: list[IdleResolver] = []
    """those of them that find no user, see :class:`IdleResolver`."""
    wordings: dict[str, str | dict[str, Any]] = {}
    """texts in which providers differ, or matchers of them: ``denied``, ``bad_code``."""
    facts: dict[str, Any] = {}
    """further data for the vendor's own scenarios."""
    file: str = ""
    """where it was read from."""
    line: int = 0
    """its first line there."""
