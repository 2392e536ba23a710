"""The table of known releases: `table.yaml`."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from tests.interop.backstage.errors import CannotRunError

from .registry import AUTH_BACKEND, COMPANIONS, SCOPE, closure, number, published
from .yaml_files import read_yaml

FILE = Path(__file__).with_name("table.yaml")
VENDORS = (
    "atlassian",
    "auth0",
    "aws-alb",
    "azure-easyauth",
    "bitbucket",
    "bitbucket-server",
    "cloudflare-access",
    "gcp-iap",
    "github",
    "gitlab",
    "google",
    "guest",
    "microsoft",
    "oauth2",
    "oauth2-proxy",
    "oidc",
    "okta",
    "onelogin",
    "openshift",
    "pinniped",
)
"""The vendors that ever had a module, as the packages call them."""
LAST_WITH_SAML = "0.24.5"


class Release(BaseModel):
    """One release of the auth backend."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: str
    """Version of the auth backend."""
    backstage: str | None = None
    """The first Backstage release that has it; None if nothing public says so."""
    node: str | None = None
    """The Node versions that an app of that Backstage release asks for."""
    packages: dict[str, str]
    """Package name without `@backstage/` to version: what the auth backend, the catalog and the modules stand on."""
    modules: dict[str, str]
    """Vendor to version of its module; vendors that are not named have none that fits."""
    without: list[str] = []
    """Provider ids of the suite's app-config that stop the start of this release."""
    environment: dict[str, str] = {}
    """Variables that it needs besides."""
    remark: str | None = None
    """What is different about it."""

    @property
    def dependencies(self) -> dict[str, str]:
        """What package.json names."""
        modules = {
            f"@backstage/plugin-auth-backend-module-{vendor}-provider": version
            for vendor, version in self.modules.items()
        }
        libraries = {f"@backstage/{name}": version for name, version in self.packages.items()}
        return dict(sorted({AUTH_BACKEND: self.version, **libraries, **modules}.items()))

    @property
    def has_saml(self) -> bool:
        """Whether the plugin has a SAML provider of its own."""
        return number(self.version) <= number(LAST_WITH_SAML)

    @property
    def absent(self) -> list[str]:
        """Vendors whose ids stay unknown."""
        return [vendor for vendor in VENDORS if vendor not in self.modules] + ([] if self.has_saml else ["saml"])


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    releases: list[Release]


def read_table(file: Path = FILE) -> list[Release]:
    """Read the table, the oldest release first.

    Raises:
        CannotRunError: the file is not of that form.
    """
    table = read_yaml(file, _Table, "table of releases")
    return sorted(table.releases, key=lambda release: number(release.version))


def find_release(releases: list[Release], version: str) -> Release:
    """The release of a version; "newest" is one, too.

    Raises:
        CannotRunError: the table has no such release.
    """
    if version == "newest":
        return releases[-1]
    for release in releases:
        if release.version == version:
            return release
    known = ", ".join(release.version for release in releases)
    raise CannotRunError(f"The table has no release {version!r}; it has {known}. --add {version} adds one.")


def look_up(version: str) -> Release:
    """Put a release together from what npm says.

    Raises:
        CannotRunError: npm has no such release, or cannot be asked.
    """
    own = published(AUTH_BACKEND)
    asked = next((entry.dependencies for entry in own if entry.version == version), None)
    if asked is None:
        known = ", ".join(entry.version for entry in sorted(own, key=lambda entry: number(entry.version)))
        raise CannotRunError(f"npm has no {AUTH_BACKEND} {version}; it has {known}.")
    modules = {vendor: f"@backstage/plugin-auth-backend-module-{vendor}-provider" for vendor in VENDORS}
    chosen = closure([*COMPANIONS, *modules.values()], asked)
    others = {name.removeprefix(SCOPE): found for name, found in chosen.items() if name not in modules.values()}
    others.pop(AUTH_BACKEND.removeprefix(SCOPE), None)
    return Release(
        version=version,
        packages=dict(sorted(others.items())),
        modules={vendor: chosen[name] for vendor, name in modules.items() if name in chosen},
    )


def write_table(releases: list[Release], file: Path = FILE) -> None:
    """Write the table; the comment at its top stays."""
    comment = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    entries = [release.model_dump(exclude_none=True) for release in releases]
    entries.sort(key=lambda entry: number(entry["version"]), reverse=True)
    lines = [*comment, "releases:"]
    for entry in entries:
        maps = ("environment", "packages", "modules")
        head = {name: value for name, value in entry.items() if value != [] and name not in maps}
        lines += _indented(yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=110), first="  - ")
        for name in (name for name in maps if entry[name]):
            lines.append(f"    {name}:")
            lines += [f"      {key}: {value}" for key, value in entry[name].items()]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _indented(text: str, first: str) -> list[str]:
    lines = text.splitlines()
    return [first + lines[0], *("    " + line for line in lines[1:])]
