"""Condition operators against IAM's documented meaning, one row a case."""

import pytest

from sandbox.guard.conditions import UnknownOperatorError, check_operators, holds

CONTEXT = {
    "aws:requestedregion": ["us-east-1"],
    "sts:externalid": ["Abc"],
    "aws:tagkeys": ["slot", "origin"],
    "aws:principalarn": ["arn:aws:iam::111122223333:role/backup"],
    "aws:securetransport": ["true"],
    "s3:max-keys": ["10"],
    "aws:sourceip": ["10.1.2.3"],
    "aws:currenttime": ["2026-11-22T10:00:00Z"],
    "aws:username": ["a*b"],
}

CASES = [
    ("StringEquals", "aws:RequestedRegion", "us-east-1", True),
    ("StringEquals", "AWS:REQUESTEDREGION", ["eu-west-1", "us-east-1"], True),
    ("StringEquals", "sts:ExternalId", "abc", False),
    ("StringEquals", "sts:ExternalId", "A*", False),
    ("StringEqualsIgnoreCase", "sts:ExternalId", "aBC", True),
    ("StringNotEquals", "sts:ExternalId", ["x", "Abc"], False),
    ("StringNotEquals", "sts:ExternalId", "x", True),
    ("StringLike", "sts:ExternalId", "A?c", True),
    ("StringLike", "sts:ExternalId", "a*", False),
    ("StringNotLike", "sts:ExternalId", "A*", False),
    ("NumericLessThanEquals", "s3:max-keys", "10", True),
    ("NumericGreaterThan", "s3:max-keys", 10, False),
    ("DateLessThan", "aws:CurrentTime", "2026-11-22T10:00:01Z", True),
    ("DateGreaterThan", "aws:CurrentTime", "1795000000", True),
    ("Bool", "aws:SecureTransport", True, True),
    ("Bool", "aws:SecureTransport", "false", False),
    ("IpAddress", "aws:SourceIp", "10.1.0.0/16", True),
    ("NotIpAddress", "aws:SourceIp", ["10.1.0.0/16", "10.2.0.0/16"], False),
    ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/back*", True),
    ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*", True),
    ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::999*:role/*", True),
    ("StringEquals", "aws:UserName", "${aws:username}", True),
    ("StringLike", "aws:UserName", "a${*}b", True),
    ("StringLike", "sts:ExternalId", "${aws:username}", False),
]
MISSING = [
    ("StringEquals", False),
    ("StringEqualsIfExists", True),
    ("StringNotEquals", True),
    ("StringNotLikeIfExists", True),
    ("ForAllValues:StringEquals", True),
    ("ForAnyValue:StringEquals", False),
    ("ForAnyValue:StringNotEquals", False),
    ("NumericLessThan", False),
    ("Bool", False),
]


@pytest.mark.parametrize(("operator", "key", "wanted", "expected"), CASES)
def test_a_present_key(operator: str, key: str, wanted: object, expected: bool) -> None:
    assert holds({operator: {key: wanted}}, CONTEXT) is expected


@pytest.mark.parametrize(("operator", "expected"), MISSING)
def test_a_missing_key(operator: str, expected: bool) -> None:
    wanted = "1" if operator.startswith("Numeric") else "x"
    assert holds({operator: {"aws:NoSuchKey": wanted}}, CONTEXT) is expected


@pytest.mark.parametrize(
    ("key", "wanted", "expected"),
    [
        ("sts:ExternalId", "true", False),
        ("sts:ExternalId", "false", True),
        ("aws:MultiFactorAuthAge", "true", True),
        ("aws:MultiFactorAuthAge", False, False),
    ],
)
def test_null_asks_whether_the_key_is_missing(key: str, wanted: object, expected: bool) -> None:
    assert holds({"Null": {key: wanted}}, CONTEXT) is expected


@pytest.mark.parametrize(
    ("operator", "allowed", "expected"),
    [
        ("ForAllValues:StringEquals", ["slot", "origin", "hold"], True),
        ("ForAllValues:StringEquals", ["slot"], False),
        ("ForAnyValue:StringEquals", ["slot"], True),
        ("ForAnyValue:StringEquals", ["hold"], False),
        ("ForAllValues:StringNotEquals", ["hold"], True),
        ("ForAllValues:StringNotEquals", ["slot"], False),
    ],
)
def test_a_key_of_many_values(operator: str, allowed: list[str], expected: bool) -> None:
    assert holds({operator: {"aws:TagKeys": allowed}}, CONTEXT) is expected


def test_every_operator_and_every_key_must_hold() -> None:
    both = {"StringEquals": {"aws:RequestedRegion": "us-east-1", "sts:ExternalId": "no"}}
    assert not holds(both, CONTEXT)
    assert holds({}, CONTEXT)


def test_a_variable_without_a_value_matches_nothing() -> None:
    assert not holds({"StringNotEquals": {"sts:ExternalId": "${aws:NoSuchKey}"}}, CONTEXT)
    assert holds({"StringEquals": {"sts:ExternalId": "${aws:NoSuchKey, 'Abc'}"}}, CONTEXT)


def test_an_unknown_operator_is_never_passed_over() -> None:
    with pytest.raises(UnknownOperatorError, match="StringMatches"):
        check_operators({"StringMatches": {"sts:ExternalId": "x"}})
    with pytest.raises(UnknownOperatorError, match="StringMatches"):
        holds({"ForAnyValue:StringMatches": {"sts:ExternalId": "x"}}, CONTEXT)
