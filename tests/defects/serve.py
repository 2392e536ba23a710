"""The reference backend with one deliberate defect.

    python -m tests.defects.serve DEFECT -- serve --config app-config.yaml --port 7007

What follows ``--`` is the reference backend's own command line.
"""

from __future__ import annotations

import difflib
import sys

from reference_backend.cli import main as reference_backend
from tests.defects.catalogue import catalogue
from tests.defects.defect import StaleDefectError

USAGE = "python -m tests.defects.serve DEFECT -- ARGUMENTS of reference-backend …"


def main(arguments: list[str]) -> None:
    """Apply the defect's patch, then be the reference backend.

    Parameters:
        arguments: the command line, without the program.

    Raises:
        SystemExit: in one sentence what is wrong with it.
    """
    if len(arguments) < 2 or arguments[1] != "--":
        sys.exit(f"Usage: {USAGE}")
    defect_id, _, *rest = arguments
    if defect_id not in catalogue():
        near = difflib.get_close_matches(defect_id, catalogue(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "tests/defects/catalogue has them all."
        sys.exit(f"There is no defect {defect_id!r}; {hint}")
    try:
        catalogue()[defect_id].patch()
    except StaleDefectError as error:
        sys.exit(f"The defect {defect_id!r} is stale: {error}.")
    reference_backend(rest, prog_name=f"reference-backend ({defect_id})")


if __name__ == "__main__":
    main(sys.argv[1:])
