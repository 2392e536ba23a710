"""The headers of a signed-in person, fresh from a running mock IdP."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import requests

from mock_idp.people import Person
from mock_idp.personas import PERSONAS
from mock_idp.settings import ANSWER_SECONDS, CONTROL_PREFIX
from mock_idp.setup.members import MemberError
from mock_idp.setup.shapes import PERSON, read_person

Minted = list[tuple[str, str]]


class MintingError(Exception):
    """The mock IdP gave no headers; the message is one sentence with what to do."""


def own_people(idp_url: str) -> dict[str, Person]:
    """The people of one's own who can sign in at a running mock IdP, by id; none if it does not answer.

    Parameters:
        idp_url: its plain address.
    """
    try:
        with requests.Session() as session:
            session.trust_env = False
            said: Any = session.get(f"{idp_url}{CONTROL_PREFIX}/people", timeout=ANSWER_SECONDS).json()
        entries = [entry for entry in said["people"] if entry["own"]]
        people = [read_person({name: entry[name] for name in PERSON.keys() & entry.keys()}) for entry in entries]
    except (requests.RequestException, KeyError, TypeError, ValueError, MemberError):
        return {}
    return {person.id: person for person in people}


class Who:
    """Finds who can sign in at a running mock IdP.

    Parameters:
        idp_url: its plain address.
    """

    def __init__(self, idp_url: str) -> None:
        self._idp_url = idp_url
        self._own: dict[str, Person] = {}

    async def own(self) -> dict[str, Person]:
        """The people of one's own, as of now."""
        self._own = await asyncio.to_thread(own_people, self._idp_url)
        return self._own

    async def find(self, person_id: str) -> Person | None:
        """A person by id, or None; asks the mock about an unknown one."""
        known = PERSONAS.get(person_id) or self._own.get(person_id)
        return known or ((await self.own()).get(person_id) if person_id else None)


class Mint:
    """Has headers minted by way of the control API, and uses each set for a while, as real proxies do.

    Parameters:
        idp_url: plain address of the running mock IdP.
        vendor: id of the auth proxy.
        provider: id of the provider that the headers are for.
        kept_seconds: how long one set is used.
        clock: seconds, from any start.
    """

    def __init__(
        self,
        idp_url: str,
        vendor: str,
        provider: str,
        kept_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._idp_url = idp_url
        self._address = f"{idp_url}{CONTROL_PREFIX}/proxies/{vendor}/headers"
        self._provider = provider
        self._kept_seconds = kept_seconds
        self._clock = clock
        self._sets: dict[str, tuple[float, Minted]] = {}
        # A page asks for a hundred files at once; one set of headers is enough for all.
        self._lock = asyncio.Lock()

    async def headers(self, persona: str) -> Minted:
        """The headers that the proxy adds for a persona, not older than ``kept_seconds``.

        Raises:
            MintingError: the mock IdP does not answer, or not with headers.
        """
        async with self._lock:
            minted_at, minted = self._sets.get(persona, (0.0, None))
            if minted is None or self._clock() - minted_at >= self._kept_seconds:
                minted = await asyncio.to_thread(self._mint, persona)
                self._sets[persona] = (self._clock(), minted)
            return minted

    def _mint(self, persona: str) -> Minted:
        wanted = {"persona": persona, "provider": self._provider}
        try:
            with requests.Session() as session:
                # A proxy in our own environment, ours perhaps, is not for this question.
                session.trust_env = False
                answer = session.post(self._address, json=wanted, timeout=ANSWER_SECONDS)
            said: Any = answer.json()
            if not answer.ok:
                raise MintingError(f"The mock IdP at {self._idp_url} mints no headers: {said['error']}")
            return [(str(name), str(value)) for name, value in said["headers"]]
        except requests.JSONDecodeError as error:
            raise self._no_mock() from error
        except requests.RequestException as error:
            raise MintingError(
                f"No mock IdP answers at {self._idp_url} any more; start it again with `mock-idp serve`."
            ) from error
        except (KeyError, TypeError, ValueError) as error:
            raise self._no_mock() from error

    def _no_mock(self) -> MintingError:
        return MintingError(f"What answers at {self._idp_url} is not a mock IdP of this version.")
