"""Where the front's headers come from."""

import asyncio

import pytest

from mock_idp.front.minting import Mint, Minted, MintingError
from mock_idp.running import RunningIdp


def test_a_set_is_used_for_a_while_and_then_minted_anew(running: RunningIdp) -> None:
    now = 100.0
    mint = Mint(running.urls["http"], "awsalb", "awsalb", 30, lambda: now)

    def tokens(*personas: str) -> list[Minted]:
        async def all_at_once() -> list[Minted]:
            return await asyncio.gather(*(mint.headers(persona) for persona in personas))

        return asyncio.run(all_at_once())

    first, again, other = tokens("plain", "plain", "many-groups")
    assert first == again
    assert first != other
    now += 29
    assert tokens("plain") == [first]
    now += 1
    assert tokens("plain") != [first]


def test_a_mock_that_does_not_know_the_proxy_says_so(running: RunningIdp) -> None:
    mint = Mint(running.urls["http"], "no-such-proxy", "no-such-proxy", 30)
    with pytest.raises(MintingError, match="mints no headers: There is no auth proxy 'no-such-proxy'; there are "):
        asyncio.run(mint.headers("plain"))
