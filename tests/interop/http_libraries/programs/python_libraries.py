"""One request by one library, as its documentation shows it: ``python_libraries.py LIBRARY URL [helped]``.

``helped`` adds what the page docs/http-libraries.md says, and nothing else.
"""

from __future__ import annotations

import asyncio
import io
import os
import sys
import urllib.request
from collections.abc import Callable

import aiohttp
import httpx
import pycurl
import requests
import urllib3

SECONDS = 20


def by_requests(url: str, *, helped: bool) -> str:
    return requests.get(url, timeout=SECONDS).text


def by_httpx(url: str, *, helped: bool) -> str:
    return httpx.get(url, timeout=SECONDS).text


def by_urllib(url: str, *, helped: bool) -> str:
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:
        return str(answer.read().decode())


def by_urllib3(url: str, *, helped: bool) -> str:
    proxy = os.environ["HTTPS_PROXY"]
    pool = urllib3.ProxyManager(proxy) if helped else urllib3.PoolManager()
    return pool.request("GET", url, timeout=SECONDS, retries=False).data.decode()


def by_aiohttp(url: str, *, helped: bool) -> str:
    async def ask() -> str:
        limit = aiohttp.ClientTimeout(SECONDS)
        async with aiohttp.ClientSession(trust_env=helped, timeout=limit) as session, session.get(url) as answer:
            return await answer.text()

    return asyncio.run(ask())


def by_httplib2_alone(url: str, *, helped: bool) -> str:
    if not helped:
        sys.modules["socks"] = None  # type: ignore[assignment] # as if PySocks were not installed
    return by_httplib2(url, helped=helped)


def by_httplib2(url: str, *, helped: bool) -> str:
    import httplib2  # noqa: PLC0415 - it looks for PySocks when it is imported

    ca_file = os.environ["SSL_CERT_FILE"] if helped else None
    _, content = httplib2.Http(ca_certs=ca_file, timeout=SECONDS).request(url)
    return str(content.decode())


def by_libcurl(url: str, *, helped: bool) -> str:
    body, curl = io.BytesIO(), pycurl.Curl()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.WRITEDATA, body)
    curl.setopt(pycurl.TIMEOUT, SECONDS)
    if helped:
        curl.setopt(pycurl.CAINFO, os.environ["SSL_CERT_FILE"])
    curl.perform()
    return body.getvalue().decode()


LIBRARIES: dict[str, Callable[..., str]] = {
    "requests": by_requests,
    "httpx": by_httpx,
    "urllib.request": by_urllib,
    "urllib3": by_urllib3,
    "aiohttp": by_aiohttp,
    "httplib2": by_httplib2_alone,
    "httplib2 with PySocks": by_httplib2,
    "libcurl (PycURL)": by_libcurl,
}

if __name__ == "__main__":
    library, address, *further = sys.argv[1:]
    print(LIBRARIES[library](address, helped="helped" in further))
