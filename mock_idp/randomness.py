"""One seeded source of random choices, so that a run can be repeated with ``--seed``.

The values look random but are predictable with the seed: a mock needs repeatable runs, not
secrets. Signing keys are the exception: they come from the operating system, because no test depends on
their value and generating them from a seed would mean writing cryptography ourselves.
"""

import random
import secrets
import string
from threading import Lock

ALPHANUMERIC = string.ascii_letters + string.digits
URL_SAFE = ALPHANUMERIC + "-_"
HEXADECIMAL = "0123456789abcdef"
SEED_LIMIT = 2**32


class Randomness:
    """Random texts from one seed; may be shared by threads.

    Parameters:
        seed: a number, or None to draw one. It is readable afterwards as ``seed``.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = secrets.randbelow(SEED_LIMIT) if seed is None else seed
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable on purpose, see the module
        self._lock = Lock()

    def text(self, length: int, alphabet: str = ALPHANUMERIC) -> str:
        """Draw a text of ``length`` characters out of ``alphabet``."""
        with self._lock:
            return "".join(self._random.choices(alphabet, k=length))
