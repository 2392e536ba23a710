"""Which modules are mutated: whatever decides about state, cookies, scopes, origins, tokens, resolvers and proxies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.interop.idp_process import ROOT
from tests.mutants.mutation import Mutant, mutants_of

AREAS: dict[str, tuple[str, ...]] = {
    "state": ("protocol.state", "protocol.nonce", "protocol.environments", "protocol.redirect_flow", "protocol.csrf"),
    "cookie": ("protocol.cookies", "protocol.cookie_jar", "protocol.user_cookie"),
    "scope": ("protocol.scopes",),
    "origin": ("protocol.origins", "protocol.glob", "protocol.web_message"),
    "token": ("protocol.user_token", "protocol.bearer", "tokens.issuer", "tokens.verify", "tokens.keys"),
    "resolver": ("sign_in.resolvers", "sign_in.context", "protocol.entity_ref", "protocol.session_response"),
    "proxy": (
        "proxies.assertion",
        "proxies.aws_alb",
        "proxies.azure_easy_auth",
        "proxies.base",
        "proxies.cf_access",
        "proxies.gcp_iap",
        "proxies.guest",
        "proxies.oauth2_proxy",
    ),
}


def modules() -> list[str]:
    """Their dotted names."""
    return [f"reference_backend.{name}" for names in AREAS.values() for name in names]


def area_of(module: str) -> str:
    """The area of a module."""
    short = module.removeprefix("reference_backend.")
    return next(area for area, names in AREAS.items() if short in names)


def all_mutants() -> Iterator[Mutant]:
    """Every mutant of every module."""
    for module in modules():
        yield from mutants_of(module, file_of(module).read_text(encoding="utf-8"))


def file_of(module: str) -> Path:
    """Where a module's text is."""
    return ROOT / f"{module.replace('.', '/')}.py"
