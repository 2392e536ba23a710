"""Makes the tables of coverage and providers: every profile, on the reference backend and on the real one.

    python -m tests.interop.reports [DIRECTORY]

Writes the suite's reports, ``coverage.md`` and ``providers.md`` to DIRECTORY (``build/reports``, which git ignores).
Takes a few minutes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from conformance.embedded import free_port
from mock_idp.profiles import profiles
from tests.interop.backstage import RELEASE
from tests.interop.backstage.backstage import running_backstage
from tests.interop.backstage_saml import CHOSEN, HERE
from tests.interop.catalog import wait_for_catalog
from tests.support.idp_process import running_idp
from tests.support.processes import ROOT

DEVIATIONS = Path(__file__).parent / "backstage" / "deviations.yaml"


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    folder = Path(arguments[0]) if arguments else ROOT / "build" / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    reference = [of_reference(folder, profile) for profile in profiles()]
    real = [of_backstage(folder, profile) for profile in profiles()]
    removed = of_removed_providers(folder)
    coverage = ("--output", str(folder / "coverage.md"))
    run("docs/tools/coverage.py", "--reference", *map(str, reference), "--real", *map(str, [*real, removed]), *coverage)
    default = list(profiles()).index("default")
    table = ("--output", str(folder / "providers.md"))
    run("docs/tools/provider_table.py", str(reference[default]), str(real[default]), str(removed), *table)
    print(f"The reports are in {folder}.")
    return 0


def of_reference(folder: Path, profile: str) -> Path:
    """Report of the reference backend in a profile."""
    report = folder / f"reference-{profile}.json"
    suite(report, "--level", "should", *only(profile))
    return report


def of_backstage(folder: Path, profile: str) -> Path:
    """Report of the real Backstage in a profile."""
    report = folder / f"real-{profile}.json"
    with (
        tempfile.TemporaryDirectory() as place,
        running_idp(Path(place), f"http://localhost:{free_port()}", "--profile", profile) as idp,
        running_backstage([idp.write_app_config("--profile", profile)], idp.environment) as target,
    ):
        wait_for_catalog(target.auth_url, idp.url)
        options = ("--deviations", str(DEVIATIONS), "--target-name", f"Backstage {RELEASE}")
        suite(report, "--target", target.auth_url, "--idp", idp.url, *options, *only(profile))
    return report


def of_removed_providers(folder: Path) -> Path:
    """Report of the last Backstage that has SAML, on its providers only."""
    report = folder / "real-saml.json"
    with (
        tempfile.TemporaryDirectory() as place,
        running_idp(Path(place), f"http://localhost:{free_port()}") as idp,
        running_backstage([idp.write_app_config(*CHOSEN)], idp.environment, directory=HERE) as target,
    ):
        options = ("--target-name", "Backstage auth backend 0.24.5")
        suite(report, "--target", target.auth_url, "--idp", idp.url, *options, *CHOSEN)
    return report


def only(profile: str) -> list[str]:
    """Options for a profile; the default one has everything that needs no other."""
    return [] if profile == "default" else ["--profile", profile, "--only-profile"]


def suite(report: Path, *options: str) -> None:
    """Run the suite."""
    print(f"=== {report.name}", flush=True)
    run(
        "-m", "pytest", "conformance", "-q", "-n", "2", "-p", "no:cacheprovider", "--report-json", str(report), *options
    )


def run(*arguments: str) -> None:
    """Run a Python program of the checkout; end with its exit status if it fails."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    print("\n".join(done.stdout.strip().splitlines()[-1:]), flush=True)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout[-6000:]}{done.stderr[-2000:]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
