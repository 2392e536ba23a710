"""Puts the application together."""

import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from reference_backend import store as store_module
from reference_backend.authorization_server import server as authorization_server
from reference_backend.authorization_server.documents import DocumentReader
from reference_backend.config import authorization_server as authorization_server_settings
from reference_backend.config import external_access
from reference_backend.config import settings as settings_module
from reference_backend.config.model import Config
from reference_backend.config.settings import Settings
from reference_backend.protocol import routes
from reference_backend.protocol.authorization_server.oidc_error import OidcError
from reference_backend.protocol.errors import AuthError
from reference_backend.sign_in.catalog import Catalog
from reference_backend.sign_in.context import ResolverContext
from reference_backend.store import Store
from reference_backend.surroundings import Surroundings
from reference_backend.tokens import key_store as key_store_module
from reference_backend.tokens import keys
from reference_backend.tokens.issuer import KeyRing, RotatingKeys, StaticKeys, TokenIssuer
from reference_backend.tokens.key_store import StaticKeyStore
from reference_backend.tokens.verify import TokenVerifier
from reference_backend.upstream import Upstream
from reference_backend.web import assembly, bodies, cors, incoming, outgoing, rate_limit, representation, routing
from reference_backend.web import backend as backend_module
from reference_backend.web import security_headers as security
from reference_backend.web.authorization_server import answers as oidc_answers
from reference_backend.web.backend import Backend

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def create_app(
    config: Config,
    *,
    development: bool = False,
    extra_providers: Mapping[str, str] | None = None,
    store: Store | None = None,
    clock: Callable[[], float] = time.time,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> Flask:
    """Create the WSGI application.

    Parameters:
        config: the app-config.
        development: behave as with ``NODE_ENV=development``.
        extra_providers: vendor by provider id, besides ``authConformance.providers``.
        store: database; opened from the configuration by default.
        clock: seconds since the epoch.
        random_bytes: so many unpredictable bytes.

    Raises:
        ConfigError: the configuration is wrong.
        StoreError: the database cannot be used.
    """
    settings = settings_module.read(config, development)
    built = build_backend(config, settings, extra_providers or {}, store, clock, random_bytes)
    app = Flask(__name__, static_folder=None)
    app.extensions[backend_module.EXTENSION] = built
    app.url_map.merge_slashes = False
    app.register_blueprint(routing.blueprint(built.authorization_server.settings))
    app.register_error_handler(OidcError, oidc_answers.error)
    app.register_error_handler(AuthError, routing.protocol_error)
    app.register_error_handler(NotFound, routing.not_found)
    app.register_error_handler(MethodNotAllowed, routing.method_not_allowed)
    app.register_error_handler(Exception, routing.internal_error)
    _add_edges(app, config)
    app.wsgi_app = canonical_path(app.wsgi_app)  # type: ignore[assignment,method-assign]
    return app


def build_backend(
    config: Config,
    settings: Settings,
    extra_providers: Mapping[str, str],
    store: Store | None,
    clock: Callable[[], float],
    random_bytes: Callable[[int], bytes],
) -> Backend:
    """Build everything that requests need."""
    upstream = Upstream(settings.upstream_timeout)
    surroundings = Surroundings(upstream, clock, random_bytes, os.environ, settings.development)
    # Mistakes in the configuration are reported before a database is touched.
    providers = assembly.assemble(config, settings, surroundings, extra_providers)
    server_settings = authorization_server_settings.read(config, settings.auth_base)
    external = external_access.read(config)
    catalog = Catalog(config, upstream, clock)
    used_store = store or store_module.open_store(config)
    issuer = TokenIssuer(
        settings.auth_base,
        key_ring(config, settings, used_store, clock),
        settings.token_ttl,
        settings.omit_ownership,
        clock,
    )
    return Backend(
        settings=settings,
        providers=providers,
        context=ResolverContext(catalog, issuer, used_store, clock),
        issuer=issuer,
        verifier=TokenVerifier(settings.auth_base, issuer.public_keys, clock, external),
        store=used_store,
        authorization_server=authorization_server.build(
            server_settings,
            DocumentReader(server_settings.documents, settings.auth_base, development=settings.development),
            used_store,
            catalog,
            issuer,
            clock,
            random_bytes,
        ),
        clock=clock,
        random_bytes=random_bytes,
    )


def key_ring(config: Config, settings: Settings, store: Store, clock: Callable[[], float]) -> KeyRing:
    """The keys of ``auth.keyStore``: static ones as they are, others rotating (KEY-06, TOKEN-10)."""
    key_store = key_store_module.open_key_store(config, store)
    if isinstance(key_store, StaticKeyStore):
        return StaticKeys(key_store)
    keys.require_known_algorithm(settings.algorithm)
    return RotatingKeys(key_store, settings.algorithm, settings.token_ttl, clock)


def _add_edges(app: Flask, config: Config) -> None:
    """What happens before and after every route."""
    policy = cors.read(config)
    headers = security.read(config)
    limits = rate_limit.read(config, app.extensions[backend_module.EXTENSION].clock)

    def before() -> Response | None:
        answer = cors.preflight(policy, request) or rate_limit.check(limits, request)
        if answer is None and request.path.startswith(f"{routes.MOUNT}/"):
            bodies.read(request)
        return answer

    def after(response: Response) -> Response:
        outgoing.write_cookies(response)
        security.write(response, headers)
        rate_limit.write(response)
        representation.write(response, request)
        cors.write(response, policy, request)
        return response

    app.before_request(before)
    app.after_request(after)


def canonical_path(inner: Wsgi) -> Wsgi:
    """Route by the canonical path and keep the raw one for messages (GEN-05, GEN-14)."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raw = environ.get("REQUEST_URI") or environ["PATH_INFO"]
        raw = raw if raw.startswith("/") else "/" + raw.partition("://")[2].partition("/")[2]
        environ[incoming.RAW_URL] = raw
        environ["PATH_INFO"] = routes.canonical(raw.partition("?")[0])
        return inner(environ, start_response)

    return call
