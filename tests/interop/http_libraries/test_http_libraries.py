"""Each HTTP library does under `mock-idp run` what the page docs/http-libraries.md says of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from conformance.embedded import free_port
from tests.interop.backstage.errors import CannotRunError
from tests.interop.backstage.node import find_node, install_modules
from tests.interop.http_libraries.table import Library, markdown, parts_of_page, read_table
from tests.support.idp_process import IdpProcess, running_idp
from tests.support.processes import ROOT

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
TRIED = [library for library in read_table()[0] if library.program]

# A name that the mock serves and nobody else: a library that goes past the mock must ask no real service.
HOST = "public-keys.auth.elb.no-such-region-1.amazonaws.com"
URL = f"https://{HOST}/no-such-key"

WHAT_IT_SAYS = {
    "misuses": r"forward proxy takes https:// only",
    "distrusts": r"certificate|PKIX",
    "ignores": r"ENOTFOUND|EAI_AGAIN|not known|[Ff]ailed to resolve|Unable to find the server|UnknownHost|Unresolved",
}
"""What came of it -> what the program says then."""


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdpProcess]:
    with running_idp(tmp_path_factory.mktemp("libraries"), f"http://localhost:{free_port()}") as idp:
        yield idp


@pytest.fixture(scope="module")
def trust_store(idp: IdpProcess) -> Path:
    """The mock's certificate authority as Java takes it, made as the page says."""
    store = idp.directory / "mock-idp.p12"
    command = ["-importcert", "-noprompt", "-alias", "mock-idp", "-file", str(idp.ca_file), "-keystore", str(store)]
    subprocess.run(
        [found("keytool", "a JDK"), *command, "-storepass", "changeit"], check=True, capture_output=True, timeout=60
    )
    return store


def found(program: str, package: str) -> str:
    """A program on the PATH.

    Raises:
        CannotRunError: it is missing.
    """
    path = shutil.which(program)
    if path is None:
        raise CannotRunError(f"{program} is missing: install {package}, or leave tests/interop/http_libraries out.")
    return path


def command_of(library: Library, *, helped: bool) -> list[str]:
    further = ["helped"] if helped else []
    if library.program == "python":
        return [sys.executable, str(PROGRAMS / "python_libraries.py"), library.name, URL, *further]
    if library.program == "node":
        install_modules(directory=HERE)
        return [str(find_node()), str(PROGRAMS / "node_libraries.mjs"), library.name, URL, *further]
    if library.program == "java":
        return [found("java", "a JDK"), str(PROGRAMS / "JavaLibraries.java"), library.name, URL]
    if library.program == "go":
        return [found("go", "Go"), "run", str(PROGRAMS / "go_net_http.go"), URL]
    if library.program == "git":
        trusting = "GIT_SSL_CAINFO=$SSL_CERT_FILE " if helped else ""
        return ["sh", "-c", f"{trusting}{found('git', 'git')} ls-remote {URL}"]
    return [found("curl", "curl"), "--silent", "--show-error", URL]


def outcome(idp: IdpProcess, command: list[str], further: Mapping[str, str] | None = None) -> str:
    """Run a program under `mock-idp run` and say what came of it."""
    since = journal(idp)["latest"]
    done = subprocess.run(
        [sys.executable, "-m", "mock_idp", "run", "--idp", idp.url, "--", *command],
        cwd=ROOT,
        env={**os.environ, "XDG_STATE_HOME": str(idp.directory), "GIT_TERMINAL_PROMPT": "0", **(further or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if any(entry["host"].partition(":")[0] == HOST for entry in journal(idp, since)["entries"]):
        return "reached"
    said = done.stdout + done.stderr
    for name, pattern in WHAT_IT_SAYS.items():
        if re.search(pattern, said):
            return name
    raise AssertionError(f"neither reached nor understood: {said[-2000:]}")


def journal(idp: IdpProcess, since: int = 0) -> dict:
    return dict(requests.get(f"{idp.url}/__idp/journal", params={"since": since}, timeout=10).json())


@pytest.mark.parametrize("library", TRIED, ids=lambda library: library.name)
def test_alone(library: Library, idp: IdpProcess) -> None:
    assert outcome(idp, command_of(library, helped=False)) == library.alone


@pytest.mark.parametrize("library", [library for library in TRIED if library.remedy], ids=lambda library: library.name)
def test_helped(library: Library, idp: IdpProcess, request: pytest.FixtureRequest) -> None:
    further = {}
    if library.program == "java":
        port = idp.proxy_url.rpartition(":")[2]
        proxy = f"-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={port}"
        store = request.getfixturevalue("trust_store")
        trust = f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword=changeit"
        further = {"JAVA_TOOL_OPTIONS": f"{proxy} {trust}"}
    assert outcome(idp, command_of(library, helped=True), further) == "reached"


def test_the_page_has_the_table() -> None:
    assert parts_of_page()[1] == markdown(), "python -m tests.interop.http_libraries.table writes it"
