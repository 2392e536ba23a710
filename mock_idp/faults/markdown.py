"""The page ``docs/faults.md``: all faults, made from the catalogue."""

from mock_idp.faults.catalogue import FAULTS
from mock_idp.faults.model import Fault, Parameter
from mock_idp.faults.transport import MACHINES

_HEAD = """# Faults

Made by `mock-idp faults --markdown`; do not edit. `GET /__idp/faults` says the same as data.

A grant carries faults along: the consent form orders them, `PATCH /__idp/grants/ID` changes them. A service can have
some towards every user. An order is a name, or an object with parameters:

```json
["expired", {"fault": "slow", "at": "profile", "seconds": 5, "times": 1}]
```

Every fault has `at` (where it strikes; the first place of its row if left out) and `times` (how often at most; always
if left out). **backend** in a row stands for every place where a backend asks:
MACHINES.

## ID tokens and their keys

A token is changed before it is signed, so a wrong claim comes under a good signature. `forged` says anything: other
claims (`null` removes one, `{"from_now": -30}` is half a minute ago), another algorithm, another key, another JOSE
header, and what happens to the finished text. The names below it are the usual cases, each breaking one rule.

Every service has keys of its own in four sets: `own` signs today, `next` will after a rotation, `previous` did before,
`spare` is one more, which no rotation touches,
`foreign` is another party's, under the key id of `own` unless it is published; `public` is the own public key taken
for a shared secret. The key set shows `own` only, unless a test says otherwise. `PATCH /__idp/services/ID
{"rotate_keys": true}` lets `next` sign and drops the old key at once; `"overlap"` keeps the old one published beside
it. `{"published_keys": ["own", "next"]}` publishes a key before it signs, an empty list publishes none. Rotation
concerns every user of a service: do it only in one that a single environment has for itself.

## SAML answers

An answer is changed before it is signed too: `saml-content` says anything under a good signature. `saml-wrapped`,
`saml-tampered`, `saml-comment` and `saml-document-type` change the finished XML. They strike at `saml_response`, which
is inside the form that brings the answer to the backend.

## All faults

| fault | what happens | at | parameters | clause | a correct backend |
|---|---|---|---|---|---|
"""


def faults_markdown() -> str:
    """The page as text."""
    head = _HEAD.replace("MACHINES", ", ".join(f"`{place}`" for place in MACHINES))
    return head + "\n".join(_row(fault) for fault in FAULTS.by_id.values()) + "\n"


def _row(fault: Fault) -> str:
    parameters = "<br>".join(_parameter(entry) for entry in fault.parameters) or "–"
    places = "backend" if fault.places == MACHINES else ", ".join(f"`{place}`" for place in fault.places)
    cells = (f"`{fault.id}`", fault.title, places, parameters, fault.clause, fault.expect)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _parameter(parameter: Parameter) -> str:
    has_default = parameter.default is not None and not parameter.required
    default = f" Default `{parameter.default}`." if has_default else ""
    choices = f" One of {', '.join(f'`{choice}`' for choice in parameter.choices)}." if parameter.choices else ""
    needed = ", needed" if parameter.required else ""
    return f"`{parameter.name}`{needed}: {parameter.description}{choices}{default}"
