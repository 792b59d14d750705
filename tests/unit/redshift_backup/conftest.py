"""How deep a property looks: a fixed few examples each time, hundreds among the slow tests."""

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

_SLOW_PROFILE = "deep"
settings.register_profile("quick", max_examples=60, derandomize=True, database=None, deadline=None)
settings.register_profile(
    _SLOW_PROFILE,
    max_examples=300,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def pytest_configure(config: pytest.Config) -> None:
    """Choose before the tests are imported: a property is bound to its profile there."""
    expression = str(config.getoption("markexpr", "")).replace("not slow", "")
    settings.load_profile(_SLOW_PROFILE if "slow" in expression else "quick")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Make every property one of the slow tests where these are run."""
    is_deep = settings.get_current_profile_name() == _SLOW_PROFILE
    if is_deep and is_hypothesis_test(getattr(item, "obj", None)):
        item.add_marker(pytest.mark.slow)
