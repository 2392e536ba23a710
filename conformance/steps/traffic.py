"""The step that tells everything the vendor was asked, to the last parameter, and what of it was a secret."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from conformance.driver.leak_encodings import encodings_of
from conformance.scenario.shape import Shape, shape_of
from conformance.steps.base import CaseContext, Observation, ScenarioFault, Step

TELLING_FIELDS: Final = frozenset(
    {
        *("authorization", "cookie", "forwarded", "origin", "proxy-authorization", "referer", "x-forwarded-for"),
        *("x-forwarded-host", "x-forwarded-proto", "x-real-ip", "x-requested-with"),
    }
)
"""Header fields that are told whatever is in them: a client adds them for a reason, or passes a browser's on."""

BROWSERS: Final = frozenset({"authorization"})
"""Endpoints that the browser asks, not the target."""


class Traffic(Step):
    """Tell everything that the IdP was asked by the target because of one person, to the last parameter.

    That is every request that belongs to the latest grant in this browser, and every other one, to whatever service,
    that carries something of this person's: the ``code``, ``state`` and ``nonce`` of the login, its ``access-token``,
    ``id-token`` and ``refresh-token``, and those of the latest refresh (``new-access-token`` …). Observes
    ``requests``: a text for each, with its endpoint, its method and the names of everything in it in alphabetical
    order, each as often as it comes; where something of the person's stands, or the ``client-secret``, that follows:
    ``token POST form: client_id client_secret=client-secret code=code grant_type redirect_uri``. They are found in
    the forms that ``search_answers`` finds. Header fields are told if something stands in them, or if they are
    credentials or a browser's; a service that is not the grant's own stands in front, in parentheses. ``count`` is
    the number of requests. Where the vendor takes an access token in the query (``token-in-profile-query``), it is
    told as if in the header.
    """

    action: ClassVar[str] = "traffic"
    observes: ClassVar[Shape] = shape_of("requests", "count", "latest")
    since: int
    """only entries with a higher sequence number than this entry's."""
    optional: list[str] = ["code_verifier"]
    """names of optional parameters, which are left out."""

    def play(self, context: CaseContext) -> Observation:
        """Ask the control API for everything, and keep what is this person's."""
        grant = context.latest("consent", "proxied_sign_in").get("grant")
        if grant is None:
            raise ScenarioFault("the latest sign-in at the vendor made no grant, so it had no traffic", blamed=True)
        own = {name: encodings_of(text) for name, text in _credentials(context).items()}
        secret = context.scope["provider"]["client"].get("client_secret")
        forms = {**own, **({"client-secret": encodings_of(secret)} if secret else {})}
        service = context.idp.get(f"/grants/{grant}")["service"]
        answer = context.idp.get("/journal", since=self.since)
        takes_token_in_query = "token-in-profile-query" in context.facts.capabilities
        requests = []
        for entry in answer["entries"]:
            carried = {name for _, _, content in _parts(entry) for name in _found(own, content)}
            if entry["endpoint"] not in BROWSERS and (entry["grant"] == grant or carried):
                is_moved = takes_token_in_query and entry["endpoint"] == "profile"
                requests.append(self._told(_with_token_in_header(entry) if is_moved else entry, service, forms))
        return {"requests": requests, "count": len(requests), "latest": answer["latest"]}

    def _told(self, entry: Mapping[str, Any], service: str, forms: Mapping[str, frozenset[str]]) -> str:
        """One request in words."""
        words = [] if entry["service"] == service else [f"({entry['service']})"]
        words += [entry["endpoint"], entry["method"]]
        places: dict[str, list[str]] = {}
        for place, name, content in _parts(entry):
            found = "+".join(_found(forms, content))
            is_told = found if place == "path" or (place == "header" and name not in TELLING_FIELDS) else True
            if is_told and name not in self.optional:
                places.setdefault(place, []).append(f"{name}={found}" if found else name)
        for place, names in places.items():
            words += [f"{place}:", *sorted(names)]
        return " ".join(words)


def _credentials(context: CaseContext) -> dict[str, str]:
    """What the acting browser's latest login and refresh brought along, by the names that reports show."""
    start, consent = _latest(context, "start"), _latest(context, "consent")
    found = {"code": consent.get("code"), "state": start.get("state_text")}
    found["nonce"] = (start.get("state") or {}).get("nonce")
    for prefix, seen in (("", _latest(context, "callback")), ("new-", _latest(context, "refresh"))):
        info = (seen.get("session") or {}).get("providerInfo") or {}
        found[f"{prefix}access-token"] = info.get("accessToken")
        found[f"{prefix}id-token"] = info.get("idToken")
        found[f"{prefix}refresh-token"] = (seen.get("refresh_cookie") or {}).get("value")
    kept: dict[str, str] = {}
    for name, text in found.items():
        if isinstance(text, str) and text and text not in kept.values():
            kept[name] = text
    return kept


def _latest(context: CaseContext, action: str) -> Observation:
    try:
        return context.latest(action)
    except ScenarioFault:
        return {}


def _found(forms: Mapping[str, frozenset[str]], content: str) -> list[str]:
    return [name for name, wanted in forms.items() if any(form in content for form in wanted)]


def _parts(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Where something can stand in a request: place, name, content."""
    yield "path", "path", entry["path"]
    for place in ("query", "form"):
        for name, value in entry[f"{place}_pairs"]:
            yield place, name, value
    for name, value in entry["headers"].items():
        yield "header", name, value


def _with_token_in_header(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same request with the access token of its query in the header (RFC 6750 sections 2.1 and 2.3)."""
    tokens = [value for name, value in entry["query_pairs"] if name == "access_token"]
    if len(tokens) != 1 or "authorization" in entry["headers"]:
        return entry
    query = [pair for pair in entry["query_pairs"] if pair[0] != "access_token"]
    return {**entry, "query_pairs": query, "headers": {**entry["headers"], "authorization": f"Bearer {tokens[0]}"}}
