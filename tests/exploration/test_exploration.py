"""Stories that nobody wrote: the reference backend does in all of them what the model of the specification says.

``EXPLORATION_SEED=7 EXPLORATION_STORIES=500 pytest tests/exploration`` plays others, and more of them. A counter-
example is saved below ``counter-examples``, for ``pytest conformance --scenarios counter-examples``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conformance.verdicts import Verdict
from tests.defects.harness import Harness
from tests.exploration.player import explore, known_defects, player_of, saved
from tests.support.processes import ROOT

SEED = int(os.environ.get("EXPLORATION_SEED", "20261126"))
SEEDS = range(SEED, SEED + 10)
STORIES = int(os.environ.get("EXPLORATION_STORIES", "40"))
MOVES = 25
ISSUER = ("oidc", "explored-keys")
"""A provider that checks ID tokens, and an environment whose issuer belongs to the stories alone."""
COUNTER_EXAMPLES = ROOT / "counter-examples"


@pytest.mark.parametrize(("provider", "environment"), [("oauth2", None), ("google", None), ISSUER])
def test_every_story_goes_as_the_model_says(harness: Harness, provider: str, environment: str | None) -> None:
    print(f"EXPLORATION_SEED={SEED}")
    with player_of(harness, provider, None, environment) as player:
        found = explore(player, seed_number=SEED, stories=STORIES, moves=MOVES, folder=COUNTER_EXAMPLES)
    text = "" if found is None else found.read_text("utf-8")
    assert found is None, f"seed {SEED}: a counter-example is in {found}\n{text}"


@pytest.mark.parametrize(
    ("defect", "provider", "environment"),
    [
        ("refresh-cookie-survives-logout", "google", None),
        ("nonce-not-compared", "google", None),
        ("missing-refresh-token-stored", "google", None),
        ("every-unknown-key-id-fetches", *ISSUER),
        ("keys-of-an-issuer-read-once", *ISSUER),
        ("withdrawn-keys-of-an-issuer-kept", *ISSUER),
        ("only-the-signing-key-published", "google", None),
        ("signing-key-never-replaced", "google", None),
        ("replaced-keys-published-for-good", "google", None),
    ],
)
def test_a_defect_is_found_and_its_file_replays_it(
    harness: Harness, tmp_path: Path, defect: str, provider: str, environment: str | None
) -> None:
    broken = known_defects()[defect]
    with player_of(harness, provider, broken, environment) as player:
        # Several seeds rather than one: whether a certain one finds a defect changes with every new kind of move.
        attempts = (explore(player, seed_number=seed, stories=60, moves=MOVES, folder=tmp_path) for seed in SEEDS)
        assert next(filter(None, attempts), None) is not None
        (scenario,) = saved(tmp_path)
        assert player.play(scenario).verdict is Verdict.FAILED
    with player_of(harness, provider, None, environment) as player:
        assert player.play(scenario).verdict is Verdict.PASSED
