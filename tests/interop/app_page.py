"""The smallest Backstage app: one page that opens the sign-in popup and shows what it is told."""

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


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGE.encode()
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
