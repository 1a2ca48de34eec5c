"""Settings of Hypothesis for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A shared machine is now and then ten times slower than it was a moment before: how long one example takes there says
# nothing about the code. The benches measure time.
settings.register_profile("jianbiao", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("jianbiao")
