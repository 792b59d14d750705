"""What has to hold whatever breaks: pure checks of states, calls and outcomes."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redshift_backup.errors import (
    AwsError,
    BackupError,
    ClusterBusyError,
    PartialFailureError,
)
from tests.sweep.scenarios import Scenario
from tests.sweep.world import TAG, Outcome, State

RETRIED = (AwsError, ClusterBusyError, PartialFailureError)
_DELETING = frozenset({"DeleteClusterSnapshot", "BatchDeleteClusterSnapshots", "DeleteCluster"})
# A tag whose value is of the invocation that wrote it, not of the state.
_OF_THE_RUN = frozenset({TAG + "request-id"})
_OF_THE_MOMENT = frozenset({TAG + "delete-refused-since"})


@dataclass(frozen=True)
class Reference:
    """A scenario as it goes without a fault.

    :ivar calls: service and operation of every call, in order.
    :ivar may_delete: what the plan before deletes, and what the scenario replaces.
    :ivar accounts: with whom may be shared.
    :ivar final: the state at the end, as :func:`comparable` gives it.
    """

    calls: tuple[tuple[str, str], ...]
    before: State
    may_delete: frozenset[str]
    accounts: frozenset[str]
    final: Mapping[str, Any]
    response: Mapping[str, Any] | None


def comparable(state: State, before: State, *, is_slotless: bool) -> dict[str, Any]:
    """Return a state without what differs from run to run: request ids and moments."""
    compared: dict[str, Any] = {}
    for name, held in state.items():
        is_new = name not in before
        tags = {
            key: "a moment" if key in _OF_THE_MOMENT else value
            for key, value in held.tags.items()
            if key not in _OF_THE_RUN
        }
        if is_slotless and is_new:
            tags[TAG + "slot"] = "the invocation's"
            name = f"new {sum(key.startswith('new ') for key in compared) + 1}"
        created = None if is_new else held.created
        if not is_new and held.status == "available" and before[name].status == "failed":
            created = None
        compared[name] = (held.cluster, held.status, created, held.accounts, tags)
    return compared


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Tell where two comparable states differ, one sentence a snapshot."""
    sentences = [f"{name} is missing" for name in wanted.keys() - found.keys()]
    sentences += [f"{name} is there" for name in found.keys() - wanted.keys()]
    sentences += [
        f"{name} is {found[name]}, not {wanted[name]}"
        for name in found.keys() & wanted.keys()
        if found[name] != wanted[name]
    ]
    return sorted(sentences)


def of_state(scenario: Scenario, reference: Reference, state: State) -> list[str]:
    """Check what is on the shelf."""
    broken = [
        f"slot {slot} of {cluster} has {count} snapshots"
        for (cluster, slot), count in _slots(state).items()
        if count > 1
    ]
    made = state.keys() - reference.before.keys()
    if len(made) > 1 and scenario.action in ("backup", "create"):
        broken.append(f"one event made {len(made)} snapshots: {sorted(made)}")
    for name, held in reference.before.items():
        if name in reference.may_delete:
            continue
        if name not in state:
            broken.append(f"{name} is gone, and the plan kept it")
        elif state[name].created != held.created:
            broken.append(f"{name} was made anew, and the plan kept it")
    return broken


def _slots(state: State) -> Counter[tuple[str, str]]:
    return Counter(
        (held.cluster, held.tags[TAG + "slot"])
        for held in state.values()
        if held.tags.get(TAG + "managed-by") == "redshift-backup" and TAG + "slot" in held.tags
    )


def of_calls(reference: Reference, calls: Iterable[Mapping[str, Any]]) -> list[str]:
    """Check what was asked of AWS, whether or not it came to pass."""
    broken = []
    for call in calls:
        parameters = call["parameters"]
        if call["operation"] in _DELETING:
            outside = _named(parameters) - reference.may_delete
            broken += [f"{call['operation']} names {one}, which the plan kept" for one in outside]
        if call["operation"] == "AuthorizeSnapshotAccess":
            account = parameters["AccountWithRestoreAccess"]
            if account not in reference.accounts:
                broken.append(
                    f"{account} is authorized and not one of {sorted(reference.accounts)}"
                )
    return broken


def _named(parameters: Mapping[str, Any]) -> set[str]:
    items = parameters.get("Identifiers", [parameters])
    return {one.get("SnapshotIdentifier") or one["ClusterIdentifier"] for one in items}


def of_outcome(
    scenario: Scenario, reference: Reference, outcome: Outcome, state: State | None
) -> list[str]:
    """Check what an invocation told its caller, and how long it took.

    :param state: after the invocation; None where it was not looked at.
    """
    broken = []
    if outcome.lasted_seconds > outcome.granted_seconds:
        broken.append(
            f"it took {outcome.lasted_seconds:.0f} seconds of {outcome.granted_seconds:.0f}"
        )
    if outcome.error is not None:
        return broken + _of_error(scenario, reference, outcome.error, state)
    if outcome.is_done and scenario.refuses is not None:
        broken.append(f"it completed instead of raising {scenario.refuses.__name__}")
    if outcome.is_done and state is not None:
        found = comparable(state, reference.before, is_slotless=scenario.is_slotless)
        wanted = reference.final
        if scenario.later_tag is not None:
            found, wanted = (_without(one, scenario.later_tag) for one in (found, wanted))
        broken += [f"told as done, but {one}" for one in differences(found, wanted)]
    return broken


def _without(compared: Mapping[str, Any], tag: str) -> dict[str, Any]:
    return {
        name: (*facts, {key: value for key, value in tags.items() if key != tag})
        for name, (*facts, tags) in compared.items()
    }


def _of_error(
    scenario: Scenario, reference: Reference, error: Exception, state: State | None
) -> list[str]:
    name = type(error).__name__
    if not isinstance(error, BackupError):
        return [f"{name} is not an error of ours: {error}"]
    if scenario.refuses is not None and type(error) is scenario.refuses:
        return []
    if not isinstance(error, RETRIED):
        return [f"a fault was told as {name}, which no caller retries: {error}"]
    broken = []
    if not any(subject in str(error) for subject in _subjects(reference)):
        broken.append(f"{name} names nothing that it is about: {error}")
    if "again" not in str(error) and "Next:" not in str(error):
        broken.append(f"{name} names no next step: {error}")
    if isinstance(error, PartialFailureError) and state is not None:
        broken += _unnamed(scenario, reference, error, state)
    return broken


def _unnamed(
    scenario: Scenario, reference: Reference, error: PartialFailureError, state: State
) -> list[str]:
    if scenario.action not in ("prune", "backup"):
        return []
    left = reference.may_delete & state.keys() & (reference.before.keys() - set(scenario.replaces))
    left -= {name for name in left if TAG + "delete-refused-since" in state[name].tags}
    return [
        f"{name} is left, and the error does not name it" for name in left - error.failed.keys()
    ]


def _subjects(reference: Reference) -> list[str]:
    names = [*reference.before, *reference.final]
    clusters = [held.cluster for held in reference.before.values()]
    clusters += filter(
        None, (held.tags.get(TAG + "source-cluster") for held in reference.before.values())
    )
    accounts = [account for held in reference.before.values() for account in held.accounts]
    return [*names, *clusters, *accounts, "aca-", "all clusters", " snapshots"]


def of_response(scenario: Scenario, reference: Reference, outcomes: Sequence[Outcome]) -> list[str]:
    """Check that a look tells under a fault what it tells without, or fails, or says so."""
    if reference.response is None:
        return []
    judge = _doubted if scenario.action == "check" else _told_otherwise
    wanted = _steady(reference.response)
    return [
        sentence
        for outcome in outcomes
        if outcome.response is not None
        for sentence in judge(_steady(outcome.response), wanted)
    ]


def _steady(response: Mapping[str, Any]) -> dict[str, Any]:
    """Return a response without what differs in each case: moments, and the key's identifier."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "key", json.dumps(response))
    steady: dict[str, Any] = json.loads(text)
    return {
        name: value for name, value in steady.items() if name not in ("timestamp", "correlation_id")
    }


def _told_otherwise(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    return [
        f"it tells {name}={found.get(name)!r}, without the fault {value!r}"
        for name, value in wanted.items()
        if found.get(name) != value
    ]


def _doubted(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """What a check could not read it may call failed, but never in order."""
    lines = {line["name"]: line for line in wanted["checks"]}
    wrong = [
        line
        for line in found["checks"]
        if line["status"] == "OK" and line != lines.get(line["name"])
    ]
    broken = [f"it tells {line}, without the fault {lines.get(line['name'])}" for line in wrong]
    missing = lines.keys() - {line["name"] for line in found["checks"]}
    broken += [f"the check {name} is missing" for name in missing]
    if found["ok"] and found != wanted:
        broken.append("it tells that all is in order, and differs from what it tells without fault")
    return broken
