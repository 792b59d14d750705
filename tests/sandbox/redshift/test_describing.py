"""Filters, order and pages of DescribeClusterSnapshots."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.accounts import SOURCE, TARGET

START = datetime(2026, 3, 1, tzinfo=UTC)


def plant(sandbox: Any, number: int, **more: Any) -> None:
    rows = [
        {
            "cluster_identifier": "orders",
            "snapshot_identifier": f"s{index:05}",
            "create_time": (START + timedelta(hours=index)).isoformat(),
        }
        | more
        for index in range(number)
    ]
    sandbox.control("POST", "snapshots", rows)


def names(redshift: Any, **filters: Any) -> list[str]:
    rows = redshift.describe_cluster_snapshots(**filters)["Snapshots"]
    return [row["SnapshotIdentifier"] for row in rows]


def test_times_are_inclusive(sandbox, source):
    plant(sandbox, 5)
    span = {"StartTime": START + timedelta(hours=1), "EndTime": START + timedelta(hours=3)}
    assert names(source, **span) == ["s00001", "s00002", "s00003"]


def test_unknown_cluster_has_no_snapshots(sandbox, source):
    plant(sandbox, 1)
    assert names(source, ClusterIdentifier="none") == []
    assert names(source, ClusterIdentifier="orders") == ["s00000"]


def test_cluster_and_snapshot_together_are_refused(sandbox, source, refusal):
    plant(sandbox, 1)
    assert refusal(
        source.describe_cluster_snapshots,
        ClusterIdentifier="orders",
        SnapshotIdentifier="s00000",
    ) == ("InvalidParameterCombination", 400)


def test_one_snapshot_by_identifier_or_arn(sandbox, source, refusal):
    plant(sandbox, 2)
    arn = f"arn:aws:redshift:us-east-1:{SOURCE.account_id}:snapshot:orders/s00001"
    assert names(source, SnapshotArn=arn) == names(source, SnapshotIdentifier="S00001")
    code = refusal(source.describe_cluster_snapshots, SnapshotArn=arn + "x")
    assert code == ("ClusterSnapshotNotFound", 404)


def test_types_are_told_apart(source, create_cluster):
    create_cluster()
    source.create_cluster_snapshot(SnapshotIdentifier="mine", ClusterIdentifier="orders")
    assert names(source, SnapshotType="manual") == ["mine"]
    assert all(name.startswith("rs:orders-") for name in names(source, SnapshotType="automated"))
    assert len(names(source)) == 2


def test_tags_are_alternatives(sandbox, source):
    rows = [
        {"cluster_identifier": "orders", "snapshot_identifier": name, "tags": tags}
        for name, tags in (
            ("a", {"team": "data"}),
            ("b", {"stage": "prod"}),
            ("c", {"team": "web"}),
            ("d", {}),
        )
    ]
    sandbox.control("POST", "snapshots", rows)
    assert set(names(source, TagKeys=["team", "stage"])) == {"a", "b", "c"}
    assert set(names(source, TagValues=["data", "prod"])) == {"a", "b"}
    assert set(names(source, TagKeys=["team"], TagValues=["data", "prod"])) == {"a"}


def test_cluster_exists_finds_orphans(sandbox, source, create_cluster, refusal):
    create_cluster("alive")
    rows = [
        {"cluster_identifier": cluster, "snapshot_identifier": cluster}
        for cluster in ("alive", "gone")
    ]
    sandbox.control("POST", "snapshots", rows)
    assert names(source, ClusterExists=False) == ["gone"]
    assert names(source, ClusterExists=False, ClusterIdentifier="alive") == []
    assert "alive" in names(source, ClusterExists=True, ClusterIdentifier="alive")
    code = refusal(source.describe_cluster_snapshots, ClusterExists=True)
    assert code == ("InvalidParameterCombination", 400)


def test_sorting_by_time_both_ways(sandbox, source, refusal):
    plant(sandbox, 3)
    sorting = [{"Attribute": "CREATE_TIME", "SortOrder": "DESC"}]
    found = names(source, ClusterIdentifier="orders", SortingEntities=sorting)
    assert found == ["s00002", "s00001", "s00000"]
    code = refusal(source.describe_cluster_snapshots, SortingEntities=sorting)
    assert code == ("InvalidParameterCombination", 400)


@pytest.mark.parametrize("size", [0, 19, 101])
def test_page_sizes_outside_20_to_100_are_refused(source, refusal, size):
    code = refusal(source.describe_cluster_snapshots, MaxRecords=size)
    assert code == ("InvalidParameterValue", 400)


def test_broken_marker_and_malformed_values_are_refused(sandbox, source, refusal):
    plant(sandbox, 1)
    for bad in (
        {"Marker": "?"},
        {"Marker": "WzEsIDIsIDNd"},
        {"SnapshotType": "other"},
        {"OwnerAccount": "123"},
    ):
        code = refusal(source.describe_cluster_snapshots, **bad)
        assert code == ("InvalidParameterValue", 400)


def test_default_page_is_a_hundred_and_the_paginator_gets_all(sandbox, source, target):
    plant(sandbox, 250, shared_with=[TARGET.account_id])
    assert len(names(source)) == 100
    for redshift, owner in ((source, {}), (target, {"OwnerAccount": SOURCE.account_id})):
        paginator = redshift.get_paginator("describe_cluster_snapshots")
        pages = [len(page["Snapshots"]) for page in paginator.paginate(**owner)]
        assert pages == [100, 100, 50]


def test_pages_in_descending_order_are_complete(sandbox, source):
    plant(sandbox, 45)
    pages = source.get_paginator("describe_cluster_snapshots").paginate(
        ClusterIdentifier="orders",
        SortingEntities=[{"Attribute": "TOTAL_SIZE", "SortOrder": "DESC"}],
        PaginationConfig={"PageSize": 20},
    )
    found = [row["SnapshotIdentifier"] for page in pages for row in page["Snapshots"]]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 45


def test_deleting_between_two_pages_skips_nothing(sandbox, source):
    plant(sandbox, 40)
    first = source.describe_cluster_snapshots(MaxRecords=20)
    for row in first["Snapshots"]:
        source.delete_cluster_snapshot(SnapshotIdentifier=row["SnapshotIdentifier"])
    second = names(source, MaxRecords=20, Marker=first["Marker"])
    assert second == [f"s{index:05}" for index in range(20, 40)]
