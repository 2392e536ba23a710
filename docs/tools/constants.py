"""What is the same in all personas, accounts, catalog entities, clients and steps of scenarios: it is not tested.

    python docs/tools/constants.py [--check]

A value that never differs cannot show that anybody looks at it: where every persona is in the namespace ``default``, a
backend that signs everybody in there is right by chance. This lists every such member, with its one value. What may
stay constant has a reason in docs/spec/constants.yaml; ``--check`` fails for anything else.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from conformance.plugin.options import SCENARIOS  # noqa: E402 - the checkout comes first
from conformance.requirement_list import requirements  # noqa: E402
from conformance.scenario.expansion import bound  # noqa: E402
from conformance.scenario.loader import load  # noqa: E402
from conformance.steps import RULES, STEPS  # noqa: E402
from mock_idp.catalog import entities  # noqa: E402
from mock_idp.emulation import Emulation  # noqa: E402
from mock_idp.environments import ENVIRONMENTS  # noqa: E402
from mock_idp.personas import SHOWN  # noqa: E402
from mock_idp.proxies import proxies  # noqa: E402
from mock_idp.vendors import vendors  # noqa: E402

REASONS: Final = ROOT / "docs" / "spec" / "constants.yaml"

Member = tuple[str, str]
"""Where, and the path there."""

SHAPES: Final[Mapping[str, Callable[[str], bool]]] = {
    "upper case": lambda text: text != text.lower(),
    "letters beyond ASCII": lambda text: not text.isascii(),
    "blanks": lambda text: " " in text,
    "digits": lambda text: any(char.isdigit() for char in text),
}
"""Kinds of characters that a text may have; where no text has any, nothing shows what becomes of them."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below a tree, with its path; items of lists count as one member, their number as another."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        yield f"{path}.length", len(value)
        for item in value:
            yield from leaves(item, f"{path}[]")
    else:
        yield path, value


def trees() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Everything that is searched: (where, one tree)."""
    for persona in SHOWN.values():
        members = {
            name: getattr(persona, name) for name in ("id", "name", "login", "email", "email_verified", "groups")
        }
        members |= {"entity": persona.entity, "namespace": persona.namespace, "entity_ref": persona.entity_ref}
        yield "persona", members
        emulations: Sequence[Emulation] = (*vendors().values(), *proxies().values())
        for emulation in emulations:
            account = persona.account(emulation.id)
            yield "account", {"number": account.number, "uuid": account.uuid}
            for name, value in emulation.catalog_annotations(account).items():
                yield f"annotation {name}", {"value": value}
    for entity in entities():
        yield str(entity["kind"]), {key: part for key, part in entity.items() if key not in {"kind", "apiVersion"}}
    for kind in ENVIRONMENTS:
        yield "environment", {"name": kind.name, "callback": kind.callback, "is_registered": kind.is_registered}


def arguments() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What the steps of scenarios say: (the step, its arguments, those that are left out with their default)."""
    library = load([SCENARIOS], requirements(), RULES)
    for scenario in library.scenarios:
        facts = next((one for one in library.facts.values() if scenario.applies_to.fit(one)), None)
        for part in bound(scenario, facts) if facts else [scenario]:
            for step in part.steps:
                fields = STEPS[step.action].model_fields
                told = {name: step.arguments.get(field.alias or name, field.default) for name, field in fields.items()}
                # One level: whether an argument is ever anything else, not what each parameter of a query is.
                yield f"step {step.action}", {name: repr(value) for name, value in told.items()}


def constant(found: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[Member, Any]:
    """Members that never differ -> their one value."""
    values: dict[Member, dict[str, Any]] = defaultdict(dict)
    counts: dict[Member, int] = defaultdict(int)
    for where, tree in found:
        for path, value in leaves(tree):
            values[(where, path)][repr(value)] = value
            counts[(where, path)] += 1
    return {
        member: next(iter(seen.values())) for member, seen in values.items() if len(seen) == 1 and counts[member] > 1
    }


def tame(found: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[Member, str]:
    """Texts of which none has some kind of characters."""
    texts: dict[Member, set[str]] = defaultdict(set)
    for where, tree in found:
        for path, value in leaves(tree):
            if isinstance(value, str):
                texts[(where, path)].add(value)
    missing = {
        member: [name for name, has in SHAPES.items() if not any(map(has, seen))]
        for member, seen in texts.items()
        if len(seen) > 1
    }
    return {member: ", ".join(kinds) for member, kinds in missing.items() if kinds}


def main(options: list[str]) -> int:
    """List what is constant, or check that all of it has a reason."""
    if options not in ([], ["--check"]):
        print("usage: python docs/tools/constants.py [--check]", file=sys.stderr)
        return 2
    reasons: dict[Member, str] = {
        (entry["where"], path): entry["reason"]
        for entry in yaml.safe_load(REASONS.read_text(encoding="utf-8"))["constant"]
        for path in entry["paths"]
    }
    found = constant([*trees(), *arguments()])
    for member, value in found.items():
        if not options:
            print(f"{member[0]}: {member[1]} is always {value!r}: {reasons.get(member, 'NO REASON')}")
    if not options:
        for member, kinds in tame(trees()).items():
            print(f"{member[0]}: {member[1]} never has {kinds}")
    mistakes = [
        f"{where}: {path} is always {found[where, path]!r}" for where, path in found if (where, path) not in reasons
    ]
    mistakes += [
        f"{where}: {path} has a reason, and is not constant" for where, path in reasons if (where, path) not in found
    ]
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
