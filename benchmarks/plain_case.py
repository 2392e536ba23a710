"""A sign-in at a running backend by pytest and httpcore alone: what a case of the suite is compared with."""

import os
import re
from urllib.parse import urlencode, urljoin

import httpcore

URL = os.environ.get("BENCHMARK_TARGET", "")


def test_sign_in() -> None:
    """Start, vendor, frame."""
    cookies: dict[str, str] = {}
    url = f"{URL}/oidc/start?env=development&origin=http://localhost:3000&flow=popup"
    with httpcore.ConnectionPool() as pool:
        for _ in range(3):
            pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
            answer = pool.request("GET", url, headers=[("Cookie", pairs)])
            if asked := re.search(rb'name="request" value="([^"]+)"', answer.content):
                scopes = [("scope", one) for one in re.findall(rb'name="scope" value="([^"]+)"', answer.content)]
                chosen = [("request", asked[1]), ("persona", "plain"), ("decision", "allow"), *scopes]
                form = urlencode(chosen).encode()
                headers = [("Content-Type", "application/x-www-form-urlencoded")]
                answer = pool.request("POST", urljoin(url, "/__idp/consent"), headers=headers, content=form)
            for name, value in answer.headers:
                if name.lower() == b"set-cookie":
                    key, _, text = value.decode().partition(";")[0].partition("=")
                    cookies[key] = text
                if name.lower() == b"location":
                    url = urljoin(url, value.decode())
    if answer.status != 200 or b"backstageIdentity" not in answer.content:
        raise AssertionError(answer.content)
