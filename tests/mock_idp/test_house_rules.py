"""Rules of the house that no linter knows."""

import re
from pathlib import Path

import pytest

import mock_idp
from mock_idp.vendors import vendors

PACKAGE = Path(mock_idp.__file__).parent
CORE = [
    *(PACKAGE / "oauth").glob("*.py"),
    *(file for part in ("web", "pages", "control", "faults", "grants") for file in (PACKAGE / part).rglob("*.*")),
    *(PACKAGE / "vendors" / name for name in ("base.py", "oauth_vendor.py", "openid_vendor.py", "refusals.py")),
    *(PACKAGE / name for name in ("application.py", "clients.py", "emulation.py", "journal.py", "services.py")),
]
OTHERS = ("okta", "gitlab", "auth0", "atlassian", "bitbucket", "microsoft", "onelogin", "openshift", "pinniped")


@pytest.mark.parametrize("file", [file for file in CORE if file.suffix in (".py", ".html")], ids=lambda file: file.name)
def test_no_vendor_is_named_in_the_core(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    # The model's docstring gives provider ids as examples.
    text = text.replace("(``github``, ``ghe``)", "")
    # These ids are also names of protocols and of the libraries that speak them.
    names = {*vendors(), *OTHERS} - {"oauth2", "oidc", "saml"}
    found = re.findall("|".join(sorted(names)), text, re.IGNORECASE)
    assert not found
