"""The ``Condition`` element: operators, what a missing key means, keys with many values. Pure.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context
keys".
"""

import base64
import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.guard.matching import (
    Context,
    MissingVariableError,
    literal,
    matches,
    matches_arn,
    substitute,
)

_ALL = "ForAllValues:"
_ANY = "ForAnyValue:"
_IF_EXISTS = "IfExists"

Comparison = Callable[[str, str], bool]


class UnknownOperatorError(ValueError):
    """A condition that cannot be judged; to pass it would be to invent a permission."""


def holds(condition: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Tell whether every operator of a Condition block holds for the request.

    :param context: the request's keys, in lower case, each with its values.
    :raises UnknownOperatorError: an operator that IAM does not have.
    """
    return all(
        _holds(operator, key, _listed(values), context)
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def check_operators(condition: Mapping[str, Any]) -> None:
    """Refuse a Condition block that could not be judged, before a request needs it.

    :raises UnknownOperatorError: an operator that IAM does not have.
    """
    for operator in condition:
        _comparison(_plain(operator))


def _holds(operator: str, key: str, wanted: Sequence[str], context: Context) -> bool:
    given = context.get(key.lower())
    plain = _plain(operator)
    if plain == "Null":
        return all((given is None) == (value.lower() == "true") for value in wanted)
    compare, negated = _comparison(plain)
    if given is None:
        if operator.startswith(_ALL) or operator.endswith(_IF_EXISTS):
            return True
        return negated and not operator.startswith(_ANY)
    try:
        allowed = [substitute(value, context) for value in wanted]
    except MissingVariableError:
        return False

    def one_holds(value: str) -> bool:
        return any(compare(pattern, value) for pattern in allowed) != negated

    quantifier = all if operator.startswith(_ALL) or negated else any
    return quantifier(one_holds(value) for value in given)


def _plain(operator: str) -> str:
    return operator.removeprefix(_ALL).removeprefix(_ANY).removesuffix(_IF_EXISTS)


def _comparison(plain: str) -> tuple[Comparison, bool]:
    if plain == "Null":
        return _equals, False
    positive = _NEGATIONS.get(plain, plain)
    try:
        return _COMPARISONS[positive], plain in _NEGATIONS
    except KeyError:
        raise UnknownOperatorError(
            f"condition operator {plain!r} is not one of IAM's: "
            f"{', '.join(sorted([*_COMPARISONS, *_NEGATIONS, 'Null']))}"
        ) from None


def _equals(pattern: str, value: str) -> bool:
    return literal(pattern) == value


def _equals_ignoring_case(pattern: str, value: str) -> bool:
    return literal(pattern).casefold() == value.casefold()


def _like(pattern: str, value: str) -> bool:
    return matches(pattern, value)


def _boolean(pattern: str, value: str) -> bool:
    return pattern.lower() == value.lower()


def _binary(pattern: str, value: str) -> bool:
    return base64.b64decode(pattern) == value.encode()


def _in_network(pattern: str, value: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(pattern, strict=False)


def _number(compare: Callable[[float, float], bool]) -> Comparison:
    return lambda pattern, value: compare(float(value), float(pattern))


def _date(compare: Callable[[datetime, datetime], bool]) -> Comparison:
    return lambda pattern, value: compare(_instant(value), _instant(pattern))


def _instant(text: str) -> datetime:
    if text.replace(".", "", 1).isdigit():
        return datetime.fromtimestamp(float(text), UTC)
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _listed(values: Any) -> list[str]:
    found: Iterable[Any] = values if isinstance(values, list | tuple) else (values,)
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in found]


_COMPARISONS: Mapping[str, Comparison] = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_ignoring_case,
    "StringLike": _like,
    "NumericEquals": _number(lambda value, limit: value == limit),
    "NumericLessThan": _number(lambda value, limit: value < limit),
    "NumericLessThanEquals": _number(lambda value, limit: value <= limit),
    "NumericGreaterThan": _number(lambda value, limit: value > limit),
    "NumericGreaterThanEquals": _number(lambda value, limit: value >= limit),
    "DateEquals": _date(lambda value, limit: value == limit),
    "DateLessThan": _date(lambda value, limit: value < limit),
    "DateLessThanEquals": _date(lambda value, limit: value <= limit),
    "DateGreaterThan": _date(lambda value, limit: value > limit),
    "DateGreaterThanEquals": _date(lambda value, limit: value >= limit),
    "Bool": _boolean,
    "BinaryEquals": _binary,
    "IpAddress": _in_network,
    # IAM documents ArnEquals and ArnLike as identical.
    "ArnEquals": matches_arn,
    "ArnLike": matches_arn,
}
_NEGATIONS: Mapping[str, str] = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
