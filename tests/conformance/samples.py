"""Small complete examples of the suite's own data, for tests that are about something else."""

from typing import Any

from conformance.requirement_list import Level, requirements
from conformance.scenario.model import ProviderFacts, Scenario
from conformance.target import Provider, Target
from conformance.verdicts import CaseResult, Check, Verdict

MUST, SHOULD, INFO = (
    next(id_ for id_, row in requirements().items() if row.level is level)
    for level in (Level.MUST, Level.SHOULD, Level.INFO)
)
OTHER_MUST = [id_ for id_, row in requirements().items() if row.level is Level.MUST][1]

GITHUB = Provider("github", "github", "oauth", ("development", "other"))
GHE = Provider("ghe", "github", "oauth", ("development",))
GOOGLE = Provider("google", "google", "oauth", ("development",))
ABSENT = Provider("okta", "okta", "oauth", not_applicable="the target has no provider 'okta'")
PROXY = Provider("oauth2Proxy", "oauth2Proxy", "proxy")

FACTS = {
    "github": ProviderFacts(
        provider="github", title="GitHub", kind="oauth", capabilities=["refresh", "persisted-scopes"]
    ),
    "google": ProviderFacts(provider="google", title="Google", kind="oauth", capabilities=["refresh", "refresh-grant"]),
    "okta": ProviderFacts(provider="okta", title="Okta", kind="oauth", capabilities=["refresh"]),
    "oauth2Proxy": ProviderFacts(provider="oauth2Proxy", title="OAuth2 Proxy", kind="proxy"),
}


def target(*providers: Provider, **changes: Any) -> Target:
    """A target with these providers, GitHub if there are none."""
    given: dict[str, Any] = {
        "auth_url": "http://localhost:7007/api/auth",
        "app_origin": "http://localhost:3000",
        "environment": "development",
        "profile": "default",
        "providers": providers or (GITHUB,),
        "idp": {"urls": {"http": "http://127.0.0.1:9000"}, "providers": [], "kit": {"version": "1"}},
        "ca_pem": "",
    }
    return Target(**{**given, **changes})


def scenario(name: str = "sample-scenario", requirement: str = MUST, **changes: Any) -> Scenario:
    """A scenario of one step and one check."""
    given = {
        "scenario": name,
        "title": f"The title of {name}",
        "steps": [{"start": {}, "expect": {requirement: {"status": 200}}}],
        "file": "area/file.yaml",
        "line": 1,
    }
    return Scenario.model_validate({**given, **changes})


def check(requirement: str = MUST, *, holds: bool = True) -> Check:
    return Check(requirement, "status", "302", "500", holds, 1, 4, "because")


def result(verdict: Verdict, *checks: Check, requirements: list[str] | None = None, **changes: Any) -> CaseResult:
    """The result of a case on GitHub that made these checks."""
    asked = requirements or list(dict.fromkeys(one.requirement for one in checks)) or [MUST]
    given: dict[str, Any] = {
        "id": "area/file:sample-scenario[github/development]",
        "scenario": "sample-scenario",
        "title": "The title",
        "file": "area/file.yaml",
        "requirements": asked,
        "provider": "github",
        "vendor": "github",
        "env": "development",
        "verdict": verdict,
        "level": Level.MUST,
        "checks": list(checks),
    }
    return CaseResult(**{**given, **changes})
