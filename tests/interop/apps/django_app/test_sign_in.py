"""Sign-ins by Django's test client, with the fixture ``idp``."""

from __future__ import annotations

import pytest
from app import settings
from django.test import Client, override_settings

from mock_idp.testing import Idp


@pytest.fixture(autouse=True)
def okta(idp: Idp):
    client = idp.client("okta", redirect_uri="http://testserver/callback")
    config = {"client_id": client.id, "client_secret": client.secret, "server_metadata_url": client.discovery_url}
    with override_settings(AUTHLIB_OAUTH_CLIENTS={"okta": config}):
        assert settings.configured
        yield


def test_jane_signs_in(idp: Idp) -> None:
    idp.person(email="jane@example.com")

    page = idp.sign_in("http://testserver/login", app=Client())

    assert (page.json, page.url) == ({"email": "jane@example.com"}, "http://testserver/me")


def test_jane_says_no(idp: Idp) -> None:
    page = idp.sign_in("/login", decision="deny", app=Client())

    assert (page.status, page.json) == (401, {"error": "access_denied"})
