"""Examines the set-up before any case runs, so that a configuration fault never looks like a failed requirement.

Every fault is one sentence that says what is wrong and what to do.
"""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from conformance.applicability import NO_ENVIRONMENT, provider_missing, vendor_unknown
from conformance.driver.browser import encode_query
from conformance.driver.idp import Idp, IdpError
from conformance.driver.observation import observe_response, observe_url
from conformance.driver.wire import NoAnswerError, ProxyRoute, PublicAddress, Request, Response, Wire, origin_of
from conformance.examination.fault import ConfigurationFault
from conformance.examination.preflight import check_sign_ins
from conformance.scenario.model import ProviderFacts
from conformance.target import Provider, Target


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """What the command line asked for.

    Parameters:
        auth_url: base URL of the target's auth plugin.
        idp_url: base URL of the mock IdP.
        app_origin: the app's origin, or None to find it out.
        environment: the environment that scenarios use unless they name one.
        profile: the profile the target was started with.
        providers: provider ids to test, each with the vendor behind it or None; empty for all.
        timeout_seconds: limit for each request.
        trusted_ca_file: CA of the target's certificate.
    """

    auth_url: str
    idp_url: str
    app_origin: str | None
    environment: str
    profile: str
    providers: Mapping[str, str | None]
    timeout_seconds: float
    trusted_ca_file: str | None = None


def examine(options: ProbeOptions, facts: Mapping[str, ProviderFacts]) -> Target:
    """Find out what the target is and whether it can be tested.

    Raises:
        ConfigurationFault: something is set up wrongly.
    """
    _check_url(options.auth_url, "the target", "http://localhost:7007/api/auth")
    _check_url(options.idp_url, "--idp", "http://127.0.0.1:9000")
    plain = Wire(None, options.timeout_seconds, options.trusted_ca_file)
    try:
        _check_is_auth_backend(plain, options.auth_url)
        info, personas, ca_pem = _ask_idp(Idp(options.idp_url, plain))
    finally:
        plain.close()
    public_address = _public_address(options.auth_url, info.get("public_url"))
    if public_address:
        options = replace(options, auth_url=public_address.public + urlsplit(options.auth_url).path)
    wire = wire_for(info, ca_pem, options.timeout_seconds, options.trusted_ca_file, public_address)
    try:
        examiner = _Examiner(options, facts, info, wire)
        providers = examiner.providers()
        app_origin = options.app_origin or examiner.find_app_origin(providers)
        target = Target(
            options.auth_url,
            app_origin.rstrip("/"),
            options.environment,
            options.profile,
            providers,
            info,
            ca_pem,
            personas,
            public_address=public_address,
        )
        check_sign_ins(target, facts, wire)
        return target
    finally:
        wire.close()


def planned_target(
    described: Mapping[str, Any],
    environment: str,
    profile: str,
    wanted: Collection[str],
    facts: Mapping[str, ProviderFacts],
) -> Target:
    """What a target will be that has everything a mock IdP knows; cases can be collected for it, not played.

    Parameters:
        described: what the mock IdP says about itself and its personas.
        environment: the environment that scenarios use unless they name one.
        profile: the configuration profile.
        wanted: ids of the providers to test; empty for all.
        facts: what is known about vendors.
    """
    providers = []
    for entry in described["idp"]["providers"]:
        if wanted and entry["id"] not in wanted:
            continue
        known = facts.get(entry["vendor"])
        reason = None if known else vendor_unknown(entry["vendor"])
        environments = tuple(item["name"] for item in entry["environments"])
        kind = known.kind if known else "oauth"
        reserved = entry.get("reserved", False)
        providers.append(Provider(entry["id"], entry["vendor"], kind, environments, reason, reserved))
    personas = {persona["id"]: persona for persona in described["personas"]}
    return Target("", "", environment, profile, tuple(providers), described["idp"], "", personas)


def wire_for(
    info: Mapping[str, Any],
    ca_pem: str,
    timeout_seconds: float,
    trusted_ca_file: str | None = None,
    public_address: PublicAddress | None = None,
) -> Wire:
    """A wire that knows the proxy to the hosts the IdP serves by name, and the target's public address."""
    proxy = info.get("urls", {}).get("proxy")
    route = ProxyRoute(tuple(info.get("hosts", ())), proxy, ca_pem) if proxy else None
    return Wire(route, timeout_seconds, trusted_ca_file, public_address)


def _public_address(auth_url: str, public_url: str | None) -> PublicAddress | None:
    """The public address of a target whose profile gives it another address than the one it is reached at."""
    if not public_url or auth_url.startswith(f"{public_url}/"):
        return None
    return PublicAddress(public_url, origin_of(auth_url))


def _check_url(url: str, option: str, example: str) -> None:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound:
        raise ConfigurationFault(f"{option} {url!r} is not an http or https URL; it looks like {example}")


def _check_is_auth_backend(wire: Wire, auth_url: str) -> None:
    jwks = f"{auth_url}/.well-known/jwks.json"
    try:
        response = wire.send(Request("GET", jwks, ()))
    except NoAnswerError as error:
        raise ConfigurationFault(f"the target at {error}; start the backend, or correct its URL") from error
    try:
        known = response.status == 200 and isinstance(json.loads(response.body)["keys"], list)
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise ConfigurationFault(
            f"{auth_url} answers, but not like an auth backend: {jwks} gave status {response.status} and no key set; "
            f"the target is the base URL of the auth plugin, usually {origin_of(auth_url)}/api/auth"
        )


def _ask_idp(idp: Idp) -> tuple[dict[str, Any], dict[str, Any], str]:
    try:
        info = idp.get("/")
        # What everything below relies on; another server's JSON fails here rather than far away.
        _ = info["urls"]["http"], [entry["vendor"] for entry in info["providers"]]
        personas = {persona["id"]: persona for persona in idp.get("/personas")["personas"]}
        return info, personas, idp.text("/ca.pem")
    except (IdpError, KeyError, TypeError) as error:
        raise ConfigurationFault(
            f"there is no mock IdP at {idp.url} ({error}); start it with 'mock-idp serve', or correct --idp"
        ) from error


def _one_loopback(origin: str) -> str:
    """An origin with one name for the loopback interface; vendors by path may be known by different ones."""
    return origin.replace("://localhost", "://127.0.0.1", 1)


class _Examiner:
    """The part of the examination that needs the IdP's description of itself."""

    def __init__(
        self, options: ProbeOptions, facts: Mapping[str, ProviderFacts], info: Mapping[str, Any], wire: Wire
    ) -> None:
        self._options = options
        self._facts = facts
        self._info = info
        self._wire = wire

    def providers(self) -> tuple[Provider, ...]:
        """Every provider the IdP knows, with the environments the target has.

        Raises:
            ConfigurationFault: a provider that is asked for is unknown or absent, or the target has none at all.
        """
        known = self._known()
        found = []
        for id_, (vendor, environments) in known.items():
            if self._options.providers and id_ not in self._options.providers:
                continue
            if vendor not in self._facts:
                found.append(Provider(id_, vendor, "oauth", not_applicable=vendor_unknown(vendor)))
                continue
            kind = self._facts[vendor].kind
            if kind == "oauth":
                found.append(self._probe_oauth(id_, vendor, environments))
            else:
                probe = self._probe_proxy(id_) if kind == "proxy" else self._probe_saml(id_)
                found.append(Provider(id_, vendor, kind, not_applicable=probe, reserved=self._is_reserved(id_)))
        self._check_found(found)
        return tuple(found)

    def _known(self) -> dict[str, tuple[str, list[str]]]:
        known: dict[str, tuple[str, list[str]]] = {
            entry["id"]: (entry["vendor"], [item["name"] for item in entry.get("environments", [])])
            for entry in self._info["providers"]
        }
        for id_, vendor in self._options.providers.items():
            if id_ not in known:
                raise ConfigurationFault(
                    f"--provider {id_}: the mock IdP has no clients for a provider of that id; start it with "
                    f"'mock-idp serve --provider {id_}={vendor or 'VENDOR'}'"
                )
            if vendor and vendor != known[id_][0]:
                raise ConfigurationFault(
                    f"--provider {id_}={vendor}: the mock IdP has {id_} over the vendor {known[id_][0]!r}; "
                    f"say the same to both"
                )
        return known

    def _is_reserved(self, id_: str) -> bool:
        return any(entry["id"] == id_ and entry.get("reserved", False) for entry in self._info["providers"])

    def _get(self, path: str, parameters: Mapping[str, Any]) -> tuple[str, Response]:
        url = f"{self._options.auth_url}{path}?{encode_query(parameters)}"
        try:
            return url, self._wire.send(Request("GET", url, ()))
        except NoAnswerError as error:
            raise ConfigurationFault(f"the target at {error} while it was examined ({url})") from error

    def _probe_proxy(self, id_: str) -> str | None:
        _, response = self._get(f"/{id_}/refresh", {})
        return provider_missing(id_) if response.status == 404 else None

    def _probe_saml(self, id_: str) -> str | None:
        _, response = self._get(f"/{id_}/start", {"env": self._options.environment})
        if response.status == 404:
            return provider_missing(id_)
        self._check_redirect(id_, self._options.environment, response)
        return None

    def _probe_oauth(self, id_: str, vendor: str, environments: Sequence[str]) -> Provider:
        present, missing = [], NO_ENVIRONMENT
        for environment in environments:
            _, response = self._get(f"/{id_}/start", {"scope": "", "env": environment})
            if response.status == 404:
                if f"'{environment}'" not in response.body.decode("utf-8", "replace"):
                    missing = provider_missing(id_)
                    break
                continue
            self._check_redirect(id_, environment, response)
            present.append(environment)
        return Provider(id_, vendor, "oauth", tuple(present), None if present else missing)

    def _check_redirect(self, id_: str, environment: str, response: Response) -> None:
        location = response.header("location")
        if location is None or not 300 <= response.status < 400:
            return  # a finding for the scenarios, not for the set-up
        seen = observe_url(location)
        listeners = [self._info["urls"][name] for name in ("http", "tls") if self._info["urls"].get(name)]
        by_path = _one_loopback(seen.get("origin") or "") in {_one_loopback(origin_of(url)) for url in listeners}
        route = ProxyRoute(tuple(self._info.get("hosts", ())), "", "")
        if not by_path and not route.covers(seen.get("host") or ""):
            raise ConfigurationFault(
                f"provider {id_!r} (environment {environment!r}) sends users to "
                f"{seen.get('origin') or repr(location[:100])}, which is not "
                f"the mock IdP at {self._info['urls']['http']}; use the app-config that 'mock-idp app-config' "
                f"prints, or correct --idp"
            )
        callback = seen["query"].get("redirect_uri", "")
        own = origin_of(self._options.auth_url)
        called = observe_url(callback).get("origin")
        if environment == self._options.environment and called is not None and called != own:
            raise ConfigurationFault(
                f"the target calls itself {called} (in the redirect_uri of provider {id_!r}), but "
                f"it is tested as {own}, so its cookies would not come back; test "
                f"{callback.removesuffix(f'/{id_}/handler/frame')}"
            )

    def _check_found(self, found: Sequence[Provider]) -> None:
        for provider in found:
            if provider.not_applicable and provider.id in self._options.providers:
                raise ConfigurationFault(f"--provider {provider.id}: {provider.not_applicable}")
        if all(provider.not_applicable for provider in found):
            ids = ", ".join(provider.id for provider in found) or "none"
            raise ConfigurationFault(
                f"the target at {self._options.auth_url} has none of the providers that the mock IdP knows ({ids}); "
                f"give it the app-config that 'mock-idp app-config' prints"
            )
        usual = [provider for provider in found if provider.has_environments and not provider.not_applicable]
        if usual and not any(self._options.environment in provider.environments for provider in usual):
            have = ", ".join(dict.fromkeys(name for provider in usual for name in provider.environments))
            raise ConfigurationFault(
                f"no provider of the target has the environment {self._options.environment!r}; "
                f"there are: {have}; choose one with --env"
            )

    def find_app_origin(self, providers: Sequence[Provider]) -> str:
        """The app's origin, which the target names in the page it answers to a callback without state (FRAME-03)."""
        for provider in providers:
            if provider.has_popup and not provider.not_applicable:
                environment = next(iter(provider.environments), self._options.environment)
                url, response = self._get(f"/{provider.id}/handler/frame", {"env": environment})
                origin = observe_response(response, url, time.time()).get("target_origin")
                if isinstance(origin, str) and origin.startswith("http"):
                    return origin
        raise ConfigurationFault("the target does not tell its app's origin; give it with --app-origin")
