"""Events told from the lifecycles, and tags by ARN."""

from typing import Any

import pytest

from sandbox.accounts import SOURCE
from sandbox.lifecycle import LIFECYCLE

ARN = f"arn:aws:redshift:us-east-1:{SOURCE.account_id}"


def events(redshift: Any, **filters: Any) -> list[tuple[str, str]]:
    rows = redshift.describe_events(**filters)["Events"]
    return [(row["EventId"].rpartition("-")[2], row["SourceIdentifier"]) for row in rows]


def test_snapshot_events_come_when_they_happen(frozen, source, create_cluster):
    create_cluster()
    source.create_cluster_snapshot(SnapshotIdentifier="a", ClusterIdentifier="orders")
    snapshots = {"SourceType": "cluster-snapshot"}
    assert events(source, **snapshots) == [("2009", "a")]
    frozen.advance(3)
    LIFECYCLE.set("snapshot", 1, "failed")
    source.create_cluster_snapshot(SnapshotIdentifier="b", ClusterIdentifier="orders")
    frozen.advance(1)
    source.delete_cluster_snapshot(SnapshotIdentifier="a")
    assert events(source, **snapshots) == [
        ("2009", "a"),
        ("2009", "b"),
        ("3004", "a"),
        ("2011", "a"),
        ("3503", "b"),
    ]
    assert events(source, SourceIdentifier="b", **snapshots) == [("2009", "b"), ("3503", "b")]
    failed = source.describe_events(**snapshots)["Events"][-1]
    assert (failed["Severity"], failed["EventCategories"]) == ("ERROR", ["monitoring"])


def test_cluster_events(frozen, source, create_cluster):
    create_cluster()
    source.delete_cluster(ClusterIdentifier="orders", FinalClusterSnapshotIdentifier="last")
    frozen.advance(3)
    found = events(source)
    assert ("2000", "orders") in found
    assert ("2001", "orders") in found
    assert ("2012", "last") in found
    assert ("3005", "last") in found


@pytest.mark.parametrize(
    ("outcome", "expected"), [("available", ["2008", "3003"]), ("failed", ["2008", "3501"])]
)
def test_restore_events(frozen, target, shared_snapshot, restore, outcome, expected):
    LIFECYCLE.set("restore", 5, outcome)
    restore()
    frozen.advance(5)
    found = events(target, SourceType="cluster", SourceIdentifier="drill")
    assert [number for number, _ in found] == expected


def test_only_the_last_hour_unless_asked_and_two_weeks_at_most(frozen, source, create_cluster):
    create_cluster()
    frozen.advance(7200)
    assert events(source) == []
    assert events(source, Duration=180) == [("2000", "orders")]
    frozen.advance(14 * 86400)
    assert events(source, Duration=20160) == []


def test_event_source_needs_its_type(source, refusal):
    code = refusal(source.describe_events, SourceIdentifier="a")
    assert code == ("InvalidParameterValue", 400)


def test_tags_of_clusters_snapshots_and_subnet_groups(source, create_cluster, clients):
    create_cluster()
    source.create_cluster_snapshot(SnapshotIdentifier="a", ClusterIdentifier="orders")
    subnet = clients("ec2", "source").describe_subnets()["Subnets"][0]["SubnetId"]
    source.create_cluster_subnet_group(
        ClusterSubnetGroupName="Group", Description="d", SubnetIds=[subnet]
    )
    names = [f"{ARN}:cluster:orders", f"{ARN}:snapshot:orders/a", f"{ARN}:subnetgroup:group"]
    for name in names:
        source.create_tags(ResourceName=name, Tags=[{"Key": "k", "Value": "1"}])
        source.create_tags(ResourceName=name, Tags=[{"Key": "k", "Value": "2"}])
    rows = source.describe_tags(TagKeys=["k"])["TaggedResources"]
    assert {row["ResourceName"]: row["Tag"]["Value"] for row in rows} == dict.fromkeys(names, "2")
    source.delete_tags(ResourceName=names[1], TagKeys=["k", "unknown"])
    (snapshot,) = source.describe_cluster_snapshots(SnapshotIdentifier="a")["Snapshots"]
    assert not snapshot["Tags"]
    assert len(source.describe_tags(ResourceType="cluster")["TaggedResources"]) == 1


def test_tags_on_nothing_are_refused(source, create_cluster, refusal):
    create_cluster()
    tags = [{"Key": "k", "Value": "v"}]
    for name in (
        f"{ARN}:snapshot:orders/none",
        f"{ARN}:cluster:none",
        "arn:aws:redshift:us-east-1:999999999999:cluster:orders",
        "orders",
    ):
        code = refusal(source.create_tags, ResourceName=name, Tags=tags)
        assert code == ("ResourceNotFoundFault", 404)


def test_a_resource_has_fifty_tags_at_most(source, create_cluster, refusal):
    create_cluster(Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])
    name = f"{ARN}:cluster:orders"
    source.create_tags(ResourceName=name, Tags=[{"Key": "k1", "Value": "new"}])
    code = refusal(source.create_tags, ResourceName=name, Tags=[{"Key": "more", "Value": ""}])
    assert code == ("TagLimitExceededFault", 400)


def test_subnet_group_exists_once(target, clients, refusal):
    subnet = clients("ec2", "target").describe_subnets()["Subnets"][0]["SubnetId"]
    code = refusal(
        target.create_cluster_subnet_group,
        ClusterSubnetGroupName="DRILL",
        Description="d",
        SubnetIds=[subnet],
    )
    assert code == ("ClusterSubnetGroupAlreadyExists", 400)
    (group,) = target.describe_cluster_subnet_groups()["ClusterSubnetGroups"]
    assert group["ClusterSubnetGroupName"] == "drill"
