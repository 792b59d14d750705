"""A few of the random events over HTTP: the recorder of the unit tests is no AWS."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings

from redshift_backup.errors import BackupError
from redshift_backup.telemetry import logger
from tests.sandbox.redshift_backup.conftest import TARGET, Shelf, ours
from tests.unit.redshift_backup.payloads import PAYLOADS
from tests.unit.redshift_backup.request_schemas import is_valid

FEW = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    # One sandbox sees all the events, as an account does.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FEW
@given(PAYLOADS)
def test_random_events_change_only_what_schema_and_deployment_allow(
    shelf: Shelf, event: dict[str, Any]
) -> None:
    shelf.configure(
        CLUSTER_IDENTIFIER="orders",
        SNAPSHOT_PREFIX="orders-lambda-snapshot",
        ALLOWED_CLUSTERS="orders,pay*",
    )
    if not shelf.snapshots():
        days = range(1, 12)
        shelf.plant([ours(timedelta(days=day), cluster="refunds") for day in days])
        shelf.plant([ours(timedelta(days=day, hours=-23), cluster="orders") for day in days])
    untouched = _of(shelf, "refunds")
    shelf.forget_calls()
    logger.setLevel("CRITICAL")

    with suppress(BackupError):
        shelf.invoke(event)

    logger.setLevel("INFO")
    if shelf.calls():
        assert is_valid(event)
    if shelf.changing_calls():
        assert event.get("dry_run", event.get("action") == "adopt") is False
        assert event.get("action", "backup") not in ("status", "check")
    assert _of(shelf, "refunds") == untouched
    shared_with = {
        account["AccountId"]
        for one in shelf.snapshots().values()
        for account in one.get("AccountsWithRestoreAccess", ())
    }
    assert shared_with <= {TARGET}


def _of(shelf: Shelf, cluster: str) -> list[dict[str, Any]]:
    return list(shelf.snapshots(ClusterIdentifier=cluster).values())
