"""``python -m mock_idp`` is ``mock-idp``."""

from mock_idp.cli import main

main(prog_name="mock-idp")
