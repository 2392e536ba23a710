"""What each vendor accepts, as a table for people: one row per rule, with the place where it is written down."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from mock_idp.emulation import Emulation
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Endpoint, Reason
from mock_idp.oauth.policy import Cors, LogoutRules, Policy, RequestFormat, ResponseMode
from mock_idp.vendors.oauth_vendor import OAuthVendor
from mock_idp.vendors.refusals import default_answer_status

NO_SOURCE = "no source"
BEGIN, END = "<!-- accepts: begin -->", "<!-- accepts: end -->"
"""Between these two lines of a vendor's page stands its table, printed by ``mock-idp vendors --markdown VENDOR``."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule.

    Parameters:
        what: what the rule is about.
        accepted: what the vendor accepts there.
        source: where that is written down, or :data:`NO_SOURCE`.
    """

    what: str
    accepted: str
    source: str


def acceptance(emulation: Emulation) -> tuple[Row, ...]:
    """The table of a vendor; empty for one that does not speak OAuth 2.0.

    Parameters:
        emulation: a vendor, or an auth proxy.
    """
    if not isinstance(emulation, OAuthVendor):
        return ()
    return tuple(_rows(emulation))


def markdown(emulation: Emulation) -> str:
    """The table of a vendor as it stands on its page, the two marking lines included."""
    lines = [f"| {row.what} | {row.accepted} | {row.source} |".replace("\n", " ") for row in acceptance(emulation)]
    head = ["| what | accepted | source |", "|---|---|---|"]
    return "\n".join([BEGIN, "", *head, *lines, "", END]) + "\n"


def _rows(vendor: OAuthVendor) -> Iterable[Row]:
    for name, (what, describe) in _RULES.items():
        yield Row(what, describe(vendor.policy), vendor.sources.get(name, NO_SOURCE))
    for name, what, endpoint in _ADDRESSES:
        paths = dict.fromkeys(route.path for route in vendor.routes if route.endpoint is endpoint)
        yield Row(what, _code(paths) or "none", vendor.sources.get(name, NO_SOURCE))
    status = default_answer_status(vendor.refusals, Reason.UNKNOWN_TOKEN)
    if any(route.endpoint is Endpoint.REVOCATION for route in vendor.routes):
        source = vendor.sources.get("revocation_of_unknown_token", NO_SOURCE)
        yield Row("Revocation of an unknown token", f"status {status}", source)
    for endpoint in _READABLE:
        if any(route.endpoint is endpoint for route in vendor.routes):
            cors = vendor.policy.cors.get(endpoint)
            general = NO_SOURCE if cors is None else vendor.sources.get("cors", NO_SOURCE)
            source = vendor.sources.get(f"cors.{endpoint}", general)
            yield Row(f"CORS, {endpoint}", _cors(cors), source)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _sorted(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _methods(policy: Policy) -> str:
    listed = _code(sorted(policy.client_authentication - {ClientAuthentication.NONE}))
    raw = "" if policy.basic_is_form_encoded else "; id and secret in the header are not form-encoded"
    further = _code(sorted(policy.registered_authentication))
    registered = f"; {further} if registered for it" if further else ""
    return f"{listed}{registered}{raw}"


def _public(policy: Policy) -> str:
    bare = f"; {_sorted(policy.bare_basic_at)}: in the header with an empty secret, too" if policy.bare_basic_at else ""
    methods = policy.public_authentication - {ClientAuthentication.NONE}
    empty = f"; {_code(sorted(methods))} with an empty secret" if methods else ""
    return f"yes, code challenge {policy.public_pkce}{bare}{empty}" if policy.has_public_clients else "no"


def _formats(formats: Iterable[RequestFormat]) -> str:
    return _sorted(formats)


def _redirects(policy: Policy) -> str:
    return "; ".join(["a registered one to the letter", *sorted(policy.redirect_matching)])


def _pkce(policy: Policy) -> str:
    return f"{policy.pkce}, {_code(policy.pkce_methods)}" if policy.pkce != "ignored" else str(policy.pkce)


def _modes(policy: Policy) -> str:
    return _code(policy.response_modes) or f"the parameter means nothing, always `{ResponseMode.QUERY}`"


def _prompts(policy: Policy) -> str:
    with_openid = "; means nothing without the scope `openid`" if policy.prompts_need_openid else ""
    return f"{_code(policy.prompts)}{with_openid}" if policy.prompts else "the parameter means nothing"


def _silent(policy: Policy) -> str:
    if "none" not in policy.prompts:
        return "the consent page is shown"
    if policy.remembers_sessions:
        return "a code if this browser consented before, else `login_required`"
    return "`login_required`"


def _hint(policy: Policy) -> str:
    return f"`{policy.login_hint}` preselects" if policy.login_hint else "not known"


def _logout(rules: LogoutRules | None) -> str:
    if rules is None:
        return "none"
    hint = "; `id_token_hint` is needed" if rules.needs_hint else ""
    where = "logout or redirect URI" if rules.redirect_uris_count else "logout URI"
    whose = "; of any client of the session, if none is named" if rules.session_names_client else ""
    return f"`{rules.return_parameter}` with a registered {where}{whose}{hint}"


def _cors(cors: Cors | None) -> str:
    if cors is None:
        return "none"
    said = [str(cors.origins)]
    if not cors.preflight:
        said.append("no preflight")
    if cors.credentials:
        said.append("with credentials")
    if cors.exposed_headers:
        said.append(f"exposes {_code(cors.exposed_headers)}")
    return "; ".join(said)


_RULES: Mapping[str, tuple[str, Callable[[Policy], str]]] = {
    "client_authentication": ("Client authentication", _methods),
    "public_clients": ("Public clients", _public),
    "token_formats": ("Format of a token request", lambda policy: _formats(policy.token_formats)),
    "revocation_formats": ("Format of a revocation request", lambda policy: _formats(policy.revocation_formats)),
    "default_grant_type": (
        "`grant_type` left out",
        lambda policy: f"means `{policy.default_grant_type}`" if policy.default_grant_type else "refused",
    ),
    "required_authorization_parameters": (
        "Required authorization parameters",
        lambda policy: _code(policy.required_authorization_parameters),
    ),
    "redirect_matching": ("Redirect URI", _redirects),
    "needs_redirect_uri_again": (
        "Redirect URI in the token request",
        lambda policy: "required" if policy.needs_redirect_uri_again else "optional, checked if it comes",
    ),
    "response_types": ("`response_type`", lambda policy: _code(policy.response_types)),
    "response_modes": ("`response_mode`", _modes),
    "default_scopes": ("Scopes, if none are asked for", lambda policy: _code(policy.default_scopes) or "none"),
    "pkce": ("Code challenge", _pkce),
    "prompts": ("`prompt`", _prompts),
    "prompt_none": ("`prompt=none`", _silent),
    "login_hint": ("Login hint", _hint),
    "bearer_places": ("Access token in", lambda policy: _sorted(policy.bearer_places)),
    "revocation_needs_client": (
        "Revocation asks for client authentication",
        lambda policy: "yes" if policy.revocation_needs_client else "no",
    ),
    "logout": ("Logout, returning by", lambda policy: _logout(policy.logout)),
}
"""Name of the policy's member, under which a vendor names the source -> what it is about, and how it is said."""

_ADDRESSES = (
    ("discovery", "Discovery at", Endpoint.DISCOVERY),
    ("introspection", "Introspection at", Endpoint.INTROSPECTION),
    ("revocation", "Revocation at", Endpoint.REVOCATION),
)
_READABLE = (
    Endpoint.DISCOVERY,
    Endpoint.JWKS,
    Endpoint.AUTHORIZATION,
    Endpoint.TOKEN,
    Endpoint.PROFILE,
    Endpoint.FOLLOW_UP,
    Endpoint.REVOCATION,
    Endpoint.INTROSPECTION,
)
