"""What CloudWatch refuses in an alarm, and what of it the sandbox does not evaluate."""

from collections.abc import Mapping
from typing import Any

from moto.cloudwatch.exceptions import (
    InvalidParameterCombination,
    InvalidParameterValue,
    ValidationError,
)

from sandbox.alarms.rules import RuleError, parse_rule

_LONGEST_SECONDS = {True: 604_800, False: 86_400}
_ENUMERATIONS = {
    "ComparisonOperator": (
        "GreaterThanOrEqualToThreshold",
        "GreaterThanThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
    ),
    "Statistic": ("SampleCount", "Average", "Sum", "Minimum", "Maximum"),
    "TreatMissingData": ("breaching", "notBreaching", "ignore", "missing"),
}
_UNMODELLED = (
    "Metrics",
    "ThresholdMetricId",
    "ExtendedStatistic",
    "EvaluateLowSampleCountPercentile",
    "EvaluationCriteria",
)
_UNMODELLED_OF_COMPOSITES = (
    "ActionsSuppressor",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
)
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def check_metric_alarm(parameters: Mapping[str, Any]) -> None:
    """Check the request of PutMetricAlarm.

    :raises CloudWatchException: what AWS does not take either.
    :raises NotImplementedError: what the sandbox would not evaluate as AWS does.
    """
    _refuse(parameters, _UNMODELLED)
    needed = ("Namespace", "MetricName", "Statistic", "Period", "Threshold")
    missing = [name for name in needed if parameters.get(name) is None]
    if missing:
        raise InvalidParameterCombination(f"{', '.join(missing)} must be given for a metric alarm")
    for name, values in _ENUMERATIONS.items():
        if parameters.get(name) not in (None, *values):
            raise ValidationError(
                f"Value '{parameters[name]}' at '{name}' failed to satisfy constraint: "
                f"Member must satisfy enum value set: [{', '.join(values)}]"
            )
    _check_periods(
        int(parameters["Period"]),
        int(parameters["EvaluationPeriods"]),
        parameters.get("DatapointsToAlarm"),
    )
    _check_actions(parameters)


def check_composite_alarm(parameters: Mapping[str, Any]) -> None:
    """Check the request of PutCompositeAlarm.

    :raises CloudWatchException: the rule cannot be read.
    :raises NotImplementedError: an action suppressor, or an action other than SNS.
    """
    _refuse(parameters, _UNMODELLED_OF_COMPOSITES)
    try:
        parse_rule(parameters["AlarmRule"])
    except RuleError as error:
        raise ValidationError(f"AlarmRule: {error}") from error
    _check_actions(parameters)


def _refuse(parameters: Mapping[str, Any], names: tuple[str, ...]) -> None:
    given = [name for name in names if parameters.get(name)]
    if given:
        raise NotImplementedError(f"alarms with {', '.join(given)} are not evaluated")


def _check_periods(period: int, periods: int, datapoints: Any) -> None:
    if period in (10, 20, 30):
        raise NotImplementedError("alarms are evaluated once a minute: Period is at least 60")
    if period < 60 or period % 60:
        raise InvalidParameterValue(f"Period is {period}, expected a multiple of 60")
    if periods < 1:
        raise InvalidParameterValue(f"EvaluationPeriods is {periods}, expected 1 or more")
    if datapoints is not None and not 1 <= int(datapoints) <= periods:
        raise InvalidParameterValue(
            f"DatapointsToAlarm is {datapoints}, expected 1 to EvaluationPeriods ({periods})"
        )
    longest = _LONGEST_SECONDS[period >= 3600]
    if period * periods > longest:
        raise InvalidParameterCombination(
            f"Metrics cannot be checked across more than {longest} seconds "
            f"(EvaluationPeriods * Period is {period * periods})"
        )


def _check_actions(parameters: Mapping[str, Any]) -> None:
    for name in _ACTIONS:
        for arn in parameters.get(name) or ():
            if not str(arn).startswith("arn:aws:sns:"):
                raise NotImplementedError(f"alarms notify SNS topics, not {arn}")
