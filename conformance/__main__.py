"""``python -m conformance`` is ``auth-conformance``."""

from conformance.cli import main

main()
