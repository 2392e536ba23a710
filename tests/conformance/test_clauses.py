"""docs/spec/clauses.md weighs every MUST row of the chapters that it is about."""

from __future__ import annotations

import re

from conformance.requirement_list import Level, requirements
from tests.support.processes import ROOT

CHAPTERS = (
    *("OIDC-", "OERR-", "DCR-", "PAT-", "CIMD-", "AUTHZ-", "ASESS-", "CODE-", "OFFLINE-", "REVOKE-", "TOKEN-", "LIM-"),
    *("VERIFY-", "KEY-", "JWKS-", "USERINFO-", "COOKIE-", "SESSION-", "SEC-AS-", "SEC-COOK-", "SEC-ISS-"),
)
ROWS = re.compile(r"([A-Z]+(?:-[A-Z]+)?)-(\d+)(?: … \1-(\d+))?")


def test_every_row_is_weighed() -> None:
    text = (ROOT / "docs" / "spec" / "clauses.md").read_text(encoding="utf-8")
    weighed = {
        f"{name}-{number:02}"
        for name, first, last in ROWS.findall(text)
        for number in range(int(first), int(last or first) + 1)
    }
    must = {id_ for id_, row in requirements().items() if row.level is Level.MUST and id_.startswith(CHAPTERS)}

    assert must <= weighed
    assert {id_ for id_ in weighed if id_.startswith(CHAPTERS)} <= requirements().keys()
