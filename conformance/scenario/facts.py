"""What generic scenarios must know about a vendor. Whoever adds a vendor fills this in; ``${provider.…}`` reaches it.

Facts may speak of the person who signs in as ``${it.…}``: the persona of the latest consent or proxied sign-in.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

KebabCase = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
RequirementId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$")]
Kind = Literal["oauth", "saml", "proxy"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scopes(_Strict):
    """What a backend does with scopes at a vendor; see SCOPE in the specification.

    Attributes:
        required: scopes the backend always asks for.
        frontend: scopes the Backstage frontend asks for by default.
        reported: those of them that the session names as granted; all if left out.
        extra: four further scopes that the vendor knows, for tests.
    """

    required: list[str] = []
    frontend: list[str] = []
    reported: list[str] = []
    extra: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def _report_all(cls, data: Any) -> Any:
        """Most vendors name every scope they grant."""
        is_left_out = isinstance(data, dict) and "frontend" in data and "reported" not in data
        return {**data, "reported": data["frontend"]} if is_left_out else data


class TokenRequest(_Strict):
    """How the backend asks the vendor for tokens.

    Attributes:
        has: fields of the form, at least.
        placement: where the client's id and secret stand: in the form (``body``), in an HTTP Basic header
            (``basic``) or in ``both``. ``${provider.token_request.authorization}`` matches what follows from it.
    """

    has: list[str] = ["grant_type", "redirect_uri", "client_id", "client_secret", "code"]
    placement: Literal["body", "basic", "both"] = "body"


class RefreshRequest(_Strict):
    """How the backend asks the vendor for new tokens (UP-11).

    Attributes:
        has: fields of the form, at least.
        placement: as in :class:`TokenRequest`.
    """

    has: list[str] = ["grant_type", "scope", "client_id", "client_secret", "refresh_token"]
    placement: Literal["body", "basic", "both"] = "body"


class PersonaProfile(_Strict):
    """What a session's profile says about the person who signed in; null where it says nothing.

    Attributes:
        email: usually ``${it.email}``.
        displayName: usually ``${it.name}``.
        picture: usually ``${it.picture}``.
    """

    email: str | None = None
    displayName: str | None = None  # noqa: N815 - the member's name on the wire
    picture: str | None = None


class MissingKey(_Strict):
    """How to bring about a profile that lacks what a resolver looks for, and what the backend says then.

    Attributes:
        message: the error's message.
        persona: who signs in.
        faults: what the grant carries.
    """

    message: str
    persona: str = "plain"
    faults: list[Any] = []


class Resolver(_Strict):
    """A sign-in resolver of the vendor's own. Each has an environment, ``resolver-`` and its name in kebab case.

    Attributes:
        name: as in the configuration.
        requirement: the requirement that describes it.
        entity_ref: whom it finds.
        missing: what happens to a profile without what it looks for.
    """

    name: str
    requirement: RequirementId
    entity_ref: str = "${it.entity_ref}"
    missing: MissingKey


class IdleResolver(_Strict):
    """A sign-in resolver that finds nobody, because no profile of this vendor has what it looks for.

    Attributes:
        name: as in the configuration.
        requirement: the requirement that describes it.
        message: the error's message.
    """

    name: str
    requirement: RequirementId
    message: str


class ProviderFacts(_Strict):
    """What generic scenarios must know about providers of one vendor.

    Attributes:
        provider: the vendor's id.
        title: the name people know.
        kind: the protocol between backend and vendor: ``oauth``, ``saml``, or ``proxy`` for an auth proxy.
        capabilities: what it can do; every word stands in ``scenarios/vocabulary.yaml``.
        scopes: see :class:`Scopes`.
        authorization_path: path of the vendor's authorization endpoint, below the service.
        authorization_query: parameters there that are the same for everybody -> matcher.
        token_request: see :class:`TokenRequest`.
        refresh_request: see :class:`RefreshRequest`.
        profile: see :class:`PersonaProfile`.
        resolvers: the vendor's own sign-in resolvers, see :class:`Resolver`.
        idle_resolvers: those of them that find nobody, see :class:`IdleResolver`.
        wordings: texts in which providers differ, or matchers of them: ``denied``, ``bad_code``.
        facts: further data for the vendor's own scenarios.
        file: where it was read from.
        line: its first line there.
    """

    provider: str
    title: str
    kind: Kind
    capabilities: list[str] = []
    scopes: Scopes = Scopes()
    authorization_path: str | None = None
    authorization_query: dict[str, Any] = {"response_type": "code"}
    token_request: TokenRequest = TokenRequest()
    refresh_request: RefreshRequest = RefreshRequest()
    profile: PersonaProfile = PersonaProfile()
    resolvers: list[Resolver] = []
    idle_resolvers: list[IdleResolver] = []
    wordings: dict[str, str | dict[str, Any]] = {}
    facts: dict[str, Any] = {}
    file: str = ""
    line: int = 0
