"""The smallest Backstage app: a page that opens the sign-in popup, and one behind an auth proxy, that just asks.

Both show what they are told.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html>
<title>App</title>
<button id="sign-in">Sign in</button>
<pre id="outcome"></pre>
<script>
  const query = new URLSearchParams(location.search);
  document.getElementById('sign-in').onclick = () => {
    const start = new URL(query.get('auth') + '/' + query.get('provider') + '/start');
    start.search = new URLSearchParams({scope: query.get('scope') || '', origin: location.origin, flow: 'popup',
      env: query.get('env')});
    const popup = window.open(start, 'login', 'width=600,height=800');
    window.addEventListener('message', event => {
      if (event.source === popup && event.data.type === 'authorization_response') {
        document.getElementById('outcome').textContent = JSON.stringify(event.data);
      }
    });
  };
</script>
"""

PROXIED_PAGE = """<!doctype html>
<title>App behind a proxy</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 44rem; color: #1f2937; }
  main { border: 1px solid #cbd5e1; border-radius: 12px; padding: 1.5rem 2rem; }
  h1 { font-size: 1.4rem; margin: 0 0 .8rem; } dt { color: #64748b; } dd { margin: 0 0 .6rem; }
  dd { font-family: ui-monospace, Menlo, monospace; font-size: .9rem; overflow-wrap: anywhere; }
</style>
<main><h1 id="who">Signing in …</h1><dl id="identity"></dl></main>
<pre id="outcome" hidden></pre>
<script>
  const query = new URLSearchParams(location.search);
  // As the frontend's proxied sign-in asks (FE-65).
  const address = query.get('auth') + '/' + query.get('provider') + '/refresh';
  const headers = {...JSON.parse(query.get('headers') || '{}'), 'X-Requested-With': 'XMLHttpRequest'};
  fetch(address, {credentials: 'include', headers}).then(async answer => {
    const session = await answer.json();
    const identity = session.backstageIdentity?.identity || {};
    document.getElementById('who').textContent = 'Signed in as ' + identity.userEntityRef;
    const shown = {
      'asked': address, 'profile.email': session.profile?.email, 'userEntityRef': identity.userEntityRef,
      'ownershipEntityRefs': (identity.ownershipEntityRefs || []).join(', '),
      'token': (session.backstageIdentity?.token || '').slice(0, 60) + '…',
    };
    for (const [name, value] of Object.entries(shown)) {
      const list = document.getElementById('identity');
      list.append(Object.assign(document.createElement('dt'), {textContent: name}));
      list.append(Object.assign(document.createElement('dd'), {textContent: value}));
    }
    document.getElementById('outcome').textContent = JSON.stringify({status: answer.status, session});
  }, failure => {
    document.getElementById('who').textContent = 'You do not appear to be signed in.';
    document.getElementById('outcome').textContent = JSON.stringify({failure: String(failure)});
  });
</script>
"""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = (PROXIED_PAGE if self.path.startswith("/proxied") else PAGE).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


@contextmanager
def running_app() -> Iterator[str]:
    """Serve the page on a free port; gives the app's base URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
