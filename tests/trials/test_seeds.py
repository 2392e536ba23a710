"""Every seed of a trial still fits the reference backend, and says where it comes from."""

from __future__ import annotations

import os
import traceback

import pytest

from tests.trials.seed import TRIALS, Seed, seeds

SEEDS = [(trial, one) for trial in TRIALS for one in seeds(trial).values()]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a patch is tried in a fork of this process")
@pytest.mark.parametrize(("trial", "seed"), SEEDS, ids=[f"{trial}-{one.id}" for trial, one in SEEDS])
def test_the_patch_fits(trial: str, seed: Seed) -> None:
    child = os.fork()
    if not child:
        status = 1
        try:
            seed.patch()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, f"{seed.id} of the trial {trial} does not fit any more"


def test_each_seed_has_a_title_and_a_source() -> None:
    assert not [one.id for _, one in SEEDS if not one.title or not one.source or one.level not in {"MUST", "SHOULD"}]
