"""The drill of the demonstration: the new backup restored by Airflow, checked, and deleted."""

from typing import Any
from urllib.parse import urlparse

from botocore.exceptions import ClientError

from demo.accounts import Accounts
from demo.airflow_client import AirflowClient
from demo.drill_verdict import DrillSeen
from demo.history import CLUSTER_IDENTIFIER
from demo.progress import Progress
from demo.screen import Screen

DRILL_DAG_ID = f"redshift_restore_validation__{CLUSTER_IDENTIFIER}"
RUN_TIMEOUT_SECONDS = 240.0
RESULTS = ("validate", "keep_dr_copy", "delete_cluster", "record_evidence")


def run_drill(
    screen: Screen, accounts: Accounts, client: AirflowClient, snapshot_id: str
) -> DrillSeen:
    """Trigger the drill for one snapshot, wait for its end, and look at what it left.

    :return: what tasks, clusters, copies and evidence say, each by a call of its own.
    """
    client.wait_for_dag(DRILL_DAG_ID)
    client.unpause(DRILL_DAG_ID)
    run_id = client.trigger(DRILL_DAG_ID, conf={"snapshot_id": snapshot_id})
    screen.say(f"triggered {DRILL_DAG_ID}, run {run_id}")
    state = client.wait_for_run(
        DRILL_DAG_ID, run_id, timeout_seconds=RUN_TIMEOUT_SECONDS, on_poll=Progress(screen).show
    )
    results = {task: client.xcom(DRILL_DAG_ID, run_id, task) or {} for task in RESULTS}
    recorded = results["record_evidence"]
    uris = [recorded[name] for name in ("evidence_uri", "report_uri") if recorded.get(name)]
    return DrillSeen(
        dag_id=DRILL_DAG_ID,
        run_id=run_id,
        state=state,
        tasks=client.task_instances(DRILL_DAG_ID, run_id),
        checks=results["validate"].get("checks", []),
        dr_copy=results["keep_dr_copy"].get("dr_copy"),
        deleted=results["delete_cluster"],
        recorded=recorded,
        clusters_left=_clusters(accounts),
        copies=_copies(accounts),
        stored=[uri for uri in uris if _exists(accounts, uri)],
    )


def _clusters(accounts: Accounts) -> list[str]:
    found = accounts.client("redshift", "target").describe_clusters()["Clusters"]
    return [cluster["ClusterIdentifier"] for cluster in found]


def _copies(accounts: Accounts) -> dict[str, str]:
    """The snapshots that the DR account owns, and their status."""
    paginator = accounts.client("redshift", "target").get_paginator("describe_cluster_snapshots")
    owner = accounts.client("sts", "target").get_caller_identity()["Account"]
    pages = paginator.paginate(SnapshotType="manual", OwnerAccount=owner)
    rows: list[dict[str, Any]] = [row for page in pages for row in page["Snapshots"]]
    return {row["SnapshotIdentifier"]: row["Status"] for row in rows}


def _exists(accounts: Accounts, uri: str) -> bool:
    place = urlparse(uri)
    try:
        accounts.client("s3", "target").head_object(
            Bucket=place.netloc, Key=place.path.removeprefix("/")
        )
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True
