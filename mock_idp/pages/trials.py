"""A vendor's page, and trying a sign-in there with the mock's own client: every step stands in the journal."""

from collections import OrderedDict
from threading import Lock

from flask import Flask, Response, redirect, request
from werkzeug.test import EnvironBuilder, run_wsgi_app

from mock_idp.acceptance import acceptance
from mock_idp.demo_client import Asked, Trial, begin, kinds, profile_request, token_request
from mock_idp.emulation import Emulation
from mock_idp.idp import Idp
from mock_idp.journal import Filter
from mock_idp.oauth.model import Answer, Encoding, Page
from mock_idp.pages.journal import cards_of
from mock_idp.pages.rendering import page
from mock_idp.server.transport import ENVIRON_KEY, Connection
from mock_idp.settings import CONTROL_PREFIX, MOST_TRIALS
from mock_idp.vendors.base import Vendor
from mock_idp.vendors.oauth_vendor import OAuthVendor
from mock_idp.web.writing import to_response

_SEE_OTHER = 303


class Trials:
    """Sign-ins that wait for the browser to come back; may be shared by threads.

    Parameters:
        app: answers the client's own requests.
        idp: the mock.
    """

    def __init__(self, app: Flask, idp: Idp) -> None:
        self._app = app
        self._idp = idp
        self._waiting: OrderedDict[str, Trial] = OrderedDict()
        self._lock = Lock()

    def vendor_page(self, vendor_id: str) -> Response:
        """``GET /__idp/vendors/ID.html``: what there is to know about a vendor, and a form to try it."""
        known = {**self._idp.vendors, **self._idp.proxies}
        emulation = known.get(vendor_id)
        if emulation is None:
            return _mistake(f"There is no vendor {vendor_id!r:.80}; there are {', '.join(known)}.", 404)
        state = request.args.get("state", "")
        return page(
            "vendor",
            "journal",
            vendor=emulation,
            accent=emulation.accent if isinstance(emulation, Vendor) else Vendor.accent,
            addresses=_addresses(emulation),
            kinds=kinds(emulation) if isinstance(emulation, Vendor) else (),
            scope=_scope(emulation),
            asks_scopes=isinstance(emulation, OAuthVendor),
            accepts=acceptance(emulation),
            cards=cards_of(self._idp, Filter(state=state)) if state else (),
            state=state,
        )

    def begin(self, vendor_id: str) -> Response:
        """``POST /__idp/try/ID``: send the browser to the vendor."""
        vendor = self._idp.vendors.get(vendor_id)
        if vendor is None:
            return _mistake(f"There is no vendor {vendor_id!r:.80}; there are {', '.join(self._idp.vendors)}.", 404)
        kind = request.form.get("client", kinds(vendor)[0])
        if kind not in kinds(vendor):
            return _mistake(f"The client is {' or '.join(kinds(vendor))} at {vendor.title}, not {kind!r:.80}.", 400)
        base_url = f"{request.host_url}{vendor.id}"
        back = f"{request.host_url.rstrip('/')}{CONTROL_PREFIX}/try/{vendor.id}/callback"
        service = self._idp.services.by_id[vendor.id]
        scope = request.form.get("scope", _scope(vendor))
        trial = begin(service, kind, scope, base_url, back, self._idp.randomness.text)
        with self._lock:
            self._waiting[trial.state] = trial
            if len(self._waiting) > MOST_TRIALS:
                self._waiting.popitem(last=False)
        return redirect(base_url + trial.url, _SEE_OTHER)  # type: ignore[return-value]

    def come_back(self, vendor_id: str) -> Response:
        """The redirect URI: ask for tokens and the profile, and show what happened."""
        told = request.values
        with self._lock:
            trial = self._waiting.pop(told.get("state") or told.get("RelayState") or "", None)
        vendor = self._idp.vendors.get(vendor_id)
        if trial is None or vendor is None or trial.vendor != vendor_id:
            return _mistake("This sign-in was not begun here, or it came back before; try another one.", 400)
        if "code" in told and isinstance(vendor, OAuthVendor):
            answer = self._ask(vendor, token_request(vendor, trial, told["code"]))
            asked = profile_request(vendor, answer)
            if asked is not None:
                self._ask(vendor, asked)
        where = f"{CONTROL_PREFIX}/vendors/{vendor_id}.html?state={trial.state}#tried"
        return redirect(where, _SEE_OTHER)  # type: ignore[return-value]

    def _ask(self, vendor: Vendor, asked: Asked) -> bytes:
        """Send a request of the client's to the mock itself, without a socket; empty if no answer would come."""
        builder = EnvironBuilder(
            f"/{vendor.id}{asked.path}",
            base_url=request.host_url,
            method=asked.method,
            headers=list(asked.headers.items()),
            data=dict(asked.form) or None,
        )
        environ = builder.get_environ()
        environ[ENVIRON_KEY] = connection = Connection()
        body, _, _ = run_wsgi_app(self._app, environ)
        answer = b"".join(body)
        return answer if connection.ordered is None else b""


def _scope(emulation: Emulation) -> str:
    if not isinstance(emulation, OAuthVendor):
        return ""
    return emulation.policy.scope_separators[0].join(emulation.usual_scopes)


def _addresses(emulation: Emulation) -> list[tuple[str, str, bool]]:
    """What an address is for, its path by the mock's own name, and whether a browser can read it."""
    readable = {
        str(route.endpoint) for route in emulation.routes if route.method == "GET" and route.endpoint in _READABLE
    }
    paths = emulation.usual_paths().items()
    return [(name, f"/{emulation.id}{path}", name in readable) for name, path in paths]


_READABLE = ("discovery", "jwks")


def _mistake(sentence: str, status: int) -> Response:
    return to_response(Answer(status, Page("mistake", {"sentence": sentence}), Encoding.HTML))
