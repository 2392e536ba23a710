"""What an examination can find, each with its remedy. Pure.

A *fault of the set-up* keeps cases from being played: all of them, or those of one provider. A *defect of the backend*
keeps no case from being played: its cases fail under their requirements. It is named beforehand because it is what many
of them fail for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said of a finding.

    Parameters:
        says: what is wrong, with ``{values}``.
        remedy: what to do, with ``{values}``; empty for a defect of the backend.
        requirement: the requirement that a backend with this defect does not meet; None for a fault of the set-up.
    """

    says: str
    remedy: str = ""
    requirement: str | None = None


def _defect(requirement: str, says: str) -> Sentence:
    return Sentence(says, "", requirement)


SENTENCES: Final[Mapping[str, Sentence]] = {
    # The command line.
    "target-url": Sentence("the target {url!r} is not an http or https URL", "it looks like {example}"),
    "idp-url": Sentence("--idp {url!r} is not an http or https URL", "it looks like {example}"),
    "replica-url": Sentence("--replica {url!r} is not an http or https URL", "it looks like {example}"),
    "provider-unknown": Sentence(
        "--provider {id}: the mock IdP has no clients for a provider of that id{hint}",
        "start it with 'mock-idp serve --provider {id}={vendor}'",
    ),
    "provider-vendor": Sentence(
        "--provider {id}={vendor}: the mock IdP serves {id} as the vendor {known!r}", "name the same vendor for both"
    ),
    "provider-absent": Sentence("--provider {id}: {reason}", "configure it at auth.providers.{id}, with its module"),
    "provider-facts": Sentence(
        "--provider {id}: no scenarios know the vendor {vendor!r}", "name the folder with its facts with --scenarios"
    ),
    "environment-absent": Sentence(
        "no provider of the target has the environment {environment!r}; there are: {there}", "choose one with --env"
    ),
    # The target as a whole.
    "target-absent": Sentence("the target at {problem}", "start the backend, or correct its URL"),
    "target-silent": Sentence(
        "the target at {problem}", "look at its log; a slow one needs a longer --request-timeout"
    ),
    "target-certificate": Sentence(
        "the certificate of the target at {problem}", "name the file of its authority with --target-ca"
    ),
    "target-plain": Sentence("the target at {origin} speaks http, not https", "test {instead}"),
    "target-tls": Sentence("the target at {origin} speaks https, not http", "test {instead}"),
    "target-gate": Sentence(
        "something in front of the target answers in its place: {url} gave status {status}{where}",
        "test the backend itself, or let requests to {path} pass",
    ),
    "target-limits": Sentence(
        "the target limits its request rate: {url} gave status 429", "take backend.rateLimit out of its app-config"
    ),
    "target-not-ready": Sentence(
        "the target is not ready: {url} gave status 503", "wait until it has started, or look at its log"
    ),
    "target-other": Sentence(
        "{auth_url} answers, but not like an auth backend: {url} gave status {status} and no key set",
        "the target is the base URL of the auth plugin, usually {usually}",
    ),
    "target-gone": Sentence(
        "the target at {problem} while it was examined ({url}), and does not answer any more", "look at its log"
    ),
    "target-clock": Sentence(
        "the clocks of the target and of this machine differ by {seconds} s, so that tokens seem expired",
        "set both by the same time server",
    ),
    "target-development": Sentence(
        "the target is in development mode: its errors show stack traces",
        "start it with NODE_ENV=production, or test it with --profile development",
    ),
    "target-name": Sentence(
        "the redirect_uri of provider {id!r} names the target {called}, but it is tested as {own}, so the "
        "browser would not send its cookies",
        "test {instead}",
    ),
    "target-app": Sentence("the target does not report its app's origin", "give it with --app-origin"),
    "target-empty": Sentence(
        "the target at {auth_url} has none of the providers that the mock IdP knows ({ids})",
        "give it the app-config that 'mock-idp app-config --conformance' prints",
    ),
    "target-catalog": Sentence(
        "the target's catalog does not know the persona {persona!r} after {seconds} s",
        "add the location {location} to catalog.locations, as 'mock-idp app-config --conformance' prints it",
    ),
    # The mock.
    "idp-absent": Sentence(
        "there is no mock IdP at {url} ({problem})", "start it with 'mock-idp serve', or correct --idp"
    ),
    "idp-kit": Sentence(
        "the mock IdP is of release {theirs} of the kit, the suite of {ours}", "install the same release for both"
    ),
    "idp-profile": Sentence(
        "the mock IdP was started with the profile {theirs!r}, the suite is to test {ours!r}",
        "start 'mock-idp serve --profile {ours}' and the backend with its app-config, or say --profile {theirs}",
    ),
    "idp-proxy": Sentence(
        "the sign-in page of the vendor cannot be opened from here: {problem}",
        "the suite needs the mock's proxy too; serve it on an address that both reach (mock-idp serve --host)",
    ),
    "idp-auto-login": Sentence(
        "the mock IdP signs a persona in automatically, so that scenarios cannot choose one",
        "start it without --auto-login",
    ),
    # The app-config, where it is shown (--app-config).
    "config-file": Sentence("{file} {problem}", "name the app-config that 'mock-idp app-config' wrote"),
    "config-kit": Sentence(
        "the app-config {file} was written by release {theirs} of the kit, the suite is of {ours}",
        "generate it again with 'mock-idp app-config --conformance', and restart the backend",
    ),
    "config-profile": Sentence(
        "the app-config {file} was written for the profile {theirs!r}, the suite is to test {ours!r}",
        "generate it again with 'mock-idp app-config --profile {ours}', and restart the backend",
    ),
    "config-idp": Sentence(
        "the app-config {file} was written for the mock IdP at {theirs}, the suite asks the one at {ours}",
        "correct --idp, or run 'mock-idp app-config --conformance --idp {ours}' again and restart the backend",
    ),
    # One provider.
    "session-secret": Sentence(
        "the target has no sessions, which this provider needs ({problem})",
        "set auth.session.secret, as 'mock-idp app-config --conformance' prints it",
    ),
    "users-elsewhere": Sentence(
        "in the environment {environment!r} it sends users to {where}, which is not the mock IdP at {idp}",
        "use the app-config that 'mock-idp app-config --conformance' prints, or correct --idp",
    ),
    "users-nowhere": Sentence(
        "it sends users to {where}, where the mock IdP serves nothing",
        "use the addresses that 'mock-idp app-config --conformance' prints for this provider",
    ),
    "client-unknown": Sentence(
        "the mock IdP does not know the client id {client!r} that the target sends",
        "use clientId and clientSecret of 'mock-idp app-config --conformance', or register yours (POST /__idp/clients)",
    ),
    "redirect-unregistered": Sentence(
        "the mock IdP refuses the redirect URI {redirect_uri}: it is not registered",
        "start it with 'mock-idp serve --backend-url {backend_url}'",
    ),
    "secret-differs": Sentence(
        "the client secret that the target sends differs from the one that is registered: the mock IdP answered "
        "{status} to its token request",
        "use the clientSecret that 'mock-idp app-config --conformance' prints for the environment {environment!r}",
    ),
    "vendor-unreached": Sentence(
        "the target does not reach the vendor ({problem}): no request for a token arrived at the mock IdP",
        "start it inside 'mock-idp run -- …', which sends its traffic for the vendor's hosts to the mock and trusts it",
    ),
    "vendor-untrusted": Sentence(
        "the target does not trust the mock IdP's certificate ({problem})",
        "start it inside 'mock-idp run -- …', which sets NODE_EXTRA_CA_CERTS and the like",
    ),
    # Defects of the backend.
    "keys-fail": _defect("JWKS-01", "the key set {url} gave status {status} instead of keys"),
    "start-silent": _defect("START-01", "/start did not answer in time"),
    "start-breaks-off": _defect("START-01", "/start closed the connection without a response"),
    "start-fails": _defect("START-01", "/start answers {status} ({message}) instead of a redirect to the vendor"),
    "start-shows-a-page": _defect("START-01", "/start answers {status} with a body, and no redirect to the vendor"),
    "start-redirects-nowhere": _defect("START-01", "/start redirects to {location!r}, which is not a URL of a vendor"),
    "nonce-not-set": _defect("START-08", "/start sets no nonce cookie {cookie}"),
    "nonce-lost": _defect("COOKIE-07", "/start sets the nonce cookie so that no browser sends it to {path}: {cookie}"),
    "state-missing": _defect("STATE-01", "the redirect to the vendor has no state"),
    "client-missing": _defect("UP-01", "the redirect to the vendor has no client_id"),
    "redirect-uri-missing": _defect("UP-02", "the redirect to the vendor has no redirect_uri"),
    "redirect-uri-differs": _defect(
        "UP-02", "the redirect to the vendor has the redirect_uri {redirect_uri}, not that of this provider"
    ),
    "authorization-refused": _defect("UP-01", "the vendor refuses the redirect of /start: {detail}"),
    "callback-silent": _defect("FRAME-11", "the callback did not answer in time"),
    "callback-breaks-off": _defect("FRAME-11", "the callback closed the connection without a response"),
    "callback-fails": _defect("FRAME-02", "the callback answers {status} ({message}) instead of the page"),
    "callback-no-page": _defect("MSG-01", "the callback answers with {media_type}, not with an HTML page"),
    "callback-no-message": _defect("MSG-10", "the page of the callback posts no message to the app"),
    "callback-to-another": _defect(
        "MSG-12", "the page of the callback posts the session to {origin}, not to the app at {app}"
    ),
    "callback-refuses": _defect("FRAME-07", "the callback refuses the browser that began at /start: {message}"),
    "session-lost": _defect(
        "SESSION-02", "the callback does not find the session that /start began: {message}; cookie: {cookie}"
    ),
    "session-not-shared": _defect(
        "SESSION-07", "the callback does not find the session that /start began at another replica: {message}"
    ),
    "key-not-shared": _defect(
        "KEY-07", "a replica does not publish the key {kid!r}, with which another one signed the Backstage token"
    ),
    "token-request-refused": _defect("UP-03", "the vendor refuses the target's token request: {detail}"),
    "profile-request-refused": _defect("UP-06", "the vendor refuses the target's profile request: {detail}"),
    "sign-in-fails": _defect("FRAME-11", "the sign-in fails although the vendor answered every request: {message}"),
    "person-not-found": _defect(
        "RES-07", "the sign-in finds no user in the catalog, where other providers find the same person"
    ),
    "refresh-cookie-not-set": _defect(
        "FRAME-16", "the callback sets no cookie {cookie}, though there is a refresh token"
    ),
    "refresh-cookie-lost": _defect(
        "COOKIE-07", "the callback sets the session's cookie so that no browser sends it to {path}: {cookie}"
    ),
    "refresh-silent": _defect("REFRESH-04", "/refresh did not answer in time"),
    "refresh-breaks-off": _defect("REFRESH-04", "/refresh closed the connection without a response"),
    "refresh-fails": _defect("REFRESH-04", "/refresh answers {status} ({message}) right after the sign-in"),
    "refresh-no-json": _defect("GEN-08", "/refresh answers with {media_type}, not with JSON"),
    "refresh-no-session": _defect("REFRESH-04", "/refresh answers with no session: {members}"),
    "no-token": _defect("REFRESH-09", "the session of /refresh has no Backstage token"),
    "token-no-jwt": _defect("TOKEN-01", "the Backstage token is no JWT"),
    "token-key-unknown": _defect(
        "KEY-04", "the Backstage token is signed with the key {kid!r}, which is not published"
    ),
    "token-issuer": _defect("TOKEN-02", "the Backstage token names the issuer {issuer!r}, not {auth_url}"),
    "proxy-fails": _defect("PROXY-05", "/refresh answers {status} ({message}) to the headers of the proxy"),
}
"""Name of a finding -> what is said of it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found.

    Parameters:
        name: its name among :data:`SENTENCES`.
        says: what is wrong.
        remedy: what to do; empty for a defect of the backend.
        provider: id of the provider it is about, or None for everything.
        requirement: see :class:`Sentence`.
    """

    name: str
    says: str
    remedy: str
    provider: str | None = None
    requirement: str | None = None

    @property
    def is_set_up(self) -> bool:
        """True for a fault of the set-up, False for a defect of the backend."""
        return self.requirement is None

    @property
    def stops_everything(self) -> bool:
        """True if no case can be played because of it."""
        return self.is_set_up and self.provider is None

    @property
    def text(self) -> str:
        """The whole finding as one sentence."""
        whom = f"provider {self.provider!r}: " if self.provider else ""
        whose = f"{self.requirement}: " if self.requirement else ""
        return f"{whom}{whose}{self.says}" + (f"; {self.remedy}" if self.remedy else "")


class FoundError(Exception):
    """A finding after which there is nothing more to be found out.

    Parameters:
        finding: what was found.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


def found(name: str, provider: str | None = None, /, **values: Any) -> Finding:
    """A finding.

    Parameters:
        name: its name among :data:`SENTENCES`.
        provider: id of the provider it is about, or None for everything.
        values: what its sentence shows.
    """
    sentence = SENTENCES[name]
    says, remedy = sentence.says.format(**values), sentence.remedy.format(**values)
    return Finding(name, " ".join(says.split()), remedy, provider, sentence.requirement)


def in_words(findings: Iterable[Finding]) -> Iterator[str]:
    """All findings as lines for a terminal: what, at which providers, the sentence and the remedy.

    Findings of several providers that say the same stand together.
    """
    together: dict[tuple[str, str, str | None], list[str]] = {}
    for finding in findings:
        ids = together.setdefault((finding.says, finding.remedy, finding.requirement), [])
        ids += [finding.provider] if finding.provider else []
    for (says, remedy, requirement), ids in together.items():
        yield f"{requirement or 'set-up':<11} {', '.join(ids) or 'everything'}"
        yield f"            {says}"
        if remedy:
            yield f"            -> {remedy}"
