"""A Django application in one file, whose users sign in with the company's Okta, by Authlib."""

from __future__ import annotations

import django
from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.urls import path

settings.configure(
    SECRET_KEY="of this example",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["testserver"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    AUTHLIB_OAUTH_CLIENTS={},
)
django.setup()


def okta() -> OAuth:
    """The client as the settings have it now."""
    return OAuth().register("okta", client_kwargs={"scope": "openid email profile"})


def login(request: HttpRequest) -> HttpResponseRedirect:
    return okta().authorize_redirect(request, request.build_absolute_uri("/callback"))


def callback(request: HttpRequest) -> JsonResponse | HttpResponseRedirect:
    try:
        token = okta().authorize_access_token(request)
    except OAuthError as error:
        return JsonResponse({"error": error.error}, status=401)
    request.session["email"] = token["userinfo"]["email"]
    return HttpResponseRedirect("/me")


def me(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"email": request.session.get("email")})


urlpatterns = [path("login", login), path("callback", callback), path("me", me)]
