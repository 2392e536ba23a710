"""Do mock, target and suite belong together: the release of the kit, and the profile. Pure, but for one file."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from conformance import __version__
from conformance.examination.findings import Finding, found

_WRITTEN_BY: Final = re.compile(
    r"Written by mock-idp (?P<release>\S+) .*?profile '(?P<profile>[^']*)', for the mock IdP at (?P<idp>\S+?)\. ", re.S
)
"""The first lines of an app-config of ``mock-idp app-config``, taken out of their comment."""

_HEAD_LINES: Final = 5


def check_mock(info: Mapping[str, Any], profile: str) -> list[Finding]:
    """Compare what the mock IdP says about itself with the suite.

    Parameters:
        info: the mock's description of itself.
        profile: the profile that the suite is to test.
    """
    findings = []
    release, theirs = info.get("kit", {}).get("version"), info.get("profile")
    if release is not None and release != __version__:
        findings.append(found("idp-kit", theirs=release, ours=__version__))
    if theirs is not None and theirs != profile:
        findings.append(found("idp-profile", theirs=theirs, ours=profile))
    return findings


def check_app_config(file: str, info: Mapping[str, Any], profile: str) -> list[Finding]:
    """Compare the app-config of the target with the mock IdP and the suite, by the comment at its beginning.

    Parameters:
        file: where the app-config is.
        info: the mock's description of itself.
        profile: the profile that the suite is to test.
    """
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()[:_HEAD_LINES]
    except (OSError, UnicodeDecodeError) as error:
        return [found("config-file", file=file, problem=f"cannot be read: {getattr(error, 'strerror', error)}")]
    head = " ".join(line.removeprefix("#").strip() for line in lines if line.startswith("#"))
    written = _WRITTEN_BY.search(f"{head} ")
    if written is None:
        return [found("config-file", file=file, problem="does not say at its beginning which kit wrote it")]
    findings = []
    if written["release"] != __version__:
        findings.append(found("config-kit", file=file, theirs=written["release"], ours=__version__))
    if written["profile"] != profile:
        findings.append(found("config-profile", file=file, theirs=written["profile"], ours=profile))
    idp = info["urls"]["http"]
    if _one_name(written["idp"]) != _one_name(idp):
        findings.append(found("config-idp", file=file, theirs=written["idp"], ours=idp))
    return findings


def _one_name(url: str) -> str:
    return url.rstrip("/").replace("://localhost", "://127.0.0.1", 1)
