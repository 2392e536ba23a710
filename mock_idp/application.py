"""The Flask application."""

from flask import Flask, Response, redirect, request
from werkzeug.exceptions import HTTPException

from mock_idp.control.api import control
from mock_idp.control.descriptions import describe_providers
from mock_idp.hosts import is_trusted
from mock_idp.idp import Idp
from mock_idp.oauth.model import Answer, Encoding, Page
from mock_idp.pages import consent
from mock_idp.pages.journal import journal_page
from mock_idp.pages.rendering import page, prepare
from mock_idp.pages.trials import Trials
from mock_idp.settings import CONTROL_PREFIX
from mock_idp.setup.reload import Reloader
from mock_idp.web import dispatch
from mock_idp.web.writing import to_response

_MISDIRECTED = 421  # RFC 9110 section 15.5.20
CONSENT_PATH = f"{CONTROL_PREFIX}/consent"


def create_app(idp: Idp, reloader: Reloader | None = None) -> Flask:
    """Make the WSGI application of a mock IdP.

    Parameters:
        idp: what it serves.
        reloader: looks before every request whether its owner's files changed; None if there are none.
    """
    app = Flask(__name__, static_folder=None, template_folder="pages/templates")
    app.config["MAX_CONTENT_LENGTH"] = idp.settings.max_body_bytes
    app.url_map.merge_slashes = False
    prepare(app.jinja_env)
    app.context_processor(
        lambda: {
            "people": list(idp.people.own.values()),
            "personas": [person for person in idp.people.shown.values() if not person.own],
            "consent_path": CONSENT_PATH,
            "control": CONTROL_PREFIX,
            "nobody_came": lambda asked: consent.nobody_came(idp, asked),
            "own_url": idp.listener_info.describe(None)["urls"].get("http", idp.settings.idp_url),
        }
    )
    if reloader is not None:
        app.before_request(reloader.check)
    app.before_request(lambda: _to_service(idp))
    app.register_blueprint(control(idp))
    app.add_url_rule(CONSENT_PATH, "consent", lambda: consent.decide(idp, request), methods=["POST"])
    app.add_url_rule("/", "index", lambda: _index(idp))
    app.add_url_rule(f"{CONTROL_PREFIX}/journal.html", "journal_page", lambda: journal_page(idp))
    trials = Trials(app, idp)
    app.add_url_rule(f"{CONTROL_PREFIX}/vendors/<vendor_id>.html", "vendor_page", trials.vendor_page)
    app.add_url_rule(f"{CONTROL_PREFIX}/try/<vendor_id>", "begin_trial", trials.begin, methods=["POST"])
    app.add_url_rule(
        f"{CONTROL_PREFIX}/try/<vendor_id>/callback", "end_trial", trials.come_back, methods=["GET", "POST"]
    )
    app.add_url_rule(CONTROL_PREFIX, "no_slash", lambda: redirect(f"{CONTROL_PREFIX}/"))
    app.register_error_handler(HTTPException, _http_error)
    return app


def _to_service(idp: Idp) -> Response | None:
    """Let a service answer, unless the request is for the mock itself."""
    host = dispatch.host_name(request)
    # The consent form is sent to the host that served the page, which may be a vendor's own.
    destination = None if request.path == CONSENT_PATH else dispatch.find_destination(idp, request, host)
    if destination:
        return dispatch.answer(idp, request, destination)
    if not is_trusted(host, idp.settings.host, idp.host_patterns):
        sentence = "This mock IdP is not known by that host name; use the address it listens on."
        return to_response(Answer(_MISDIRECTED, {"error": sentence}))
    return None


def _index(idp: Idp) -> Response:
    return page("index", idp=idp, providers=describe_providers(idp))


def _http_error(error: HTTPException) -> Response:
    """Answer what Flask refuses itself, for people and machines alike."""
    status = error.code or 500
    sentence = f"{error.name}: {error.description}"
    if request.path.startswith(CONTROL_PREFIX) or "json" in request.headers.get("Accept", ""):
        answer = Answer(status, {"error": sentence})
    else:
        answer = Answer(status, Page("mistake", {"sentence": sentence}), Encoding.HTML)
    response = to_response(answer)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(allowed)
    return response
