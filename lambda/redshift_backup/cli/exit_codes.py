"""How a command ends, as a number that scripts can tell apart. Pure."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from redshift_backup import errors


class ExitCode(IntEnum):
    """What a shell sees."""

    OK = 0
    CHECK_FAILED = 1
    AWS_UNREACHABLE = 2
    BAD_INPUT = 3
    PARTIAL = 4
    INTERRUPTED = 130


class UsageError(Exception):
    """The command line itself is wrong; the message is one sentence."""


class UnreachableError(Exception):
    """AWS could not be asked: no such profile, no credentials; the message is one sentence."""


# What only a changed command can mend is bad input; what the same command may get past later,
# once AWS or an administrator has done something, is AWS out of reach.
CODE_OF_ERROR: Mapping[type[Exception], ExitCode] = {
    UsageError: ExitCode.BAD_INPUT,
    UnreachableError: ExitCode.AWS_UNREACHABLE,
    errors.BadRequestError: ExitCode.BAD_INPUT,
    errors.ConfigError: ExitCode.BAD_INPUT,
    errors.RefusedError: ExitCode.BAD_INPUT,
    errors.NoSnapshotForSlotError: ExitCode.BAD_INPUT,
    errors.NotFoundError: ExitCode.BAD_INPUT,
    errors.AlreadyExistsError: ExitCode.BAD_INPUT,
    errors.InvalidStateError: ExitCode.BAD_INPUT,
    errors.ClusterBusyError: ExitCode.AWS_UNREACHABLE,
    errors.QuotaExceededError: ExitCode.AWS_UNREACHABLE,
    errors.ThrottledError: ExitCode.AWS_UNREACHABLE,
    errors.AccessDeniedError: ExitCode.AWS_UNREACHABLE,
    errors.SnapshotFailedError: ExitCode.AWS_UNREACHABLE,
    errors.AwsError: ExitCode.AWS_UNREACHABLE,
    errors.PartialFailureError: ExitCode.PARTIAL,
}
EXPECTED_ERRORS = (errors.BackupError, UsageError, UnreachableError)


def code_of_error(error: Exception) -> ExitCode:
    """Return the exit code for an error of ours: that of its nearest class in the table."""
    return next(CODE_OF_ERROR[kind] for kind in type(error).__mro__ if kind in CODE_OF_ERROR)


def code_of_response(response: Mapping[str, Any]) -> ExitCode:
    """Return the exit code for a response of the contract.

    What a dry run would leave to do is no failure to do it.
    """
    if response.get("ok") is False:
        return ExitCode.CHECK_FAILED
    is_unfinished = response.get("remaining", 0) > 0 or response["status"] == "pending"
    if is_unfinished and not response.get("dry_run"):
        return ExitCode.PARTIAL
    return ExitCode.OK
