"""``--from-app-config``: the mock as the configuration of somebody's own app wants it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_idp.application import create_app
from mock_idp.idp import make_idp
from mock_idp.oauth.model import Client
from mock_idp.settings import Settings
from mock_idp.setup.app_config import OwnAppConfig, read_own_app_config
from mock_idp.setup.model import ClientSetup, HostSetup, SetupFileError

FRAME = "http://localhost:7007/api/auth/{}/handler/frame"


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Write files into one directory and read the first ones; ``environment`` has the variables."""

    def reading(
        *texts: str, environment: dict[str, str] | None = None, behind: Any = None, **more: str
    ) -> OwnAppConfig:
        for name, text in more.items():
            (tmp_path / name.replace("_", ".")).write_text(text)
        files = [tmp_path / f"app-config.{number}.yaml" for number, _ in enumerate(texts)]
        for file, text in zip(files, texts, strict=True):
            file.write_text(text)
        return read_own_app_config(files, environment or {}, behind)

    return reading


def provider(text: str, more: str = "") -> str:
    return f"auth: {{providers: {{{text}}}}}\n{more}"


GITHUB = "github: {production: {clientId: ours, clientSecret: hidden}}"


def test_clients_are_those_of_the_file(read: Any) -> None:
    own = read(
        """
        backend: {baseUrl: https://portal.rivergate.example/tools/}
        app: {baseUrl: https://portal.rivergate.example}
        auth:
          providers:
            github:
              production: {clientId: ours, clientSecret: hidden}
              staging: {clientId: other, clientSecret: also, callbackUrl: "https://staging.rivergate.example/back"}
        """
    )
    assert own.setup.clients == (
        ClientSetup(
            vendor="github",
            id="ours",
            secret="hidden",
            redirect_uris=("https://portal.rivergate.example/tools/api/auth/github/handler/frame",),
            service="github",
            provider="github",
            environment="production",
        ),
        ClientSetup(
            vendor="github",
            id="other",
            secret="also",
            redirect_uris=("https://staging.rivergate.example/back",),
            service="github",
            provider="github",
            environment="staging",
        ),
    )
    assert own.setup.settings == {
        "backend_urls": ("https://portal.rivergate.example/tools",),
        "app_urls": ("https://portal.rivergate.example",),
        "providers": (),
        "only_own_clients": True,
    }
    assert own.stand_ins == {} and own.remarks == ()


def test_later_files_win_and_merge(read: Any) -> None:
    own = read(
        provider("github: {production: {clientId: first, clientSecret: one}}, google: {production: {clientId: g}}"),
        provider("github: {production: {clientId: second}}, google: null", "backend: {baseUrl: 'http://localhost:8'}"),
    )
    (client,) = own.setup.clients
    assert (client.id, client.secret, client.redirect_uris) == (
        "second",
        "one",
        ("http://localhost:8/api/auth/github/handler/frame",),
    )


def test_variables_and_files(read: Any) -> None:
    own = read(
        "auth: {providers: {$include: providers.yaml}}",
        environment={"ID": " told ", "HALF": "way"},
        providers_yaml="""
            github:
              production:
                clientId: ${ID}
                clientSecret: {$file: secret.txt}
              half: {clientId: "$${x}-${HALF}-${NONE:-else}", clientSecret: {$env: HALF}}
              inner: {$include: "inner.json#one.two"}
        """,
        secret_txt="from-a-file\n",
        inner_json='{"one": {"two": {"clientId": "from-json", "clientSecret": "x"}}}',
    )
    assert [(client.id, client.secret) for client in own.setup.clients] == [
        ("told", "from-a-file"),
        ("${x}-way-else", "way"),
        ("from-json", "x"),
    ]
    assert own.stand_ins == {}


def test_what_is_not_set_gets_a_stand_in(read: Any) -> None:
    own = read(
        """
        app: {baseUrl: "${APP_URL}"}
        backend: {baseUrl: "${BACKEND_URL}", database: {connection: "${NOT_ASKED_FOR}"}}
        auth:
          session: {secret: "${SESSION_SECRET}"}
          providers:
            github: {production: {clientId: "${GITHUB_ID}", clientSecret: {$env: GITHUB_SECRET}}}
            okta: {production: {clientId: o, clientSecret: o, audience: "https://${OKTA_DOMAIN}"}}
            auth0: {production: {clientId: o, clientSecret: o, domain: "${AUTH0_DOMAIN}"}}
            microsoft: {production: {clientId: m, clientSecret: m, tenantId: "${TENANT}"}}
        """
    )
    kit_tenant = own.stand_ins["TENANT"]
    assert own.stand_ins == {
        "APP_URL": "http://localhost:3000",
        "BACKEND_URL": "http://localhost:7007",
        "SESSION_SECRET": "stand-in-for-SESSION_SECRET",
        "GITHUB_ID": "stand-in-for-GITHUB_ID",
        "GITHUB_SECRET": "stand-in-for-GITHUB_SECRET",
        "OKTA_DOMAIN": "okta-domain.stand-in.example",
        "AUTH0_DOMAIN": "auth0-domain.stand-in.example",
        "TENANT": kit_tenant,
    }
    assert [client.id for client in own.setup.clients] == ["stand-in-for-GITHUB_ID", "o", "o", "m"]
    assert {host.host for host in own.setup.hosts} == {"okta-domain.stand-in.example", "auth0-domain.stand-in.example"}


def test_environments_may_share_a_client(read: Any) -> None:
    own = read(
        provider(
            "github: {development: {clientId: ours, clientSecret: s}, "
            "production: {clientId: ours, clientSecret: s, callbackUrl: 'https://a.example/x'}}"
        )
    )
    (client,) = own.setup.clients
    assert client.redirect_uris == (FRAME.format("github"), "https://a.example/x")
    assert [one.environment for one in own.setup.environments] == ["development", "production"]


@pytest.mark.parametrize(
    ("keys", "vendor", "host"),
    [
        (
            "okta: {p: {audience: 'https://rivergate.okta.com'}}",
            "okta",
            None,
        ),
        (
            "github: {p: {enterpriseInstanceUrl: 'https://code.rivergate.example:8443'}}",
            "github",
            HostSetup("code.rivergate.example", "", "github", "", "https://code.rivergate.example:8443"),
        ),
        (
            "oidc: {p: {metadataUrl: 'https://sso.rivergate.example/realms/main/.well-known/openid-configuration'}}",
            "oidc",
            HostSetup("sso.rivergate.example", "/realms/main", "oidc", "", "https://sso.rivergate.example/realms/main"),
        ),
        (
            "onelogin: {p: {issuer: 'https://rivergate.onelogin.com/oidc/2'}}",
            "onelogin",
            None,
        ),
        (
            "bitbucketServer: {p: {host: git.rivergate.example}}",
            "bitbucketServer",
            HostSetup("git.rivergate.example", "", "bitbucketServer", "", "https://git.rivergate.example"),
        ),
        ("gitlab: {p: {audience: 'https://gitlab.com'}}", "gitlab", None),
        ("auth0: {p: {domain: rivergate.eu.auth0.com}}", "auth0", None),
        ("oidc: {p: {metadataUrl: 'https://accounts.google.com/.well-known/openid-configuration'}}", "google", None),
        ("microsoft: {p: {tenantId: common}}", "microsoft", None),
    ],
)
def test_the_vendor_is_where_the_file_looks_for_it(read: Any, keys: str, vendor: str, host: HostSetup | None) -> None:
    own = read(provider(keys.replace("{p: {", "{p: {clientId: ours, clientSecret: s, ")))
    assert [client.vendor for client in own.setup.clients] == [vendor]
    assert own.setup.hosts == ((host,) if host else ())


def test_one_address_may_be_anywhere(read: Any) -> None:
    own = read(
        provider(
            "oauth2: {p: {clientId: a, clientSecret: b, "
            "authorizationUrl: 'https://sso.rivergate.example/connect/auth', "
            "tokenUrl: 'https://sso.rivergate.example/connect/token'}}"
        )
    )
    where = {(host.path, host.target, host.base_url) for host in own.setup.hosts}
    assert ("/connect/auth", "/authorize", "https://sso.rivergate.example") in where
    assert ("/connect", "", "https://sso.rivergate.example/connect") in where


def test_a_tenant_of_ones_own(read: Any) -> None:
    tenant = "9c6f5a2e-0000-4000-8000-123456789abc"
    own = read(provider(f"microsoft: {{p: {{clientId: m, clientSecret: s, tenantId: {tenant}}}}}"))
    idp = make_idp(Settings(**own.setup.settings), setup=own.setup)
    page = (
        create_app(idp)
        .test_client()
        .get(
            f"/{tenant}/oauth2/v2.0/authorize",
            query_string={
                "client_id": "m",
                "redirect_uri": FRAME.format("microsoft"),
                "response_type": "code",
                "scope": "openid",
            },
            base_url="https://login.microsoftonline.com",
        )
    )
    assert page.status_code == 200, page.text


def test_provider_ids_of_ones_own(read: Any) -> None:
    keys = "{p: {clientId: a, clientSecret: b, metadataUrl: 'https://sso.rivergate.example'}}"
    told = read(provider(f"sso: {keys}", "authConformance: {providers: {sso: oidc}}"))
    assert [(one.vendor, one.service) for one in told.setup.clients] == [("oidc", "sso")]
    assert [service.id for service in told.setup.services] == ["sso"]
    assert told.remarks == ()
    guessed = read(provider(f"sso: {keys}"))
    assert guessed.setup.clients == told.setup.clients
    assert "taken for oidc" in guessed.remarks[0]
    assert read(provider(f"okta: {keys}"), behind={"okta": "oidc"}).setup.services[0].id == "okta-oidc"
    unknown = read(provider(f"{GITHUB}, ours: {{p: {{clientId: a}}}}"))
    assert "No vendor is known for the provider 'ours'" in unknown.remarks[0]
    assert "--provider ours=VENDOR" in unknown.remarks[0]


def test_what_needs_no_client(read: Any) -> None:
    own = read(provider(f"{GITHUB}, guest: {{}}, gcpIap: {{audience: x}}"))
    assert own.setup.settings["providers"] == ("guest", "gcpIap")
    assert "gcpIap is an auth proxy" in own.remarks[0]
    idp = make_idp(Settings(**own.setup.settings), setup=own.setup)
    assert [setup.id for setup in idp.setups] == ["guest", "gcpIap"]


def test_what_does_not_go_to_the_mock_is_said(read: Any) -> None:
    own = read(provider("oidc: {p: {clientId: a, clientSecret: b, metadataUrl: 'http://localhost:8080/realms/main'}}"))
    assert "only https to another machine goes to the mock" in own.remarks[0]
    assert own.setup.hosts == ()


MISTAKES = [
    ("auth: {}", "app-config.0.yaml: there is no provider below auth.providers"),
    ("[]", "app-config.0.yaml: an app-config is a mapping"),
    ("auth: {\n", "app-config.0.yaml:2: not valid YAML"),
    (provider("github: {p: {clientSecret: x}}"), "app-config.0.yaml: auth.providers.github.p: clientId is missing."),
    (
        provider("github: {p: {clientId: 12}}"),
        "app-config.0.yaml: auth.providers.github.p.clientId: this is a text that is not empty, not 12; write it in",
    ),
    (
        provider("github: {clientId: x}"),
        "auth.providers.github.clientId: this is where an environment stands; put it below an environment",
    ),
    (provider("github: x"), "auth.providers.github: a provider is a mapping"),
    (provider("'a b': {}"), "auth.providers.a b: 'a b' is not a provider id"),
    (provider(GITHUB, "backend: {baseUrl: nowhere}"), "backend.baseUrl: 'nowhere' is no URL such as http://localhost"),
    (
        provider("okta: {p: {clientId: x, audience: '::'}}"),
        "auth.providers.okta.p.audience: '::' is no address such as https://sso.company.example",
    ),
    (
        provider("github: {p: {clientId: {$file: none.txt}}}"),
        "auth.providers.github.p.clientId: $file none.txt: There is no file",
    ),
    (
        provider("github: {$include: 'x.yaml', more: 1}"),
        "auth.providers.github: $include has to be the only member, and a string.",
    ),
    (
        provider("github: {a: {clientId: x, clientSecret: '1'}, b: {clientId: x, clientSecret: '2'}}"),
        "auth.providers.github.b: the client 'x' has another clientSecret at",
    ),
    (provider("ours: {p: {clientId: x}}"), "No vendor is known for the provider 'ours'"),
]


@pytest.mark.parametrize(("text", "description"), MISTAKES)
def test_mistakes_name_file_and_path(read: Any, text: str, description: str) -> None:
    with pytest.raises(SetupFileError) as caught:
        read(text)
    assert description in str(caught.value)


def test_a_mistake_names_the_file_that_has_it(read: Any) -> None:
    with pytest.raises(SetupFileError, match=r"app-config\.0\.yaml: auth\.providers\.github\.p\.clientId"):
        read(provider("github: {p: {clientId: 1}}"), "app: {title: x}")


def test_exactly_its_clients_are_known(read: Any) -> None:
    own = read(provider(GITHUB))
    idp = make_idp(Settings(**own.setup.settings), setup=own.setup)
    known: list[Client] = [one for service in idp.services.by_id.values() for one in service.clients.by_id.values()]
    assert [client.client_id for client in known] == ["ours"]
    said = create_app(idp).test_client().get("/__idp/", base_url="http://127.0.0.1:9000").get_json()
    assert said["only_own_clients"] is True
    assert [(entry["id"], [one["name"] for one in entry["environments"]]) for entry in said["providers"]] == [
        ("github", ["production"])
    ]
