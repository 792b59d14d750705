"""The copies that the DR account owns: pruned, told, held and checked by their source cluster."""

from datetime import timedelta
from typing import Any

import pytest

from redshift_backup.errors import ForeignSnapshotError, RefusedError, StaleChainError
from tests.sandbox.redshift_backup.conftest import CLUSTER, SOURCE, TARGET, ours
from tests.sandbox.redshift_backup.dr_account import BUCKET, TAG, DrAccount, copy

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def plant(account: DrAccount, *rows: dict[str, Any]) -> list[str]:
    account.shelf.plant(rows)
    account.shelf.forget_calls()
    return [str(row["snapshot_identifier"]) for row in rows]


def checks_of(account: DrAccount) -> dict[str, dict[str, str]]:
    return {row["name"]: row for row in account.invoke("check")["checks"]}


def test_prune_deletes_what_no_rule_keeps_of_the_cluster_alone(dr_account: DrAccount) -> None:
    fresh, floor, old = plant(
        dr_account, copy(6 * DAY), copy(100 * DAY), copy(101 * DAY, tags={TAG + "x": "y"})
    )
    others = plant(
        dr_account,
        *(copy(age * DAY, cluster="stock") for age in (1, 200, 201, 202)),
        copy(201 * DAY, tags={TAG + "managed-by": "another"}),
        copy(202 * DAY) | {"cluster_identifier": CLUSTER},
        copy(203 * DAY) | {"snapshot_identifier": "by-hand"},
    )

    response = dr_account.invoke("prune")

    verdicts = {row["id"]: row["verdict"] for row in response["plan"]}
    assert verdicts == {fresh: "keep", floor: "keep", old: "delete"}
    assert (response["deleted"], response["remaining"]) == (1, 0)
    assert dr_account.snapshots() == {"restored-from", fresh, floor, *others}


def test_a_shared_snapshot_of_the_source_account_is_not_even_seen(dr_account: DrAccount) -> None:
    plant(dr_account, copy(6 * DAY))
    tags = {TAG + "source-cluster": CLUSTER}
    dr_account.shelf.plant([ours(400 * DAY, shared=(TARGET,), tags=tags)])

    response = dr_account.invoke("prune")

    assert len(response["plan"]) == 1
    assert len(dr_account.shelf.snapshots()) == 1


def test_reconcile_prunes_the_copies_of_every_cluster(dr_account: DrAccount) -> None:
    for cluster in (CLUSTER, "stock"):
        plant(dr_account, *(copy(age * DAY, cluster=cluster) for age in (1, 100, 101)))
    plant(dr_account, copy(300 * DAY, tags={TAG + "source-cluster": "Not a cluster"}))

    response = dr_account.invoke("reconcile")

    deleted = {row["cluster_identifier"]: row["deleted"] for row in response["clusters"]}
    assert deleted == {CLUSTER: 1, "stock": 1}
    assert "DescribeClusters" not in dr_account.calls()


def test_reconcile_reports_the_cluster_that_has_no_copy_yet(dr_account: DrAccount) -> None:
    (report,) = dr_account.invoke("reconcile")["clusters"]

    assert report["cluster_identifier"] == CLUSTER
    assert (report["newest_shared_age_hours"], report["is_stale"]) == (None, True)


def test_copies_are_stale_when_restore_tests_stop(dr_account: DrAccount) -> None:
    plant(dr_account, *(copy((8 + 100 * age) * DAY) for age in range(4)))

    with pytest.raises(StaleChainError, match="170 hours"):
        dr_account.invoke("prune")

    assert "BatchDeleteClusterSnapshots" not in dr_account.calls()


def test_status_tells_of_the_copies_of_the_cluster(dr_account: DrAccount) -> None:
    (name,) = plant(dr_account, copy(3 * DAY))
    plant(dr_account, copy(2 * DAY, cluster="stock"))

    response = dr_account.invoke("status")

    assert [row["id"] for row in response["snapshots"]] == [name]
    assert (response["good_snapshots"], response["required_accounts"]) == (1, [])


def test_a_copy_is_held_and_released(dr_account: DrAccount) -> None:
    names = plant(dr_account, copy(1 * DAY), copy(99 * DAY), copy(100 * DAY))

    held = dr_account.invoke("hold", snapshot_id=names[2], reason="annual audit")
    pruned = dr_account.invoke("prune")
    released = dr_account.invoke("release", snapshot_id=names[2])

    assert held["held"] is True
    assert pruned["deleted"] == 0
    assert (released["held_for"], released["prune_verdict"]) == ("annual audit", "delete")


def test_a_copy_of_another_cluster_is_foreign(dr_account: DrAccount) -> None:
    (name,) = plant(dr_account, copy(1 * DAY, cluster="stock"))

    with pytest.raises(ForeignSnapshotError, match=f"{CLUSTER}-dr-YYYYMMDD-HHMMSS"):
        dr_account.invoke("hold", snapshot_id=name, reason="audit")
    dr_account.invoke("hold", snapshot_id=name, reason="audit", cluster_identifier="stock")


def test_check_judges_the_copies_and_never_looks_for_the_cluster(dr_account: DrAccount) -> None:
    key = dr_account.shelf.client("kms", "target").create_key()["KeyMetadata"]["Arn"]
    plant(dr_account, *(copy(age * DAY, kms_key_id=key) for age in (1, 8)))

    response = dr_account.invoke("check")

    assert {row["name"]: row["status"] for row in response["checks"]} == dict.fromkeys(
        (
            "newest_shared_snapshot_age",
            "minimum_snapshots",
            "strangers",
            "key_state",
            "failed_snapshots",
            "creating_snapshots",
            "stray_snapshots",
            "expired_snapshots",
            "snapshot_quota",
            "evidence_bucket",
            "permissions",
        ),
        "OK",
    )
    assert response["ok"] is True
    assert "DescribeClusters" not in dr_account.calls()


def test_check_tells_what_is_wrong_with_the_copies(dr_account: DrAccount) -> None:
    plant(
        dr_account,
        copy(8 * DAY, shared_with=[SOURCE]),
        copy(9 * DAY, status="failed"),
        copy(10 * DAY, tags={TAG + "source-cluster": "else"}),
        copy(120 * DAY),
        copy(121 * DAY),
        copy(122 * DAY),
    )
    dr_account.shelf.configure(EVIDENCE_BUCKET="aca-evidence-gone")

    checks = checks_of(dr_account)

    failed = {name for name, row in checks.items() if row["status"] == "FAILED"}
    assert failed == {
        "newest_shared_snapshot_age",
        "strangers",
        "failed_snapshots",
        "stray_snapshots",
        "expired_snapshots",
        "evidence_bucket",
    }
    assert "restore test" in checks["newest_shared_snapshot_age"]["next_step"]
    assert "RevokeSnapshotAccess" in checks["strangers"]["next_step"]
    assert "source-cluster" in checks["stray_snapshots"]["detail"]
    assert "NoSuchBucket" in checks["evidence_bucket"]["detail"]


def test_check_names_the_bucket_that_nobody_set(
    dr_account: DrAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVIDENCE_BUCKET")

    assert checks_of(dr_account)["evidence_bucket"]["status"] == "FAILED"
    assert BUCKET not in checks_of(dr_account)["evidence_bucket"]["detail"]


@pytest.mark.parametrize("action", ["backup", "create", "adopt"])
def test_nothing_is_made_or_taken_over_in_the_dr_account(
    dr_account: DrAccount, action: str
) -> None:
    dr_account.shelf.configure(ENABLED_ACTIONS="backup,create,adopt")
    fields = {"identifier_pattern": "*"} if action == "adopt" else {}

    with pytest.raises(RefusedError, match="one of the source account"):
        dr_account.invoke(action, **fields)

    assert dr_account.calls() == []
