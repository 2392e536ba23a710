"""Every way in by which identity, permission or a credential can come, and which scenarios try it with bad input.

    python docs/tools/ways_in.py [--check] [--output FILE]

The ways are those of the OpenAPI description, and those that docs/spec/ways-in.yaml adds because no description of
HTTP has them: cookies, headers of auth proxies, what vendors and clients answer, and places in which a value must
*not* count. A scenario tries a way if one of its steps puts something there and expects a refusal. ``--check`` writes
nothing, and fails for a way that no scenario tries and that has no reason.
"""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from conformance.plugin.options import SCENARIOS  # noqa: E402 - the checkout comes first
from conformance.requirement_list import requirements  # noqa: E402
from conformance.scenario.expansion import bound  # noqa: E402
from conformance.scenario.loader import load  # noqa: E402
from conformance.scenario.model import Scenario, StepEntry  # noqa: E402
from conformance.steps import RULES  # noqa: E402

OUTPUT: Final = ROOT / "build" / "reports" / "ways-in.md"
DESCRIPTION: Final = ROOT / "conformance" / "fuzz" / "auth-backend.openapi.yaml"
DATA: Final = ROOT / "docs" / "spec" / "ways-in.yaml"

AUTHORIZATION: Final = "Authorization"


class Way(NamedTuple):
    """One way in.

    Parameters:
        at: the operation, or what brings it: ``ID token``, ``proxy assertion`` …
        place: ``query``, ``form``, ``json``, ``header``, ``cookie``, ``path``, ``state``, ``claim`` …
        name: the input.
    """

    at: str
    place: str
    name: str


def described(inputs: Mapping[str, str]) -> Iterator[Way]:
    """The ways that the OpenAPI description has, of inputs that carry something.

    Parameters:
        inputs: name -> what it carries.
    """
    document = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
    for item in document["paths"].values():
        for operation in item.values():
            at = operation["operationId"]
            for parameter in operation.get("parameters", []):
                one = _followed(parameter, document)
                if one["name"] in inputs:
                    yield Way(at, one["in"], one["name"])
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                place = "json" if media_type.endswith("json") else "form"
                for name in content["schema"]["properties"]:
                    if name in inputs:
                        yield Way(at, place, name)
            if any(operation.get("security", [])):
                yield Way(at, "header", AUTHORIZATION)


def _followed(parameter: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in parameter:
        return parameter
    found: Any = document
    for part in parameter["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def tried() -> dict[Way, list[str]]:
    """Way -> scenarios that try it with bad input."""
    library = load([SCENARIOS], requirements(), RULES)
    found: dict[Way, dict[str, None]] = defaultdict(dict)
    for scenario in library.scenarios:
        facts = next((one for one in library.facts.values() if scenario.applies_to.fit(one)), None)
        for part in bound(scenario, facts) if facts else [scenario]:
            for way in _ways_of(part):
                found[way][scenario.scenario] = None
    return {way: list(scenarios) for way, scenarios in found.items()}


def _ways_of(scenario: Scenario) -> Iterator[Way]:
    """The ways of every step that is refused, together with what was put into its browser for it."""
    waiting: dict[str, list[Way]] = defaultdict(list)
    for step in scenario.steps:
        ways = list(ways_of_step(step))
        if step.expect and _is_refused(step):
            yield from ways
            yield from waiting[step.browser]
        if step.expect:
            waiting[step.browser].clear()
        else:
            waiting[step.browser] += ways


def _is_refused(step: StepEntry) -> bool:
    """Say whether the step expects that something is not taken."""
    return any(_says_no(path, matcher) for _, path, matcher in step.checks())


def _says_no(path: str, matcher: Any) -> bool:
    last = path.rpartition(".")[2]
    if isinstance(matcher, Mapping):
        if last in {"session", "location", "claims", "code", "access_token", "backstageIdentity", "refresh_cookie"}:
            return matcher.get("absent") is True
        if "lacks_keys" in matcher or ("not_contains" in matcher):
            return True
        if last == "status":
            numbers = [matcher.get("at_least"), *(matcher.get("one_of") or ())]
            return any(isinstance(number, int) and number >= 400 for number in numbers)
        return "error" in path
    return (last == "status" and isinstance(matcher, int) and matcher >= 400) or "error" in path


def ways_of_step(step: StepEntry) -> Iterator[Way]:
    """What a step puts where."""
    reader = _READERS.get(step.action)
    if reader is not None:
        yield from reader(step.arguments)


Arguments = Mapping[str, Any]


def _names(arguments: Arguments, member: str) -> list[str]:
    value = arguments.get(member)
    return [str(name) for name in value] if isinstance(value, Mapping) else []


def _parts(at: str, arguments: Arguments, **places: str) -> Iterator[Way]:
    """The members of mappings such as ``query`` and ``headers``.

    Parameters:
        places: argument -> place.
    """
    for argument, place in places.items():
        for name in _names(arguments, argument):
            yield Way(at, place, _cookie_kind(name) if place == "cookie" else name)
            if place == "header" and name.lower() == "cookie":
                value = str(arguments[argument][name] or "")
                yield Way(at, "cookie", _cookie_kind(value.partition("=")[0]))


def _cookie_kind(name: str) -> str:
    return re.sub(r"^\$\{provider\.id\}|^[A-Za-z0-9]+(?=-(nonce|refresh-token|granted-scope)$)", "{provider}", name)


def _start(arguments: Arguments) -> Iterator[Way]:
    for argument, name in {
        "environment": "env",
        "origin": "origin",
        "redirect_url": "redirectUrl",
        "scope": "scope",
        "flow": "flow",
    }.items():
        if argument in arguments:
            yield Way("start", "query", name)
    yield from _parts("start", arguments, query="query", headers="header", cookies="cookie")


def _callback(arguments: Arguments) -> Iterator[Way]:
    by_post = "form" in arguments or str(arguments.get("method", "")).upper() == "POST"
    at = "frameByPost" if by_post else "frame"
    if "url" in arguments and "cookies" not in arguments:
        # In another browser, there is no cookie or another one.
        yield Way("frame", "cookie", "{provider}-nonce")
    places = {"query": "query", "state": "state", "form": "form", "headers": "header", "cookies": "cookie"}
    yield from _parts(at, arguments, **places)
    if _names(arguments, "state"):
        yield Way(at, "query", "state")


def _put_cookie(arguments: Arguments) -> Iterator[Way]:
    kind = _cookie_kind(str(arguments.get("name", "")))
    at = "frame" if kind.endswith("nonce") else "refresh"
    yield Way(at, "cookie", kind)


def _session_request(name: str) -> Any:
    def ways(arguments: Arguments) -> Iterator[Way]:
        method = str(arguments.get("method", "")).upper()
        at = "refreshByPost" if name == "refresh" and method == "POST" else name
        if "environment" in arguments:
            yield Way(at, "query", "env")
        if "scope" in arguments:
            yield Way(at, "query", "scope")
        if arguments.get("credentials") is False:
            yield Way(at, "cookie", "{provider}-refresh-token")
        yield from _parts(at, arguments, query="query", headers="header", cookies="cookie")

    return ways


def _operations() -> list[tuple[re.Pattern[str], str, str]]:
    document = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
    return [
        (
            re.compile(re.sub(r"\{[^}]*\}", r"[^/?]+", re.sub(r"\.", r"\\.", path)) + r"(\?.*)?"),
            method.upper(),
            one["operationId"],
        )
        for path, item in document["paths"].items()
        for method, one in item.items()
    ]


def _request(arguments: Arguments) -> Iterator[Way]:
    # A reference may hold a slash or dots, which are none of the path.
    path = re.sub(r"\$\{[^}]*\}", "x", str(arguments.get("path", "")))
    method = str(arguments.get("method", "GET")).upper()
    for pattern, verb, at in _OPERATIONS:
        if verb != method or not pattern.fullmatch(path):
            continue
        yield from _parts(at, arguments, query="query", headers="header", form="form", json="json")
        for pair in filter(None, path.partition("?")[2].split("&")):
            yield Way(at, "query", pair.partition("=")[0])
        if {"bearer", "signed_bearer", "forged_bearer"} & set(arguments):
            yield Way(at, "header", AUTHORIZATION)
        if "session" in str(arguments.get("path")) and "/v1/sessions/" in path:
            yield Way(at, "path", "session")
        if re.match(r"/\$\{each|/[a-z]", str(arguments.get("path", ""))):
            yield Way(at, "path", "provider")
        if "/v1/sessions/" in path:
            yield Way(at, "path", "session")


def _authorize(arguments: Arguments) -> Iterator[Way]:
    for argument in ("client_id", "redirect_uri", "scope", "state"):
        if argument in arguments:
            yield Way("authorize", "query", argument)
    if "challenge" in arguments:
        yield Way("authorize", "query", "code_challenge_method")
        yield Way("authorize", "query", "code_challenge")
    yield from _parts("authorize", arguments, query="query", headers="header")


def _decide(arguments: Arguments) -> Iterator[Way]:
    for at in (
        ("approve", "reject") if "${" in str(arguments.get("decision", "")) else [arguments.get("decision", "approve")]
    ):
        if "session_id" in arguments:
            yield Way(str(at), "path", "session")
        if "token" in arguments:
            yield Way(str(at), "header", AUTHORIZATION)
        yield from _parts(str(at), arguments, headers="header")


def _token_request(at: str, credential: str) -> Any:
    def ways(arguments: Arguments) -> Iterator[Way]:
        place = "json" if arguments.get("as_json") else "form"
        yield from _parts(at, arguments, form=place, headers="header")
        if credential in arguments:
            yield Way(at, place, credential)
        how = arguments.get("authentication")
        if "client" in arguments or how is not None:
            for name in ("id", "secret"):
                if how == "basic":
                    yield Way(at, "header", AUTHORIZATION)
                else:
                    yield Way(at, place, f"client_{name}")

    return ways


def _register(arguments: Arguments) -> Iterator[Way]:
    if "redirect_uris" in arguments:
        yield Way("register", "json", "redirect_uris")
    yield from _parts("register", arguments, metadata="json", headers="header")


def _faults(at: str) -> Any:
    def ways(arguments: Arguments) -> Iterator[Way]:
        for fault in arguments.get("faults") or []:
            yield from _fault(fault, at)
        for name in ("environment", "origin", "redirect_url", "scope", "flow", "query"):
            if name in arguments:
                yield from _start({name: arguments[name]})

    return ways


_NAMED_CLAIMS: Final = {
    "wrong-issuer": "iss",
    "missing-issuer": "iss",
    "wrong-audience": "aud",
    "missing-audience": "aud",
    "several-audiences": "aud",
    "wrong-azp": "azp",
    "expired": "exp",
    "missing-expiry": "exp",
    "issued-in-the-future": "iat",
    "missing-issue-time": "iat",
    "wrong-nonce": "nonce",
    "missing-nonce": "nonce",
    "not-yet-valid": "nbf",
    "wrong-at-hash": "at_hash",
    "other-subject": "sub",
    "missing-subject": "sub",
    "wrong-signature": "signature",
    "garbled-signature": "signature",
    "missing-signature": "signature",
    "alg-none": "alg",
    "hmac-with-public-key": "alg",
    "hmac-with-client-secret": "alg",
    "embedded-key": "jwk",
    "unknown-kid": "kid",
    "missing-kid": "kid",
    "unpublished-key": "kid",
}


def _fault(fault: Any, at: str) -> Iterator[Way]:
    name = fault.get("fault") if isinstance(fault, Mapping) else fault
    known = fault if isinstance(fault, Mapping) else {}
    if name in _NAMED_CLAIMS:
        yield Way(f"ID token at {at}", "claim", _NAMED_CLAIMS[str(name)])
    for claim in _names(known, "claims"):
        yield Way(f"ID token at {at}", "claim", claim)
    for header in _names(known, "token_headers"):
        yield Way(f"ID token at {at}", "claim", header)
    if "algorithm" in known:
        yield Way(f"ID token at {at}", "claim", "alg")
    if "key" in known or "edit" in known:
        yield Way(f"ID token at {at}", "claim", "signature")
    where = str(known.get("at", ""))
    members = known.get("members")
    for member in members if isinstance(members, list | Mapping) else ():
        if where == "id_token":
            yield Way(f"ID token at {at}", "claim", str(member))
        elif where in {"token", "refresh"}:
            yield Way("token answer", "json", str(member))
        elif where in {"profile", "follow-up"}:
            yield Way("profile answer", "json", str(member))
    if where in {"profile", "follow-up"} and not members:
        yield Way("profile answer", "json", "(all of it)")


def _proxied(arguments: Arguments) -> Iterator[Way]:
    mint = arguments.get("mint")
    if isinstance(mint, Mapping):
        yield from (Way("proxy assertion", "claim", name) for name in _names(mint, "claims"))
        yield from (Way("proxy assertion", "claim", name) for name in _names(mint, "token_headers"))
        for member, name in {"key": "signature", "edit": "signature", "algorithm": "alg", "text": "signature"}.items():
            if member in mint:
                yield Way("proxy assertion", "claim", name)
        for member in ("remove", "repeat"):
            for field in mint.get(member) or ():
                yield Way("proxy", "header", str(field).lower())
    for name in _names(arguments, "headers"):
        yield Way("proxy", "header", name.lower())
        if name.lower() == "cookie":
            yield Way("proxy", "cookie", str(arguments["headers"][name] or "").partition("=")[0])
    for name in _names(arguments, "query"):
        yield Way("proxy", "query", name)


_READERS: Final[Mapping[str, Any]] = {
    "start": _start,
    "callback": _callback,
    "put_cookie": _put_cookie,
    "refresh": _session_request("refresh"),
    "logout": _session_request("logout"),
    "request": _request,
    "authorize": _authorize,
    "obtain_tokens": _authorize,
    "decide": _decide,
    "redeem": _token_request("token", "code"),
    "renew": _token_request("token", "refresh_token"),
    "revoke": _token_request("revoke", "token"),
    "register": _register,
    "sign_in": _faults("sign-in"),
    "consent": _faults("sign-in"),
    "change_grant": _faults("refresh"),
    "proxied_sign_in": _proxied,
}
"""Name of a step -> what it puts where."""

_OPERATIONS: Final = _operations()


def page(ways: Mapping[Way, str], scenarios: Mapping[Way, list[str]], reasons: Mapping[Way, str]) -> str:
    """The page.

    Parameters:
        ways: every way -> what it carries.
        scenarios: those that are tried.
        reasons: why others are not.
    """
    lines = ["# Every way in", "", "Made by `python docs/tools/ways_in.py`.", ""]
    lines += ["| at | place | input | carries | tried with bad input by |", "|---|---|---|---|---|"]
    for way, carried in ways.items():
        found = scenarios.get(way, [])
        more = f" and {len(found) - 4} more" if len(found) > 4 else ""
        shown = ", ".join(found[:4]) + more if found else f"*{reasons.get(way) or 'NOBODY'}*"
        lines.append(f"| {way.at} | {way.place} | `{way.name}` | {carried} | {shown} |")
    untried = [way for way in ways if way not in scenarios]
    lines += ["", f"{len(ways)} ways, {len(ways) - len(untried)} of them tried, {len(untried)} with a reason.", ""]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Write the page, or check that no way is forgotten."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail for a way without scenario and reason"
    )
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    data = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    inputs: dict[str, str] = data["inputs"]
    ways = {way: inputs.get(way.name, "who is meant") for way in described(inputs)}
    for entry in data["further"]:
        for name in entry["names"]:
            ways[Way(entry["at"], entry["place"], name)] = entry["carries"]
    reasons = {
        Way(entry["at"], entry["place"], name): entry["reason"] for entry in data["untried"] for name in entry["names"]
    }
    scenarios = tried()
    mistakes = [
        f"{' '.join(way)}: no scenario tries it, and no reason is given"
        for way in ways
        if way not in scenarios and way not in reasons
    ]
    mistakes += [
        f"{' '.join(way)}: has a reason, but {scenarios[way][0]} tries it" for way in reasons if way in scenarios
    ]
    mistakes += [f"{' '.join(way)}: has a reason, but is no way in" for way in reasons if way not in ways]
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    if not options.check:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(page(ways, scenarios, reasons), encoding="utf-8")
        print(f"wrote {options.output}")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
