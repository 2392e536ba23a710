"""The front: who may pass, its own pages, and the listener."""

import logging
from asyncio import StreamReader, StreamWriter
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

import h11

from mock_idp.front import rules
from mock_idp.front.minting import Mint, MintingError, Who
from mock_idp.front.pages import SIGN_IN_PATH, page
from mock_idp.front.upstream import Listener, Upstream, UpstreamError, relay
from mock_idp.front.visit import Visit, origin_of
from mock_idp.hosts import cannot_be_registered
from mock_idp.people import Person
from mock_idp.personas import SHOWN
from mock_idp.proxies import proxies
from mock_idp.proxies.base import AuthProxy
from mock_idp.server.http_stream import HttpStream
from mock_idp.server.listeners import listen, reachable
from mock_idp.server.loop_thread import LoopThread
from mock_idp.server.startable import Startable
from mock_idp.server.tls import reset
from mock_idp.settings import DEFAULT_HOST, FRONT_FORM_BYTES, FRONT_HEADER_BYTES, FRONT_HEADERS_SECONDS, FRONT_PREFIX
from mock_idp.web.writing import PAGE_HEADERS

log = logging.getLogger(__name__)

_TEXT = ("Content-Type", "text/plain; charset=utf-8")
_HTML = ("Content-Type", "text/html; charset=utf-8")

Lines = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FrontSetup:
    """What a front is told at its start.

    Parameters:
        proxy: the auth proxy that it is.
        provider: the provider id that the headers are for; one of the proxy's variants.
        upstream: the backend behind it.
        idp_url: plain address of the running mock IdP.
        host: address to listen on.
        port: TCP port, 0 for a free one.
        persona: who is signed in without a question; None shows a page to choose.
        app_url: base URL of a frontend that is served elsewhere, for instance on a port of its own; empty if
            the upstream serves it.
    """

    proxy: AuthProxy
    provider: str
    upstream: Upstream
    idp_url: str
    host: str
    port: int
    persona: Person | None = None
    app_url: str = ""

    @property
    def app_origin(self) -> str:
        """Whose scripts may ask; empty if the frontend needs no leave."""
        return origin_of(self.app_url) if self.app_url else ""


class AuthProxyServer(Startable):
    """An auth proxy in front of a backend.

    Parameters:
        setup: what it is told.
    """

    def __init__(self, setup: FrontSetup) -> None:
        self._setup = setup
        self._owned = rules.owned_by(proxy.header_spec for proxy in proxies().values())
        self._cookies = rules.owned_by([setup.proxy.header_spec]).cookies
        self._mint = Mint(setup.idp_url, setup.proxy.id, setup.provider, FRONT_HEADERS_SECONDS)
        self._people = Who(setup.idp_url)
        self.url = ""
        """Where it listens, without trailing slash, once it is started."""

    def open(self, running: ExitStack) -> None:
        """Open the port."""
        listener = running.enter_context(listen(self._setup.host, self._setup.port, "the front", "--port"))
        host, port = reachable(listener.getsockname()[:2])
        # Browsers take localhost and 127.0.0.1 for two sites, and an app that is developed is at localhost.
        name = "localhost" if host == DEFAULT_HOST else f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{port}"
        loop = LoopThread({listener: self._serve})
        loop.start()
        running.callback(loop.stop)

    # --- connections ------------------------------------------------------------------------------

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        stream = HttpStream(h11.SERVER, reader, writer, FRONT_HEADER_BYTES)
        try:
            while await self._serve_request(stream):
                stream.http.start_next_cycle()
            if stream.http.our_state is not h11.SWITCHED_PROTOCOL:
                await stream.farewell()
        except (OSError, h11.ProtocolError):
            # Whatever was begun is not complete, and the client must be able to tell.
            reset(writer)

    async def _serve_request(self, stream: HttpStream) -> bool:
        """Serve the next request of a connection; False if it was the last one."""
        try:
            request = await stream.receive()
        except h11.RemoteProtocolError as error:
            with suppress(h11.LocalProtocolError):
                await stream.answer(error.error_status_hint, [_TEXT], f"No HTTP request: {error}.\n".encode())
            return False
        if not isinstance(request, h11.Request):
            return False
        await self._answer(stream, request)
        return stream.http.our_state is h11.DONE and stream.http.their_state is h11.DONE

    async def _answer(self, stream: HttpStream, request: h11.Request) -> None:
        visit = Visit.of(request)
        if not visit.target.startswith("/"):
            await self._fail(stream, visit, 400, "This is a website, not a forward proxy.")
        elif not self._is_trusted(visit):
            await self._fail(stream, visit, 421, "This proxy is not known by that host name; use localhost.")
        elif visit.path == SIGN_IN_PATH:
            await self._sign_in(stream, visit)
        elif visit.path.startswith(f"{FRONT_PREFIX}/"):
            await self._fail(stream, visit, 404, "The mock has no such page.")
        elif self._is_sign_out(visit):
            await self._sign_out(stream, visit)
        else:
            await self._pass(stream, visit, request)

    def _is_trusted(self, visit: Visit) -> bool:
        name = visit.host_name
        return cannot_be_registered(name) or name == self._setup.host.lower()

    # --- people -----------------------------------------------------------------------------------

    async def _who(self, visit: Visit) -> Person | None:
        if self._setup.persona is not None:
            return self._setup.persona
        return await self._people.find(
            rules.cookies_of(visit.fields).get(self._setup.proxy.header_spec.session_cookie, "")
        )

    async def _pass(self, stream: HttpStream, visit: Visit, request: h11.Request) -> None:
        who = await self._who(visit)
        if who is None and not self._may_be_nobodys(visit):
            await self._ask_who(stream, visit)
            return
        if self._setup.app_url and visit.wants_page and visit.path == "/":
            # A backend without the frontend has nothing to show there.
            await stream.answer(302, [("Location", self._setup.app_url), ("Cache-Control", "no-store")], b"")
            return
        try:
            minted = await self._mint.headers(who.id) if who else []
            client: str = stream.writer.get_extra_info("peername")[0]
            fields = rules.to_upstream(visit.fields, self._owned, minted, client, visit.host)
            tell = self._turned_away(who) if who and self._is_sign_in(visit) else None
            await relay(stream, request, fields, self._setup.upstream, tell)
        except (MintingError, UpstreamError) as error:
            await self._fail(stream, visit, 502, str(error))

    def _is_sign_in(self, visit: Visit) -> bool:
        """Whether the frontend asks who is signed in (FE-65)."""
        return visit.path.endswith(f"/{self._setup.provider}/refresh")

    def _turned_away(self, who: Person) -> Listener:
        """Say why a person is not signed in, where the frontend has no more than a status for it (FE-68)."""

        def tell(status: int, body: bytes) -> None:
            if status >= 400:
                reason = rules.error_message(body) or "its log says why"
                log.warning("%s (%s) is not signed in: the backend answered %s, %s", who.name, who.id, status, reason)

        return tell

    def _may_be_nobodys(self, visit: Visit) -> bool:
        """Whether a request may reach the backend without an identity.

        The frontend sends cookies to another origin when it signs in (FE-65) and not when it calls plugins: there it
        sends the Backstage token (FE-77), which says to the backend who it is.
        """
        is_the_apps = bool(self._setup.app_origin) and visit.origin == self._setup.app_origin
        return visit.is_preflight or (is_the_apps and visit.has_bearer_token)

    async def _ask_who(self, stream: HttpStream, visit: Visit) -> None:
        """A person gets the page; a script gets a plain no, for which the page would be no answer (FE-68)."""
        if visit.wants_page:
            query = urlencode({"to": visit.target})
            await stream.answer(302, [("Location", f"{SIGN_IN_PATH}?{query}"), ("Cache-Control", "no-store")], b"")
            return
        challenge = ("WWW-Authenticate", f'Cookie cookie-name="{self._setup.proxy.header_spec.session_cookie}"')
        sentence = f"No user is signed in; open {self.url} in this browser first."
        await self._fail(stream, visit, 401, sentence, [challenge, *self._readable_by_the_app(visit)])

    def _readable_by_the_app(self, visit: Visit) -> Lines:
        """Let the frontend's scripts see the answer, which they would take for a broken network otherwise."""
        if not self._setup.app_origin or visit.origin != self._setup.app_origin:
            return []
        names = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Vary")
        return list(zip(names, (self._setup.app_origin, "true", "Origin"), strict=True))

    async def _sign_in(self, stream: HttpStream, visit: Visit) -> None:
        if visit.method != "POST":
            to = self._landing(visit, visit.parameter("to"))
            own = list((await self._people.own()).values())
            shown = {"people": own, "personas": list(SHOWN.values()), "upstream": self._upstream, "to": to}
            await self._show(stream, 200, page("sign_in", proxy=self._setup.proxy, **shown))
            return
        form = parse_qs(await _read_form(stream))
        persona = await self._people.find(form.get("persona", [""])[0])
        if persona is None:
            await self._fail(stream, visit, 400, "Choose one of the personas.")
            return
        cookie = f"{self._setup.proxy.header_spec.session_cookie}={persona.id}; Path=/; HttpOnly; SameSite=Lax"
        to = self._landing(visit, form.get("to", ["/"])[0])
        await stream.answer(303, [("Location", to), ("Set-Cookie", cookie), ("Cache-Control", "no-store")], b"")

    def _landing(self, visit: Visit, address: str) -> str:
        """Where a person goes on: at the frontend, if it is elsewhere and nothing of this host was wanted."""
        if not self._setup.app_url:
            return visit.local(address)
        if address.isprintable() and origin_of(address) == self._setup.app_origin:
            return address
        to = visit.local(address)
        return self._setup.app_url if to == "/" else to

    def _is_sign_out(self, visit: Visit) -> bool:
        header_spec = self._setup.proxy.header_spec
        by_path = bool(header_spec.sign_out_path) and visit.path == header_spec.sign_out_path
        return by_path or (bool(header_spec.sign_out_query[0]) and header_spec.sign_out_query in visit.query)

    async def _sign_out(self, stream: HttpStream, visit: Visit) -> None:
        header_spec = self._setup.proxy.header_spec
        sent = [name for name in rules.cookies_of(visit.fields) if name.encode("latin-1") in self._cookies]
        names = dict.fromkeys([header_spec.session_cookie, *sent])
        lines = [("Set-Cookie", f"{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax") for name in names]
        if visit.path != header_spec.sign_out_path:
            to = visit.without(header_spec.sign_out_query[0])
        else:
            wanted = visit.parameter(header_spec.return_to)
            to = self._landing(visit, wanted) if wanted else ""
        if to:
            await stream.answer(302, [("Location", to), ("Cache-Control", "no-store"), *lines], b"")
            return
        shown = page("signed_out", proxy=self._setup.proxy, persona=self._setup.persona)
        await self._show(stream, 200, shown, lines)

    # --- answers of the front's own ---------------------------------------------------------------

    @property
    def _upstream(self) -> str:
        return self._setup.upstream.url

    async def _show(self, stream: HttpStream, status: int, body: bytes, lines: Lines | None = None) -> None:
        await stream.answer(status, [_HTML, *PAGE_HEADERS, *(lines or [])], body)

    async def _fail(
        self, stream: HttpStream, visit: Visit, status: int, sentence: str, lines: Lines | None = None
    ) -> None:
        if visit.wants_page:
            await self._show(stream, status, page("failed", sentence=sentence, upstream=self._upstream), lines)
        else:
            await stream.answer(status, [_TEXT, *(lines or [])], f"{sentence}\n".encode())


async def _read_form(stream: HttpStream) -> str:
    """Read a form's body.

    Raises:
        ConnectionError: it is too large to be the front's own form.
        h11.RemoteProtocolError: it is not complete.
    """
    body = b""
    while isinstance(event := await stream.receive(), h11.Data):
        body += event.data
        if len(body) > FRONT_FORM_BYTES:
            raise ConnectionAbortedError("the form is too large")
    return body.decode("latin-1")
