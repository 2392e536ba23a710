"""``python -m conformance.schemas [--check]``."""

import sys

from conformance.generated import write_or_check
from conformance.schemas import files

sys.exit(write_or_check(files(), sys.argv[1:], "python -m conformance.schemas"))
