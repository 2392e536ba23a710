"""A backend plugin besides auth: who is asking, and the people it knows, for whoever brings a Backstage token.

In spirit the read API of the catalog. It has nothing of either backend but the address of the key set, so that it
sees a token as any other service does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import requests
import yaml
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

_HEADERS = {"Access-Control-Allow-Headers": "authorization", "Vary": "Origin"}


def create_plugin(issuer: str, app_url: str, catalog_url: str) -> Flask:
    """Make the plugin.

    Params:
        issuer: the auth plugin whose tokens count, as `iss` names it.
        app_url: the one origin whose scripts may ask (FE-77).
        catalog_url: entities, as YAML documents.
    """
    plugin = Flask(__name__)
    keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json")
    entities = {
        f"{entity['kind']}:default/{entity['metadata']['name']}".lower(): entity
        for entity in yaml.safe_load_all(requests.get(catalog_url, timeout=10).content)
    }

    def claims() -> dict[str, Any]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise jwt.InvalidTokenError("Missing credentials")
        key = keys.get_signing_key_from_jwt(token)
        # As Backstage's own services ask: algorithm, type and audience, besides issuer and expiry.
        if key.algorithm_name != "ES256" or jwt.get_unverified_header(token).get("typ") != "vnd.backstage.user":
            raise jwt.InvalidTokenError("Not a token of a Backstage user")
        verified: dict[str, Any] = jwt.decode(token, key, ["ES256"], audience="backstage", issuer=issuer)
        return verified

    @plugin.get("/api/people/me")
    def me() -> dict[str, Any]:
        return {"sub": claims()["sub"]}

    @plugin.get("/api/people/entities/by-name/<kind>/<namespace>/<name>")
    def by_name(kind: str, namespace: str, name: str) -> Any:
        claims()
        return entities.get(f"{kind}:{namespace}/{name}") or (jsonify(error={"name": "NotFoundError"}), 404)

    @plugin.errorhandler(jwt.PyJWTError)
    def refuse(error: jwt.PyJWTError) -> tuple[Response, int]:
        return jsonify(error={"name": "AuthenticationError", "message": str(error)}), 401

    @plugin.after_request
    def allow_the_app(response: Response) -> Response:
        if request.headers.get("Origin") == app_url:
            response.headers.update({"Access-Control-Allow-Origin": app_url, **_HEADERS})
        return response

    return plugin


@contextmanager
def running_plugin(issuer: str, app_url: str, catalog_url: str) -> Iterator[str]:
    """Run the plugin on a free port for as long as the block lasts; gives its base URL."""
    server = make_server("127.0.0.1", 0, create_plugin(issuer, app_url, catalog_url), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/api/people"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
