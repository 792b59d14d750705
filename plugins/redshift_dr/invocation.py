"""What the function's answer means: a result, a refusal, or a failure worth a retry. Pure."""

import json
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

CONFIGURATION_ERRORS = frozenset({"BadRequestError", "ConfigError"})
DELETION_LIMIT = "DeletionLimitError"
"""A plan deletes more than one run may; a person may approve it."""

REFUSALS = frozenset(
    {
        "RefusedError",
        "ShareRefusedError",
        "DeletionLimitError",
        "StaleChainError",
        "SlotRefusedError",
        "ForeignSnapshotError",
        "HeldError",
        "NoSnapshotForSlotError",
    }
)
FINAL_AWS_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "InvalidParameterValueException",
        "InvalidRequestContentException",
        "RequestTooLargeException",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
    }
)
"""Codes of ``lambda:Invoke`` and ``sts:AssumeRole`` that another attempt cannot mend."""

UNREACHABLE_TYPE = "Unreachable"
"""Error type of an invocation without an answer: time-outs, refused and broken connections."""

NEXT_STEPS = {
    "BadRequestError": "Correct the fields named, then clear the task.",
    "ConfigError": "Correct the function's environment, which its deployment sets, then clear "
    "the task.",
    "RefusedError": "Compare what was asked with the limits that the function's deployment sets.",
    "ShareRefusedError": "Compare the target accounts and the snapshot's KMS key with what the "
    "function's deployment allows.",
    "DeletionLimitError": "Read the plan in the function's log; to apply exactly this plan "
    "trigger a run with approved_plan_sha256 set to the sum named.",
    "StaleChainError": "Find out why no recent snapshot is shared; nothing is pruned until one is.",
    "SlotRefusedError": "Trigger a new run; this slot cannot be backed up any more, or not yet.",
    "ForeignSnapshotError": "Look at the snapshot named; adopt it if it is a backup of this "
    "cluster.",
    "HeldError": "Talk to whoever set the hold that is named; release it first if it may go.",
    "NoSnapshotForSlotError": "Nothing can be done for this slot; lengthen the cluster's automated "
    "snapshot retention if past slots must be kept.",
    "ClusterBusyError": "Wait until the cluster is available.",
    "AwsError": "Read the AWS error.",
    "AccessDeniedError": "Let the function's role do what AWS refused.",
    "QuotaExceededError": "Raise the snapshot quota of the account, or prune.",
    "SnapshotFailedError": "Clear create_snapshot, which replaces the failed snapshot of the slot.",
    "ThrottledError": "Look what else calls Redshift so often.",
    "PartialFailureError": "See what is left; another try takes up only that.",
    "AccessDenied": "Let the role of the Airflow connection invoke the function.",
    "AccessDeniedException": "Let the role of the Airflow connection invoke the function.",
    "ResourceNotFoundException": "Deploy the function, or correct function_name and region_name.",
    "TooManyRequestsException": "Look what else uses the account's Lambda concurrency.",
    UNREACHABLE_TYPE: "Look at the network between Airflow and AWS.",
    "UnrecognizedClientException": "Correct the credentials of the Airflow connection.",
    "InvalidSignatureException": "Correct the credentials of the Airflow connection.",
}
RETRY_NEXT_STEP = "Read the function's log by the correlation id."
FINAL_NEXT_STEP = "Read the function's log by the correlation id; a retry does not mend this."


@dataclass(frozen=True)
class Failure:
    """An invocation that brought no result.

    :param error_type: the function's ``errorType``, or AWS's error code.
    :param message: the error in its own words.
    :param retry: whether another attempt may succeed.
    """

    error_type: str
    message: str
    retry: bool

    @property
    def next_step(self) -> str:
        """What a person should do first."""
        last_resort = RETRY_NEXT_STEP if self.retry else FINAL_NEXT_STEP
        return NEXT_STEPS.get(self.error_type, last_resort)

    def __str__(self) -> str:
        return f"{self.error_type}: {self.message}"


class _Response(BaseModel):
    """The fields that every answer has (contract, section 5); others pass through."""

    model_config = ConfigDict(frozen=True, extra="allow")

    status_code: int = Field(alias="statusCode", ge=200, le=202)
    action: str
    status: str = Field(pattern="^(completed|pending|skipped)$")
    cluster_identifier: str


class CreateResponse(_Response):
    """Answer to ``create``; a skipped one has a reason and no snapshot."""

    snapshot_id: str | None = None
    origin: str | None = None
    snapshot_status: str | None = None
    reason: str | None = None

    @model_validator(mode="after")
    def _has_a_snapshot_unless_skipped(self) -> Self:
        if self.status != "skipped" and not self.snapshot_id:
            raise ValueError("snapshot_id is missing")
        return self


class ShareResponse(_Response):
    """Answer to ``share``."""

    snapshot_id: str
    shared: bool
    warnings: list[str] = []


class HoldResponse(_Response):
    """Answer to ``hold``."""

    snapshot_id: str
    reason: str
    held: bool
    changed: bool


class ReleaseResponse(_Response):
    """Answer to ``release``; ``held_for`` is ``None`` where there was no hold."""

    snapshot_id: str
    held: bool
    held_for: str | None
    changed: bool
    prune_verdict: str | None
    prune_reason: str


class PruneResponse(_Response):
    """Answer to ``prune``."""

    plan: list[dict[str, Any]]
    plan_sha256: str
    deleted: int = Field(ge=0)
    remaining: int = Field(ge=0)
    reason: str | None = None


class FunctionSettings(BaseModel):
    """What a deployed function goes by; the rest of its environment passes through.

    :param account_id: where it runs; ``region_name`` likewise.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    account_id: str
    region_name: str
    target_account_id: str | None
    allowed_clusters: tuple[str, ...]
    allowed_target_account_ids: tuple[str, ...]
    minimum_retention_days: int
    maximum_age_hours: int
    enabled_actions: tuple[str, ...]


class CheckResponse(_Response):
    """Answer to ``check``."""

    settings: FunctionSettings


class StampResponse(_Response):
    """Answer to ``stamp``."""

    snapshot_id: str
    result: str | None
    changed: bool
    reason: str | None = None


ResponseT = TypeVar("ResponseT", bound=_Response)


def failure_of(payload: str) -> Failure:
    """Read the payload of an invocation that AWS marked with ``FunctionError``.

    An ``errorType`` that is not the function's own (``Sandbox.Timedout``, ``Runtime.ExitError``) is
    an accident of the runtime and worth a retry.
    """
    try:
        body = json.loads(payload)
    except json.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        return Failure("FunctionError", f"the function failed and said only {payload!r}.", True)
    error_type = str(body.get("errorType") or "FunctionError")
    message = str(body.get("errorMessage") or "no message").rstrip()
    if not message.endswith((".", "!", "?")):
        message += "."
    return Failure(error_type, message, error_type not in CONFIGURATION_ERRORS | REFUSALS)


def read_response(
    payload: str, model: type[ResponseT], *, action: str, cluster_identifier: str | None
) -> ResponseT | Failure:
    """Check an answer before it is believed.

    :param payload: JSON text of a successful invocation.
    :param model: the fields that must be there.
    :param action: the action that was asked for; the answer must be to it.
    :param cluster_identifier: likewise; ``None`` where the function was to take its own.
    :return: the answer, or what is wrong with it, which no retry mends.
    """
    try:
        body = json.loads(payload)
    except json.JSONDecodeError:
        return Failure(
            "BadResponseError", f"the function answered {payload[:200]!r}, no JSON.", False
        )
    try:
        response = model.model_validate(body)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in detail['loc']) or 'answer'}: {detail['msg']}"
            for detail in error.errors()
        )
        return Failure(
            "BadResponseError",
            f"the answer to {action} is not what the contract promises ({faults}). "
            "Is function_name the backup function, in the version that fits?",
            False,
        )
    if cluster_identifier is None:
        cluster_identifier = response.cluster_identifier
    if (response.action, response.cluster_identifier) != (action, cluster_identifier):
        return Failure(
            "BadResponseError",
            f"asked for {action} of {cluster_identifier}, "
            f"answered {response.action} of {response.cluster_identifier}.",
            False,
        )
    return response
