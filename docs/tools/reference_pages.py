"""Writes the reference pages that are made from the code: ``python -m docs.tools.reference_pages [--check]``.

Pages of commands are made whole, from their click commands. Others keep their text; what stands between the markers
``<!-- begin generated: NAME -->`` and ``<!-- end generated -->`` is made anew.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click

from conformance.cli import group as auth_conformance
from conformance.plugin.options import OPTIONS
from docs.tools.generated import write_or_check
from docs.tools.markdown import one_line
from mock_idp.cli import main as mock_idp
from mock_idp.control import clients, grants, mock, people, services, state
from mock_idp.control.operations import Operation, Operations
from mock_idp.idp import Idp
from mock_idp.proxies import proxies
from mock_idp.setup.members import Members, with_names
from mock_idp.setup.shapes import CLIENT, PERSON, SERVICE, SETTINGS
from mock_idp.vendors import vendors
from mock_idp.vendors.base import Vendor
from mock_idp.vendors.openid_vendor import OpenIdVendor
from reference_backend.cli import main as reference_backend

ROOT: Final = Path(__file__).parents[2]
REFERENCE: Final = ROOT / "docs" / "reference"
COMMAND: Final = "python -m docs.tools.reference_pages"

PROGRAMS: Final[Mapping[str, click.Command]] = {
    "mock-idp": mock_idp,
    "auth-conformance": auth_conformance,
    "reference-backend": reference_backend,
}
"""Program -> its click command; each has a page of that name."""

_PART: Final = re.compile(r"(<!-- begin generated: ([\w-]+) -->\n).*?(<!-- end generated -->)", re.DOTALL)
_WIDTH: Final = 110
_FEW_HOSTS: Final = 2
"""Host names that stand in the table of the README; the vendor's page has all."""


def files() -> dict[Path, str]:
    """Every reference page that is made, with its text."""
    pages = {REFERENCE / f"{name}.md": page_of(name, command) for name, command in PROGRAMS.items()}
    made = parts()
    for path in (REFERENCE / "control-api.md", REFERENCE / "mock-idp-yaml.md", ROOT / "README.md"):
        pages[path] = _PART.sub(lambda found: f"{found[1]}\n{made[found[2]]}\n\n{found[3]}", path.read_text("utf-8"))
    return pages


def parts() -> dict[str, str]:
    """Every generated part by the name in its marker."""
    return {
        "emulations": _emulations(),
        "operations": _operations(),
        "person": members_table(PERSON),
        "client": members_table(CLIENT),
        "service": members_table(SERVICE),
        "settings": members_table(SETTINGS),
    }


def page_of(name: str, command: click.Command) -> str:
    """The page of one program: each command with its usage, arguments and options."""
    lines = [f"# {name}", "", f"Made by `{COMMAND}`; do not edit.", ""]
    lines += list(_command(command, click.Context(command, info_name=name, max_content_width=_WIDTH), 1))
    return "\n".join(lines).rstrip() + "\n"


def subcommands(command: click.Command, ctx: click.Context) -> Iterator[tuple[str, click.Command]]:
    """The subcommands of a group by name, in the order of its help."""
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            if found is not None and not found.hidden:
                yield name, found


def options_of(command: click.Command) -> list[tuple[str, str]]:
    """How each option is written, and what it does."""
    ctx = click.Context(command, max_content_width=_WIDTH)
    records = [option.get_help_record(ctx) for option in command.get_params(ctx) if isinstance(option, click.Option)]
    options = [record for record in records if record is not None]
    if command is auth_conformance.get_command(ctx, "run"):
        # Options of pytest, which click passes on.
        options = [(f"{option.name} {option.metavar}".strip(), option.help) for option in OPTIONS] + options
    return options


def _command(command: click.Command, ctx: click.Context, depth: int) -> Iterator[str]:
    if depth > 1:
        yield from (f"{'#' * depth} {ctx.command_path}", "")
    yield from ("```text", " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)]), "```", "")
    for paragraph in re.split(r"\n\s*\n", (command.help or "").replace("\b\n", "").strip()):
        yield from (one_line(paragraph), "")
    options = options_of(command)
    if options:
        rows = [(f"`{name}`", _escaped(one_line(text))) for name, text in options]
        yield from (table(("option", "meaning"), rows), "")
    for name, found in subcommands(command, ctx):
        inner = click.Context(found, info_name=name, parent=ctx, max_content_width=_WIDTH)
        yield from _command(found, inner, depth + 1)


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", r"\*")


def _emulations() -> str:
    rows = [(f"`{id_}`", vendor.title, _protocol(vendor), list(vendor.hosts)) for id_, vendor in vendors().items()]
    rows += [(f"`{id_}`", proxy.title, "auth proxy", list(proxy.hosts)) for id_, proxy in proxies().items()]
    return table(
        ("name", "provider id", "protocol", "host names"),
        [(f"[{title}](docs/vendors/{id_[1:-1]}.md)", id_, way, _hosts(hosts)) for id_, title, way, hosts in rows],
    )


def _protocol(vendor: Vendor) -> str:
    if isinstance(vendor, OpenIdVendor):
        return "OpenID Connect"
    return {"oauth": "OAuth 2.0", "saml": "SAML 2.0"}[vendor.kind]


def _hosts(hosts: list[str]) -> str:
    more = f" and {len(hosts) - _FEW_HOSTS} more" if len(hosts) > _FEW_HOSTS else ""
    return ", ".join(f"`{host}`" for host in hosts[:_FEW_HOSTS]) + more or "–"


def _operations() -> str:
    operations = Operations()
    idp = Idp.__new__(Idp)  # handlers are only registered, none is called
    for part in (mock, people, clients, services, grants, state):
        part.add(operations, idp)
    rows = [(f"`{one.method} {_path(one.path)}`", one.summary, _sent(one)) for one in operations.all]
    return table(("request", "what it does", "what it takes"), rows)


def _path(rule: str) -> str:
    return "/__idp" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: "{" + found[1] + "}", rule)


def _sent(operation: Operation) -> str:
    said = [f"`?{name}=`" for name in operation.query]
    if operation.body is not None:
        said += [f"`{name}`{' (required)' if member.required else ''}" for name, member in operation.body.items()]
    return ", ".join(said) or "–"


def members_table(members: Members) -> str:
    """Members of an object that an owner writes, as a table."""
    rows = [
        (f"`{name}`", "yes" if one.required else "no", _type(with_names(one.kind.schema)), _escaped(one.description))
        for name, one in members.items()
    ]
    return table(("member", "required", "type", "meaning"), rows)


def _type(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema.get("anyOf", schema.get("oneOf"))))
    if schema.get("const") is False or schema.get("enum") == [False]:
        return "`false`"
    if "enum" in schema:
        return "a vendor" if set(vendors()) <= set(schema["enum"]) else "a known name"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"mapping to {_type(inner)}" if isinstance(inner, Mapping) and inner else "mapping"
    found = schema.get("type", "any value")
    return " or ".join(found) if isinstance(found, list) else str(found)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(write_or_check(files(), sys.argv[1:], COMMAND))
