"""Single faults: every call of every scenario, every kind of fault, for every length of time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.sweep import invariants
from tests.sweep.invariants import Reference, comparable, differences
from tests.sweep.scenarios import Scenario
from tests.sweep.world import Outcome, World

# once: one attempt, which the client's own retry covers. attempts: all attempts of one call.
# persistent: the operation, until it is mended. outage: everything, until it is mended. The
# last three differ by what a failed call leaves behind, not by its error, so not every kind has
# all of them; each has the first and persistent.
LENGTHS: Mapping[str, tuple[str, ...]] = {
    "throttle": ("once", "persistent"),
    "error_500": ("once", "persistent"),
    "error_503": ("once", "attempts", "persistent", "outage"),
    "delay": ("once", "persistent", "outage"),
    "drop_before": ("once", "attempts", "persistent"),
    "drop_after": ("once", "attempts", "persistent", "outage"),
}
KINDS = tuple(LENGTHS)
ATTEMPTS_OF_THE_CLIENT = 4
# Of 60 that are granted: one more than twelve such calls and the action has to return early.
SLOW_CALL_SECONDS = 3.5


class NoReferenceError(Exception):
    """A scenario does not work without a fault, so that no case of it means anything."""


@dataclass(frozen=True)
class Result:
    """One case: what was broken, how many invocations it took, and what did not hold."""

    action: str
    kind: str
    label: str
    invocations: int
    broken: tuple[str, ...] = ()


def prepare(world: World, scenario: Scenario) -> None:
    """Build a scenario's state, with an empty log of calls."""
    world.reset(scenario.environment, scenario.profile)
    scenario.prepare(world)
    world.forget_calls()


def reference_of(world: World, scenario: Scenario) -> Reference:
    """Run a scenario without a fault.

    :raises NoReferenceError: even so something does not hold; then no case of it means anything.
    """
    prepare(world, scenario)
    before = world.state()
    may_delete = _planned(world, scenario) | set(scenario.replaces)
    world.forget_calls()
    outcome = world.invoke(scenario.event, "first")
    calls = world.calls()
    state = world.state()
    is_look = scenario.action in ("status", "check")
    reference = Reference(
        calls=tuple((call["service"], call["operation"]) for call in calls),
        before=before,
        may_delete=frozenset(may_delete),
        accounts=scenario.accounts,
        final=comparable(state, before, is_slotless=scenario.is_slotless),
        response=outcome.response if is_look else None,
    )
    broken = _of_end(scenario, reference, outcome)
    broken += invariants.of_outcome(scenario, reference, outcome, state)
    broken += invariants.of_state(scenario, reference, state)
    broken += invariants.of_calls(reference, calls)
    if not calls:
        broken.append("it makes no call")
    if broken:
        raise NoReferenceError(f"{scenario.name} without a fault: {'; '.join(broken)}")
    return reference


def _planned(world: World, scenario: Scenario) -> set[str]:
    """Ask for the plan before anything is changed."""
    if (
        scenario.action not in ("backup", "prune", "reconcile", "sweep")
        or scenario.refuses is not None
    ):
        return set()
    outcome = world.invoke(scenario.event | {"dry_run": True}, "plan")
    if outcome.response is None:
        raise NoReferenceError(f"{scenario.name}, the plan of it: {outcome.error}")
    clusters = outcome.response.get("clusters", ())
    plans = [outcome.response, *clusters]
    rows = [row for plan in plans for row in plan.get("plan", ())]
    rows += clusters if scenario.action == "sweep" else ()
    return {row["id"] for row in rows if row["verdict"] == "delete"}


def fault_cases(
    world: World, scenario: Scenario, reference: Reference, kind: str
) -> Iterator[Result]:
    """Run every case of one kind of fault."""
    for number in range(1, len(reference.calls) + 1):
        for length in LENGTHS[kind]:
            yield _fault_case(world, scenario, reference, number, kind, length)


def _fault_case(
    world: World, scenario: Scenario, reference: Reference, number: int, kind: str, length: str
) -> Result:
    service, operation = reference.calls[number - 1]
    prepare(world, scenario)
    world.set_fault(_rule(reference, number, kind, length))
    outcomes, broken = attempts(world, scenario, reference)
    if not world.mend():
        broken.append("the fault did not fire")
    broken += end(world, scenario, reference, len(outcomes))
    broken += invariants.of_response(scenario, reference, outcomes)
    label = f"{scenario.name}: {kind}, {length}, call {number} ({service}:{operation})"
    return Result(scenario.action, kind, label, len(outcomes) + 1, tuple(dict.fromkeys(broken)))


def _rule(reference: Reference, number: int, kind: str, length: str) -> dict[str, object]:
    service, operation = reference.calls[number - 1]
    rule: dict[str, object] = {"kind": kind, "service": "*", "operation": "*", "from_call": number}
    rule["times"] = {"once": 1, "attempts": ATTEMPTS_OF_THE_CLIENT}.get(length)
    if kind == "delay":
        rule["seconds"] = SLOW_CALL_SECONDS
    if length == "persistent":
        earlier = reference.calls[:number].count((service, operation))
        rule |= {"service": service, "operation": operation, "from_call": earlier}
    return rule


def attempts(
    world: World, scenario: Scenario, reference: Reference
) -> tuple[list[Outcome], list[str]]:
    """Send the event as its caller does: again after a failure, and no more once it is done."""
    outcomes: list[Outcome] = []
    broken: list[str] = []
    for attempt in range(scenario.caller.attempts):
        outcome = world.invoke(scenario.event, request_id(scenario, attempt))
        outcomes.append(outcome)
        state = world.state()
        broken += invariants.of_outcome(scenario, reference, outcome, state)
        if outcome.is_done or _is_refusal(scenario, outcome):
            break
        world.advance(scenario.caller.gap_seconds)
    return outcomes, broken


def end(world: World, scenario: Scenario, reference: Reference, number: int) -> list[str]:
    """Send the event once more without a fault and check that all is as it should be."""
    world.advance(scenario.caller.gap_seconds)
    last = world.invoke(scenario.event, request_id(scenario, number))
    state = world.state()
    broken = [f"at the end: {one}" for one in _of_end(scenario, reference, last)]
    broken += invariants.of_outcome(scenario, reference, last, None)
    broken += invariants.of_state(scenario, reference, state)
    broken += invariants.of_calls(reference, world.calls())
    found = comparable(state, reference.before, is_slotless=scenario.is_slotless)
    return broken + [f"at the end: {one}" for one in differences(found, reference.final)]


def request_id(scenario: Scenario, attempt: int) -> str:
    """Return the request id of an attempt, as the caller's kind gives it."""
    return "first" if scenario.caller.keeps_request_id else f"attempt-{attempt + 1}"


def _is_refusal(scenario: Scenario, outcome: Outcome) -> bool:
    return scenario.refuses is not None and isinstance(outcome.error, scenario.refuses)


def _of_end(scenario: Scenario, reference: Reference, outcome: Outcome) -> list[str]:
    if scenario.refuses is not None:
        return [] if _is_refusal(scenario, outcome) else [f"not refused: {outcome}"]
    if outcome.error is not None:
        return [f"{type(outcome.error).__name__}: {outcome.error}"]
    return [] if outcome.is_done else [f"not done: {outcome.response}"]
