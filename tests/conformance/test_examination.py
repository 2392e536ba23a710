"""What is wrong with the set-up is found before any case runs, and said in one sentence."""

import socket

import pytest

from conformance.driver.wire import PublicAddress
from conformance.examination import sign_ins
from conformance.examination.fault import ConfigurationFault
from conformance.examination.probe import ProbeOptions, examine
from conformance.scenario.model import ProviderFacts
from conformance.target import Target
from tests.conformance.fakes import APP, Pair, running_pair
from tests.conformance.samples import FACTS
from tests.support.fake_servers import FakeAnswer, FakeRequest, RawServer, closed_port, http_server, read_request


@pytest.fixture
def pair():
    with running_pair() as running:
        yield running


def options(pair: Pair, **changes) -> ProbeOptions:
    given = {
        "auth_url": pair.auth_url,
        "idp_url": pair.idp.url,
        "app_origin": None,
        "environment": "development",
        "profile": "default",
        "providers": {},
        "timeout_seconds": 10.0,
    }
    return ProbeOptions(**{**given, **changes})


def fault(pair: Pair, facts=FACTS, **changes) -> str:
    with pytest.raises(ConfigurationFault) as caught:
        examine(options(pair, **changes), facts).ready()
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestGoodSetUp:
    def test_what_is_found_out(self, pair):
        target = examine(options(pair), FACTS).ready()
        (github,) = target.providers
        assert (github.id, github.vendor, github.kind, github.not_applicable) == ("github", "github", "oauth", None)
        assert github.environments == ("development", "other")
        assert target.app_origin == APP
        assert target.personas["plain"]["login"] == "plain"
        assert target.backend_url == pair.target.own_url
        assert (target.public_address, target.is_https, target.is_secure, target.same_site) == (
            None,
            False,
            True,
            "Lax",
        )
        assert Target.from_json(target.to_json()) == target

    def test_app_origin_that_was_said_is_taken(self, pair):
        pair.target.tells_origin = False
        assert examine(options(pair, app_origin="http://app.test/"), FACTS).ready().app_origin == "http://app.test"

    def test_target_with_a_public_address_is_reached_at_its_listener(self, pair):
        listener = pair.target.own_url
        pair.target.own_url = pair.idp.public_url = "https://backstage.example"
        target = examine(options(pair), FACTS).ready()
        assert target.public_address == PublicAddress("https://backstage.example", listener)
        assert target.auth_url == "https://backstage.example/api/auth"
        assert (target.is_https, target.is_secure, target.same_site) == (True, True, "None")
        assert Target.from_json(target.to_json()) == target

    def test_environments_that_the_target_lacks(self, pair):
        pair.target.environments = ("other",)
        target = examine(options(pair, environment="other"), FACTS).ready()
        assert target.providers[0].environments == ("other",)

    def test_proxy_provider_is_probed(self, pair):
        pair.idp.providers.append({"id": "oauth2Proxy", "vendor": "oauth2Proxy"})
        proxy = examine(options(pair), FACTS).ready().providers[1]
        assert (proxy.kind, proxy.not_applicable) == ("proxy", "the target has no provider 'oauth2Proxy'")

    def test_vendor_without_scenarios(self, pair):
        pair.idp.providers.append({"id": "custom", "vendor": "unheard-of"})
        assert (
            examine(options(pair), FACTS).ready().providers[1].not_applicable
            == "no scenarios know the vendor 'unheard-of'"
        )

    def test_only_wished_providers(self, pair):
        pair.idp.providers.append({"id": "oauth2Proxy", "vendor": "oauth2Proxy"})
        target = examine(options(pair, providers={"github": "github"}), FACTS).ready()
        assert [provider.id for provider in target.providers] == ["github"]

    def test_catalog_that_needs_a_moment(self, pair, monkeypatch):
        monkeypatch.setattr(sign_ins, "CATALOG_POLL_SECONDS", 0.0)
        pair.target.known_after = 2
        assert examine(options(pair), FACTS).ready()


class TestTrialSignIn:
    def test_target_that_never_reached_the_vendor(self, pair):
        pair.target.fails_with = "Authentication failed, Failed to obtain access token"
        pair.idp.journal = ["authorization"]
        told = fault(pair)
        assert told.startswith("provider 'github': the target does not reach the vendor (Authentication failed")
        assert "mock-idp run" in told

    def test_failure_after_the_vendor_was_asked_is_for_the_scenarios(self, pair):
        pair.target.fails_with = "Authentication failed, whatever"
        pair.idp.journal = ["authorization", "token"]
        assert examine(options(pair), FACTS).ready()


class TestTarget:
    @pytest.mark.parametrize(
        "url", ["localhost:7007", "ftp://localhost", "http://", "http://[::1", "http://localhost:99999", "x", ""]
    )
    def test_no_url(self, pair, url):
        assert fault(pair, auth_url=url).startswith(
            f"the target {url!r} is not an http or https URL; it looks like http"
        )

    def test_nothing_listens(self, pair):
        url = f"http://127.0.0.1:{closed_port()}"
        told = fault(pair, auth_url=f"{url}/api/auth")
        assert told.startswith(f"the target at {url} cannot be reached: ")
        assert told.endswith("; start the backend, or correct its URL")

    def test_silent(self, pair):
        def stay_silent(server: RawServer, connection: socket.socket) -> None:
            read_request(connection)
            server.stopping.wait(30)

        with RawServer(stay_silent) as server:
            told = fault(pair, auth_url=server.url, timeout_seconds=0.2)
        assert told.startswith(f"the target at {server.url} did not answer within 0.2 s; look at its log")

    @pytest.mark.parametrize("keys", ["a page", {"keys": "none"}, {"other": []}, []])
    def test_not_an_auth_backend(self, pair, keys):
        pair.target.key_set = keys
        told = fault(pair)
        assert told.startswith(f"{pair.auth_url} answers, but not like an auth backend: ")
        assert told.endswith("/api/auth")

    def test_wrong_path(self, pair):
        told = fault(pair, auth_url=pair.target.own_url)
        assert "gave status 404 and no key set" in told
        assert f"usually {pair.target.own_url}/api/auth" in told

    def test_no_providers(self, pair):
        pair.target.environments = None
        told = fault(pair)
        assert told.startswith(
            f"the target at {pair.auth_url} has none of the providers that the mock IdP knows (github)"
        )

    def test_users_are_sent_to_the_idp_by_another_name_of_loopback(self, pair):
        pair.target.idp_url = pair.target.idp_url.replace("127.0.0.1", "localhost")
        assert "localhost" in pair.target.idp_url
        assert examine(options(pair), FACTS).ready().providers

    def test_users_are_sent_elsewhere(self, pair):
        pair.target.idp_url = "https://github.com"
        told = fault(pair)
        assert told.startswith(
            "provider 'github': in the environment 'development' it sends users to https://github.com, which is"
        )
        assert "use the app-config" in told

    @pytest.mark.parametrize("nowhere", ["http://[::1", "http://localhost:99999", "javascript:x"])
    def test_users_are_sent_nowhere(self, pair, nowhere):
        pair.target.idp_url = nowhere
        (finding,) = examine(options(pair), FACTS).findings
        assert (finding.name, finding.requirement) == ("start-redirects-nowhere", "START-01")

    def test_called_by_another_name(self, pair):
        told = fault(pair, auth_url=pair.auth_url.replace("localhost", "127.0.0.1"))
        assert f"names the target {pair.target.own_url}" in told
        assert f"test {pair.auth_url}" in told

    def test_app_origin_is_not_told(self, pair):
        pair.target.tells_origin = False
        assert fault(pair) == "the target does not report its app's origin; give it with --app-origin"

    def test_stops_in_the_middle(self, pair):
        pair.target.stops_after = 1
        assert "broke off without an HTTP answer" in fault(pair)

    def test_catalog_without_persona(self, pair, monkeypatch):
        monkeypatch.setattr(sign_ins, "CATALOG_SECONDS", 0.0)
        pair.target.known_after = 1000
        told = fault(pair)
        assert told.startswith("the target's catalog does not know the persona 'plain' after 0 s; add the location")
        assert f"{pair.idp.url}/__idp/catalog.yaml" in told


class TestIdp:
    def test_no_url(self, pair):
        assert fault(pair, idp_url="127.0.0.1:9000").startswith("--idp '127.0.0.1:9000' is not an http or https URL")

    def test_absent(self, pair):
        url = f"http://127.0.0.1:{closed_port()}"
        told = fault(pair, idp_url=url)
        assert told.startswith(f"there is no mock IdP at {url} (the mock IdP at {url} cannot be reached: ")
        assert told.endswith("; start it with 'mock-idp serve', or correct --idp")

    @pytest.mark.parametrize("answer", [{}, [], {"urls": {}, "providers": []}, {"urls": {"http": "x"}}, "a page", 5])
    def test_something_else(self, pair, answer):
        def other(asked: FakeRequest) -> FakeAnswer:
            return FakeAnswer(body=answer) if isinstance(answer, dict | list | str) else FakeAnswer(500, "broken")

        with http_server(other) as url:
            assert fault(pair, idp_url=url).startswith(f"there is no mock IdP at {url} (")

    def test_does_not_know_the_redirect_address(self, pair):
        pair.idp.refusal = "redirect_uri is not registered for this client"
        told = fault(pair)
        assert told == (
            f"provider 'github': the mock IdP refuses the redirect URI {pair.auth_url}/github/handler/frame: "
            "it is not registered; "
            f"start it with 'mock-idp serve --backend-url {pair.target.own_url}'"
        )


class TestCommandLine:
    def test_unknown_environment(self, pair):
        told = fault(pair, environment="production")
        assert told == (
            "no provider of the target has the environment 'production'; there are: development, other; "
            "choose one with --env"
        )

    def test_unknown_provider(self, pair):
        assert fault(pair, providers={"gitlab": None}).startswith(
            "--provider gitlab: the mock IdP has no clients for a"
        )

    def test_provider_over_another_vendor(self, pair):
        told = fault(pair, providers={"github": "gitlab"})
        assert told.startswith("--provider github=gitlab: the mock IdP serves github as the vendor 'github'")

    def test_wished_provider_is_absent(self, pair):
        pair.target.environments = None
        told = fault(pair, providers={"github": None})
        assert told.startswith("--provider github: the target has no provider 'github'; configure it")

    def test_wished_provider_without_facts(self, pair):
        facts: dict[str, ProviderFacts] = {}
        told = fault(pair, facts, providers={"github": None})
        assert told.startswith("--provider github: no scenarios know the vendor 'github'; ")
