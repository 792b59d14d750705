"""Two callers at once on one cluster: one runs between any two calls of the other."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Barrier
from typing import Any

from redshift_backup.aws import client
from tests.sweep import invariants, scenarios
from tests.sweep.cases import Result, prepare, reference_of
from tests.sweep.invariants import RETRIED, Reference, comparable
from tests.sweep.scenarios import Scenario
from tests.sweep.world import Outcome, State, World

KIND = "two callers"
ROUNDS_AT_ONCE = 3
_ATTEMPTS = 3


@dataclass(frozen=True)
class Pair:
    """Two events on one state.

    :ivar same_request: one event delivered twice.
    :ivar promised: what the answers promised and the state does not keep, one sentence each.
    """

    name: str
    first: Scenario
    second: Scenario
    same_request: bool = False
    promised: Callable[[State, Outcome, Outcome], list[str]] = lambda *_: []


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


_BACKUP, _PRUNE = "backup and prune", "prune of shared snapshots"
_FRESH, _PROMOTES = "create of a fresh slot", "create promotes"
_FAILED, _SLOTLESS = "create replaces a failed snapshot", "backup without a slot"
_RECONCILE, _SHARE = "reconcile shares what is kept", "share with one account"
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
    _pair("share, and reconcile", _RECONCILE, _SHARE, _RECONCILE),
)
BY_NAME: Mapping[str, Pair] = {one.name: one for one in PAIRS}


@dataclass(frozen=True)
class _Expected:
    """How the pair may end: as one event after the other, in either order."""

    reference: Reference
    finals: tuple[Mapping[str, Any], ...]


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
        yield _judge(world, pair, expected, (first, second[0]), label)
    for number in range(1, ROUNDS_AT_ONCE + 1):
        prepare(world, pair.first)
        outcomes = _at_once(world, pair)
        yield _judge(world, pair, expected, outcomes, f"{pair.name}: at once, round {number}")


def _id(pair: Pair, number: int) -> str:
    return "delivery" if pair.same_request else f"caller-{number}"


def _expected(world: World, pair: Pair) -> _Expected:
    first, second = reference_of(world, pair.first), reference_of(world, pair.second)
    reference = replace(first, may_delete=first.may_delete | second.may_delete)
    finals = []
    for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
        prepare(world, pair.first)
        for number, scenario in enumerate((one, other), start=1):
            world.invoke(scenario.event, _id(pair, number))
        finals.append(_compared(world.state(), reference, pair))
    return _Expected(reference, tuple(finals))


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

    clients = [client(service) for service in ("redshift", "kms")]
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
        event = (pair.first if number == 1 else pair.second).event
        barrier.wait()
        return world.invoke(event, _id(pair, number))

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(invoke, (1, 2))
    return first, second


def _judge(
    world: World, pair: Pair, expected: _Expected, outcomes: tuple[Outcome, Outcome], label: str
) -> Result:
    reference = expected.reference
    broken = pair.promised(world.state(), *outcomes)
    invocations = 1
    for number, (scenario, outcome) in enumerate(
        zip((pair.first, pair.second), outcomes, strict=True), start=1
    ):
        last, attempts = outcome, 1
        while isinstance(last.error, RETRIED) and attempts < _ATTEMPTS:
            world.advance(scenario.caller.gap_seconds)
            last, attempts = world.invoke(scenario.event, _id(pair, number)), attempts + 1
        invocations = max(invocations, attempts)
        broken += invariants.of_outcome(scenario, reference, last, None)
        if not last.is_done:
            broken.append(f"caller {number} is not done: {last.error or last.response}")
    state = world.state()
    broken += invariants.of_state(pair.first, reference, state)
    broken += invariants.of_calls(pair.first, reference, world.calls())
    found = _compared(state, reference, pair)
    if found not in expected.finals:
        listed = invariants.differences(found, expected.finals[0])
        broken += [f"at the end: {one}" for one in listed]
    return Result(pair.first.action, KIND, label, invocations, tuple(dict.fromkeys(broken)))
