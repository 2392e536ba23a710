"""A browser and an OpenID provider that face each other over the provider ``oidc``."""

import pytest

from tests.reference_backend.openid.vendor import CLIENT_ID, CLIENT_SECRET, ISSUER, Flow, Vendor


@pytest.fixture
def config(settings):
    own = {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "metadataUrl": ISSUER}
    settings["auth"]["providers"]["oidc"] = {"development": own}
    settings["auth"]["session"] = {"secret": "s3cret"}
    return own


@pytest.fixture
def op(vendor, clock):
    return Vendor(vendor, int(clock.now))


@pytest.fixture
def flow(make, config, op):
    return Flow(make(), op)
