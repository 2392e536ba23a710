"""Examines the set-up before any case runs, so that a fault of the set-up never looks like a failed requirement.

It goes on after a finding for as long as there is something left to find out, so that all of them are told at once.
"""

import difflib
import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from conformance.applicability import NO_ENVIRONMENT, provider_missing, vendor_unknown
from conformance.driver.browser import encode_query
from conformance.driver.idp import Idp, IdpError
from conformance.driver.observation import observe_response, observe_url
from conformance.driver.wire import (
    NoAnswerError,
    ProxyRoute,
    PublicAddress,
    Replicas,
    Request,
    Response,
    Wire,
    origin_of,
)
from conformance.examination.fault import ConfigurationFault
from conformance.examination.findings import Finding, FoundError, found, in_words
from conformance.examination.releases import check_app_config, check_mock
from conformance.examination.sign_ins import sign_in_everywhere
from conformance.examination.surface import NO_TARGET, check_address, check_mode, find_target
from conformance.scenario.model import ProviderFacts
from conformance.target import Provider, Target

CLOSE_ENOUGH: Final = 0.6
"""How like a provider's id another one is that somebody may have meant."""


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
        app_config: the app-config that the target was started with, if it is given.
        replicas: base URLs of further replicas of the target.
    """

    auth_url: str
    idp_url: str
    app_origin: str | None
    environment: str
    profile: str
    providers: Mapping[str, str | None]
    timeout_seconds: float
    trusted_ca_file: str | None = None
    app_config: str | None = None
    replicas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examination:
    """What an examination came to.

    Parameters:
        findings: faults of the set-up and defects of the backend, in the order in which they were found.
        target: the target, if so much is known; the providers with a fault say so.
    """

    findings: tuple[Finding, ...]
    target: Target | None = None

    @property
    def faults(self) -> list[Finding]:
        """The faults of the set-up among the findings."""
        return [finding for finding in self.findings if finding.is_set_up]

    def ready(self) -> Target:
        """The target, of which at least one provider can be tested.

        Raises:
            ConfigurationFault: nothing of it can be tested, for the reasons in its text.
        """
        target = self.target
        there = [provider for provider in target.providers if not provider.not_applicable] if target else []
        if target is None or any(finding.stops_everything for finding in self.findings):
            raise ConfigurationFault(self.in_words())
        if there and all(provider.fault for provider in there):
            raise ConfigurationFault(self.in_words())
        return target

    def in_words(self) -> str:
        """The faults of the set-up: one as a sentence, several as a table."""
        if len(self.faults) == 1:
            return self.faults[0].text
        return "\n".join([f"{len(self.faults)} faults of the set-up", *in_words(self.faults)])


def examine(options: ProbeOptions, facts: Mapping[str, ProviderFacts]) -> Examination:
    """Find out what the target is, whether it can be tested, and what is wrong with the set-up or with the target.

    Parameters:
        options: what is examined.
        facts: what is known about vendors.
    """
    findings = [
        *check_address(options.auth_url, "target-url", "http://localhost:7007/api/auth"),
        *(
            finding
            for url in options.replicas
            for finding in check_address(url, "replica-url", "http://localhost:7008")
        ),
        *check_address(options.idp_url, "idp-url", "http://127.0.0.1:9000"),
    ]
    if findings:
        return Examination(tuple(findings))
    plain = Wire(None, options.timeout_seconds, options.trusted_ca_file)
    try:
        findings += find_target(plain, options.auth_url)
        for url in options.replicas:
            findings += find_target(plain, origin_of(url) + urlsplit(options.auth_url).path)
        info, personas, ca_pem = _ask_idp(Idp(options.idp_url, plain))
    except FoundError as error:
        return Examination((*findings, error.finding))
    finally:
        plain.close()
    is_there = not any(finding.name in NO_TARGET for finding in findings)
    findings += check_mock(info, options.profile)
    if options.app_config is not None:
        findings += check_app_config(options.app_config, info, options.profile)
    if not is_there:
        return Examination(tuple(findings))
    public_address = _public_address(options.auth_url, info.get("public_url"))
    if public_address:
        options = replace(options, auth_url=public_address.public + urlsplit(options.auth_url).path)
    listener = public_address.listener if public_address else origin_of(options.auth_url)
    replicas = (listener, *map(origin_of, options.replicas)) if options.replicas else ()
    behind = Replicas(origin_of(options.auth_url), replicas) if replicas else None
    wire = wire_for(info, ca_pem, options.timeout_seconds, options.trusted_ca_file, public_address, behind)
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
            replicas=replicas,
            registers_clients=_registers_clients(wire, options.auth_url),
        )
        findings += [*check_mode(wire, options.auth_url, options.profile), *examiner.findings]
        known = [finding.provider for finding in findings if finding.provider]
        if not any(finding.name in _NO_SIGN_IN for finding in findings):
            findings += sign_in_everywhere(target, facts, wire, known)
    except FoundError as error:
        return Examination((*findings, error.finding))
    finally:
        wire.close()
    findings = list(dict.fromkeys(findings))
    return Examination(tuple(findings), _with_faults(target, findings))


_NO_SIGN_IN: Final = frozenset({"target-name", "target-empty"})
"""Findings that would be found again in every sign-in, under another name."""


def _with_faults(target: Target, findings: Iterable[Finding]) -> Target:
    """The target, with each fault of the set-up at the provider that it keeps from being tested."""
    faults = {finding.provider: finding.text for finding in findings if finding.is_set_up and finding.provider}
    return replace(
        target, providers=tuple(replace(provider, fault=faults.get(provider.id)) for provider in target.providers)
    )


def _registers_clients(wire: Wire, auth_url: str) -> bool:
    """Whether clients can register; so is a target taken that does not say (DCR-18)."""
    try:
        said = json.loads(wire.send(Request("GET", f"{auth_url}/.well-known/openid-configuration", ())).body)
    except (NoAnswerError, ValueError):
        return True
    return not isinstance(said, Mapping) or "issuer" not in said or "registration_endpoint" in said


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
    replicas: Replicas | None = None,
) -> Wire:
    """A wire that knows the proxy to the hosts the IdP serves by name, the target's public address and replicas."""
    proxy = info.get("urls", {}).get("proxy")
    route = ProxyRoute(tuple(info.get("hosts", ())), proxy, ca_pem) if proxy else None
    return Wire(route, timeout_seconds, trusted_ca_file, public_address, replicas)


def _public_address(auth_url: str, public_url: str | None) -> PublicAddress | None:
    """The public address of a target whose profile gives it another address than the one it is reached at."""
    if not public_url or auth_url.startswith(f"{public_url}/"):
        return None
    return PublicAddress(public_url, origin_of(auth_url))


def _ask_idp(idp: Idp) -> tuple[dict[str, Any], dict[str, Any], str]:
    try:
        info = idp.get("/")
        # What everything below relies on; another server's JSON fails here rather than far away.
        _ = info["urls"]["http"], [entry["vendor"] for entry in info["providers"]]
        personas = {persona["id"]: persona for persona in idp.get("/personas")["personas"]}
        return info, personas, idp.text("/ca.pem")
    except (IdpError, KeyError, TypeError) as error:
        raise FoundError(found("idp-absent", url=idp.url, problem=str(error))) from error


def _one_loopback(origin: str) -> str:
    """An origin with one name for the loopback interface; vendors by path may be known by different ones."""
    return origin.replace("://localhost", "://127.0.0.1", 1)


class _Examiner:
    """The part of the examination that needs the IdP's description of itself.

    Attributes:
        findings: what was found.
    """

    def __init__(
        self, options: ProbeOptions, facts: Mapping[str, ProviderFacts], info: Mapping[str, Any], wire: Wire
    ) -> None:
        self._options = options
        self._facts = facts
        self._info = info
        self._wire = wire
        self.findings: list[Finding] = []

    def providers(self) -> tuple[Provider, ...]:
        """Every provider the IdP knows, with the environments the target has.

        Raises:
            FoundError: the target does not answer any more.
        """
        providers = []
        for id_, (vendor, environments) in self._known().items():
            if self._options.providers and id_ not in self._options.providers:
                continue
            if vendor not in self._facts:
                providers.append(Provider(id_, vendor, "oauth", not_applicable=vendor_unknown(vendor)))
                continue
            kind = self._facts[vendor].kind
            if kind == "oauth":
                providers.append(self._probe_oauth(id_, vendor, environments))
            else:
                probe = self._probe_proxy(id_) if kind == "proxy" else self._probe_saml(id_)
                providers.append(Provider(id_, vendor, kind, not_applicable=probe, reserved=self._is_reserved(id_)))
        self._check_found(providers)
        return tuple(providers)

    def _known(self) -> dict[str, tuple[str, list[str]]]:
        known: dict[str, tuple[str, list[str]]] = {
            entry["id"]: (entry["vendor"], [item["name"] for item in entry.get("environments", [])])
            for entry in self._info["providers"]
        }
        for id_, vendor in self._options.providers.items():
            if id_ not in known:
                by_lower_case = {one.lower(): one for one in known}
                near = difflib.get_close_matches(id_.lower(), by_lower_case, n=1, cutoff=CLOSE_ENOUGH)
                hint = f"; did you mean {by_lower_case[near[0]]}?" if near else ""
                self.findings.append(found("provider-unknown", id=id_, hint=hint, vendor=vendor or "VENDOR"))
            elif vendor and vendor != known[id_][0]:
                self.findings.append(found("provider-vendor", id=id_, vendor=vendor, known=known[id_][0]))
        return known

    def _is_reserved(self, id_: str) -> bool:
        return any(entry["id"] == id_ and entry.get("reserved", False) for entry in self._info["providers"])

    def _get(self, id_: str, path: str, parameters: Mapping[str, Any]) -> tuple[str, Response | None]:
        """An answer of the target below a provider; None if there is none, which is found."""
        url = f"{self._options.auth_url}/{id_}{path}?{encode_query(parameters)}"
        try:
            answer = self._wire.send(Request("GET", url, ()))
        except NoAnswerError as error:
            try:
                self._wire.send(Request("GET", f"{self._options.auth_url}/.well-known/jwks.json", ()))
            except NoAnswerError as again:
                raise FoundError(found("target-gone", problem=str(again), url=url)) from error
            stage = {"/start": "start", "/refresh": "refresh"}.get(path, "callback")
            silent = "did not answer within" in error.problem
            self.findings.append(found(f"{stage}-silent" if silent else f"{stage}-breaks-off", id_))
            return url, None
        if answer.status == 429:
            raise FoundError(found("target-limits", url=url))
        return url, answer

    def _probe_proxy(self, id_: str) -> str | None:
        _, response = self._get(id_, "/refresh", {})
        return provider_missing(id_) if response is not None and response.status == 404 else None

    def _probe_saml(self, id_: str) -> str | None:
        _, response = self._get(id_, "/start", {"env": self._options.environment})
        if response is None:
            return None
        if response.status == 404:
            return provider_missing(id_)
        self._check_redirect(id_, self._options.environment, response)
        return None

    def _probe_oauth(self, id_: str, vendor: str, environments: Sequence[str]) -> Provider:
        present, missing = [], NO_ENVIRONMENT
        for environment in environments:
            _, response = self._get(id_, "/start", {"scope": "", "env": environment})
            if response is None:
                # Whatever has no answer is there, and one question without an answer is enough.
                return Provider(id_, vendor, "oauth", tuple(environments))
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
            return  # the sign-in says what it is
        seen = observe_url(location)
        listeners = [self._info["urls"][name] for name in ("http", "tls") if self._info["urls"].get(name)]
        by_path = _one_loopback(seen.get("origin") or "") in {_one_loopback(origin_of(url)) for url in listeners}
        route = ProxyRoute(tuple(self._info.get("hosts", ())), "", "")
        told = any(finding.name == "users-elsewhere" and finding.provider == id_ for finding in self.findings)
        if seen.get("origin") is not None and not told and not by_path and not route.covers(seen.get("host") or ""):
            self.findings.append(
                found(
                    "users-elsewhere",
                    id_,
                    environment=environment,
                    where=seen.get("origin"),
                    idp=self._info["urls"]["http"],
                )
            )
            return
        callback = seen["query"].get("redirect_uri", "")
        own = origin_of(self._options.auth_url)
        called = observe_url(callback).get("origin")
        if environment == self._options.environment and called is not None and called != own:
            instead = callback.removesuffix(f"/{id_}/handler/frame")
            if not any(finding.name == "target-name" for finding in self.findings):
                self.findings.append(found("target-name", called=called, id=id_, own=own, instead=instead))

    def _check_found(self, providers: Sequence[Provider]) -> None:
        for provider in providers:
            if provider.id not in self._options.providers:
                continue
            if provider.vendor not in self._facts:
                self.findings.append(found("provider-facts", id=provider.id, vendor=provider.vendor))
            elif provider.not_applicable:
                self.findings.append(found("provider-absent", id=provider.id, reason=provider.not_applicable))
        if all(provider.not_applicable for provider in providers):
            ids = ", ".join(provider.id for provider in providers) or "none"
            if not any(finding.name.startswith("provider-") for finding in self.findings):
                self.findings.append(found("target-empty", auth_url=self._options.auth_url, ids=ids))
            return
        usual = [provider for provider in providers if provider.has_environments and not provider.not_applicable]
        if usual and not any(self._options.environment in provider.environments for provider in usual):
            have = ", ".join(dict.fromkeys(name for provider in usual for name in provider.environments))
            self.findings.append(found("environment-absent", environment=self._options.environment, there=have))

    def find_app_origin(self, providers: Sequence[Provider]) -> str:
        """The app's origin, which the target names in the page it answers to a callback without state (FRAME-03).

        Where it does not, that is found, and the origin that the mock IdP knows is good enough to go on with.
        """
        there = [provider for provider in providers if provider.has_popup and not provider.not_applicable]
        for provider in there:
            environment = next(iter(provider.environments), self._options.environment)
            url, response = self._get(provider.id, "/handler/frame", {"env": environment})
            origin = observe_response(response, url, time.time()).get("target_origin") if response else None
            if isinstance(origin, str) and origin.startswith("http"):
                return origin
        if not all(provider.not_applicable for provider in providers):
            self.findings.append(found("target-app"))
        return str(self._info.get("app_url") or "http://localhost:3000")
