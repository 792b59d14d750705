"""The state that an alarm's datapoints give it. Pure.

Source: CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data" and "Alarm
evaluation"; from memory of its tables, not checked against AWS. That the evaluation range is two
datapoints longer than the evaluation periods is read off those tables.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

MORE_DATAPOINTS = 2

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
_COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class Settings:
    """What of an alarm decides its state."""

    comparison: str
    threshold: float
    periods: int
    datapoints_to_alarm: int
    missing: str = "missing"


def evaluate(
    settings: Settings, datapoints: Sequence[float | None], current: str
) -> tuple[str, str]:
    """Return an alarm's state and the reason for it.

    :param datapoints: of the evaluation range, the newest first, None where there is none;
        ``settings.periods + MORE_DATAPOINTS`` of them.
    :param current: the state that ``ignore`` keeps.
    """
    breaches = _COMPARISONS[settings.comparison][0]
    real = [value for value in datapoints if value is not None][: settings.periods]
    breaching = sum(breaches(value, settings.threshold) for value in real)
    filled = settings.periods - len(real)
    if filled and settings.missing == "breaching":
        is_alarm = breaching + filled >= settings.datapoints_to_alarm
    else:
        is_alarm = breaching >= settings.datapoints_to_alarm
    reason = _reason(settings, real, breaching, filled)
    if is_alarm or not filled or settings.missing in ("breaching", "notBreaching"):
        return (ALARM if is_alarm else OK), reason
    return _undecided(settings, datapoints, breaching, len(real), current), reason


def _undecided(
    settings: Settings, datapoints: Sequence[float | None], breaching: int, real: int, current: str
) -> str:
    """Decide with too few datapoints, where the missing ones stay missing."""
    if settings.missing == "ignore":
        return OK if breaching < real else current
    if not real:
        return INSUFFICIENT_DATA
    oldest = max(place for place, value in enumerate(datapoints, 1) if value is not None)
    return ALARM if breaching == real and oldest >= settings.datapoints_to_alarm else OK


def _reason(settings: Settings, real: Sequence[float], breaching: int, filled: int) -> str:
    if not real:
        treated = {
            "breaching": " which was treated as [Breaching]",
            "notBreaching": " which was treated as [NonBreaching]",
        }.get(settings.missing, "")
        plural = "s were" if filled > 1 else " was"
        return f"Threshold Crossed: no datapoints were received for {filled} period" + (
            f"{'s' if filled > 1 else ''} and {filled} missing datapoint{plural}{treated}."
            if treated
            else f"{'s' if filled > 1 else ''}."
        )
    values = ", ".join(f"{value:g}" for value in real)
    words = _COMPARISONS[settings.comparison][1]
    return (
        f"Threshold Crossed: {breaching} out of the last {len(real)} datapoints [{values}] "
        f"{'was' if breaching == 1 else 'were'} {words} the threshold ({settings.threshold:g}) "
        f"(minimum {settings.datapoints_to_alarm} datapoint"
        f"{'s' if settings.datapoints_to_alarm > 1 else ''} for OK -> ALARM transition)."
    )
