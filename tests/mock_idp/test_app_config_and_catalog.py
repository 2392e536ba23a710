"""What Backstage is told: personas as a catalog, providers as an app-config, and that serve agrees with it."""

import re
from typing import Any

import pytest
import yaml

from mock_idp.app_config.providers import SetupError, default_providers, kebab_case, provider_setups
from mock_idp.app_config.text import app_config_text
from mock_idp.catalog import catalog_yaml
from mock_idp.environments import ENVIRONMENTS
from mock_idp.idp import make_idp
from mock_idp.personas import PERSONAS, SPARE
from mock_idp.profiles import profiles
from mock_idp.proxies import proxies
from mock_idp.settings import Settings
from mock_idp.vendors import vendors
from mock_idp.vendors.oauth_vendor import OAuthVendor

IDP = "http://127.0.0.1:9000"


def config(**settings: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(app_config_text(Settings(**settings), IDP))
    return loaded


def users() -> dict[str, dict[str, Any]]:
    entities = yaml.safe_load_all(catalog_yaml())
    return {entity["metadata"]["name"]: entity for entity in entities if entity["kind"] == "User"}


# --- personas and catalog -------------------------------------------------------------------------


def test_personas_are_well_formed() -> None:
    for persona in PERSONAS.values():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*(-\d\d)?", persona.id)
        assert persona.reason.endswith(".")
        assert re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", persona.login), "as GitHub demands"


@pytest.mark.parametrize("vendor", ["github", "google", "oauth2Proxy"])
def test_faces_are_stable_and_unique(vendor: str) -> None:
    accounts = [persona.account(vendor) for persona in PERSONAS.values()]
    assert accounts == [persona.account(vendor) for persona in PERSONAS.values()]
    assert len({account.number for account in accounts}) == len({account.uuid for account in accounts}) == len(accounts)


def test_ids_do_not_change_between_releases() -> None:
    account = PERSONAS["plain"].account("github")
    assert account.number == 802_453_735
    assert account.uuid == "72912494-d57e-48e7-a555-d4fc54384603"


def test_spare_personas_are_like_plain() -> None:
    found = users()
    assert (min(SPARE), max(SPARE), len(SPARE)) == ("guest-01", "guest-96", 96)
    for persona in SPARE.values():
        user = found[persona.login]
        assert user["spec"]["profile"]["email"] == persona.email == f"{persona.id}@lumenfold.example"
        assert user["metadata"]["annotations"].keys() == found["ada-quill"]["metadata"]["annotations"].keys()


def test_names_fit_the_catalog() -> None:
    for name in users():
        assert re.fullmatch(r"[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*", name) and len(name) <= 63


def test_what_makes_each_persona_special() -> None:
    found = users()
    assert found["ada-quill"]["spec"]["profile"]["email"] == "ada-quill@lumenfold.example"
    assert "dunja-vale" not in found
    same = [
        name for name, user in found.items() if user["spec"]["profile"].get("email") == "nora-double@lumenfold.example"
    ]
    assert same == ["nora-double", "nora-double-admin"]
    assert found["otto-plus"]["spec"]["profile"]["email"] == "otto-plus@lumenfold.example"
    assert "email" not in found["quentin-lock"]["spec"]["profile"]
    assert found["ada-quill"]["spec"]["memberOf"] == ["harbour"]
    assert found["petra-reed"]["spec"]["memberOf"] == [
        "default/harbour",
        "Group:lighthouse",
        "system:default/tide-tables",
    ]
    north, south = PERSONAS["twin-north"], PERSONAS["twin-south"]
    assert north.email and south.email
    assert north.email.partition("@")[0] == south.email.partition("@")[0]
    assert north.email != south.email
    annotation = found["runa-case"]["metadata"]["annotations"]["github.com/user-id"]
    assert annotation.swapcase().startswith("U_kgDO")


# --- app-config -----------------------------------------------------------------------------------


def test_the_base() -> None:
    said = config(backend_urls=("http://127.0.0.1:7008", "http://other:1"), app_urls=("http://app.example",))
    assert said["app"]["baseUrl"] == "http://app.example"
    backend = said["backend"]
    assert backend["baseUrl"] == "http://127.0.0.1:7008"
    assert backend["listen"] == {"port": 7008}
    assert backend["cors"]["origin"] == "http://app.example"
    assert backend["cors"]["credentials"] is True
    assert backend["reading"] == {"allow": [{"host": "127.0.0.1:9000"}]}
    assert said["catalog"]["stitchingStrategy"]["pollingInterval"] == {"milliseconds": 100}
    location = said["catalog"]["locations"][0]
    assert location["target"] == f"{IDP}/__idp/catalog.yaml"
    assert location["rules"] == [{"allow": ["User", "Group"]}]
    auth = said["auth"]
    assert auth["environment"] == "development"
    assert auth["session"]["secret"]
    assert auth["experimentalExtraAllowedOrigins"] == ["https://*.allowed.example"]
    assert said["authConformance"]["providers"]["ghe"] == "github"


def test_further_apps_may_ask_and_be_signed_in_to() -> None:
    said = config(app_urls=("http://app.example", "http://other.example:3001"))
    assert said["app"]["baseUrl"] == "http://app.example"
    assert said["backend"]["cors"]["origin"] == ["http://app.example", "http://other.example:3001"]
    assert "http://other.example:3001" in said["auth"]["experimentalExtraAllowedOrigins"]


def test_production_is_like_development() -> None:
    providers = config()["auth"]["providers"]
    development, production = providers["github"]["development"], providers["github"]["production"]
    assert production["signIn"] == development["signIn"]
    assert production["clientId"] == "mock-github-production"


def test_providers_and_their_environments() -> None:
    providers = config()["auth"]["providers"]
    assert list(providers) == list(default_providers())
    assert {"github", "ghe", "google", "guest", "oauth2Proxy"} <= providers.keys()
    common = [kind.name for kind in ENVIRONMENTS]
    assert list(providers["ghe"])[: len(common)] == common
    assert "resolver-user-id-matching-user-entity-annotation" in providers["github"]
    assert "github-app" in providers["github"]
    assert "resolver-email-matching-user-entity-annotation" in providers["google"]
    assert "enterpriseInstanceUrl" not in providers["github"]["development"]
    assert providers["ghe"]["development"]["enterpriseInstanceUrl"] == f"{IDP}/github"
    assert providers["guest"] == {"dangerouslyAllowOutsideDevelopment": True}
    resolvers = providers["oauth2Proxy"]["signIn"]["resolvers"]
    assert resolvers == [{"resolver": "forwardedUserMatchingUserEntityName"}]


def test_what_the_environments_say() -> None:
    google = config()["auth"]["providers"]["google"]
    assert google["development"] == {
        "clientId": "mock-google-development",
        "clientSecret": "secret-of-mock-google-development-never-shown",
        "signIn": {
            "resolvers": [
                {"resolver": "emailMatchingUserEntityProfileEmail"},
                {"resolver": "emailLocalPartMatchingUserEntityName", "allowedDomains": ["lumenfold.example"]},
            ]
        },
    }
    assert "signIn" not in google["no-sign-in"]
    assert google["outside-catalog"]["signIn"]["resolvers"][0]["dangerouslyAllowSignInWithoutUserInCatalog"] is True
    extra = "https://www.googleapis.com/auth/"
    assert google["scopes-as-text"]["additionalScopes"] == (
        f"{extra}calendar.readonly,{extra}drive.readonly|{extra}gmail.readonly {extra}cloud-platform"
    )
    assert google["scopes-as-text"]["sessionDuration"] == {"hours": 24}
    assert len(google["scopes-as-list"]["additionalScopes"]) == 4
    assert google["custom-callback"]["callbackUrl"] == "http://localhost:7007/custom/path"
    assert google["https-callback"]["callbackUrl"] == "https://backend.allowed.example/api/auth/google/handler/frame"


def test_extra_scopes_are_known_to_the_vendor() -> None:
    idp = make_idp(Settings(seed=1))
    for vendor in idp.vendors.values():
        known = vendor.policy.known_scopes if isinstance(vendor, OAuthVendor) else None
        assert known is None or all(scope in known for scope in vendor.extra_scopes)


def test_serve_registers_what_app_config_says() -> None:
    settings = Settings(backend_urls=("http://a:1", "http://b:2"), providers=("google", "mine=github"), seed=1)
    idp = make_idp(settings)
    said = yaml.safe_load(app_config_text(settings, IDP))["auth"]["providers"]
    for provider, vendor in (("google", "google"), ("mine", "github")):
        clients = idp.services.by_id[vendor].clients.by_id
        for name, keys in said[provider].items():
            client = clients.get(keys["clientId"])
            if name == "unknown-client":
                assert client is None
                continue
            assert client is not None
            assert (client.client_secret == keys["clientSecret"]) is (name != "wrong-secret")
            default = f"http://a:1/api/auth/{provider}/handler/frame"
            assert keys.get("callbackUrl", default) in client.redirect_uris
            if name == "development":
                assert client.redirect_uris == {default, f"http://b:2/api/auth/{provider}/handler/frame"}
    assert {client.provider for client in idp.services.by_id["github"].clients.by_id.values()} == {"mine"}


def test_ghe_needs_no_mapping() -> None:
    assert config(providers=("ghe",))["authConformance"]["providers"] == {"ghe": "github"}
    assert "providers" not in config(providers=("google",)).get("authConformance", {})


@pytest.mark.parametrize(
    ("settings", "description"),
    [
        (
            {"providers": ("nobody",)},
            f"There is no vendor or auth proxy 'nobody'; there are {', '.join((*vendors(), *proxies()))}",
        ),
        ({"providers": ("mine=nobody",)}, "There is no vendor or auth proxy 'nobody'"),
        ({"providers": ("../x=github",)}, "is not a provider id"),
        ({"providers": ("google", "google")}, "named twice"),
        (
            {"profile": "fancy"},
            f"There is no profile 'fancy'; there are: {', '.join(profiles())}.",
        ),
    ],
)
def test_mistakes(settings: dict[str, Any], description: str) -> None:
    with pytest.raises(SetupError) as caught:
        provider_setups(Settings(**settings))
    assert description in str(caught.value)


def test_every_provider_and_environment_has_a_comment() -> None:
    text = app_config_text(Settings(), IDP)
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if re.fullmatch(r"      [a-z-]+:", line) and "clientId" in lines[index + 1]:
            assert lines[index - 1].startswith("      # ")


def test_kebab_case() -> None:
    assert kebab_case("userIdMatchingUserEntityAnnotation") == "user-id-matching-user-entity-annotation"
