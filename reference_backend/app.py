"""Puts the application together."""

import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import MethodNotAllowed, NotFound

from reference_backend import backend as backend_module
from reference_backend import provider_classes, provider_factory, routing
from reference_backend import settings as settings_module
from reference_backend.authorization_server import features as features_module
from reference_backend.authorization_server import oidc_responses
from reference_backend.authorization_server import routes as server_routes
from reference_backend.authorization_server import server as authorization_server
from reference_backend.authorization_server.document_reader import DocumentReader
from reference_backend.authorization_server.oidc_error import OidcError
from reference_backend.backend import Backend
from reference_backend.config.model import Config
from reference_backend.errors import AuthError
from reference_backend.http import bodies, conditional_gzip, cors, error_response, paths, rate_limit, responses
from reference_backend.http import request as request_module
from reference_backend.http import security_headers as security
from reference_backend.http.client import HttpClient
from reference_backend.http.request import BackendRequest, request
from reference_backend.identity import external_access, keys
from reference_backend.identity import key_store as key_store_module
from reference_backend.identity.catalog import Catalog
from reference_backend.identity.external_access import ExternalToken
from reference_backend.identity.key_store import StaticKeyStore
from reference_backend.identity.resolver_context import ResolverContext
from reference_backend.identity.token_issuer import KeyRing, RotatingKeys, StaticKeys, TokenIssuer
from reference_backend.identity.token_verifier import TokenVerifier
from reference_backend.identity.user_info_store import UserInfoStore
from reference_backend.provider_context import ProviderContext
from reference_backend.settings import Settings
from reference_backend.store import database as database_module
from reference_backend.store.database import Database

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def create_app(
    config: Config,
    *,
    development: bool = False,
    extra_providers: Mapping[str, str] | None = None,
    provider_modules: Sequence[Path] = (),
    database: Database | None = None,
    clock: Callable[[], float] = time.time,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> Flask:
    """Create the WSGI application.

    Parameters:
        config: the app-config.
        development: behave as with ``NODE_ENV=development``.
        extra_providers: vendor by provider id, besides ``authConformance.providers``.
        provider_modules: Python files with providers beside the backend's own.
        database: opened from the configuration by default.
        clock: seconds since the epoch.
        random_bytes: so many unpredictable bytes.

    Raises:
        ConfigError: the configuration is wrong.
        StoreError: the database cannot be used.
    """
    settings = settings_module.read(config, development)
    http = HttpClient(settings.upstream_timeout)
    # Mistakes in the configuration are reported before a database is touched.
    providers = provider_factory.assemble(
        config,
        settings,
        ProviderContext(http, clock, random_bytes, os.environ, development),
        extra_providers or {},
        provider_classes.all_classes(provider_modules),
    )
    features = features_module.read(config, settings.auth_base)
    external = external_access.read(config)
    catalog = Catalog(config, http, clock)
    backend = build_backend(
        config, settings, database or database_module.open_configured(config), catalog, external, clock, random_bytes
    )
    app = Flask(__name__, static_folder=None)
    app.request_class = BackendRequest
    app.config[responses.DEVELOPMENT] = development
    app.config[request_module.SIGNED_COOKIES] = settings.session_secret is not None
    app.extensions[backend_module.EXTENSION] = backend
    app.extensions[routing.EXTENSION] = providers
    app.extensions[server_routes.EXTENSION] = authorization_server.build(
        features,
        DocumentReader(features.documents, settings.auth_base, development=development),
        backend.database.engine,
        catalog,
        backend.issuer,
        clock,
        random_bytes,
    )
    app.url_map.merge_slashes = False
    app.register_blueprint(routing.blueprint(features))
    app.register_error_handler(OidcError, oidc_responses.error)
    app.register_error_handler(AuthError, error_response.render)
    app.register_error_handler(NotFound, routing.not_found)
    app.register_error_handler(MethodNotAllowed, routing.method_not_allowed)
    app.register_error_handler(Exception, routing.internal_error)
    _add_edges(app, config, clock)
    app.wsgi_app = canonical_path(app.wsgi_app)  # type: ignore[assignment,method-assign]
    return app


def build_backend(
    config: Config,
    settings: Settings,
    database: Database,
    catalog: Catalog,
    external: Sequence[ExternalToken],
    clock: Callable[[], float],
    random_bytes: Callable[[int], bytes],
) -> Backend:
    """Build what requests of every kind need."""
    ring = key_ring(config, settings, database, clock)
    issuer = TokenIssuer(settings.auth_base, ring, settings.token_ttl, settings.omit_ownership, clock)
    user_info = UserInfoStore(database.engine)
    return Backend(
        settings=settings,
        context=ResolverContext(catalog, issuer, user_info, clock),
        issuer=issuer,
        verifier=TokenVerifier(settings.auth_base, issuer.public_keys, clock, external),
        database=database,
        user_info=user_info,
        clock=clock,
        random_bytes=random_bytes,
    )


def key_ring(config: Config, settings: Settings, database: Database, clock: Callable[[], float]) -> KeyRing:
    """The keys of ``auth.keyStore``: static ones as they are, others rotating (KEY-06, TOKEN-10)."""
    key_store = key_store_module.open_key_store(config, database.engine)
    if isinstance(key_store, StaticKeyStore):
        return StaticKeys(key_store)
    keys.require_known_algorithm(settings.algorithm)
    return RotatingKeys(key_store, settings.algorithm, settings.token_ttl, clock)


def _add_edges(app: Flask, config: Config, clock: Callable[[], float]) -> None:
    """What happens before and after every route."""
    policy = cors.read(config)
    headers = security.read(config)
    limits = rate_limit.read(config, clock)

    def before() -> Response | None:
        answer = cors.preflight(policy, request) or rate_limit.check(limits, request)
        if answer is None and request.path.startswith(f"{paths.MOUNT}/"):
            request.body = bodies.read(request)
        return answer

    def after(response: Response) -> Response:
        responses.write_cookies(response)
        security.write(response, headers)
        rate_limit.write(response)
        conditional_gzip.write(response, request)
        cors.write(response, policy, request)
        return response

    app.before_request(before)
    app.after_request(after)


def canonical_path(inner: Wsgi) -> Wsgi:
    """Route by the canonical path and keep the raw one for messages (GEN-05, GEN-14)."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raw = environ.get("REQUEST_URI") or environ["PATH_INFO"]
        raw = raw if raw.startswith("/") else "/" + raw.partition("://")[2].partition("/")[2]
        environ[request_module.RAW_URL] = raw
        environ["PATH_INFO"] = paths.canonical(raw.partition("?")[0])
        return inner(environ, start_response)

    return call
