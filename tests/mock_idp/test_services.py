"""Services of environments: what no grant can carry, told to the backend, changed and removed."""

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
import yaml

from mock_idp import idp
from mock_idp.addresses import Addresses, Reach
from mock_idp.app_config import providers
from mock_idp.app_config.providers import default_providers, provider_setups
from mock_idp.app_config.text import app_config_text
from mock_idp.emulation import Route, ServiceRequest
from mock_idp.environments import EnvironmentKind, ServiceSpec
from mock_idp.oauth.model import Answer, Endpoint
from mock_idp.oauth.policy import Policy
from mock_idp.proxies import proxies
from mock_idp.settings import Settings
from mock_idp.vendors.oauth_vendor import OAuthVendor
from tests.mock_idp.conftest import World, make_world

IDP = "http://127.0.0.1:9000"
TLS = "https://127.0.0.1:9443"


class Discovered(OAuthVendor):
    id = "discovered"
    title = "Discovered"
    loopback_name = "localhost"
    routes = (
        Route("GET", "/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/token", "token", Endpoint.TOKEN),
        Route("GET", "/metadata", "metadata", Endpoint.DISCOVERY),
        Route("GET", "/keys", "keys", Endpoint.JWKS),
    )
    policy = Policy(known_scopes=None)
    custom_ids = ("other",)
    environments = (
        EnvironmentKind("keys-down", "No keys.", service=ServiceSpec(({"fault": "json-null", "at": "jwks"},))),
        EnvironmentKind("issuer-of-its-own", "For one scenario.", service=ServiceSpec()),
    )

    def metadata(self, request: ServiceRequest) -> Answer:
        return Answer(200, {"issuer": request.base_url})

    def keys(self, request: ServiceRequest) -> Answer:
        return Answer(200, request.service.keys.jwks(("ES256",)))

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        return {"metadataUrl": f"{where.http}/metadata"}


class Tenants(OAuthVendor):
    id = "tenants"
    title = "Tenants"
    hosts: ClassVar = {"*.tenants.example": ""}
    reached = Reach.BY_NAME
    routes = (Route("GET", "/metadata", "metadata", Endpoint.DISCOVERY),)
    environments = (EnvironmentKind("own-tenant", "A tenant.", service=ServiceSpec()),)

    def metadata(self, request: ServiceRequest) -> Answer:
        parts = list(request.host_parts)
        return Answer(200, {"issuer": request.base_url, "host": request.host, "parts": parts})

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        return {"audience": where.name, "tenantId": "always"}


class OverTls(OAuthVendor):
    id = "overTls"
    title = "Over TLS"
    reached = Reach.BY_TLS_PATH
    environments = (EnvironmentKind("own", "Its own.", service=ServiceSpec()),)

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        return {"domain": where.tls_host}


class HardCoded(OAuthVendor):
    id = "hardCoded"
    title = "Hard-coded"
    hosts: ClassVar = {"login.example": ""}
    reached = Reach.BY_NAME
    environments = (EnvironmentKind("own", "Cannot be reached.", service=ServiceSpec()),)


FAKES = {vendor.id: vendor for vendor in (Discovered(), Tenants(), OverTls(), HardCoded())}


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (providers, idp):
        monkeypatch.setattr(module, "vendors", lambda: FAKES)
    yield


@pytest.fixture
def world() -> World:
    return make_world("discovered", "discovered")


def providers_config(tls_url: str | None = None, **settings: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(app_config_text(Settings(**settings), IDP, tls_url))
    providers: dict[str, Any] = loaded["auth"]["providers"]
    return providers


# --- what the backend is told ---------------------------------------------------------------------


def test_each_environment_is_told_its_service() -> None:
    told = providers_config()
    assert told["discovered"]["development"]["metadataUrl"] == "http://localhost:9000/discovered/metadata"
    assert told["discovered"]["keys-down"]["metadataUrl"] == "http://localhost:9000/discovered-keys-down/metadata"
    assert told["other"]["keys-down"]["metadataUrl"] == "http://localhost:9000/other-keys-down/metadata"


def test_the_configuration_is_asked_for_however_a_vendor_is_reached() -> None:
    told = providers_config()
    assert told["tenants"]["development"]["audience"] == "https://tenants.tenants.example"
    assert told["tenants"]["development"]["tenantId"] == "always"
    assert told["tenants"]["own-tenant"]["audience"] == "https://tenants-own-tenant.tenants.example"
    assert told["overTls"]["development"]["domain"] == "127.0.0.1:9443/overTls"
    assert told["overTls"]["own"]["domain"] == "127.0.0.1:9443/overTls-own"
    assert providers_config("https://127.0.0.1:1")["overTls"]["own"]["domain"] == "127.0.0.1:1/overTls-own"


def test_a_hard_coded_host_has_one_service_only() -> None:
    told = providers_config(providers=("mine=hardCoded",))["mine"]
    assert "development" in told
    assert "own" not in told


@pytest.mark.parametrize(
    ("reached", "by_own_id", "by_custom_id"),
    [
        (Reach.BY_NAME, True, True),
        (Reach.BY_PATH, False, False),
        (Reach.BY_TLS_PATH, False, False),
        (Reach.BY_NAME_UNLESS_CUSTOM, True, False),
    ],
)
def test_reach(reached: Reach, by_own_id: bool, by_custom_id: bool) -> None:
    vendor = Discovered()
    vendor.reached = reached  # type: ignore[misc]
    assert (vendor.is_by_name("discovered"), vendor.is_by_name("other")) == (by_own_id, by_custom_id)


def test_the_default_providers_are_all_there_are() -> None:
    vendors = {"discovered": "discovered", "other": "discovered"}
    vendors |= {name: name for name in ("tenants", "overTls", "hardCoded")}
    of_proxies = {provider: proxy.id for proxy in proxies().values() for provider in proxy.provider_ids}
    assert default_providers() == {**vendors, **of_proxies}
    assert [setup.id for setup in provider_setups(Settings())] == list(default_providers())


# --- that the mock has them -----------------------------------------------------------------------


def test_the_mock_serves_them_with_their_clients_and_faults(world: World) -> None:
    for environment in ("keys-down", "issuer-of-its-own"):
        service = world.idp.services.by_id[f"discovered-{environment}"]
        assert list(service.clients.by_id) == [f"mock-discovered-{environment}"]
    assert "mock-discovered-keys-down" not in world.idp.services.by_id["discovered"].clients.by_id
    issuer = world.http.get("/discovered-issuer-of-its-own/metadata").json["issuer"]
    assert issuer == "http://localhost/discovered-issuer-of-its-own"
    assert world.http.get("/discovered-keys-down/keys").json is None
    assert world.http.get("/discovered/keys").json["keys"]
    assert [entry["faults"] for entry in world.journal(service="discovered-keys-down")] == [["json-null"]]


def test_the_description_names_them(world: World) -> None:
    first = world.http.get("/__idp/").json["providers"][0]
    services = {entry["name"]: entry["service"] for entry in first["environments"]}
    assert services["development"] == first["service"] == "discovered"
    assert services["keys-down"] == "discovered-keys-down"


def test_a_part_of_the_host_names_the_service(world: World) -> None:
    def asked(host: str) -> Any:
        return world.http.get("/metadata", headers={"Host": host}).json

    name = "tenants-own-tenant.tenants.example"
    assert asked(name) == {"issuer": f"https://{name}", "host": name, "parts": ["tenants-own-tenant"]}
    assert world.journal()[-1]["service"] == "tenants-own-tenant"
    assert asked("anything.eu.tenants.example")["parts"] == ["anything.eu"]
    assert world.journal()[-1]["service"] == "tenants"


# --- changes --------------------------------------------------------------------------------------


def patch(world: World, service: str, **changes: Any) -> Any:
    return world.http.patch(f"/__idp/services/{service}", json=changes)


def test_faults_change(world: World) -> None:
    answer = patch(world, "discovered-keys-down", faults=[{"fault": "json-null", "at": "jwks", "times": 1}])
    assert answer.status_code == 200
    assert answer.json["faults"] == [{"fault": "json-null", "at": "jwks", "times": 1}]
    keys = [world.http.get("/discovered-keys-down/keys").json for _ in range(2)]
    assert keys[0] is None and keys[1]["keys"]
    # The same order again is counted anew.
    patch(world, "discovered-keys-down", faults=[{"fault": "json-null", "at": "jwks", "times": 1}])
    assert world.http.get("/discovered-keys-down/keys").json is None
    patch(world, "discovered-keys-down", faults=[])
    assert world.http.get("/discovered-keys-down/keys").json["keys"]


def test_keys_rotate(world: World) -> None:
    def kids() -> list[str]:
        return [key["kid"] for key in world.http.get("/discovered-issuer-of-its-own/keys").json["keys"]]

    (first,) = kids()
    assert patch(world, "discovered-issuer-of-its-own", rotate_keys="overlap").json["published_keys"] == [
        "own",
        "previous",
    ]
    second, former = kids()
    assert former == first != second
    patch(world, "discovered-issuer-of-its-own", rotate_keys=True)
    (third,) = kids()
    assert third not in (first, second)
    patch(world, "discovered-issuer-of-its-own", published_keys=["foreign"])
    assert kids() not in ([third], [])
    patch(world, "discovered-issuer-of-its-own", published_keys=[])
    assert kids() == []


def test_what_cannot_be_changed(world: World) -> None:
    own = "discovered-keys-down"
    for service, changes, description in (
        ("discovered", {"faults": []}, "shared"),
        ("nothing", {"faults": []}, "no service"),
        (own, {"faults": ["nothing"], "rotate_keys": True}, "no fault"),
        (own, {"rotate_keys": "twice"}, "rotate_keys"),
        (own, {"published_keys": ["mine"], "faults": []}, "published_keys must be one of"),
        (own, {"published_keys": "own"}, "list"),
        (own, {"colour": "red"}, "means nothing"),
    ):
        answer = patch(world, service, **changes)
        assert answer.status_code == (404 if service == "nothing" else 400)
        assert description in answer.json["error"]
    # A request with a mistake in it changes nothing at all.
    assert world.http.get(f"/__idp/services/{own}").json["faults"][0]["fault"] == "json-null"
    assert world.http.get("/__idp/services/nothing").status_code == 404


def test_removal() -> None:
    world = make_world("discovered", "discovered", service_limit=1)
    body = {"id": "passing", "vendor": "discovered"}
    for _ in range(2):
        assert world.http.post("/__idp/services", json=body).status_code == 201
        assert world.http.get("/passing/keys").status_code == 200
        assert world.http.delete("/__idp/services/passing").status_code == 204
        assert world.http.get("/passing/keys").status_code == 404
    for service in ("passing", "discovered", "discovered-keys-down"):
        answer = world.http.delete(f"/__idp/services/{service}")
        assert answer.status_code == (404 if service == "passing" else 400)
        assert answer.json["error"]


def test_changes_of_a_grant_do_not_undo_each_other(world: World) -> None:
    store = world.idp.services.by_id["discovered"].store
    grant = world.callback(asked={"scope": "a"})["grant"]
    store.revoke_grant(grant)
    changed = store.change_grant(grant, faults=())
    assert changed is not None and changed.revoked
    assert store.change_grant("nothing", revoked=True) is None
