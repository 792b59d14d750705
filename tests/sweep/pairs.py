"""Two callers at once on one cluster: one runs between any two calls of the other."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Barrier
from typing import Any

from redshift_backup.aws import client
from redshift_backup.errors import NotFoundError
from tests.sweep import invariants, scenarios
from tests.sweep.cases import Result, prepare, reference_of
from tests.sweep.invariants import RETRIED, Reference, comparable
from tests.sweep.scenarios import Scenario
from tests.sweep.world import SERVICES, Outcome, State, World

KIND = "two callers"
ROUNDS_AT_ONCE = 3
_ATTEMPTS = 3


@dataclass(frozen=True)
class Pair:
    """Two events on one state.

    :ivar same_request: one event delivered twice.
    :ivar promised: what the answers promised and the state does not keep, one sentence each.
    :ivar reconciled: the hourly reconcile is part of how it ends.
    :ivar too_late_before: the call of the first that no look can follow; what the second does
        before it comes too late, and is told so by nothing. Documented, not skipped: all but the
        promise has to hold there too.
    """

    name: str
    first: Scenario
    second: Scenario
    same_request: bool = False
    promised: Callable[[State, Outcome, Outcome], list[str]] = lambda *_: []
    reconciled: bool = False
    too_late_before: str | None = None

    def member(self, number: int) -> Scenario:
        """Return the scenario of the first or the second caller."""
        return self.first if number == 1 else self.second


def _pair(
    name: str,
    prepared_by: str,
    first: str,
    second: str,
    *,
    more: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> Pair:
    state = scenarios.BY_NAME[prepared_by]
    members = (
        replace(
            scenarios.BY_NAME[one],
            prepare=state.prepare,
            environment=state.environment,
            replaces=state.replaces,
            **(more or {}),
        )
        for one in (first, second)
    )
    return Pair(name, *members, **arguments)


def _hold_is_kept(state: State, *outcomes: Outcome) -> list[str]:
    """Check that what somebody was told is held is there, and held."""
    held = [one.response for one in outcomes if one.response and one.response.get("held")]
    return [
        f"{one['snapshot_id']} was told as held and is gone"
        for one in held
        if one["snapshot_id"] not in state
    ]


_BACKUP, _PRUNE = "backup and prune", "prune of shared snapshots"
_FRESH, _PROMOTES = "create of a fresh slot", "create promotes"
_FAILED, _SLOTLESS = "create replaces a failed snapshot", "backup without a slot"
_RECONCILE, _SHARE = "reconcile shares what is kept", "share with one account"
_STAMP = "stamp over an earlier one"
_TOO_LATE: Mapping[str, Any] = {
    "promised": _hold_is_kept,
    "reconciled": True,
    "too_late_before": "BatchDeleteClusterSnapshots",
}
PAIRS: tuple[Pair, ...] = (
    _pair("two prunes", _PRUNE, _PRUNE, _PRUNE),
    _pair("two prunes of chunks", "prune of several chunks", *["prune of several chunks"] * 2),
    _pair("two prunes with one in use", "prune with one in use", _PRUNE, _PRUNE),
    _pair("backup, and reconcile", _BACKUP, _BACKUP, _RECONCILE),
    _pair("reconcile, and backup", _BACKUP, _RECONCILE, _BACKUP),
    _pair("two reconciles", _RECONCILE, _RECONCILE, _RECONCILE),
    _pair("reconcile, and prune", _RECONCILE, _RECONCILE, _PRUNE),
    _pair("prune, and reconcile", _RECONCILE, _PRUNE, _RECONCILE),
    _pair("one backup delivered twice", _BACKUP, _BACKUP, _BACKUP, same_request=True),
    _pair("one slotless backup twice", _SLOTLESS, _SLOTLESS, _SLOTLESS, same_request=True),
    _pair("two creates", _FRESH, _FRESH, _FRESH),
    _pair("two creates that replace", _FAILED, _FAILED, _FAILED),
    _pair("two promotions", _PROMOTES, _PROMOTES, _PROMOTES),
    _pair("create, and backup", _FAILED, _FAILED, "backup replaces a failed snapshot"),
    _pair("share, and prune", _RECONCILE, _SHARE, _PRUNE),
    _pair("prune, and share", _RECONCILE, _PRUNE, _SHARE),
    _pair("two shares", _SHARE, _SHARE, "share with two accounts"),
    _pair("hold, and prune", _PRUNE, "hold", _PRUNE, **_TOO_LATE),
    _pair("prune, and hold", _PRUNE, _PRUNE, "hold", **_TOO_LATE),
    _pair("reconcile, and hold", _PRUNE, _RECONCILE, "hold", **_TOO_LATE),
    _pair("two holds", _PRUNE, "hold", "hold", promised=_hold_is_kept),
    _pair("release, and prune", "release", "release", _PRUNE),
    _pair("prune, and release", "release", _PRUNE, "release"),
    _pair("two adoptions", "adopt by name", "adopt by name", "adopt by pattern"),
    _pair("adopt, and reconcile", "adopt by name", "adopt by name", _RECONCILE, reconciled=True),
    _pair("two stamps", _STAMP, _STAMP, "stamp of an earlier test"),
    _pair("stamp, and prune", _STAMP, _STAMP, _PRUNE),
    _pair("two sweeps", "sweep", "sweep", "sweep"),
    _pair("two prunes of copies", "prune of copies", *["prune of copies"] * 2),
    _pair("share, and reconcile", _RECONCILE, _SHARE, _RECONCILE),
)
BY_NAME: Mapping[str, Pair] = {one.name: one for one in PAIRS}


@dataclass(frozen=True)
class _Expected:
    """How the pair may end: as one event after the other, in either order.

    :ivar errors: what the first and the second caller may be told at last.
    """

    reference: Reference
    finals: tuple[Mapping[str, Any], ...]
    errors: tuple[frozenset[type[Exception]], ...]


def pair_cases(world: World, pair: Pair) -> Iterator[Result]:
    """Let the second caller run before each call of the first, then both in threads."""
    expected = _expected(world, pair)
    for number in range(1, len(expected.reference.calls) + 1):
        with _between(number, lambda: world.invoke(pair.second.event, _id(pair, 2))) as second:
            prepare(world, pair.first)
            first = world.invoke(pair.first.event, _id(pair, 1))
        service, operation = expected.reference.calls[number - 1]
        label = f"{pair.name}: the second runs before call {number} ({service}:{operation})"
        if not second:
            yield Result(pair.first.action, KIND, label, 1, ("the second caller did not run",))
            continue
        in_time = operation != pair.too_late_before
        yield _judge(world, pair, expected, (first, second[0]), label, promise=in_time)
    for number in range(1, ROUNDS_AT_ONCE + 1):
        prepare(world, pair.first)
        outcomes = _at_once(world, pair)
        # Where the calls fall is not known here, so a promise that may come too late is not asked.
        in_time = pair.too_late_before is None
        label = f"{pair.name}: at once, round {number}"
        yield _judge(world, pair, expected, outcomes, label, promise=in_time)


def _id(pair: Pair, number: int) -> str:
    return "delivery" if pair.same_request else f"caller-{number}"


def _expected(world: World, pair: Pair) -> _Expected:
    first, second = reference_of(world, pair.first), reference_of(world, pair.second)
    states: list[State] = []
    errors: tuple[set[type[Exception]], ...] = (set(), set())
    for order in ((1, 2), (2, 1)):
        prepare(world, pair.first)
        for number in order:
            outcome = world.invoke(pair.member(number).event, _id(pair, number))
            if outcome.error is not None:
                errors[number - 1].add(type(outcome.error))
        _reconcile(world, pair)
        states.append(world.state())
    gone = frozenset(name for state in states for name in first.before.keys() - state.keys())
    reference = replace(
        first,
        may_delete=first.may_delete | second.may_delete | gone,
        accounts=first.accounts | second.accounts,
    )
    finals = tuple(_compared(state, reference, pair) for state in states)
    return _Expected(reference, finals, tuple(frozenset(one) for one in errors))


def _compared(state: State, reference: Reference, pair: Pair) -> Mapping[str, Any]:
    return comparable(state, reference.before, is_slotless=pair.first.is_slotless)


@contextmanager
def _between(number: int, run: Callable[[], Outcome]) -> Iterator[list[Outcome]]:
    """Run something before the function's call of this number is sent; yields what came of it."""
    outcomes: list[Outcome] = []
    count = 0

    def count_and_run(**_: object) -> None:
        nonlocal count
        count += 1
        if count == number:
            outcomes.append(run())

    clients = [client(service) for service in SERVICES]
    for one in clients:
        one.meta.events.register("before-send", count_and_run)
    try:
        yield outcomes
    finally:
        for one in clients:
            one.meta.events.unregister("before-send", count_and_run)


def _at_once(world: World, pair: Pair) -> tuple[Outcome, Outcome]:
    barrier = Barrier(2)

    def invoke(number: int) -> Outcome:
        barrier.wait()
        return world.invoke(pair.member(number).event, _id(pair, number))

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(invoke, (1, 2))
    return first, second


def _judge(
    world: World,
    pair: Pair,
    expected: _Expected,
    outcomes: tuple[Outcome, Outcome],
    label: str,
    *,
    promise: bool,
) -> Result:
    """Let both callers go on as they do after a failure, and check how it ends."""
    reference = expected.reference
    broken = pair.promised(world.state(), *outcomes) if promise else []
    invocations = 1
    for number, outcome in enumerate(outcomes, start=1):
        last, attempts = _go_on(world, pair, number, outcome)
        invocations = max(invocations, attempts)
        if type(last.error) not in expected.errors[number - 1]:
            broken += _of_last(world, pair, reference, number, last)
    _reconcile(world, pair)
    state = world.state()
    broken += invariants.of_state(pair.first, reference, state)
    broken += invariants.of_calls(reference, world.calls())
    found = _compared(state, reference, pair)
    if found not in expected.finals:
        listed = invariants.differences(found, expected.finals[0])
        broken += [f"at the end: {one}" for one in listed]
    return Result(pair.first.action, KIND, label, invocations, tuple(dict.fromkeys(broken)))


def _go_on(world: World, pair: Pair, number: int, outcome: Outcome) -> tuple[Outcome, int]:
    scenario, attempts = pair.member(number), 1
    while isinstance(outcome.error, RETRIED) and attempts < _ATTEMPTS:
        world.advance(scenario.caller.gap_seconds)
        outcome, attempts = world.invoke(scenario.event, _id(pair, number)), attempts + 1
    return outcome, attempts


def _of_last(
    world: World, pair: Pair, reference: Reference, number: int, last: Outcome
) -> list[str]:
    scenario = pair.member(number)
    named = scenario.fields.get("snapshot_id")
    if isinstance(last.error, NotFoundError) and named and named not in world.state():
        return []
    broken = invariants.of_outcome(scenario, reference, last, None)
    if not last.is_done:
        broken.append(f"caller {number} is not done: {last.error or last.response}")
    return broken


def _reconcile(world: World, pair: Pair) -> None:
    if pair.reconciled:
        world.invoke({"action": "reconcile"}, "hourly")
