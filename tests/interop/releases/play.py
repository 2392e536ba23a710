"""The suite against one release."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from conformance.embedded import free_port
from tests.interop.backstage.backstage import running_backstage
from tests.interop.backstage.errors import CannotRunError
from tests.interop.catalog import wait_for_catalog
from tests.support.idp_process import running_idp
from tests.support.processes import ROOT

from .app_config import fitting
from .changes import Change, deviations
from .install import CACHE, installed, offered_resolvers
from .table import Release

RESULTS = CACHE / "results"
INTEROP = Path(__file__).parents[1]


def accepted(release: Release, changes: list[Change]) -> dict[str, Any]:
    """The deviations file for a release: what the oracle has, what its age excuses, what only SAML knows."""
    files = ["backstage", *(["backstage_saml"] if release.has_saml else [])]
    known = [
        entry
        for name in files
        for entry in yaml.safe_load((INTEROP / name / "deviations.yaml").read_text(encoding="utf-8"))["deviations"]
    ]
    return {
        "target": f"Backstage auth backend {release.version}",
        "deviations": [*deviations(changes, release.version), *known],
    }


def play(
    release: Release, changes: list[Change], *, profile: str, providers: Sequence[str], results: Path = RESULTS
) -> dict[str, Any]:
    """Install a release if need be, start it beside a mock, play the suite and return its report.

    Params:
        release: which.
        changes: what is not held against it.
        profile: profile of mock, configuration and suite.
        providers: provider ids to play, all if empty; what the release does not have is left out.
        results: where the report goes.

    Raises:
        CannotRunError: it cannot be installed or does not start, or the suite made no report.
    """
    folder = installed(release)
    results.mkdir(parents=True, exist_ok=True)
    report = results / f"{release.version}{'' if profile == 'default' else '-' + profile}.json"
    report.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="release-") as place:
        file = Path(place) / "deviations.yaml"
        file.write_text(json.dumps(accepted(release, changes)), encoding="utf-8")  # JSON is YAML.
        options = ["--profile", profile, *(["--only-profile"] if profile != "default" else [])]
        with (
            running_idp(Path(place), f"http://localhost:{free_port()}", "--profile", profile) as idp,
            running_backstage(
                [config := _fitted(idp.write_app_config("--profile", profile), release, folder)],
                {**idp.environment, **release.environment},
                log_file=folder / "backstage.log",
                directory=folder,
            ) as target,
        ):
            wait_for_catalog(target.auth_url, idp.url)
            there = yaml.safe_load(config.read_text(encoding="utf-8"))["auth"]["providers"]
            chosen = [provider for provider in providers if provider in there and provider not in release.absent]
            options += [word for provider in chosen for word in ("--provider", provider)]
            command = [sys.executable, "-m", "pytest", "conformance", "-q", "-n", "2", "-p", "no:cacheprovider"]
            command += ["--target", target.auth_url, "--idp", idp.url, *options, "--deviations", str(file)]
            command += ["--target-name", f"Backstage auth backend {release.version}", "--report-json", str(report)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            (results / f"{report.stem}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    if not report.exists():
        raise CannotRunError(f"The suite made no report:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    document: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return document


def _fitted(file: Path, release: Release, folder: Path) -> Path:
    """Take out of an app-config what a release does not start with; say what that was."""
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    for id_ in release.without:
        config["auth"]["providers"].pop(id_, None)
        config["authConformance"]["providers"].pop(id_, None)
    fitted, left_out = fitting(config, offered_resolvers(folder))
    left_out += release.without
    (folder / "left-out.txt").write_text("".join(f"{line}\n" for line in left_out), encoding="utf-8")
    if left_out:
        print(f"Left out of its configuration, see {folder / 'left-out.txt'}: {len(left_out)}", flush=True)
    file.write_text(json.dumps(fitted), encoding="utf-8")  # JSON is YAML.
    return file
