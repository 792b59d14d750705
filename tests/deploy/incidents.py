"""What goes wrong with either stack's function, and how it is repaired and calms down again."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sandbox.redshift.settings import SETTINGS
from tests.deploy.conftest import TARGET
from tests.deploy.deployed import Deployed

# Above the threshold of the alarm, 810, and below the function's timeout, 900.
SLOW_SECONDS = 850
_LOOKS = 2_000


def repair(deployed: Deployed) -> None:
    """Take back every incident, and let time pass until all alarms are over.

    One fresh snapshot is left, so that no test depends on the one before.
    """
    SETTINGS.block_deletion_of_restored_snapshots = False
    deployed.sandbox.control("DELETE", "faults")
    function = deployed.account.function
    deployed.client("lambda").delete_function_concurrency(FunctionName=function)
    deployed.switch_schedule(_measuring_schedule(deployed), "ENABLED")
    deployed.take(f"{function}-undelivered")
    # What a restored cluster uses can be deleted once there is a newer one.
    plant_good(deployed, timedelta(minutes=2))
    deployed.delete_snapshots()
    plant_good(deployed, timedelta(minutes=1))
    _calm_down(deployed)


def _measuring_schedule(deployed: Deployed) -> str:
    is_source = deployed.account.name == "source"
    return "aca-redshift-backup-reconcile" if is_source else "aca-redshift-dr"


def _calm_down(deployed: Deployed) -> None:
    is_source = deployed.account.name == "source"
    for _ in range(4):
        # Of the DR account noon: no test begins or ends near its daily run.
        deployed.pass_hours(2 if is_source else deployed.hours_to(12))
        # The names of all alarms of a function begin with its own.
        if set(deployed.states().values()) == {"OK"}:
            break
    else:
        raise AssertionError(f"not over after 4 steps: {deployed.states()}")
    deployed.pages()


def plant_good(deployed: Deployed, age: timedelta) -> str:
    """Put a snapshot there as the account's function counts them."""
    if deployed.account.name == "source":
        return deployed.plant_ours(age, shared_with=[TARGET])
    return deployed.plant_copy(age)


def let_an_invocation_take_long(deployed: Deployed) -> None:
    """Hold one call of an invocation back, and let the clock pass meanwhile."""
    deployed.break_calls("redshift", "DescribeClusterSnapshots", kind="delay", seconds=5, times=1)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(deployed.account.invoke, action="status")
        for _ in range(_LOOKS):
            [rule] = deployed.sandbox.control("GET", "faults")
            if rule["hits"] or answer.done():
                break
        deployed.pass_hours(SLOW_SECONDS / 3600)
        told = answer.result()
    assert "errorType" not in told, json.dumps(told)


def use_a_snapshot_past_its_retention(deployed: Deployed, age: timedelta) -> None:
    """Restore a snapshot that is due to go; AWS deletes none that a restored cluster uses."""
    used = plant_good(deployed, age)
    for number in (1, 2):  # Whatever the floor, older ones are not kept by it.
        plant_good(deployed, timedelta(minutes=number))
    SETTINGS.block_deletion_of_restored_snapshots = True
    deployed.client("redshift").restore_from_cluster_snapshot(
        ClusterIdentifier=f"uses-{used[-6:]}", SnapshotIdentifier=used
    )
