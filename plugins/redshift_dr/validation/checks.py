"""What a check says, and what all of them say together. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["inventory", "sql", "freshness"]
Severity = Literal["error", "warn"]
Result = Literal["passed", "failed", "warned", "error", "not comparable"]
Verdict = Literal["passed", "failed"]

SEVERITIES: tuple[Severity, ...] = ("error", "warn")


@dataclass(frozen=True)
class Check:
    """One check with its numbers; neither message nor numbers hold a value of a row.

    :param name: unique within its kind.
    :param severity: whether the drill fails with it, or only warns.
    :param result: ``error`` could not be run, ``not comparable`` had nothing to compare with.
    :param seconds: and ``statements``: what it took; of tables counted together it is with the
        check ``inventory``.
    """

    name: str
    kind: Kind
    severity: Severity
    result: Result
    message: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    statements: int = 0

    @property
    def fails(self) -> bool:
        """Whether the drill fails by this check."""
        return self.severity == "error" and self.result in ("failed", "error")

    def as_dict(self) -> dict[str, Any]:
        """The check as it stands in XCom and evidence."""
        return {**asdict(self), "numbers": dict(self.numbers), "seconds": round(self.seconds, 3)}


def verdict_of(checks: Sequence[Check]) -> Verdict:
    """Passed if nothing failed and something passed: a drill that compared nothing proves nothing.

    :param checks: all that were asked for.
    """
    if any(check.fails for check in checks):
        return "failed"
    return "passed" if any(check.result == "passed" for check in checks) else "failed"


def reason_of(checks: Sequence[Check]) -> str:
    """Why they failed, in one sentence with the names and numbers of what did."""
    failing = [check for check in checks if check.fails]
    if not failing:
        return f"none of {len(checks)} checks passed: nothing was proved"
    told = "; ".join(f"{check.name}: {check.message}" for check in failing)
    return f"{len(failing)} of {len(checks)} checks failed: {told}"


def table_of(checks: Sequence[Check]) -> str:
    """All checks for the log, what is not in order first."""
    order = {"failed": 0, "error": 1, "warned": 2, "not comparable": 3, "passed": 4}
    rows = sorted(checks, key=lambda check: (order[check.result], check.kind, check.name))
    width = max((len(check.name) for check in rows), default=0)
    return "\n".join(
        f"{check.result:<14}  {check.kind:<9}  {check.name:<{width}}  {check.message}"
        for check in rows
    )
