"""References to catalog entities, ``[kind:][namespace/]name`` (protocol.md §44.6, CTX-02, TOKEN-12)."""

from dataclasses import dataclass

from reference_backend.errors import AuthError

DEFAULT_NAMESPACE = "default"
DEFAULT_USER_KIND = "User"


@dataclass(frozen=True, slots=True)
class EntityRef:
    """A complete reference."""

    kind: str
    namespace: str
    name: str


def stringify(ref: EntityRef) -> str:
    """The canonical, lower-case text (CTX-08)."""
    return fold(f"{ref.kind}:{ref.namespace}/{ref.name}")


def fold(text: str) -> str:
    """Lower case, except for look-alikes: no foreign letter becomes an ASCII one.

    The Kelvin sign, for one, has the lower case ``k``, and no user may sign in as another one by it
    (SEC-IDENT-11).
    """
    if text.isascii():
        return text.lower()
    return "".join(char.lower() if char.isascii() or not char.lower().isascii() else char for char in text)


def parse(text: str, default_kind: str | None = None) -> EntityRef:
    """Parse a reference, to a group perhaps (CTX-09); the namespace defaults to ``default``.

    Parameters:
        text: the reference.
        default_kind: kind of a reference that names none.

    Raises:
        AuthError: a part is missing or empty.
    """
    if not text:
        raise AuthError("Entity reference must not be empty")
    head, slash, tail = text.partition("/")
    before, after = (head, tail) if slash else ("", text)
    # A colon counts only before the slash: in ``a/b:c`` it belongs to the name.
    source = before if slash else after
    kind, colon, rest = source.partition(":")
    namespace = (rest if colon else source) if slash else None
    name = after if slash else (rest if colon else source)
    if (colon and not kind) or namespace == "" or not name:
        raise AuthError(
            f'Entity reference "{text}" was not on the form [<kind>:][<namespace>/]<name>', name="TypeError"
        )
    return build(kind if colon else default_kind, namespace, name, shown=f'"{text}"')


def build(kind: str | None, namespace: str | None, name: str, shown: str | None = None) -> EntityRef:
    """Complete the parts of a reference.

    Parameters:
        kind: kind, None or empty if unknown.
        namespace: namespace, None for the default one.
        name: name.
        shown: the reference as error messages show it.

    Raises:
        AuthError: kind or name is missing or empty (RES-34).
    """
    shown = shown or f'{{"name":"{name}"}}'
    if not kind:
        raise AuthError(
            f'Entity reference {shown} had missing or empty kind (e.g. did not start with "component:" or similar)'
        )
    if not name:
        raise AuthError(f"Entity reference {shown} had missing or empty name")
    return EntityRef(kind, namespace or DEFAULT_NAMESPACE, name)


def user(name: str) -> EntityRef:
    """The user of that name in the default namespace (CTX-02)."""
    return build(DEFAULT_USER_KIND, DEFAULT_NAMESPACE, name)
