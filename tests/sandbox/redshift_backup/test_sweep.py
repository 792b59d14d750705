"""``sweep`` over HTTP: what a restore test left behind goes, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from redshift_backup.budget import Budget
from redshift_backup.errors import ConfigError, PartialFailureError, RefusedError
from redshift_backup.gateway import Gateway
from redshift_backup.model import Cluster
from tests.sandbox.redshift_backup.conftest import CLUSTER, SOURCE, Shelf
from tests.sandbox.redshift_backup.dr_account import RUN, DrAccount, drill_name

HOUR = timedelta(hours=1)


def rows_of(response: dict[str, Any]) -> dict[str, str]:
    return {row["id"]: row["verdict"] for row in response["clusters"]}


def test_an_expired_cluster_is_marked_and_deleted_without_a_final_snapshot(
    dr_account: DrAccount,
) -> None:
    name = dr_account.leave_behind()
    dr_account.shelf.forget_calls()

    response = dr_account.invoke("sweep")

    (row,) = response["clusters"]
    assert (row["id"], row["verdict"]) == (name, "deleted")
    assert RUN in row["reason"]
    assert row["expires_at"].endswith("Z")
    assert (response["deleted"], response["remaining"]) == (1, 0)
    assert dr_account.calls() == [
        "DescribeClusters",
        "GetObject",
        "DescribeClusterSnapshots",
        "CreateTags",
        "DeleteCluster",
    ]
    assert dr_account.clusters() == {}
    assert dr_account.snapshots() == {"restored-from"}


def test_again_there_is_nothing_to_do(dr_account: DrAccount) -> None:
    dr_account.leave_behind()
    dr_account.invoke("sweep")

    response = dr_account.invoke("sweep")

    assert (response["clusters"], response["deleted"], response["remaining"]) == ([], 0, 0)


def test_tags_that_are_there_are_not_written_again(dr_account: DrAccount) -> None:
    name = dr_account.leave_behind()
    dr_account.tag(name, drill=RUN, expires_at="2026-03-16T06:00:00Z")
    dr_account.shelf.forget_calls()

    assert dr_account.invoke("sweep")["deleted"] == 1
    assert "CreateTags" not in dr_account.calls()


def test_tags_that_cannot_be_repaired_do_not_keep_the_cluster(dr_account: DrAccount) -> None:
    dr_account.leave_behind()
    dr_account.shelf.fault("CreateTags", "error_500", times=4)

    assert dr_account.invoke("sweep")["deleted"] == 1


def test_what_is_not_ours_is_left_alone_and_told(dr_account: DrAccount) -> None:
    unannounced = dr_account.restore(drill_name(1))
    made = drill_name(2)
    dr_account.intend(made)
    dr_account.redshift.create_cluster(
        ClusterIdentifier=made,
        NodeType="ra3.large",
        MasterUsername="awsuser",
        MasterUserPassword="Sandbox-1234",
    )
    elsewhere = dr_account.leave_behind(3, account_id=SOURCE)
    earlier = dr_account.leave_behind(4, announced=-HOUR)
    for other in ("drill-1", "my-" + drill_name(5), CLUSTER):
        dr_account.restore(other)
        dr_account.intend(other)
    before = dr_account.clusters()

    response = dr_account.invoke("sweep")

    reasons = {row["id"]: row["reason"] for row in response["clusters"]}
    assert rows_of(response) == dict.fromkeys((unannounced, made, elsewhere, earlier), "not ours")
    assert "no intent" in reasons[unannounced]
    assert "not restored from a snapshot" in reasons[made]
    assert SOURCE in reasons[elsewhere]
    assert "not after its intent" in reasons[earlier]
    assert dr_account.clusters() == before


def test_a_cluster_whose_time_is_not_up_is_kept(dr_account: DrAccount) -> None:
    name = dr_account.leave_behind(expired=-HOUR)

    assert rows_of(dr_account.invoke("sweep")) == {name: "kept"}
    assert dr_account.clusters() == {name: "available"}


def test_a_cluster_that_is_still_made_or_going_is_pending(dr_account: DrAccount) -> None:
    dr_account.shelf.lifecycle("restore", 3600)
    creating = dr_account.leave_behind(1)
    dr_account.shelf.lifecycle("restore", 0)
    going = dr_account.leave_behind(2)
    dr_account.shelf.lifecycle("delete_cluster", 3600)
    dr_account.redshift.delete_cluster(ClusterIdentifier=going, SkipFinalClusterSnapshot=True)

    response = dr_account.invoke("sweep")

    assert rows_of(response) == {creating: "pending", going: "pending"}
    assert dr_account.clusters() == {creating: "creating", going: "deleting"}


def test_a_cluster_whose_restore_failed_is_deleted(dr_account: DrAccount) -> None:
    dr_account.shelf.lifecycle("restore", 0, "failed")
    name = dr_account.leave_behind()
    assert dr_account.clusters() == {name: "incompatible-restore"}

    assert rows_of(dr_account.invoke("sweep")) == {name: "deleted"}


def test_a_cluster_whose_copy_is_still_made_waits_for_it(dr_account: DrAccount) -> None:
    name = dr_account.leave_behind()
    dr_account.shelf.lifecycle("snapshot", 3600)
    dr_account.redshift.create_cluster_snapshot(
        ClusterIdentifier=name, SnapshotIdentifier=f"{CLUSTER}-dr-20260315-020000"
    )

    response = dr_account.invoke("sweep")
    assert rows_of(response) == {name: "pending"}
    assert "still being made" in response["clusters"][0]["reason"]
    dr_account.shelf.sandbox.control("POST", "clock", {"advance_seconds": 3601})

    assert rows_of(dr_account.invoke("sweep")) == {name: "deleted"}
    assert f"{CLUSTER}-dr-20260315-020000" in dr_account.snapshots()


def test_a_run_that_goes_on_meanwhile_keeps_its_cluster(
    dr_account: DrAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = dr_account.leave_behind()
    describe = Gateway.describe_clusters

    def then_go_on(gateway: Gateway) -> list[Cluster]:
        found = describe(gateway)
        dr_account.intend(name, expired=-HOUR)
        return found

    monkeypatch.setattr(Gateway, "describe_clusters", then_go_on)

    assert rows_of(dr_account.invoke("sweep")) == {name: "kept"}


def test_a_dry_run_deletes_and_marks_nothing(dr_account: DrAccount) -> None:
    name = dr_account.leave_behind()
    dr_account.shelf.forget_calls()

    response = dr_account.invoke("sweep", dry_run=True)

    assert rows_of(response) == {name: "delete"}
    assert (response["deleted"], response["dry_run"]) == (0, True)
    assert not {"CreateTags", "DeleteCluster"} & set(dr_account.calls())
    assert dr_account.clusters() == {name: "available"}


def test_an_event_may_name_the_source_cluster(dr_account: DrAccount) -> None:
    other = dr_account.leave_behind(1, source_cluster_identifier="stock")
    ours = dr_account.leave_behind(2)

    response = dr_account.invoke("sweep", cluster_identifier=CLUSTER)

    assert rows_of(response) == {other: "kept", ours: "deleted"}


def test_a_malformed_intent_fails_the_run_once_all_others_are_dealt_with(
    dr_account: DrAccount,
) -> None:
    malformed = dr_account.restore(drill_name(1))
    dr_account.put(malformed, b"{")
    dr_account.leave_behind(2)

    with pytest.raises(PartialFailureError, match=r"1 of 2 steps failed.*no JSON") as caught:
        dr_account.invoke("sweep")

    assert set(caught.value.failed) == {malformed}
    assert dr_account.clusters() == {malformed: "available"}


def test_a_deletion_that_fails_fails_the_run_and_the_next_run_deletes(
    dr_account: DrAccount,
) -> None:
    first, second = dr_account.leave_behind(1), dr_account.leave_behind(2)
    dr_account.shelf.fault("DeleteCluster", "error_500", times=4)

    with pytest.raises(PartialFailureError, match="1 of 2 steps failed") as caught:
        dr_account.invoke("sweep")
    assert set(caught.value.failed) == {first}
    assert second not in dr_account.clusters()

    assert rows_of(dr_account.invoke("sweep")) == {first: "deleted"}


def test_an_intent_that_cannot_be_read_is_no_missing_intent(dr_account: DrAccount) -> None:
    name = dr_account.leave_behind()
    dr_account.shelf.configure(EVIDENCE_BUCKET="aca-evidence-gone")

    with pytest.raises(PartialFailureError, match="NoSuchBucket"):
        dr_account.invoke("sweep")

    assert dr_account.clusters() == {name: "available"}


def test_a_run_whose_time_is_up_returns_what_remains(
    dr_account: DrAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        dr_account.leave_behind(number)
    looks = iter([1.0])
    monkeypatch.setattr(Budget, "remaining_seconds", lambda self: next(looks, -1.0))

    response = dr_account.invoke("sweep")
    monkeypatch.undo()

    assert (response["deleted"], response["remaining"]) == (1, 2)


def test_sweep_needs_the_evidence_bucket(
    dr_account: DrAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVIDENCE_BUCKET")

    with pytest.raises(ConfigError, match="EVIDENCE_BUCKET is not set"):
        dr_account.invoke("sweep")


def test_sweep_is_refused_in_the_source_account(shelf: Shelf) -> None:
    shelf.configure(ENABLED_ACTIONS="sweep", EVIDENCE_BUCKET="aca-evidence")

    with pytest.raises(RefusedError, match="one of the DR account"):
        shelf.invoke({"action": "sweep"})

    assert shelf.calls() == []


def test_both_counts_are_measured(
    dr_account: DrAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    dr_account.shelf.lifecycle("restore", 3600)
    dr_account.leave_behind(1)
    dr_account.restore(drill_name(2))
    capsys.readouterr()

    dr_account.invoke("sweep")

    told = capsys.readouterr().out
    assert '"DrillClustersRemaining":[1' in told.replace(" ", "")
    assert '"DrillClustersNotOurs":[1' in told.replace(" ", "")
