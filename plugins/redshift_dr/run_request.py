"""What a person may ask of a run by its configuration. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from redshift_dr.config.models import AccountId, ClusterConfig
from redshift_dr.errors import RunRequestError

SNAPSHOT_IDENTIFIER_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"

_NEVER_IN_A_TAG = r"""!"#$%&'()*,;<>?\[\\\]^`{|}~\x7f"""
REASON_PATTERN = rf"^ *[^\x00-\x20{_NEVER_IN_A_TAG}]([^\x00-\x1f{_NEVER_IN_A_TAG}]*)$"
"""The function's own pattern for a reason: what AWS allows in a tag, as far as it can say that."""

MOST_LETTERS_OF_A_TAG = 256
_NO_LETTER_OF_A_TAG = re.compile(r"[^\w +=.:/@-]")


def tag_text(value: str) -> str:
    """A text as AWS keeps it in a tag, without spaces at its ends.

    :raises ValueError: it is empty or too long, or has letters that cannot stand in a tag.
    """
    text = value.strip()
    if not 1 <= len(text) <= MOST_LETTERS_OF_A_TAG:
        raise ValueError(f"has {len(text)} characters and may have 1 to {MOST_LETTERS_OF_A_TAG}")
    wrong = sorted(set(_NO_LETTER_OF_A_TAG.findall(text)))
    if wrong:
        raise ValueError(
            f"{' '.join(map(repr, wrong))} cannot stand in a tag of AWS: use letters, digits, "
            "spaces and + - = . _ : / @"
        )
    return text


SnapshotIdentifier = Annotated[
    str, StringConstraints(pattern=SNAPSHOT_IDENTIFIER_PATTERN, max_length=255)
]
Reason = Annotated[str, AfterValidator(tag_text)]


class Request(BaseModel):
    """The configuration of a run: frozen, and without a field that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PruneRequest(Request):
    """What may be asked of a prune; every field is optional.

    :param target_account_ids: share with these only; must hold the DR account.
    :param retention_days: keep at least this long; the function refuses less than its minimum.
    """

    target_account_ids: tuple[AccountId, ...] | None = None
    retention_days: Annotated[int, Field(ge=1, le=3653)] | None = None

    @field_validator("target_account_ids", mode="before")
    @classmethod
    def _tuple_of_list(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value


class RunRequest(PruneRequest):
    """What may be asked of a backup; every field is optional.

    :param dry_run: report what would be done, change nothing.
    :param snapshot_id: share this existing snapshot instead of making one; such a run never prunes.
    :param hold_reason: hold the snapshot that the run makes or shares, for this reason.
    :param skip_prune: make and share, delete nothing.
    :param approved_plan_sha256: the plan that a person has read and approved, from the function's
        ``DeletionLimitError``.
    """

    dry_run: bool = False
    snapshot_id: SnapshotIdentifier | None = None
    hold_reason: Reason | None = None
    skip_prune: bool = False
    approved_plan_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class ReleaseRequest(Request):
    """What a run that releases a hold needs.

    :param snapshot_id: the held snapshot.
    :param reason: why its hold may go, for the function's log.
    """

    snapshot_id: SnapshotIdentifier
    reason: Reason


RequestT = TypeVar("RequestT", bound=Request)


def read_request(
    model: type[RequestT], conf: Mapping[str, Any], further_faults: Iterable[str] = ()
) -> RequestT:
    """Check what a run was asked for.

    Airflow checks the trigger form against the DAG's params; it accepts unknown keys silently, and
    backfills reach a run by another way, so the first task checks everything again.

    :param model: what may be asked.
    :param conf: what was asked.
    :param further_faults: what the model cannot know.
    :raises RunRequestError: with every fault at once.
    """
    faults: list[str] = []
    request = None
    try:
        request = model.model_validate(dict(conf))
    except ValidationError as error:
        faults.extend(_fault(model, detail) for detail in error.errors())
    faults.extend(further_faults)
    if faults or request is None:
        raise RunRequestError(faults)
    return request


def account_faults(cluster: ClusterConfig, accounts: Any) -> Iterable[str]:
    """What is wrong with the accounts that a run is asked to share with.

    :param accounts: as they were asked for; ``None`` for all configured ones.
    """
    if accounts is None or not isinstance(accounts, list | tuple):
        return
    allowed = cluster.all_target_account_ids
    for account in accounts:
        if account not in allowed:
            yield (
                f"target_account_ids: {account!r} is not a target account of "
                f"{cluster.cluster_identifier} (configured: {', '.join(allowed)})"
            )
    if cluster.target_account_id not in accounts:
        yield (
            f"target_account_ids: must hold the DR account {cluster.target_account_id}, "
            "from which the share is confirmed"
        )


def contradictions(conf: Mapping[str, Any]) -> Iterable[str]:
    """What of a configuration cannot go together, told beside what is wrong on its own.

    :param conf: as it was asked for.
    """
    for other in ("skip_prune", "snapshot_id"):
        if conf.get("approved_plan_sha256") and conf.get(other):
            yield (
                f"approved_plan_sha256: approves a prune, and a run with {other} never prunes; "
                "leave one of them out"
            )


def _fault(model: type[Request], detail: Any) -> str:
    field = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"{field}: is not a known key (known: {', '.join(model.model_fields)})"
    if detail["type"] == "missing":
        return f"{field}: is missing"
    message = str(detail["msg"]).removeprefix("Value error, ")
    return f"{field}: is {detail['input']!r}: {message[:1].lower()}{message[1:]}"
