"""django-allauth in Django: https://docs.allauth.org/en/latest/socialaccount/providers/."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import django
import requests
from django.conf import settings as django_settings

APP = "allauth.socialaccount.providers."
PROVIDERS = {"bitbucket": "bitbucket_oauth2"}
BY_DISCOVERY = "by-discovery"
ORGANIZATION = "harbour"
# Read once, when the provider is imported; that is why there is no GitHub Enterprise beside GitHub here.
ADDRESSES = {"okta": {"OKTA_BASE_URL": "harbour.okta.com"}, "auth0": {"AUTH0_URL": "https://harbour.auth0.com"}}
_NAMES = (
    "atlassian",
    "auth0",
    "bitbucket_oauth2",
    "github",
    "gitlab",
    "google",
    "microsoft",
    "okta",
    "openid_connect",
    "saml",
)
_USUAL = "django.contrib."

urlpatterns: list[Any] = []


# One thread of Django's own: the browser of other tests leaves an event loop in the main one, where Django refuses to
# work, and the database in memory is that of a thread.
_thread = ThreadPoolExecutor(max_workers=1)


def play(act: str, settings: dict[str, Any], visit: Callable[[str], str]) -> dict[str, Any]:
    """Let a person sign in by the pages of allauth, in a browser with cookies."""
    return _thread.submit(_play, act, settings, visit).result()


def _play(act: str, settings: dict[str, Any], visit: Callable[[str], str]) -> dict[str, Any]:
    _start()
    from allauth.socialaccount.models import SocialAccount, SocialToken  # noqa: PLC0415 - after Django is set up
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    get_user_model().objects.all().delete()
    vendor = settings["vendor"]
    by_discovery = settings["client"] == "allauth-openid-connect"
    provider = "openid_connect" if by_discovery else PROVIDERS.get(vendor, vendor)
    app: dict[str, Any] = {"client_id": settings["id"], "secret": settings["secret"], "settings": {}}
    if by_discovery:
        app |= {"provider_id": BY_DISCOVERY, "name": vendor, "settings": {"server_url": settings["issuer"].rstrip("/")}}
    elif vendor == "microsoft":
        app["settings"]["tenant"] = settings["tenant"]
    elif vendor == "gitlab":
        app["settings"]["gitlab_url"] = settings["issuer"]
    elif vendor == "saml":
        app |= {"client_id": ORGANIZATION, "settings": _saml_settings(settings)}
    django_settings.SOCIALACCOUNT_PROVIDERS = {provider: {**ADDRESSES.get(provider, {}), "APPS": [app]}}

    origin = urlsplit(settings["redirectUri"])
    browser = Client(headers={"host": origin.netloc})
    own_paths = {"openid_connect": f"oidc/{BY_DISCOVERY}", "saml": f"saml/{ORGANIZATION}"}
    login = f"/accounts/{own_paths.get(provider, provider)}/login/"
    asked = browser.post(login)
    if asked.status_code != 302:
        raise RuntimeError(f"no redirect: {asked.status_code} {asked.content[:300]!r}")
    session = dict(browser.session)
    callback = visit(asked.headers["Location"])
    if vendor == "saml":
        _post(browser, origin.path, json.loads(callback))
    else:
        _finish(browser, callback)
    if act == "replayed-code":
        kept = browser.session
        kept.update(session)
        kept.save()
        _finish(browser, callback)
    account = SocialAccount.objects.get()
    token = SocialToken.objects.filter(account=account).first()
    return {
        "accessToken": token.token if token else "kept nowhere",
        "profile": json.loads(json.dumps(account.extra_data)) | {"user": str(account.user)},
    }


def _saml_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """What https://docs.allauth.org/en/latest/socialaccount/providers/saml.html shows."""
    metadata = f"{settings['issuer']}/metadata"
    entity_id = re.search(r'entityID="([^"]+)"', requests.get(metadata, timeout=10).text)
    assert entity_id
    return {
        "idp": {"entity_id": entity_id[1], "metadata_url": metadata},
        "sp": {"entity_id": settings["id"]},
        "attribute_mapping": {"uid": "email", "email": "email", "first_name": "displayName"},
    }


def _post(browser: Any, path: str, form: dict[str, str]) -> None:
    answer = browser.post(path, form)
    _finish(browser, answer.headers["Location"])


def _finish(browser: Any, callback: str) -> None:
    address = urlsplit(callback)
    answer = browser.get(f"{address.path}?{address.query}")
    # Its own page for what went wrong, with status 200; whoever is signed in is sent on.
    if answer.status_code != 302 or "error" in answer.headers["Location"]:
        context = answer.context or {}
        raise RuntimeError(f"{answer.status_code} {context.get('auth_error', '')}")


def _start() -> None:
    if django_settings.configured:
        return
    django_settings.configure(
        SECRET_KEY="of this test",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[
            *(f"{_USUAL}{name}" for name in ("auth", "contenttypes", "sessions", "messages")),
            *("allauth", "allauth.account", "allauth.socialaccount"),
            *(APP + name for name in _NAMES),
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        SOCIALACCOUNT_PROVIDERS=ADDRESSES,
        SOCIALACCOUNT_STORE_TOKENS=True,
        SOCIALACCOUNT_EMAIL_AUTHENTICATION=False,
        ACCOUNT_EMAIL_VERIFICATION="none",
        LOGIN_REDIRECT_URL="/",
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.urls import include, path  # noqa: PLC0415

    urlpatterns.append(path("accounts/", include("allauth.urls")))
    importlib.import_module(__name__)
    call_command("migrate", verbosity=0)
