"""What a drill restores, adopts and deletes; and what it leaves alone."""

import json
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from tests.drills import BUCKET, CLUSTER, SOURCE, TARGET
from tests.sandbox.redshift_dr.conftest import SNAPSHOT, Drills, settings


def lifecycle(drills: Drills, operation: str, seconds: float) -> None:
    setting = {"operation": operation, "seconds": seconds, "outcome": "available"}
    drills.sandbox.control("POST", "lifecycle", setting)


def fault(drills: Drills, operation: str, kind: str, *, service: str = "redshift") -> None:
    drills.sandbox.control(
        "POST",
        "faults",
        {"service": service, "operation": operation, "times": 1, "kind": kind},
    )


def intent_of(drills: Drills) -> dict[str, Any]:
    s3 = drills.sandbox.client("s3", "target")
    body = s3.get_object(Bucket=BUCKET, Key=f"intents/{drills.name}.json")["Body"]
    intent: dict[str, Any] = json.loads(body.read())
    return intent


def tags_of(drills: Drills) -> dict[str, str]:
    (row,) = drills.redshift.describe_clusters(ClusterIdentifier=drills.name)["Clusters"]
    return {tag["Key"]: tag["Value"] for tag in row["Tags"]}


def make_by_hand(drills: Drills) -> None:
    """A cluster of the run's name that no snapshot was restored into."""
    drills.redshift.create_cluster(
        ClusterIdentifier=drills.name,
        NodeType="ra3.large",
        NumberOfNodes=2,
        MasterUsername="someone",
        MasterUserPassword="Fake-Password-1",
    )


def test_second_try_adopts_its_own_cluster_and_keeps_the_beginning(drills: Drills) -> None:
    first = drills.restore()
    begun = intent_of(drills)["created_at"]

    again = drills.restore()

    assert (first["adopted"], again["adopted"]) == (False, True)
    assert drills.clusters() == [drills.name]
    assert intent_of(drills)["created_at"] == begun
    assert tags_of(drills)["redshift-backup:drill"] == drills.dag_run.run_id


def test_lost_answer_of_the_restore_is_adopted(drills: Drills) -> None:
    fault(drills, "RestoreFromClusterSnapshot", "drop_after")

    restored = drills.restore()

    assert restored["adopted"] is True
    assert drills.clusters() == [drills.name]


def test_cluster_that_a_person_made_under_the_name_is_neither_adopted_nor_deleted(
    drills: Drills,
) -> None:
    make_by_hand(drills)

    with pytest.raises(AirflowException, match="not adopted"):
        drills.restore()
    with pytest.raises(AirflowFailException, match="no intent"):
        drills.delete()

    assert drills.clusters() == [drills.name]


def test_cluster_with_an_intent_that_was_not_restored_is_left_alone(drills: Drills) -> None:
    restored = drills.restore()
    drills.redshift.delete_cluster(ClusterIdentifier=drills.name, SkipFinalClusterSnapshot=True)
    assert drills.clusters() == []
    make_by_hand(drills)

    with pytest.raises(AirflowFailException, match="was not restored from a snapshot"):
        drills.delete(restored)

    assert drills.clusters() == [drills.name]


def test_kill_between_restore_and_tags_leaks_nothing(
    drills: Drills, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        """The process ends here."""

    def kill(*_: Any) -> None:
        raise KilledError

    target = "redshift_dr.operators.restore_cluster.RedshiftRestoreClusterOperator._tag"
    with monkeypatch.context() as patch:
        patch.setattr(target, kill)
        with pytest.raises(KilledError):
            drills.restore()
    assert tags_of(drills) == {}

    result = drills.delete()

    assert drills.clusters() == []
    assert result["deleted"] is True
    calls = drills.sandbox.control("GET", "calls")
    rows = calls["calls"] if isinstance(calls, dict) else calls
    names = [row["operation"] for row in rows if row["service"] == "redshift"]
    assert names.index("CreateTags") < names.index("DeleteCluster")


def test_cluster_that_is_gone_is_a_success(drills: Drills) -> None:
    restored = drills.restore()
    first = drills.delete(restored)

    again = drills.delete(restored)

    assert (first["deleted"], again["deleted"]) == (True, True)


def test_cluster_is_not_deleted_while_its_copy_is_creating(drills: Drills) -> None:
    restored = drills.restore()
    lifecycle(drills, "snapshot", 2)
    drills.redshift.create_cluster_snapshot(
        SnapshotIdentifier="orders-dr-1", ClusterIdentifier=drills.name
    )

    drills.delete(restored)

    assert drills.clusters() == []
    (copy,) = drills.redshift.describe_cluster_snapshots(SnapshotIdentifier="orders-dr-1")[
        "Snapshots"
    ]
    assert copy["Status"] == "available"


def test_cluster_that_is_still_restored_is_deleted_once_it_can_be(drills: Drills) -> None:
    lifecycle(drills, "restore", 3)
    restored = drills.restore()

    drills.delete(restored)

    assert drills.clusters() == []


def test_refused_deletion_is_one_call_and_worth_a_retry(drills: Drills) -> None:
    restored = drills.restore()
    fault(drills, "DeleteCluster", "throttle")

    with pytest.raises(AirflowException, match="did not delete") as caught:
        drills.delete(restored)

    assert not isinstance(caught.value, AirflowFailException)
    assert drills.clusters() == [drills.name]
    assert "sweep" in drills.left["failure"]["next_step"]


def test_snapshot_that_is_unshared_between_selection_and_restore_is_explained(
    drills: Drills, monkeypatch: pytest.MonkeyPatch
) -> None:
    selected = drills.select()
    drills.sandbox.client("redshift").revoke_snapshot_access(
        SnapshotIdentifier=SNAPSHOT, AccountWithRestoreAccess=TARGET
    )
    monkeypatch.setattr(Drills, "select", lambda _self: selected)

    with pytest.raises(AirflowFailException, match=f"not shared with it by account {SOURCE}"):
        drills.restore()

    assert drills.clusters() == []
    assert drills.left["nothing_restored"] is True


def test_node_type_that_the_snapshot_cannot_be_restored_to_is_refused_before_any_call(
    drills: Drills,
) -> None:
    drills.cluster = settings(node_type="dc2.large")

    with pytest.raises(AirflowFailException, match=r"cannot be restored to node type dc2\.large"):
        drills.restore()

    assert drills.clusters() == []


def test_smaller_cluster_is_restored_where_asked(drills: Drills) -> None:
    drills.cluster = settings(number_of_nodes=1)

    assert drills.restore()["number_of_nodes"] == 1


def test_connection_to_another_account_restores_and_deletes_nothing(
    drills: Drills, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DR", drills.sandbox.environment["AIRFLOW_CONN_AWS_SOURCE"])

    with pytest.raises(AirflowFailException, match=f"leads to account {SOURCE}"):
        drills.select()


def test_deployment_that_nobody_names_is_asked_for_in_both_places(
    drills: Drills, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DR", drills.sandbox.environment["AIRFLOW_CONN_AWS_DR"])

    with pytest.raises(AirflowFailException) as caught:
        drills.restore()

    for words in ("service_config.s3.bucket_name", "drill.kms_key_id", "connection aws_dr"):
        assert words in str(caught.value)
    assert CLUSTER not in drills.clusters()
