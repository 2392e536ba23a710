"""The real, unmodified Backstage auth backend, as a target for the conformance suite."""

from __future__ import annotations

import json
from pathlib import Path

RELEASE: str = json.loads(Path(__file__).with_name("package.json").read_text(encoding="utf-8"))["dependencies"][
    "@backstage/plugin-auth-backend"
]
"""Which release of the auth backend it is."""
