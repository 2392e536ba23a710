"""What a resolver can ask its context for, where no stock resolver asks in that way (CTX, SCOPE-11)."""

from __future__ import annotations

import pytest
import yaml

from reference_backend.config.model import Config
from reference_backend.errors import InputError
from reference_backend.formats import compact_jws, encoding
from reference_backend.http.client import HttpClient
from reference_backend.identity.catalog import Catalog
from reference_backend.identity.key_store import MemoryKeyStore
from reference_backend.identity.resolver_context import ResolverContext, ownership
from reference_backend.identity.token_issuer import RotatingKeys, TokenIssuer
from reference_backend.identity.user_info_store import UserInfoStore
from reference_backend.oauth import provider_cookies
from reference_backend.oauth.provider_cookies import CookieContext

USERS = [
    {"kind": "User", "metadata": {"name": "ada"}, "spec": {"memberOf": ["crew"]}},
    {"kind": "Group", "metadata": {"name": "crew"}, "spec": {"parent": "company"}},
    {"kind": "Group", "metadata": {"name": "company"}, "spec": {"children": ["crew"]}},
]


@pytest.fixture
def context(tmp_path, database, clock):
    file = tmp_path / "catalog.yaml"
    file.write_text(yaml.safe_dump_all(USERS), encoding="utf-8")
    catalog = Catalog(Config({"catalog": {"locations": [{"type": "file", "target": str(file)}]}}), HttpClient(1), clock)
    keys = RotatingKeys(MemoryKeyStore(), "ES256", 3600, clock)
    return ResolverContext(
        catalog, TokenIssuer("http://b.test/api/auth", keys, 3600, False, clock), UserInfoStore(database.engine), clock
    )


@pytest.mark.requirement("CTX-07")
@pytest.mark.parametrize("query", ["user:default/ada", None, {"name": "ada"}])
def test_what_is_no_query(context, query):
    with pytest.raises(InputError, match=r"^Invalid user lookup query$"):
        context.find_user(query)


@pytest.mark.requirement("CTX-10")
def test_groups_of_groups_are_not_owned(context):
    (entity,) = context.catalog.query([{"kind": "user"}])

    assert ownership(entity) == ["user:default/ada", "group:default/crew"]


@pytest.mark.requirement("CTX-12")
def test_a_token_without_catalog_owns_itself_and_carries_more_claims(context, database):
    signed_in = context.issue("user:default/bob", ["user:default/bob"], {"shoe": 42})

    claims = compact_jws.decode_claims(signed_in.token)
    assert (claims["ent"], claims["shoe"]) == (["user:default/bob"], 42)
    assert UserInfoStore(database.engine).get("user:default/bob") == {
        "claims": {"sub": "user:default/bob", "ent": ["user:default/bob"], "shoe": 42}
    }


@pytest.mark.requirement("SCOPE-11")
def test_no_scopes_are_remembered_as_well():
    settings = provider_cookies.settings_for(
        "p", "http://b.test/api/auth/p/handler/frame", "http://app.test", 86_400_000
    )

    *_, cookie = provider_cookies.set_granted_scope(settings, CookieContext({}, 0, "Lax"), "")

    assert (cookie.name, encoding.component(cookie.value), cookie.max_age) == ("p-granted-scope", "", 86_400_000)
