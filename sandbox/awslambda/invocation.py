"""What goes into an invocation of a function and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True)
class FunctionSpec:
    """One version of a function: all that its environments are made from.

    Two specs that differ need different environments; that is how an update takes effect.
    """

    account_id: str
    region: str
    function_name: str
    version: str
    handler: str
    role: str
    runtime: str
    memory_megabytes: int
    timeout_seconds: int
    variables: Mapping[str, str]
    logging: Mapping[str, str]
    code_sha256: str
    code: bytes = field(compare=False, repr=False)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Account, region, name and version: what stays when code or configuration change."""
        return (self.account_id, self.region, self.function_name, self.version)

    @property
    def log_group(self) -> str:
        """The CloudWatch Logs group its environments write to."""
        return self.logging.get("LogGroup") or f"/aws/lambda/{self.function_name}"


@dataclass(frozen=True)
class Invocation:
    """One event on its way to a function.

    :param function_arn: the ARN it was invoked by, with the qualifier if there was one.
    :param client_context: JSON text of the caller's client context, or None.
    """

    request_id: str
    payload: bytes
    function_arn: str
    client_context: str | None = None


class Ending(Enum):
    """How the wait for a function's process ended."""

    ANSWERED = "answered"
    TIMED_OUT = "timed out"
    EXITED = "exited"
    OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True)
class Outcome:
    """What the caller of an invocation learns.

    :param function_error: True when the function failed; ``payload`` then describes the error.
    :param log_lines: the lines of this invocation, START to REPORT.
    """

    payload: bytes
    function_error: bool
    duration_milliseconds: float
    log_lines: tuple[str, ...]
