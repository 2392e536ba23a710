"""The suite's options and hooks come from the plugin that the package registers (``conformance.plugin``)."""

import pytest

from conformance.plugin import HOOKS


def pytest_configure(config: pytest.Config) -> None:
    """Say what is missing where the plugin was not loaded, before every case fails for the lack of it.

    Raises:
        pytest.UsageError: the plugin is not there.
    """
    if not config.pluginmanager.has_plugin(HOOKS):
        raise pytest.UsageError(
            "the suite's plugin is not loaded: install the package (pip install -e .), name the suite as an argument "
            "(pytest conformance), and where plugins are not loaded by themselves add -p conformance.plugin"
        )
