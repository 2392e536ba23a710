"""Every size and limit of the benchmarks, in one place."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
DEFAULT_OUT: Final = ROOT / "build" / "benchmarks"
PEERS: Final = DEFAULT_OUT / "peers"
"""Where peers are installed; they are run, and nothing of them is kept in git."""

DEFAULT_ROUNDS: Final = 5
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 15.0
POLL_SECONDS: Final = 0.002
"""How often a starting process is asked whether it is ready: a small part of the shortest time to be ready."""
ANSWER_SECONDS: Final = 60.0
RUN_SECONDS: Final = 1200.0
"""How long a command that is measured as a whole may take."""
SAMPLE_SECONDS: Final = 0.1
"""How often the processes of a running suite are looked at."""
CATALOG_POLL_SECONDS: Final = 0.25
"""How often somebody tries to sign in at a backend that may not have read its catalog yet."""

# Emulate refuses everything after 5,000 requests (its rate limit), hence these sizes for one process.
DOCUMENT_REQUESTS: Final = 1_500
LOGINS: Final = {1: 100, 8: 200, 64: 300}
"""Logins at once -> logins in one round."""
WARM_LOGINS: Final = 10
MOST_LOAD_SECONDS: Final = 8.0
"""How long sign-ins of one kind may take in one round; a slow peer plays fewer."""
REFRESHES: Final = 100
MEMORY_LOGINS: Final = 650
BACKEND_LOGINS: Final = 60

BUSY_SHARE: Final = 0.8
"""A load generator that used more of its core than this may have been what was measured; the report says so."""

SOAK_LOGINS: Final = 100_000
SOAK_MINUTES: Final = 10.0
SOAK_SAMPLES: Final = 60
SOAK_AT_ONCE: Final = 4
SOAK_GROWTH: Final = 0.05
"""How much memory may grow in the last third of a soak."""
