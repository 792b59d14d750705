"""Stamp: the result of a restore test at the snapshot that was restored."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_backup.errors import (
    AwsError,
    BadRequestError,
    ForeignSnapshotError,
    NotFoundError,
    RefusedError,
)
from redshift_backup.gateway import Gateway
from redshift_backup.model import Snapshot, iso_utc
from tests.sandbox.redshift_backup.conftest import CLUSTER, PREFIX, Shelf, ours
from tests.sandbox.redshift_backup.dr_account import DrAccount, copy

P = "redshift-backup:"
NOW = datetime.now(UTC).replace(microsecond=0)
EARLIER, LATER = NOW - timedelta(hours=3), NOW - timedelta(hours=1)
EVIDENCE = "s3://evidence/aca-redshift-cluster/2026-11-22.json"
FULL = {
    P + "verified-at": iso_utc(LATER),
    P + "verified-result": "passed",
    P + "restore-seconds": "1312.4",
    P + "evidence": EVIDENCE,
}


def stamp(name: str, result: str = "passed", at: datetime = LATER, **more: Any) -> dict[str, Any]:
    event = {"action": "stamp", "snapshot_id": name, "result": result}
    return event | {"verified_at": at.isoformat()} | more


def full(name: str) -> dict[str, Any]:
    return stamp(name, restore_seconds=1312.4, evidence_uri=EVIDENCE)


def plant(shelf: Shelf, tags: dict[str, str] | None = None, **more: Any) -> str:
    row = ours(timedelta(hours=5), tags=tags or {}, **more)
    shelf.plant([row])
    shelf.forget_calls()
    return str(row["snapshot_identifier"])


def stamp_of(shelf: Shelf, name: str) -> dict[str, str]:
    tags = {tag["Key"]: tag["Value"] for tag in shelf.snapshots()[name]["Tags"]}
    return {key: tags[key] for key in FULL if key in tags}


def test_a_stamp_is_four_tags(shelf: Shelf) -> None:
    name = plant(shelf)

    response = shelf.invoke(full(name))

    assert stamp_of(shelf, name) == FULL
    assert shelf.changing_calls() == ["CreateTags"]
    assert (response["status"], response["changed"]) == ("completed", True)
    assert (response["result"], response["verified_at"]) == ("passed", iso_utc(LATER))
    assert (response["restore_seconds"], response["evidence_uri"]) == (1312.4, EVIDENCE)


def test_the_same_stamp_again_makes_no_changing_call(shelf: Shelf) -> None:
    name = plant(shelf, FULL)

    response = shelf.invoke(full(name))

    assert (response["status"], response["changed"]) == ("completed", False)
    assert shelf.changing_calls() == []


def test_an_older_stamp_never_overwrites_a_newer_one(shelf: Shelf) -> None:
    name = plant(shelf, FULL)

    response = shelf.invoke(stamp(name, "failed", EARLIER))

    assert (response["status"], response["changed"]) == ("skipped", False)
    assert iso_utc(LATER) in response["reason"]
    assert iso_utc(EARLIER) in response["reason"]
    assert response["result"] == "passed"
    assert stamp_of(shelf, name) == FULL
    assert shelf.changing_calls() == []


def test_a_newer_stamp_takes_the_evidence_of_the_older_one_away(shelf: Shelf) -> None:
    older = FULL | {P + "verified-at": iso_utc(EARLIER)}
    name = plant(shelf, older)

    response = shelf.invoke(stamp(name, "failed"))

    wanted = {P + "verified-at": iso_utc(LATER), P + "verified-result": "failed"}
    assert stamp_of(shelf, name) == wanted
    # What is stale goes first: no evidence ever stands beside another test's result.
    assert shelf.changing_calls() == ["DeleteTags", "CreateTags"]
    assert (response["restore_seconds"], response["evidence_uri"]) == (None, None)


def test_a_stamp_that_died_half_way_is_finished_by_the_next_call(shelf: Shelf) -> None:
    name = plant(shelf, FULL | {P + "verified-at": iso_utc(EARLIER)})
    shelf.fault("CreateTags", "error_500", times=20)
    with pytest.raises(AwsError):
        shelf.invoke(stamp(name))
    shelf.mend()

    shelf.invoke(stamp(name))

    assert stamp_of(shelf, name) == {
        P + "verified-at": iso_utc(LATER),
        P + "verified-result": "passed",
    }


def test_a_newer_stamp_that_came_at_the_same_time_stands(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = plant(shelf)
    tag = Gateway.tag_snapshot

    def and_another(gateway: Gateway, snapshot: Snapshot, tags: dict[str, str]) -> None:
        tag(gateway, snapshot, tags)
        tag(gateway, snapshot, FULL)

    monkeypatch.setattr(Gateway, "tag_snapshot", and_another)

    response = shelf.invoke(stamp(name, "failed", EARLIER))

    assert (response["status"], response["result"]) == ("skipped", "passed")


def test_a_stamp_that_aws_took_and_does_not_show_is_an_error_to_retry(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = plant(shelf)
    monkeypatch.setattr(Gateway, "tag_snapshot", lambda *_: None)

    with pytest.raises(AwsError, match="does not show it"):
        shelf.invoke(stamp(name))


def test_a_snapshot_deleted_while_it_was_stamped_is_told(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = plant(shelf, shared=())

    def delete(gateway: Gateway, snapshot: Snapshot, tags: dict[str, str]) -> None:
        shelf.redshift.delete_cluster_snapshot(SnapshotIdentifier=snapshot.identifier)

    monkeypatch.setattr(Gateway, "tag_snapshot", delete)

    with pytest.raises(NotFoundError, match="was deleted while it was stamped"):
        shelf.invoke(stamp(name))


def test_a_dry_run_of_stamp_shows_it_and_changes_nothing(shelf: Shelf) -> None:
    name = plant(shelf, {P + "verified-at": iso_utc(EARLIER), P + "evidence": EVIDENCE})

    response = shelf.invoke(stamp(name, dry_run=True))

    assert (response["result"], response["changed"]) == ("passed", True)
    assert response["evidence_uri"] is None
    assert shelf.changing_calls() == []


def test_only_ours_is_stamped(shelf: Shelf) -> None:
    shelf.plant([{"cluster_identifier": CLUSTER, "snapshot_identifier": "by-hand"}])

    with pytest.raises(ForeignSnapshotError, match="action adopt"):
        shelf.invoke(stamp("by-hand", at=NOW))

    assert shelf.changing_calls() == []


def test_a_stamp_of_a_snapshot_that_is_gone_is_told(shelf: Shelf) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        shelf.invoke(stamp(f"{PREFIX}-gone"))


def test_a_stamp_from_before_the_snapshot_is_refused(shelf: Shelf) -> None:
    name = plant(shelf)

    with pytest.raises(RefusedError, match=r"is before .* the test was of another one"):
        shelf.invoke(stamp(name, at=NOW - timedelta(hours=6)))

    assert shelf.changing_calls() == []


def test_a_stamp_of_the_future_is_refused_before_any_call(shelf: Shelf) -> None:
    with pytest.raises(RefusedError, match=r"verified_at .* more than 5 minutes ahead"):
        shelf.invoke(stamp("x", at=datetime.now(UTC) + timedelta(minutes=6)))

    assert shelf.calls() == []


def test_a_passed_test_keeps_its_snapshot_and_a_failed_one_does_not(shelf: Shelf) -> None:
    fresh = [ours(timedelta(hours=hour)) for hour in (1, 2)]
    old = ours(timedelta(days=30))
    shelf.plant([*fresh, old])
    name = old["snapshot_identifier"]

    shelf.invoke(stamp(name))
    kept = shelf.invoke({"action": "prune", "dry_run": True})["plan"]
    shelf.invoke(stamp(name, "failed", NOW))
    gone = shelf.invoke({"action": "prune", "dry_run": True})["plan"]

    verdicts = [row["verdict"] for plan in (kept, gone) for row in plan if row["id"] == name]
    assert verdicts == ["keep", "delete"]


def test_the_dr_account_stamps_its_own(dr_account: DrAccount) -> None:
    row = copy(timedelta(days=1))
    dr_account.shelf.plant([row])
    dr_account.shelf.configure(ENABLED_ACTIONS="stamp")

    response = dr_account.invoke(**full(row["snapshot_identifier"]))

    assert (response["result"], response["changed"]) == ("passed", True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"result": "ok"}, ["result", "passed, failed"]),
        ({"verified_at": "2026-11-22"}, ["verified_at", "offset"]),
        ({"restore_seconds": -1}, ["restore_seconds", "-1"]),
        ({"restore_seconds": "12"}, ["restore_seconds", '"12"']),
        ({"restore_seconds": True}, ["restore_seconds", "true"]),
        ({"restore_seconds": float("nan")}, ["restore_seconds", "NaN"]),
        ({"restore_seconds": float("inf")}, ["restore_seconds", "Infinity"]),
        ({"evidence_uri": "file:///etc/passwd"}, ["evidence_uri", "s3://"]),
        ({"evidence_uri": "http://example.com"}, ["evidence_uri"]),
        ({"evidence_uri": "https://bucket/key?X-Amz-Signature=1"}, ["without a query"]),
        ({"evidence_uri": "https://user:secret@example.com/a"}, ["evidence_uri"]),
        ({"evidence_uri": "s3://bucket/a b"}, ["evidence_uri"]),
        ({"evidence_uri": "s3://bucket/" + "x" * 256}, ["256"]),
        ({"reason": "because"}, ["does not belong to action 'stamp'"]),
    ],
    ids=str,
)
def test_a_bad_stamp_is_refused_before_any_call(
    shelf: Shelf, change: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(BadRequestError) as caught:
        shelf.invoke(stamp("x") | change)

    assert [word for word in words if word not in str(caught.value)] == []
    assert shelf.calls() == []


def test_all_that_a_stamp_lacks_is_named_at_once(shelf: Shelf) -> None:
    with pytest.raises(BadRequestError, match="3 faults") as caught:
        shelf.invoke({"action": "stamp"})

    assert all(name in str(caught.value) for name in ("snapshot_id", "result", "verified_at"))
