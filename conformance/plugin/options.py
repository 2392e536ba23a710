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
KEEPS_KEYS_IN_MEMORY: Final = frozenset({"bare"})
"""Profiles whose backend shares no keys with others (KEY-07)."""

LEVELS: Final = ("must", "should")
SHOWN: Final = ("first", "all", "none")

_INSTALLED: Final = Path(__file__).parent.parent / "scenarios"
_CHECKOUT: Final = Path(__file__).parent.parent.parent / "scenarios"
SCENARIOS: Final = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
"""The built-in scenarios: inside the installed package, or beside it in a checkout."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option, which pytest and ``auth-conformance`` both have.

    Parameters:
        name: with its dashes.
        help: one line.
        metavar: what stands for its value; empty for a switch.
        default: what it is unless given.
        type: makes the value from the text.
        choices: the values there are, if they are few.
        repeated: True if it may be given more than once.
    """

    name: str
    help: str
    metavar: str = ""
    default: Any = None
    type: type = str
    choices: tuple[str, ...] = ()
    repeated: bool = False


TARGET: Final = Option("--target", "base URL of the auth plugin; without it, the reference backend is started", "URL")

OPTIONS: Final = (
    Option("--idp", f"the mock IdP that the target is configured for  [with --target: {IDP_URL}]", "URL"),
    Option("--provider", "only this provider; ID=VENDOR says what is behind an own id", "ID[=VENDOR]", repeated=True),
    Option("--env", f"environment of the providers  [{ENVIRONMENT}]", "NAME", ENVIRONMENT),
    Option("--profile", f"configuration profile the target was started with  [{PROFILE}]", "NAME", PROFILE),
    Option("--only-profile", "only scenarios that need that profile", default=False),
    Option("--requirement", "only scenarios that check it", "ID", repeated=True),
    Option("--level", "what fails the run: MUST rows, or SHOULD rows too  [must]", "LEVEL", "must", choices=LEVELS),
    Option("--deviations", "accepted deviations of the target, with their reasons (YAML)", "FILE"),
    Option("--write-deviations", "write what failed as a deviations file, for the reasons to be filled in", "FILE"),
    Option("--allow-todo", "accept deviations whose reason is still TODO", default=False),
    Option("--scenarios", "further scenarios beside the built-in ones", "DIR", repeated=True),
    Option("--vendor", "a vendor of your own for the mock IdP that the suite starts", "FILE.py", repeated=True),
    Option(
        "--provider-module",
        "a provider of your own for the reference backend that the suite starts",
        "FILE.py",
        repeated=True,
    ),
    Option("--report-json", "write the report as JSON", "FILE"),
    Option("--report-html", "write the report as one HTML page", "FILE"),
    Option("--transcripts", "HTTP exchanges of failures: first, all or none  [first]", "WHICH", "first", choices=SHOWN),
    Option("--app-origin", "origin of the target's app.baseUrl  [the target is asked]", "URL"),
    Option("--target-name", "name and version of the target, for the report", "TEXT"),
    Option("--replica", "a further replica of the target; requests go to all of them in turn", "URL", repeated=True),
    Option("--replicas", "start so many replicas of the reference backend  [1]", "NUMBER", 1, int),
    Option("--app-config", "the app-config that the target was started with, to compare its release", "FILE"),
    Option("--target-ca", "CA file that the target's certificate descends from", "FILE"),
    Option("--request-timeout", f"limit for each request  [{TIMEOUT_SECONDS:g}]", "SECONDS", TIMEOUT_SECONDS, float),
    Option("--seed", "repeat the random choices of an earlier run", "NUMBER", type=int),
)
"""The suite's options in the order of their help; ``auth-conformance run`` takes the target as an argument."""


def add_options(parser: pytest.Parser) -> None:
    """Add the suite's options to pytest.

    Raises:
        pytest.UsageError: another plugin has an option of the same name.
    """
    group = parser.getgroup("conformance", "conformance of a Backstage auth backend")
    for option in (TARGET, *OPTIONS):
        given: dict[str, Any] = {"help": option.help.replace("%", "%%"), "default": option.default}
        if not option.metavar:
            given["action"] = "store_true"
        else:
            given |= {"metavar": option.metavar, "type": option.type}
        if option.choices:
            given["choices"] = option.choices
        if option.repeated:
            given |= {"action": "append", "default": []}
        try:
            group.addoption(option.name, **given)
        except ValueError as error:
            raise pytest.UsageError(
                f"another pytest plugin has an option {option.name} too ({error}); leave it out with -p no:PLUGIN "
                "(pytest --trace-config lists them)"
            ) from error


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
    vendors: list[str]
    provider_modules: list[str]
    requirements: list[str]
    deviations: str | None
    report_json: str | None
    report_html: str | None
    write_deviations: str | None
    allow_todo: bool
    transcripts: str
    target_name: str | None
    target_ca: str | None
    app_config: str | None
    further_replicas: list[str]
    replicas: int
    seed: int
    timeout: float

    @property
    def own_files(self) -> list[str]:
        """The options with which vendors, providers and scenarios of the user's own were named, to be said again."""
        named = (
            ("--vendor", self.vendors),
            ("--provider-module", self.provider_modules),
            ("--scenarios", self.scenarios[1:]),
        )
        return [word for option, values in named for value in values for word in (option, value)]

    def to_json(self) -> dict[str, Any]:
        """JSON-able form for the xdist workers."""
        return asdict(self)


def _check_replicas(target: str | None, further: list[str], count: int, profile: str) -> None:
    """Check the two options about replicas.

    Raises:
        pytest.UsageError: they do not make sense.
    """
    if further and not target:
        raise pytest.UsageError("--replica goes with --target; without a target, --replicas NUMBER starts some")
    if target and count != 1:
        raise pytest.UsageError("--replicas is for the reference backend; name those of the target with --replica URL")
    if count < 1:
        raise pytest.UsageError("--replicas is a number from 1")
    if (further or count > 1) and profile in KEEPS_KEYS_IN_MEMORY:
        raise pytest.UsageError(
            f"the profile {profile!r} keeps signing keys in memory, so there is one replica (KEY-07)"
        )


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
    if get("--target") and (get("--vendor") or get("--provider-module")):
        raise pytest.UsageError(
            "--vendor and --provider-module are for what the suite starts itself; with --target, start the mock IdP "
            "with --vendor (mock-idp serve --vendor FILE.py)"
        )
    _check_replicas(get("--target"), get("--replica"), get("--replicas"), get("--profile"))
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
    for option in ("--report-json", "--report-html", "--write-deviations"):
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
        vendors=get("--vendor"),
        provider_modules=get("--provider-module"),
        requirements=[id_.upper() for id_ in get("--requirement")],
        deviations=get("--deviations"),
        report_json=get("--report-json"),
        report_html=get("--report-html"),
        write_deviations=get("--write-deviations"),
        allow_todo=get("--allow-todo"),
        transcripts=get("--transcripts"),
        target_name=get("--target-name"),
        target_ca=ca_file,
        app_config=get("--app-config"),
        further_replicas=[url.rstrip("/") for url in get("--replica")],
        replicas=get("--replicas"),
        seed=seed if seed is not None else random.SystemRandom().randrange(2**32),
        timeout=get("--request-timeout"),
    )
