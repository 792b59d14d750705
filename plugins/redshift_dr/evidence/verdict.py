"""Whether a drill has proved that the backup can be restored. Pure.

Every record may be missing: a task that was killed, skipped or marked by hand leaves none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]
"""What a task of the drill returned."""

PASSED = "passed"
FAILED = "failed"
NOT_COMPARABLE = "not comparable"
UNSETTLED = ("warned", NOT_COMPARABLE)
"""Results of a check that are a warning: neither a pass nor a failure of the drill."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of a drill.

    :ivar result: ``passed`` or ``failed``.
    :ivar reasons: why it is failed, one sentence each; empty where it is passed.
    :ivar warnings: what a reader must know although it does not decide.
    """

    result: str
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def judge(
    validate: Record | None,
    delete: Record | None,
    *,
    dr_copy: Record | None = None,
    wants_dr_copy: bool = False,
) -> Verdict:
    """Decide a drill from what is on record, and from nothing else.

    A pass needs a validation on record that passed, at least one check in it that passed, none of
    severity ``error`` that did not, and a deletion on record.

    :param validate: what ``validate`` returned.
    :param delete: what ``delete_cluster`` returned.
    :param dr_copy: what ``keep_dr_copy`` returned; decides nothing, but its lack is a warning.
    :param wants_dr_copy: whether the configuration asks for a copy that the DR account owns.
    """
    checks = checks_of(validate)
    reasons = (*_reasons_of_validation(validate, checks), *_reasons_of_deletion(delete))
    warnings = list(_warnings_of_checks(checks))
    if wants_dr_copy and not reasons and not (dr_copy or {}).get("dr_copy"):
        cause = (dr_copy or {}).get("reason") or "keep_dr_copy left no result"
        warnings.append(f"no copy owned by the DR account was kept: {cause}")
    return Verdict(FAILED if reasons else PASSED, reasons, tuple(warnings))


def checks_of(validate: Record | None) -> tuple[Record, ...]:
    """The checks on record; none where there is no validation."""
    checks = (validate or {}).get("checks")
    return tuple(check for check in checks or () if isinstance(check, Mapping))


def _reasons_of_validation(validate: Record | None, checks: tuple[Record, ...]) -> Iterator[str]:
    if validate is None:
        yield "no validation is on record: the restored data was not checked"
        return
    broken = [
        str(check.get("name"))
        for check in checks
        if check.get("severity") == "error" and check.get("result") in (FAILED, "error")
    ]
    if broken:
        yield f"{len(broken)} of {len(checks)} checks did not pass: {_named(broken)}"
    elif validate.get("result") != PASSED:
        yield f"the validation's result is {validate.get('result') or 'missing'}"
    elif not any(check.get("result") == PASSED for check in checks):
        yield f"not one of {len(checks)} checks passed: nothing is proved of the restored data"


def _reasons_of_deletion(delete: Record | None) -> Iterator[str]:
    if delete is None:
        yield "no deletion is on record: look for the drill's cluster in the DR account"
    elif delete.get("deleted") is not True:
        yield f"no cluster was deleted: {delete.get('reason') or 'no reason given'}"


def _warnings_of_checks(checks: tuple[Record, ...]) -> Iterator[str]:
    for check in checks:
        if check.get("result") in UNSETTLED:
            yield f"{check.get('name')} is {check['result']}: {check.get('message')}"
        elif check.get("result") in (FAILED, "error") and check.get("severity") != "error":
            yield f"{check.get('name')} ended in {check['result']}: {check.get('message')}"


def _named(names: list[str], most: int = 5) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
