"""How operations end (``POST /_sandbox/lifecycle``), to the second, as clients see it."""

import pytest
from botocore.exceptions import ClientError

SOURCE, TARGET = "164543933824", "058264155998"
CLUSTER = "aca-redshift-cluster"
SECONDS = 10
AUTOMATED = f"rs:{CLUSTER}-2025-09-18-14-00-00"


@pytest.fixture
def redshift(playground):
    playground.control("POST", "clock", {"freeze": "2025-09-18T14:30:22+00:00"})
    return playground.client("redshift")


@pytest.fixture
def outcome(playground):
    def outcome(operation, outcome):
        body = {"operation": operation, "seconds": SECONDS, "outcome": outcome}
        playground.control("POST", "lifecycle", body)

    return outcome


@pytest.fixture
def advance(playground):
    return lambda seconds: playground.control("POST", "clock", {"advance_seconds": seconds})


def status(redshift, name):
    return redshift.describe_cluster_snapshots(SnapshotIdentifier=name)["Snapshots"][0]["Status"]


ENDS = {"available": "available", "failed": "failed", "never": "creating"}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("operation", ["snapshot", "copy"])
def test_snapshot_and_copy_end_at_their_second(
    playground, redshift, outcome, advance, operation, end
):
    outcome(operation, end)
    if operation == "snapshot":
        redshift.create_cluster_snapshot(SnapshotIdentifier="one", ClusterIdentifier=CLUSTER)
    else:
        row = {
            "cluster_identifier": CLUSTER,
            "type": "automated",
            "create_time": "2025-09-18T14:00:00Z",
        }
        playground.control("POST", "snapshots", [row])
        redshift.copy_cluster_snapshot(
            SourceSnapshotIdentifier=AUTOMATED, TargetSnapshotIdentifier="one"
        )
    advance(SECONDS - 1)
    assert status(redshift, "one") == "creating"
    with pytest.raises(redshift.exceptions.InvalidClusterSnapshotStateFault):
        redshift.delete_cluster_snapshot(SnapshotIdentifier="one")
    advance(1)
    assert status(redshift, "one") == ENDS[end]
    advance(86_400)
    assert status(redshift, "one") == ENDS[end]


@pytest.mark.parametrize(
    ("end", "cluster_status", "restore_status"),
    [
        ("available", "available", "completed"),
        ("failed", "incompatible-restore", "failed"),
        ("never", "creating", "restoring"),
    ],
)
def test_restore_ends_at_its_second(
    playground, redshift, outcome, advance, end, cluster_status, restore_status
):
    row = {
        "cluster_identifier": CLUSTER,
        "snapshot_identifier": "one",
        "shared_with": [TARGET],
    }
    playground.control("POST", "snapshots", [row])
    target = playground.client("redshift", "target")
    outcome("restore", end)
    target.restore_from_cluster_snapshot(
        ClusterIdentifier="drill",
        SnapshotIdentifier="one",
        OwnerAccount=SOURCE,
        ClusterSubnetGroupName=playground.outputs["aca-redshift-dr"]["SubnetGroupName"],
    )

    def shown():
        cluster = target.describe_clusters(ClusterIdentifier="drill")["Clusters"][0]
        return cluster["ClusterStatus"], cluster["RestoreStatus"]["Status"]

    assert shown() == ("creating", "starting")
    advance(SECONDS - 1)
    assert shown()[1] == "restoring"
    advance(1)
    assert shown() == (cluster_status, restore_status)
    if end == "failed":
        target.delete_cluster(ClusterIdentifier="drill", SkipFinalClusterSnapshot=True)


@pytest.mark.parametrize("end", ["available", "failed", "never"])
def test_deletion_of_a_cluster_ends_at_its_second(redshift, outcome, advance, end):
    outcome("delete_cluster", end)
    redshift.delete_cluster(ClusterIdentifier=CLUSTER, SkipFinalClusterSnapshot=True)

    def shown():
        try:
            return redshift.describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"][0][
                "ClusterStatus"
            ]
        except ClientError as error:
            return error.response["Error"]["Code"]

    advance(SECONDS - 1)
    assert shown() == "deleting"
    advance(1)
    expected = {"available": "ClusterNotFound", "failed": "available", "never": "deleting"}
    assert shown() == expected[end]


def test_what_was_ready_stays_ready_when_the_clock_is_set_back(playground, redshift, advance):
    playground.control("POST", "clock", {"freeze": "2031-01-01T00:00:00Z"})
    redshift.create_cluster_snapshot(SnapshotIdentifier="one", ClusterIdentifier=CLUSTER)
    advance(3)
    playground.control("POST", "clock", {"freeze": "2025-09-18T14:30:22Z"})
    cluster = redshift.describe_clusters()["Clusters"][0]
    assert (cluster["ClusterStatus"], status(redshift, "one")) == ("available", "available")
