"""Vendors and auth proxies of one's own: files, installed distributions, and mistakes in them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mock_idp import discovery, vendor_files
from mock_idp.cli import main
from mock_idp.setup.file import read_file

VENDOR = """\
from mock_idp.emulation import Route
from mock_idp.oauth.model import Endpoint
from mock_idp.oauth.policy import Policy
from mock_idp.vendors.oauth_vendor import OAuthVendor


class Example(OAuthVendor):
    id = "example-login"
    title = "Example Login"
    routes = (
        Route("GET", "/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/token", "token", Endpoint.TOKEN),
    )
"""
PROXY = """\
from mock_idp.proxies.base import AuthProxy, ProxyHeaderSpec


class Gateway(AuthProxy):
    id = "example-gateway"
    title = "Example Gateway"
    header_spec = ProxyHeaderSpec(headers=("X-Example",))

    def headers(self, who):
        return [("X-Example", who.account.persona.login)]
"""


@pytest.fixture(autouse=True)
def nothing_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test adds, the next one does not have."""
    monkeypatch.setattr(discovery, "_ADDED", {})
    monkeypatch.setattr(vendor_files, "_READ", set())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "example.py"
    path.write_text(VENDOR, encoding="utf-8")
    return path


def run(*arguments: str | Path, **variables: str) -> Result:
    return CliRunner(env=variables).invoke(main, list(map(str, arguments)))


# --- there ----------------------------------------------------------------------------------------


def test_a_vendor_of_a_file_is_there_like_the_others(file: Path) -> None:
    assert "Example Login" in run("vendors", "--vendor", file).output
    assert "authorization" in run("vendors", "example-login", "--vendor", file).output
    config = run("app-config", "--vendor", file, "--provider", "example-login").output
    assert "clientId: mock-example-login-development" in config
    described = json.loads(run("describe", "--vendor", file, "--provider", "example-login").output)
    assert described["idp"]["providers"][0]["vendor"] == "example-login"


def test_there_are_the_words_of_the_file_in_the_schema(file: Path) -> None:
    assert "example-login" in run("schema", "--vendor", file).output


def test_a_variable_names_files_too(file: Path, tmp_path: Path) -> None:
    gateway = tmp_path / "gateway.py"
    gateway.write_text(PROXY, encoding="utf-8")

    shown = run("vendors", MOCK_IDP_VENDORS=os.pathsep.join(map(str, (file, gateway)))).output

    assert "Example Login" in shown
    assert "Example Gateway" in shown


def test_the_front_knows_an_auth_proxy_of_a_file(tmp_path: Path) -> None:
    gateway = tmp_path / "gateway.py"
    gateway.write_text(PROXY, encoding="utf-8")
    said = run("front", "no-such", "--upstream", "http://localhost:7007", "--vendor", gateway).stderr
    assert "There is no auth proxy 'no-such'; there are awsalb" in said
    assert "example-gateway" in said


def test_a_file_that_is_named_twice_is_one(file: Path) -> None:
    again = file.parent / ".." / file.parent.name / file.name
    result = run("vendors", "--vendor", file, "--vendor", file, "--vendor", again)
    assert result.exit_code == 0, result.output


def test_files_with_like_names_are_two(file: Path) -> None:
    for name, id_ in (("a-b.py", "first"), ("a_b.py", "second")):
        (file.parent / name).write_text(VENDOR.replace("example-login", f"{id_}-login"), encoding="utf-8")
    shown = run("vendors", "--vendor", file.parent / "a-b.py", "--vendor", file.parent / "a_b.py").output
    assert "first-login" in shown
    assert "second-login" in shown


def test_what_is_only_built_upon_needs_no_id(file: Path) -> None:
    file.write_text(VENDOR.replace("class Example", "class Base(OAuthVendor):\n    pass\n\n\nclass Example"))
    assert "Example Login" in run("vendors", "--vendor", file).output


# --- mistakes -------------------------------------------------------------------------------------

ROUTES = VENDOR[VENDOR.index("    routes") :]
MISTAKES = {
    "no Python": ("import this that\n", "example.py:1: this is no Python: invalid syntax."),
    "an indentation": (VENDOR + "  x = 1\n", "example.py:14: this is no Python: unindent does not match"),
    "an import": (
        "import os\nimport no_such_module\n",
        "example.py:2: the file cannot be loaded: ModuleNotFoundError",
    ),
    "an end": ("import sys\nsys.exit(3)\n", "example.py:2: the file cannot be loaded: SystemExit: 3."),
    "nothing": (
        "",
        "example.py: there is no vendor in it. A vendor is a class that builds on OAuthVendor, OpenIdVendor",
    ),
    "a class of others": (
        VENDOR[: VENDOR.index("class")],
        "example.py: there is no vendor in it. A vendor is a class",
    ),
    "no id": (
        VENDOR.replace('    id = "example-login"\n', ""),
        "example.py: there is no vendor in it; Example has no id. A vendor is a class",
    ),
    "an id that is none": (
        VENDOR.replace("example-login", "example login"),
        "Example has the id 'example login'; an id",
    ),
    "the id of another": (VENDOR.replace("example-login", "github"), "example.py: the id 'github' is taken by GitHub;"),
    "a provider id of another": (
        VENDOR.replace("example-login", "acme-sso"),
        "example.py: the id 'acme-sso' is taken by OpenID Connect; choose another one.",
    ),
    "the id of a persona": (VENDOR.replace("example-login", "plain"), "the id 'plain' is taken by a persona;"),
    "no title": (
        VENDOR.replace('    title = "Example Login"\n', ""),
        "Example has no title (the name that people know).",
    ),
    "no routes": (VENDOR.replace(ROUTES, ""), "Example has no route whose handler is 'authorize'."),
    "a handler that is not there": (
        VENDOR.replace('"authorize", Endpoint', '"nobody", Endpoint'),
        "Example has no method 'nobody', which its route /authorize names.",
    ),
    "three scopes": (VENDOR + '    extra_scopes = ("a", "b", "c")\n', "Example has not four extra_scopes."),
    "a resolver without a name": (
        VENDOR + '    sign_in_resolvers = ({"name": "x"},)\n',
        "Example has a member of sign_in_resolvers without the key 'resolver'.",
    ),
    "one id twice": (
        VENDOR + VENDOR[VENDOR.index("class") :].replace("Example(", "Other("),
        "example.py: the id 'example-login' is taken by Example Login; choose another one.",
    ),
    "no policy": (VENDOR + "    policy = {}\n", "Example has a policy that is no Policy."),
    "no protocol": (
        VENDOR.replace("oauth_vendor import OAuthVendor", "base import Vendor as OAuthVendor"),
        "Example has no kind (oauth, saml or proxy).",
    ),
    "another emulation": (
        "from mock_idp.emulation import Emulation\nclass Example(Emulation):\n    id = 'example'\n",
        "Example builds on none of OAuthVendor, OpenIdVendor or AuthProxy.",
    ),
    "a constructor": (
        VENDOR + "    def __init__(self):\n        raise RuntimeError('not today')\n",
        "Example() fails: RuntimeError: not today.",
    ),
    "a proxy that owns nothing": (
        PROXY.replace('    header_spec = ProxyHeaderSpec(headers=("X-Example",))\n', ""),
        "Gateway has a header_spec without headers, so that clients could send",
    ),
    "variants of another name": (
        PROXY.replace("    header_spec", '    variants = {"other": {}}\n    header_spec'),
        "Gateway has variants whose first one is not called 'example-gateway'.",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_file_is_one_sentence(file: Path, name: str) -> None:
    text, sentence = MISTAKES[name]
    file.write_text(text, encoding="utf-8")

    result = run("vendors", "--vendor", file)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nothing.py", "Error: There is no vendor file nothing.py; name a Python file."),
        (".", "Error: There is no vendor file .; name a Python file."),
        ("vendor.txt", "Error: vendor.txt: a vendor file is a Python file, whose name ends in .py."),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sentence: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vendor.txt").write_text(VENDOR, encoding="utf-8")
    assert run("serve", "--vendor", name).stderr.strip() == sentence


def test_two_files_with_one_id(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text(VENDOR.replace("Example Login", "Other Login"), encoding="utf-8")
    said = run("vendors", "--vendor", file, "--vendor", other).stderr
    assert said == f"Error: {other}: the id 'example-login' is taken by Example Login; choose another one.\n"


# --- tests of applications ------------------------------------------------------------------------

TEST = """\
def test_sign_in(idp):
    assert idp.client("example-login", redirect_uri="http://localhost:5000/callback").endpoints["authorization"].endswith("/authorize")
"""


def run_pytest(folder: Path, *options: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    (folder / "test_it.py").write_text(TEST, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "test_it.py"]
    environment = {**os.environ, **variables}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_fixture_takes_files_from_the_configuration(file: Path) -> None:
    (file.parent / "pytest.ini").write_text(f"[pytest]\nmock_idp_vendors = {file.name}\n", encoding="utf-8")
    done = run_pytest(file.parent)
    assert "1 passed" in done.stdout, done.stdout


def test_the_fixture_takes_files_from_the_environment(file: Path) -> None:
    (file.parent / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    assert "1 passed" in run_pytest(file.parent, MOCK_IDP_VENDORS=file.name).stdout
    assert (
        "IdpError: There is no vendor file x.py; name a Python file."
        in run_pytest(file.parent, MOCK_IDP_VENDORS="x.py").stdout
    )


# --- installed distributions ----------------------------------------------------------------------


def install(folder: Path, text: str, value: str) -> None:
    """A distribution with a vendor, as pip leaves it."""
    (folder / "example_vendor.py").write_text(text, encoding="utf-8")
    about = folder / "example_vendor-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: example-vendor\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[mock_idp.vendors]\nexample = {value}\n", encoding="utf-8")


def run_with(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("value", ["example_vendor", "example_vendor:Example"])
def test_an_installed_vendor_is_there_without_a_word(tmp_path: Path, value: str) -> None:
    install(tmp_path, VENDOR, value)
    assert "Example Login" in run_with(tmp_path, "-m", "mock_idp", "vendors").stdout


def test_an_installed_vendor_is_there_in_tests(tmp_path: Path) -> None:
    install(tmp_path, VENDOR, "example_vendor")
    program = """
from mock_idp.testing import start_server
with start_server() as server, server.idp() as idp:
    print(idp.client("example-login", redirect_uri="http://localhost:5000/callback").id)
"""
    done = run_with(tmp_path, "-c", program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize(
    ("text", "value", "sentence"),
    [
        ("1 +", "example_vendor", "cannot be loaded: SyntaxError: "),
        (VENDOR, "example_vendor:Other", "cannot be loaded: AttributeError: "),
        (VENDOR, "example_vendor:VENDOR", "cannot be loaded: AttributeError: "),
        (VENDOR, "example_vendor:Route", "is neither a module nor a class that builds on OAuthVendor"),
        ("", "example_vendor", ": there is no vendor in it. "),
    ],
)
def test_a_mistake_in_a_distribution_is_one_sentence(tmp_path: Path, text: str, value: str, sentence: str) -> None:
    install(tmp_path, text, value)

    done = run_with(tmp_path, "-m", "mock_idp", "vendors")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: The entry point example = {value} of the group mock_idp.vendors")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


# --- mock-idp.yaml --------------------------------------------------------------------------------


@pytest.fixture
def set_up(file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set-up file beside the vendor, in the current directory."""
    monkeypatch.chdir(file.parent)
    path = file.parent / "mock-idp.yaml"
    path.write_text(
        "vendors: [example.py]\n"
        "clients:\n"
        "- {vendor: example-login, client_id: mine, redirect_uris: ['http://localhost:5000/callback']}\n",
        encoding="utf-8",
    )
    return path


def test_a_set_up_file_names_vendors(set_up: Path) -> None:
    assert read_file(set_up).clients[0].vendor == "example-login"


def test_commands_without_a_set_up_file_know_its_vendors(set_up: Path) -> None:
    assert "clientId: mock-example-login-" in run("app-config", "--provider", "example-login").output
    assert "Example Login" in run("vendors").output


def test_a_set_up_file_can_be_left_out(set_up: Path) -> None:
    assert "Example Login" not in run("vendors", "--no-config").output
    set_up.write_text("vendors: [nothing.py]\n", encoding="utf-8")
    assert run("vendors", "--no-config").exit_code == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("vendors: [nothing.py]\n", "There is no vendor file nothing.py; name a Python file."),
        ("vendors: example.py\n", "vendors must be a list, not 'example.py'."),
        ("vendors: [4]\n", "an entry of vendors"),
    ],
)
def test_a_mistake_in_a_set_up_file_is_one_sentence(set_up: Path, text: str, sentence: str) -> None:
    set_up.write_text(text, encoding="utf-8")

    for command in (("serve",), ("vendors",)):
        said = run(*command)
        assert said.exit_code == 2
        assert sentence in said.stderr
        assert said.stderr.count("\n") == 1
        assert said.stderr.startswith("Error: mock-idp.yaml:1: ")
