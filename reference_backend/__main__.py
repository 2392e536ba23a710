"""``reference-backend``, also as ``python -m reference_backend``."""

import importlib
import sys

INSTALL = "pip install 'backstage-auth-conformance[backend]'"


def main() -> None:
    """Run the command line; a missing part of the installation ends in one sentence."""
    try:
        command_line = importlib.import_module("reference_backend.cli")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "reference_backend":
            raise
        sys.exit(f"Error: the reference backend needs the package {error.name}, which is not installed: {INSTALL}")
    command_line.main()


if __name__ == "__main__":
    main()
