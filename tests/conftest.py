"""How property tests run here."""

import pytest
from hypothesis import HealthCheck, settings

# A busy machine must not make an example fail for its time.
settings.register_profile("busy-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy-machine")

QUICK_CONTROL_REQUESTS = 200
"""Requests that the control API is sent unless somebody asks for more (5,000 take minutes)."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--control-requests",
        type=int,
        default=QUICK_CONTROL_REQUESTS,
        help="How many requests the mock's control API is sent by its OpenAPI document.",
    )
