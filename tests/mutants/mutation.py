"""Mutants: copies of a module in which one small thing is different. Pure."""

from __future__ import annotations

import ast
import codecs
import contextlib
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
}
MARK = "~"
"""What a text is changed by: no name, address or message of the protocol has it."""


@dataclass(frozen=True)
class Mutant:
    """One changed module.

    Parameters:
        id: module, function and number, the same as long as the module does not change.
        module: dotted name.
        line: the line that is different.
        before: that part of the source.
        after: the same part, changed.
        source: the whole changed module.
    """

    id: str
    module: str
    line: int
    before: str
    after: str
    source: str


def mutants_of(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a module.

    Parameters:
        module: dotted name.
        source: its text.
    """
    tree = ast.parse(source)
    ignored = _ignored(tree)
    counts: dict[str, int] = {}
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in ignored:
            continue
        for change in changes_of(node):
            # A fresh copy for each: the same place in the walk is the same node.
            other = copy.deepcopy(tree)
            found = next(found for number, found in enumerate(ast.walk(other)) if number == place)
            before = ast.unparse(found)
            changed = change(found)
            after = ast.unparse(changed)
            if before == after:
                continue
            mutated = _Replace(found, changed).visit(other)
            name = _function_at(tree, node)
            counts[name] = counts.get(name, 0) + 1
            short = module.removeprefix("reference_backend.")
            yield Mutant(
                f"{short}:{name}:{counts[name]}",
                module,
                getattr(node, "lineno", 0),
                before,
                after,
                ast.unparse(ast.fix_missing_locations(mutated)),
            )


def changes_of(node: ast.AST) -> Iterator[Callable[[ast.AST], ast.AST]]:
    """How a node can be different."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        yield _with_operator
    elif isinstance(node, ast.BoolOp):
        yield _with_other_junction
        if len(node.values) == 2:
            yield lambda found: found.values[0]  # type: ignore[attr-defined]
            yield lambda found: found.values[1]  # type: ignore[attr-defined]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield lambda found: found.operand  # type: ignore[attr-defined]
    elif isinstance(node, ast.IfExp):
        yield lambda found: found.body  # type: ignore[attr-defined]
        yield lambda found: found.orelse  # type: ignore[attr-defined]
    elif isinstance(node, ast.Constant):
        yield from _changes_of_constant(node)
    elif (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)) or isinstance(node, ast.Raise):
        yield lambda _: ast.Pass()
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield lambda _: ast.Return(ast.Constant(None))


def _changes_of_constant(node: ast.Constant) -> Iterator[Callable[[ast.AST], ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield lambda _: ast.Constant(not value)
    elif isinstance(value, int | float):
        yield lambda _: ast.Constant(value + 1)
    elif isinstance(value, str) and not _names_the_same_codec(value):
        yield lambda _: ast.Constant(value + MARK)


def _names_the_same_codec(value: str) -> bool:
    # Python drops signs at the end of a codec's name, so ``utf-8~`` is UTF-8.
    with contextlib.suppress(LookupError, ValueError):
        return codecs.lookup(value + MARK) is not None
    return False


def _with_operator(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Compare)
    return ast.Compare(node.left, [COMPARISONS[type(node.ops[0])]()], node.comparators)


def _with_other_junction(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.BoolOp)
    return ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


class _Replace(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """Replace the node if it is the one."""
        return self._new if node is self._old else self.generic_visit(node)


def _ignored(tree: ast.Module) -> set[int]:
    """Nodes whose change nobody could see: documentation, annotations, names for programmers, type checking."""
    found: set[int] = set()
    for node in ast.walk(tree):
        for part in _invisible_parts(node):
            found |= {id(inner) for inner in ast.walk(part)}
    return found


def _invisible_parts(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.ClassDef():
            yield from node.decorator_list
        case ast.FunctionDef():
            yield from [*node.decorator_list, *filter(None, [node.returns])]
        case ast.arg(annotation=ast.AST()) | ast.AnnAssign():
            yield node.annotation
        case ast.Expr(value=value) if isinstance(value, ast.Constant) or _is_for_programmers(value):
            yield node
        case ast.Assign(value=value) if _is_for_programmers(value) or _is_type(value):
            yield node
        case ast.If() if ast.unparse(node.test) == "TYPE_CHECKING":
            yield node
        case ast.FormattedValue(format_spec=ast.AST()):
            # What ast.unparse cannot write once it is changed.
            yield node.format_spec


def _is_for_programmers(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("log.", "logging.", "TypeVar"))


def _is_type(node: ast.AST) -> bool:
    """``Factory = Callable[["ProxyProvider"], None]``, say."""
    return isinstance(node, ast.Subscript) and ast.unparse(node.value) in {"Callable", "Mapping", "type"}


def _function_at(tree: ast.Module, wanted: ast.AST) -> str:
    """Dotted name of the function or class around a node; ``module`` outside of all."""

    def search(node: ast.AST, path: tuple[str, ...]) -> tuple[str, ...] | None:
        if node is wanted:
            return path
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            path = (*path, node.name)
        for child in ast.iter_child_nodes(node):
            if (found := search(child, path)) is not None:
                return found
        return None

    return ".".join(search(tree, ()) or ("module",))
