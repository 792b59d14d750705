"""Rules for the values of Redshift's parameters. Each function returns the value as stored."""

import re
from collections.abc import Sequence

from sandbox.redshift.errors import ErrorCode, bad_value, fail
from sandbox.redshift.settings import SETTINGS

_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_TAG_KEY_CHARACTERS, _TAG_VALUE_CHARACTERS = 128, 256

SUPPORT_ACCOUNT = "amazon-redshift-support"


def identifier(value: str, *, parameter: str, longest: int) -> str:
    """Check an identifier and return it in lower case.

    Source: CreateClusterSnapshotMessage and CreateClusterMessage of the service model.
    """
    lowered = value.lower()
    if len(lowered) > longest or not _IDENTIFIER.fullmatch(lowered):
        bad_value(
            f"The parameter {parameter} ({value!r}) is not a valid identifier. It has 1 to "
            f"{longest} letters, digits or hyphens, begins with a letter, does not end with a "
            "hyphen and does not contain two consecutive hyphens."
        )
    return lowered


def snapshot_identifier(value: str, parameter: str = "SnapshotIdentifier") -> str:
    """Check the identifier of a manual snapshot."""
    return identifier(value, parameter=parameter, longest=255)


def cluster_identifier(value: str, parameter: str = "ClusterIdentifier") -> str:
    """Check the identifier of a cluster."""
    return identifier(value, parameter=parameter, longest=63)


def manual_retention(days: int | None, default: int = -1) -> int:
    """Check ManualSnapshotRetentionPeriod: -1 (for ever) or 1 to 3653 days."""
    if days is None:
        return default
    if days != -1 and not 1 <= days <= 3653:
        fail(
            ErrorCode.INVALID_RETENTION_PERIOD,
            f"The retention period {days} is not valid: it must be -1 or between 1 and 3,653 days.",
        )
    return days


def automated_retention(days: int | None, node_type: str, default: int = 1) -> int:
    """Check AutomatedSnapshotRetentionPeriod: 1 to 35 days; 0 (none) only for DC2 and older."""
    if days is None:
        return default
    lowest = 1 if node_type.startswith(("ra3.", "rg.")) else 0
    if not lowest <= days <= 35:
        fail(
            ErrorCode.INVALID_RETENTION_PERIOD,
            f"The automated snapshot retention period {days} is not valid for node type "
            f"{node_type}: it must be between {lowest} and 35 days.",
        )
    return days


def port(value: int | None, node_type: str, default: int = 5439) -> int:
    """Check Port: RA3 and RG have two narrow ranges, the older ones 1150 to 65535."""
    if value is None:
        return default
    if node_type.startswith(("ra3.", "rg.")):
        allowed = 5431 <= value <= 5455 or 8191 <= value <= 8215
        ranges = "5431-5455 or 8191-8215"
    else:
        allowed, ranges = 1150 <= value <= 65535, "1150-65535"
    if not allowed:
        bad_value(f"The port {value} is not valid for node type {node_type}: use {ranges}.")
    return value


def account(value: str, parameter: str) -> str:
    """Check a 12-digit account id."""
    if not _ACCOUNT.fullmatch(value):
        bad_value(f"The parameter {parameter} ({value!r}) is not a 12-digit AWS account id.")
    return value


def tags(values: Sequence[dict[str, str]] | None) -> list[dict[str, str]]:
    """Check the tags of a request: keys unique and not reserved, lengths, at most 50."""
    checked = [{"Key": tag.get("Key", ""), "Value": tag.get("Value") or ""} for tag in values or []]
    keys = [tag["Key"] for tag in checked]
    if len(set(keys)) != len(keys):
        fail(ErrorCode.INVALID_TAG, "A tag key appears more than once.")
    for tag in checked:
        _check_tag(tag)
    tag_count(len(checked))
    return checked


def tag_count(number: int) -> None:
    """Check how many tags a resource would have."""
    if number > SETTINGS.tags_per_resource:
        fail(
            ErrorCode.TAG_LIMIT_EXCEEDED,
            f"{number} tags exceed the limit of {SETTINGS.tags_per_resource} for a resource.",
        )


def _check_tag(tag: dict[str, str]) -> None:
    key, value = tag["Key"], tag["Value"]
    if not 1 <= len(key) <= _TAG_KEY_CHARACTERS or len(value) > _TAG_VALUE_CHARACTERS:
        fail(
            ErrorCode.INVALID_TAG,
            f"The tag {key!r} is not valid: a key has 1 to {_TAG_KEY_CHARACTERS} characters, "
            f"a value at most {_TAG_VALUE_CHARACTERS}.",
        )
    if key.lower().startswith("aws:"):
        fail(ErrorCode.INVALID_TAG, f"The tag key {key!r} is reserved: it begins with aws:.")
