"""A mock IdP and a backend, sound or with a seed, to which a seed's proof sends requests.

python -m tests.trials.bench first [SEED …]   every seed bites: its proof sees something else than when it is sound
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from conformance.embedded import free_port
from tests.defects.harness import start_backend
from tests.support.idp_process import running_idp
from tests.trials.seed import TRIALS, Seed, apply, seeds


class Bench:
    """One mock IdP (started once) and one backend.

    Attributes:
        idp: address of the mock's plain listener, control API below ``/__idp``.
        auth: base URL of the backend's auth plugin.
    """

    def __init__(self, idp: str, auth: str, environment: Mapping[str, str]) -> None:
        self.idp, self.auth, self._environment = idp, auth, environment

    def browser(self) -> requests.Session:
        """A browser of its own: cookies, and a way to the mock's host names and to the backend."""
        session = requests.Session()
        session.trust_env = False
        session.proxies = {"https": self._environment["HTTPS_PROXY"]}
        session.verify = self._environment["SSL_CERT_FILE"]
        return session

    def consent(self, browser: requests.Session, url: str, persona: str = "plain", **fields: str) -> requests.Response:
        """Open a vendor's address and decide on its consent page; gives the redirect to the backend, not followed."""
        page = browser.get(url)
        found = re.search(r'name="request" value="([^"]+)"', page.text)
        assert found, f"no consent page: {page.status_code} {page.text[:200]}"
        action = urljoin(page.url, "/__idp/consent")
        form = {"request": found[1], "persona": persona, "decision": "allow", **fields}
        return browser.post(action, data=form, allow_redirects=False)

    def sign_in(
        self, browser: requests.Session, provider: str, persona: str = "plain", **fields: str
    ) -> requests.Response:
        """A whole sign-in in a popup; gives the page that the backend sends to the frontend."""
        start = f"{self.auth}/{provider}/start?env=development"
        location = browser.get(start, allow_redirects=False).headers["Location"]
        back = self.consent(browser, location, persona, **fields)
        return browser.get(back.headers["Location"], allow_redirects=False)


def _prove(trial: str, profile: str, chosen: list[Seed]) -> int:
    """Play every proof against the sound backend and the broken one; gives how many saw no difference."""
    failed = 0
    options = ["--profile", profile]
    with (
        tempfile.TemporaryDirectory() as folder,
        running_idp(Path(folder), f"http://localhost:{free_port()}", *options) as idp,
    ):
        config_file = idp.write_app_config(*options)
        bench = Bench(idp.url, f"{idp.backend_url}/api/auth", idp.environment)
        for one in chosen:
            seen: list[Any] = []
            for prepare in (None, partial(apply, trial, one.id)):
                with start_backend(idp, config_file, Path(folder) / "backend.log", None, prepare):
                    seen.append(one.bites(bench))
            bites = seen[0] != seen[1]
            failed += not bites
            print(f"{'bites' if bites else 'DOES NOT BITE'}  {one.id}: sound {seen[0]!r}, broken {seen[1]!r}"[:400])
    return failed


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("trial", choices=TRIALS)
    parser.add_argument("seed", nargs="*", help="only these")
    given = parser.parse_args()
    trial, wanted = given.trial, given.seed
    unknown = set(wanted) - seeds(trial).keys()
    if unknown:
        parser.error(f"the trial {trial} has no seed {', '.join(sorted(unknown))}")
    chosen = [one for one in seeds(trial).values() if not wanted or one.id in wanted]
    profiles = sorted({one.profile for one in chosen})
    sys.exit(sum(_prove(trial, profile, [one for one in chosen if one.profile == profile]) for profile in profiles))


if __name__ == "__main__":
    main()
