"""What is on the shelf of the source account: planted, seen, and changed."""

from datetime import UTC, datetime, timedelta
from typing import Any

CLUSTER = "aca-redshift-cluster"
SOURCE, TARGET = "164543933824", "058264155998"
CHANGING = {
    "AuthorizeSnapshotAccess",
    "BatchDeleteClusterSnapshots",
    "CopyClusterSnapshot",
    "CreateClusterSnapshot",
    "CreateTags",
    "DeleteClusterSnapshot",
    "DeleteTags",
    "RevokeSnapshotAccess",
}


def snapshots(playground: Any) -> dict[str, dict[str, Any]]:
    """The manual snapshots of the source account by identifier."""
    pages = playground.client("redshift").get_paginator("describe_cluster_snapshots")
    found = pages.paginate(SnapshotType="manual").build_full_result()["Snapshots"]
    return {row["SnapshotIdentifier"]: row for row in found}


def changing_calls(playground: Any) -> list[str]:
    """The changing Redshift calls since the last reset of the log, in order."""
    calls = playground.control("GET", "calls")
    rows = calls["calls"] if isinstance(calls, dict) else calls
    return [
        row["operation"]
        for row in rows
        if row["service"] == "redshift" and row["operation"] in CHANGING
    ]


def plant(
    playground: Any, ages_days: list[float], *, hold: str | None = None, **fields: Any
) -> list[str]:
    """Shared snapshots of the past, ours; their identifiers, as the ages were given."""
    rows, names = [], []
    holding = {"redshift-backup:hold": hold} if hold else {}
    for age in ages_days:
        created = (datetime.now(UTC) - timedelta(days=age)).replace(microsecond=0)
        name = f"aca-lambda-snapshot-{created:%Y%m%d-%H%M%S}"
        names.append(name)
        rows.append(
            {
                "account_id": SOURCE,
                "cluster_identifier": CLUSTER,
                "snapshot_identifier": name,
                "create_time": created.isoformat(),
                "tags": {
                    "redshift-backup:managed-by": "redshift-backup",
                    "redshift-backup:slot": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "redshift-backup:origin": "created",
                    **holding,
                },
                "shared_with": [TARGET],
                **fields,
            }
        )
    playground.control("POST", "snapshots", rows)
    return names


def limit_deletions(playground: Any, limit: int) -> None:
    """How many snapshots one prune may delete without approval; few, so that tests are quick."""
    function = playground.client("lambda")
    name = "aca-redshift-backup"
    variables = function.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    function.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "MAX_DELETIONS": str(limit)}}
    )
