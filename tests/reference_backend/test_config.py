"""Loading, merging, substitution, and errors that name file, line and key."""

import pytest

from reference_backend import settings
from reference_backend.config import loader
from reference_backend.config.model import Config, ConfigError
from reference_backend.formats import yaml12
from reference_backend.identity.key_store import DatabaseKeyStore
from reference_backend.identity.user_info_store import UserInfoStore
from reference_backend.store.database import StoreError, open_configured


def load(tmp_path, *texts, env=None):
    files = []
    for index, text in enumerate(texts):
        file = tmp_path / f"config-{index}.yaml"
        file.write_text(text, encoding="utf-8")
        files.append(file)
    return loader.load(files, env or {})


def test_objects_merge_deeply_and_arrays_are_replaced(tmp_path):
    config = load(tmp_path, "a: {b: 1, c: {d: [1, 2]}, e: 5}", "a: {c: {d: [3]}, b: null}\nf: x")
    assert config.get("a.c.d") == [3]
    assert not config.has("a.b")
    assert config.get("a.e") == 5
    assert config.get("f") == "x"


def test_substitution(tmp_path):
    text = "a: ${A}-x\nb: $${A}\nc: ${NO}\nd: ${NO:-fall back}\ne: ['${NO}', '${A}']\nf: {$env: A}\ng: {$env: NO}"
    config = load(tmp_path, text, env={"A": " 1 "})
    assert config.raw() == {"a": "1-x", "b": "${A}", "d": "fall back", "e": ["1"], "f": "1"}


def test_includes(tmp_path):
    (tmp_path / "secret.txt").write_text("s3cret\n")
    (tmp_path / "more.yaml").write_text("deep: {value: '${A}'}")
    (tmp_path / "more.json").write_text('{"x": [1]}')
    text = "a: {$file: secret.txt}\nb: {$include: 'more.yaml#deep'}\nc: {$include: more.json}"
    config = load(tmp_path, text, env={"A": "1"})
    assert config.raw() == {"a": "s3cret", "b": {"value": "1"}, "c": {"x": [1]}}


def test_what_was_included_is_not_resolved_again(tmp_path):
    (tmp_path / "more.yaml").write_text("again: {$env: A}\ndeep: {value: '${A}', none: {$env: NO}}")
    text = "a: {$include: 'more.yaml#again'}\nb: {$include: 'more.yaml#deep'}\nc: {$include: 'more.yaml#no'}"
    config = load(tmp_path, text, env={"A": "1"})
    assert config.raw() == {"a": {"$env": "A"}, "b": {"value": "1"}}


def test_variables_are_configuration(tmp_path):
    variables = {"APP_CONFIG_a_b": "2", "APP_CONFIG_a_c": "text", "APP_CONFIG_d": '{"e": [1]}', "APP_CONFIG_f": ""}
    config = load(tmp_path, "a: {b: 1, x: 3}\nf: 4", env=variables)
    assert config.raw() == {"a": {"b": 2, "c": "text", "x": 3}, "d": {"e": [1]}, "f": 4}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"a__b": "1"}, "Invalid env config key 'a__b'"),
        ({"a": "null"}, "value may not be null"),
        ({"a": "1", "a_b": "2"}, "Could not nest config for key 'a_b' under existing value 'a'"),
        ({"a_b": "1", "a": "2"}, "Refusing to override existing config at key 'a'"),
        ({"toString": "1"}, "Refusing to override existing config at key 'toString'"),
    ],
)
def test_variables_that_contradict(tmp_path, variables, expected):
    with pytest.raises(ConfigError, match=expected):
        load(tmp_path, "", env={f"APP_CONFIG_{name}": value for name, value in variables.items()})


def test_default_files(tmp_path):
    names = ["app-config.yaml", "app-config.dev.yaml", "app-config.local.yaml", "app-config.dev.local.yaml"]
    for name in names:
        (tmp_path / name).write_text("{}")
    found = loader.default_files(tmp_path, {"BACKSTAGE_ENV": "dev, prod"})
    assert [file.name for file in found] == names
    assert [file.name for file in loader.default_files(tmp_path, {})] == [names[0], names[2]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", r"config-0\.yaml:3: not valid YAML: the key 'a' is defined twice"),
        ("a: {b: 1, b: 1}", "the key 'b' is defined twice"),
        ("a: &x [*x]", "there is no value 'x' before this"),
        ("a: &x 1\nb: [" + "*x, " * 100 + "]", "there are too many copies of 'x'"),
        ("a: [-, b]", "a list of lines cannot begin between brackets"),
        ("? [a]\n: b", "a key is a text"),
        ("a: 1\n---\nb: 2", "there is more than one document"),
        ("a: b: c", r"config-0\.yaml:1: not valid YAML: mapping values are not allowed"),
        ("a:\n  - b\n c: [", r"config-0\.yaml:3: not valid YAML"),
        ("[1]", "expected an object at the root"),
        ("a: {$env: A, b: 1}", "error at a, include key \\$env should not have adjacent keys"),
        ("a: {$file: no.txt}", "cannot read .*no.txt: No such file or directory"),
        ("a: {$include: x.txt}", "no configuration parser available for included file x.txt"),
        ("a: {$env: 5}", "is not a string"),
    ],
)
def test_mistakes(tmp_path, text, expected):
    with pytest.raises(ConfigError, match=expected):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x {b: 1}\nc: {<<: *x}", {"a": {"b": 1}, "c": {"<<": {"b": 1}}}),
        ("1: a\n'1': b", {"1": "b"}),
        ("1.50: a\ntrue: b\n~: c\n1e21: d", {"1.5": "a", "true": "b", "": "c", "1e+21": "d"}),
        ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
        ("a: !custom b\nc: !!int x\nd: !!int '7'\ne: ! 1", {"a": "b", "c": "x", "d": 7, "e": "1"}),
        ("__proto__: {a: 1}\nb: 1", {"b": 1}),
        ("a: |\n  last line", {"a": "last line\n"}),
        ("a: x\u2028y", {"a": "x\u2028y"}),
    ],
)
def test_yaml_as_backstage_reads_it(tmp_path, text, expected):
    assert load(tmp_path, text).raw() == expected


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read .*nope\.yaml: No such file or directory"):
        loader.load([tmp_path / "nope.yaml"], {})


def test_errors_name_the_last_file_and_the_full_key(tmp_path):
    config = load(tmp_path, "a: {b: {}}", "c: 1").child("a.b")
    with pytest.raises(ConfigError, match=r"^Missing required config value at 'a\.b\.x' in 'config-1\.yaml'$"):
        config.string("x")


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda c: c.string("n"), "got number, wanted string"),
        (lambda c: c.string("e"), "got empty-string, wanted string"),
        (lambda c: c.strings("o"), "got object, wanted string-array"),
        (lambda c: c.strings("l"), r"key 'l\[1\]' .* got number, wanted string-array"),
        (lambda c: c.child("l"), "got array, wanted object"),
        (lambda c: c.children("o"), "got object, wanted object-array"),
        (lambda c: c.children("l"), r"key 'l\[0\]' .* got string, wanted object-array"),
        (lambda c: c.boolean("s"), "to a boolean"),
        (lambda c: c.number("s"), "to a number"),
        (lambda c: c.number("t"), "got boolean, wanted number"),
        (lambda c: c.get("s.x"), "got string, wanted object"),
    ],
)
def test_wrong_types(read, expected):
    config = Config({"n": 1, "e": "", "o": {"a": 1}, "l": ["a", 1], "s": "maybe", "t": True})
    with pytest.raises(ConfigError, match=expected):
        read(config)


def test_lenient_booleans_and_numbers():
    config = Config({"a": "Yes", "b": 0, "c": "7", "d": 1.5})
    assert (config.boolean("a"), config.boolean("b"), config.boolean("x", True)) == (True, False, True)
    assert (config.number("c"), config.number("d"), config.number("x")) == (7, 1.5, None)


@pytest.mark.parametrize(
    ("endpoints", "expected"),
    [
        ([], "https://b.test/base/api/auth"),
        ([{"target": "https://x.test/{{ pluginId }}", "plugins": ["auth"]}], "https://x.test/auth"),
        ([{"target": {"external": "https://x.test/{{pluginId}}"}, "plugins": ["*"]}], "https://x.test/auth"),
        ([{"target": {"internal": "http://x"}, "plugins": ["auth"]}], "https://b.test/base/api/auth"),
        ([{"target": "https://x.test", "plugins": ["catalog"]}], "https://b.test/base/api/auth"),
    ],
)
def test_auth_base(endpoints, expected):
    config = Config({"backend": {"baseUrl": "https://b.test/base//"}, "discovery": {"endpoints": endpoints}})
    assert settings.auth_base(config) == expected


@pytest.mark.parametrize(
    ("backend", "port"),
    [
        ({"baseUrl": "http://x.test"}, 7007),
        ({"baseUrl": "http://x.test:81"}, 81),
        ({"baseUrl": "http://x.test:81", "listen": {"port": 82}}, 82),
        ({"baseUrl": "http://x.test:81", "listen": ":83"}, 83),
    ],
)
def test_listen_port(backend, port):
    assert settings.listen_port(Config({"backend": backend})) == port


@pytest.mark.parametrize(
    ("database", "error", "expected"),
    [
        ({"client": "mysql"}, ConfigError, "'mysql' at 'backend.database.client' is not known"),
        ({"client": "pg", "connection": "::"}, ConfigError, "not usable"),
        ({"client": "pg"}, ConfigError, "has to be a URL or an object"),
        ({"client": "sqlite", "connection": 5}, ConfigError, "has to be a file name"),
        (
            {"client": "pg", "connection": {"host": "/nonexistent", "user": "u", "database": "d"}},
            StoreError,
            "the database at 'backend.database' is not reachable",
        ),
        ({"client": "sqlite", "connection": "/proc/no/such.db"}, StoreError, "not reachable"),
    ],
)
def test_unusable_databases(database, error, expected):
    with pytest.raises(error, match=expected):
        open_configured(Config({"backend": {"database": database}}))


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_sqlite_on_disk_is_shared(tmp_path, kind):
    connection = {"directory": str(tmp_path)} if kind == "directory" else str(tmp_path / "auth.db")
    config = Config({"backend": {"database": {"client": "better-sqlite3", "connection": connection}}})
    first, second = open_configured(config), open_configured(config)
    DatabaseKeyStore(first.engine).add_key({"kid": "a"}, 5.25)
    UserInfoStore(first.engine).put("user:default/a", {"x": 1}, 1)
    UserInfoStore(first.engine).put("user:default/a", {"x": 2}, 2)
    keys = DatabaseKeyStore(second.engine)
    assert [(stored.key, stored.created_at) for stored in keys.list_keys()] == [({"kid": "a"}, 5.25)]
    assert UserInfoStore(second.engine).get("user:default/a") == {"x": 2}
    keys.remove_keys(["a"])
    assert DatabaseKeyStore(first.engine).list_keys() == []
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("010", 10),
        ("0o10", 8),
        ("0x10", 16),
        ("-1.5e3", -1500.0),
        ("True", True),
        ("~", None),
        ("", None),
        ("1_000", "1_000"),
    ],
)
def test_yaml_is_version_1_2(text, value):
    parsed = yaml12.load(f"a: {text}")["a"]
    assert (parsed, type(parsed)) == (value, type(value))
