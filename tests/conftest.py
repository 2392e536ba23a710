"""How property tests run here."""

from hypothesis import HealthCheck, settings

# A busy machine must not make an example fail for its time.
settings.register_profile("busy-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy-machine")
