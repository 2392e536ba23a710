"""Query strings as the extended parser of Express reads them (HTTP-14, ENV-12, SCOPE-12); follows ``qs`` of npm."""

import re
from typing import Any

from reference_backend.formats import encoding

_LIST_KEY = re.compile(r"([^\[\]]+)\[\d*\]\Z")
_OBJECT_KEY = re.compile(r"([^\[\]]+)\[.*\]\Z")
OBJECT_TEXT = "[object Object]"


def members(text: str) -> dict[str, Any]:
    """Parameters by name: a text, a list if repeated (``a=1&a=2``, ``a[]=1``), or an empty object (``a[x]=1``)."""
    found: dict[str, Any] = {}
    for name, value in encoding.parse_form(text):
        as_list, as_object = _LIST_KEY.match(name), _OBJECT_KEY.match(name)
        if as_list is None and as_object is not None:
            found[as_object[1]] = [found[as_object[1]]] if as_object[1] in found else {}
            continue
        key = as_list[1] if as_list else name
        if key in found or as_list:
            known = found.get(key, [])
            found[key] = [*(known if isinstance(known, list) else [known]), value]
        else:
            found[key] = value
    return found


def parse(text: str) -> dict[str, str]:
    """Parameters by name, each as the one text that the routes look at.

    Repeated parameters and lists (``a[]=1``) are joined with a comma; an object (``a[x]=1``) has no useful
    text and reads as JavaScript prints it.
    """
    found: dict[str, list[str]] = {}
    objects: set[str] = set()
    for name, value in encoding.parse_form(text):
        as_list, as_object = _LIST_KEY.match(name), _OBJECT_KEY.match(name)
        if as_list is None and as_object is not None:
            objects.add(as_object[1])
            continue
        found.setdefault(as_list[1] if as_list else name, []).append(value)
    joined = {name: ",".join(values) for name, values in found.items()}
    return joined | dict.fromkeys(objects, OBJECT_TEXT)
