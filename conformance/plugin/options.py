"""Command-line options, and every default of the suite."""

import random
import ssl
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pytest

IDP_URL: Final = "http://127.0.0.1:9000"
ENVIRONMENT: Final = "development"
PROFILE: Final = "default"
TIMEOUT_SECONDS: Final = 15.0

_INSTALLED: Final = Path(__file__).parent.parent / "scenarios"
_CHECKOUT: Final = Path(__file__).parent.parent.parent / "scenarios"
SCENARIOS: Final = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
"""The built-in scenarios: inside the installed package, or beside it in a checkout."""


def add_options(parser: pytest.Parser) -> None:
    """Add the suite's options to pytest."""
    group = parser.getgroup("conformance", "conformance of a Backstage auth backend")
    add = group.addoption
    add(
        "--target",
        metavar="URL",
        help="base URL of the auth plugin to test; without it, the reference backend is started",
    )
    add(
        "--idp",
        metavar="URL",
        help=f"the mock IdP that the target is configured for (default with --target: {IDP_URL})",
    )
    add("--app-origin", metavar="URL", help="origin of the target's app.baseUrl (default: the target is asked)")
    add("--env", metavar="NAME", default=ENVIRONMENT, help=f"environment of the providers (default: {ENVIRONMENT})")
    add(
        "--provider",
        metavar="ID[=VENDOR]",
        action="append",
        default=[],
        help="test only this provider; may be repeated",
    )
    add("--level", choices=["must", "should"], default="must", help="what fails the run: MUST rows, or SHOULD rows too")
    add("--profile", metavar="NAME", default=PROFILE, help="configuration profile the target was started with")
    add(
        "--only-profile",
        action="store_true",
        help="only scenarios that need the profile; the others say the same in every profile",
    )
    add("--scenarios", metavar="DIR", action="append", default=[], help="further scenarios beside the built-in ones")
    add(
        "--requirement", metavar="ID", action="append", default=[], help="only scenarios that check it; may be repeated"
    )
    add("--deviations", metavar="FILE", help="accepted deviations of the target (YAML)")
    add("--report-json", metavar="FILE", help="write the report as JSON")
    add("--report-html", metavar="FILE", help="write the report as one HTML page")
    add("--target-name", metavar="TEXT", help="name and version of the target, for the report")
    add("--target-ca", metavar="FILE", help="CA file that the target's certificate descends from")
    add("--seed", type=int, help="repeat the random choices of an earlier run")
    add("--request-timeout", metavar="SECONDS", type=float, default=TIMEOUT_SECONDS, help="limit for each request")


@dataclass(frozen=True, slots=True)
class Options:
    """The suite's options, checked.

    Attributes have the names of the options; ``providers`` maps a provider id to a vendor or None.
    """

    target: str | None
    idp: str
    app_origin: str | None
    env: str
    providers: dict[str, str | None]
    should_fails: bool
    profile: str
    only_profile: bool
    scenarios: list[str]
    requirements: list[str]
    deviations: str | None
    report_json: str | None
    report_html: str | None
    target_name: str | None
    target_ca: str | None
    seed: int
    timeout: float

    def to_json(self) -> dict[str, Any]:
        """JSON-able form for the xdist workers."""
        return asdict(self)


def read_options(config: pytest.Config) -> Options:
    """Check and collect the options.

    Raises:
        pytest.UsageError: an option does not make sense.
    """
    get = config.getoption
    providers: dict[str, str | None] = {}
    for text in get("--provider"):
        id_, separator, vendor = text.partition("=")
        if not id_ or (separator and not vendor):
            raise pytest.UsageError(f"--provider {text!r} is not of the form ID or ID=VENDOR")
        providers[id_] = vendor or None
    if get("--idp") and not get("--target"):
        raise pytest.UsageError("--idp goes with --target; without a target the suite starts its own mock IdP")
    if get("--request-timeout") <= 0:
        raise pytest.UsageError("--request-timeout is a number of seconds above 0")
    ca_file = get("--target-ca")
    if ca_file and not Path(ca_file).is_file():
        raise pytest.UsageError(f"--target-ca {ca_file}: there is no such file")
    if ca_file:
        try:
            ssl.create_default_context(cafile=ca_file)
        except (ssl.SSLError, OSError) as error:
            raise pytest.UsageError(f"--target-ca {ca_file}: not a certificate in PEM form") from error
    for option in ("--report-json", "--report-html"):
        path = get(option)
        if path and not Path(path).resolve().parent.is_dir():
            raise pytest.UsageError(f"{option} {path}: there is no folder {Path(path).resolve().parent}")
        if path and Path(path).is_dir():
            raise pytest.UsageError(f"{option} {path}: that is a folder; name a file")
    seed = get("--seed")
    target = get("--target")
    return Options(
        target=target.rstrip("/") if target else None,
        idp=(get("--idp") or IDP_URL).rstrip("/"),
        app_origin=get("--app-origin"),
        env=get("--env"),
        providers=providers,
        should_fails=get("--level") == "should",
        profile=get("--profile"),
        only_profile=get("--only-profile"),
        scenarios=[str(SCENARIOS), *get("--scenarios")],
        requirements=get("--requirement"),
        deviations=get("--deviations"),
        report_json=get("--report-json"),
        report_html=get("--report-html"),
        target_name=get("--target-name"),
        target_ca=ca_file,
        seed=seed if seed is not None else random.SystemRandom().randrange(2**32),
        timeout=get("--request-timeout"),
    )
