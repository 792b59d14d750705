"""Hold and release: what protects a snapshot, and what follows when it is let go."""

from datetime import timedelta
from typing import Any

import pytest

from redshift_backup.errors import (
    AwsError,
    BadRequestError,
    ForeignSnapshotError,
    HeldError,
    NotFoundError,
    RefusedError,
)
from redshift_backup.gateway import Gateway
from redshift_backup.model import Snapshot
from tests.sandbox.redshift_backup.conftest import CLUSTER, PREFIX, TARGET, Shelf, ours

HOLD = "redshift-backup:hold"
REASON = "annual audit: ask finance@example.com"


def plant(shelf: Shelf, *rows: dict[str, Any]) -> str:
    """Plant rows; return the name of the first."""
    shelf.plant(rows)
    shelf.forget_calls()
    return str(rows[0]["snapshot_identifier"])


def tags_of(shelf: Shelf, name: str) -> dict[str, str]:
    tags = shelf.snapshots()[name]["Tags"]
    return {tag["Key"]: tag["Value"] for tag in tags}


def hold(name: str, reason: str = REASON, **more: Any) -> dict[str, Any]:
    return {"action": "hold", "snapshot_id": name, "reason": reason} | more


def release(name: str, **more: Any) -> dict[str, Any]:
    return {"action": "release", "snapshot_id": name} | more


def held(age: timedelta, reason: str = REASON, **more: Any) -> dict[str, Any]:
    return ours(age, tags={HOLD: reason}, **more)


def somebody_follows_each_tag(
    monkeypatch: pytest.MonkeyPatch, shelf: Shelf, reason: str | None
) -> None:
    """Let somebody else's hold, or deletion, come right after the function's own tag."""
    tag = Gateway.tag_snapshot

    def and_then(gateway: Gateway, snapshot: Snapshot, tags: dict[str, str]) -> None:
        tag(gateway, snapshot, tags)
        if reason is None:
            shelf.redshift.delete_cluster_snapshot(SnapshotIdentifier=snapshot.identifier)
        else:
            tag(gateway, snapshot, {HOLD: reason})

    monkeypatch.setattr(Gateway, "tag_snapshot", and_then)


def test_a_hold_is_a_tag_with_its_reason(shelf: Shelf) -> None:
    name = plant(shelf, ours(timedelta(hours=1)))

    response = shelf.invoke(hold(name))

    assert tags_of(shelf, name)[HOLD] == REASON
    assert (response["status"], response["snapshot_id"]) == ("completed", name)
    assert (response["held"], response["changed"], response["reason"]) == (True, True, REASON)
    assert shelf.changing_calls() == ["CreateTags"]


def test_a_held_snapshot_is_never_pruned(shelf: Shelf) -> None:
    old = ours(timedelta(days=30))
    name = plant(shelf, old, *(ours(timedelta(hours=hour)) for hour in (1, 2)))
    shelf.invoke(hold(name))

    response = shelf.invoke({"action": "prune"})

    (row,) = [row for row in response["plan"] if row["id"] == name]
    assert (response["deleted"], row["verdict"]) == (0, "held")
    assert row["reason"] == f"hold: {REASON}"
    assert name in shelf.snapshots()


def test_the_same_hold_again_makes_no_changing_call(shelf: Shelf) -> None:
    name = plant(shelf, held(timedelta(hours=1)))

    response = shelf.invoke(hold(name, f"  {REASON} "))

    assert (response["held"], response["changed"]) == (True, False)
    assert shelf.changing_calls() == []


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_hold_is_never_replaced_silently(shelf: Shelf, dry_run: bool) -> None:
    name = plant(shelf, held(timedelta(hours=1), "legal case 7"))

    with pytest.raises(HeldError, match="'legal case 7'") as caught:
        shelf.invoke(hold(name, dry_run=dry_run))

    assert REASON in str(caught.value)
    assert tags_of(shelf, name)[HOLD] == "legal case 7"
    assert shelf.changing_calls() == []


def test_a_hold_without_a_reason_counts_as_another_one(shelf: Shelf) -> None:
    name = plant(shelf, held(timedelta(hours=1), ""))

    with pytest.raises(HeldError, match="''"):
        shelf.invoke(hold(name))


def test_a_hold_that_came_at_the_same_time_is_named(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = plant(shelf, ours(timedelta(hours=1)))
    somebody_follows_each_tag(monkeypatch, shelf, "legal case 7")

    with pytest.raises(HeldError, match="'legal case 7'"):
        shelf.invoke(hold(name))


def test_a_snapshot_deleted_while_it_was_held_is_not_reported_as_held(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = plant(shelf, ours(timedelta(hours=1), shared=()))
    somebody_follows_each_tag(monkeypatch, shelf, None)

    with pytest.raises(NotFoundError, match="was deleted while it was being held"):
        shelf.invoke(hold(name))


def test_a_hold_that_aws_took_and_does_not_show_is_an_error_to_retry(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = plant(shelf, ours(timedelta(hours=1)))
    monkeypatch.setattr(Gateway, "tag_snapshot", lambda *_: None)

    with pytest.raises(AwsError, match="does not show it; send the same event again"):
        shelf.invoke(hold(name))


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_snapshot_without_data_is_never_held(shelf: Shelf, status: str) -> None:
    name = plant(shelf, ours(timedelta(hours=1), shared=(), status=status))

    with pytest.raises(RefusedError, match=f"is {status} and holds no data"):
        shelf.invoke(hold(name))

    assert shelf.changing_calls() == []


def test_a_snapshot_that_is_being_made_can_be_held(shelf: Shelf) -> None:
    name = plant(shelf, ours(timedelta(0), shared=(), status="creating"))

    assert shelf.invoke(hold(name))["held"] is True


@pytest.mark.parametrize("event", [hold("by-hand"), release("by-hand")])
def test_only_ours_is_held_or_released(shelf: Shelf, event: dict[str, Any]) -> None:
    plant(shelf, {"cluster_identifier": CLUSTER, "snapshot_identifier": "by-hand"})

    with pytest.raises(ForeignSnapshotError, match="action adopt"):
        shelf.invoke(event)

    assert shelf.changing_calls() == []


@pytest.mark.parametrize("event", [hold(f"{PREFIX}-gone"), release(f"{PREFIX}-gone")])
def test_a_held_snapshot_that_is_gone_is_told(shelf: Shelf, event: dict[str, Any]) -> None:
    with pytest.raises(NotFoundError, match=r"-gone does not exist.*action status"):
        shelf.invoke(event)


def test_a_lost_reply_of_the_tag_ends_in_a_hold(shelf: Shelf) -> None:
    name = plant(shelf, ours(timedelta(hours=1)))
    shelf.fault("CreateTags", "drop_after")

    assert shelf.invoke(hold(name))["held"] is True
    assert tags_of(shelf, name)[HOLD] == REASON


def test_dry_runs_of_hold_and_release_change_nothing(shelf: Shelf) -> None:
    free = plant(shelf, ours(timedelta(hours=1)), held(timedelta(hours=2)))
    (kept,) = shelf.snapshots().keys() - {free}

    to_hold = shelf.invoke(hold(free, dry_run=True))
    to_release = shelf.invoke(release(kept, dry_run=True))

    assert (to_hold["held"], to_hold["changed"]) == (False, True)
    assert (to_release["held"], to_release["changed"]) == (True, True)
    assert (to_release["held_for"], to_release["prune_verdict"]) == (REASON, "keep")
    assert shelf.changing_calls() == []


def test_a_release_takes_off_exactly_that_tag(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    name = plant(shelf, held(timedelta(hours=1)))
    before = tags_of(shelf, name)

    response = shelf.invoke(release(name, reason="the audit is over"))

    assert tags_of(shelf, name) == {key: value for key, value in before.items() if key != HOLD}
    assert (response["held"], response["held_for"], response["changed"]) == (False, REASON, True)
    (call,) = [one for one in shelf.calls() if one["operation"] == "DeleteTags"]
    assert call["parameters"]["TagKeys"] == [HOLD]
    (line,) = [vars(one) for one in caplog.records if one.getMessage() == "Released"]
    assert (line["held_for"], line["reason"]) == (REASON, "the audit is over")


def test_a_release_of_what_is_not_held_changes_nothing(shelf: Shelf) -> None:
    name = plant(shelf, ours(timedelta(hours=1)))

    response = shelf.invoke(release(name))

    assert (response["status"], response["held"], response["changed"]) == (
        "completed",
        False,
        False,
    )
    assert shelf.changing_calls() == []


def test_a_release_tells_that_the_next_prune_deletes(shelf: Shelf) -> None:
    name = plant(shelf, held(timedelta(days=30)), *(ours(timedelta(hours=hour)) for hour in (1, 2)))

    response = shelf.invoke(release(name))

    assert response["prune_verdict"] == "delete"
    assert "30.0 days old, retention 7 days" in response["prune_reason"]
    assert shelf.invoke({"action": "prune"})["deleted"] == 1
    assert name not in shelf.snapshots()


def test_a_release_goes_by_the_retention_that_events_left_behind(shelf: Shelf) -> None:
    rows = [ours(timedelta(hours=hour)) for hour in (1, 2)]
    name = plant(shelf, held(timedelta(days=30)), *rows)
    shelf.invoke({"action": "prune", "retention_days": 60})

    response = shelf.invoke(release(name))

    assert (response["prune_verdict"], response["prune_reason"]) == ("keep", "younger than 60 days")
    (report,) = shelf.invoke({"action": "reconcile"})["clusters"]
    assert report["deleted"] == 0


def test_a_release_from_a_stale_chain_still_tells_of_the_deletion(shelf: Shelf) -> None:
    rows = [ours(timedelta(hours=hour)) for hour in (30, 31)]
    name = plant(shelf, held(timedelta(days=30)), *rows)

    response = shelf.invoke(release(name))

    assert response["prune_verdict"] == "delete"
    assert response["prune_reason"].endswith("not while the chain is stale")


def test_a_release_that_somebody_undid_is_told(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = plant(shelf, held(timedelta(hours=1)))
    untag = Gateway.untag_snapshot

    def and_hold(gateway: Gateway, snapshot: Snapshot, keys: tuple[str, ...]) -> None:
        untag(gateway, snapshot, keys)
        gateway.tag_snapshot(snapshot, {HOLD: "legal case 7"})

    monkeypatch.setattr(Gateway, "untag_snapshot", and_hold)
    with pytest.raises(HeldError, match=r"held again, for 'legal case 7'"):
        shelf.invoke(release(name))

    monkeypatch.setattr(Gateway, "untag_snapshot", lambda *_: None)
    with pytest.raises(AwsError, match="still shows its hold"):
        shelf.invoke(release(name))


def test_a_release_works_where_only_events_name_the_target(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TARGET_ACCOUNT_ID")
    shelf.configure(ALLOWED_TARGET_ACCOUNT_IDS=TARGET)
    name = plant(shelf, held(timedelta(hours=1)))

    response = shelf.invoke(release(name))

    assert (response["held"], response["prune_verdict"]) == (False, None)
    assert "TARGET_ACCOUNT_ID" in response["prune_reason"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"action": "hold"}, ["2 faults", "snapshot_id is missing", "reason is missing"]),
        ({"action": "release"}, ["snapshot_id is missing"]),
        (hold("x", ""), ["1 to 256"]),
        (hold("x", "   "), ["1 to 256"]),
        (hold("x", "x" * 257), ["1 to 256"]),
        (hold("x", "legal, ask finance"), ['","', "tag of AWS"]),
        (hold("x", "a\nb"), ["\\n"]),
        ({"action": "hold", "snapshot_id": "x", "reason": None}, ["reason is null"]),
        ({"action": "hold", "snapshot_id": "-x", "reason": "y"}, ["snapshot_id", "-x"]),
        (release("x", target_account_id=TARGET), ["does not belong to action 'release'"]),
    ],
    ids=str,
)
def test_a_bad_hold_is_refused_before_any_call(
    shelf: Shelf, event: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(BadRequestError) as caught:
        shelf.invoke(event)

    assert [word for word in words if word not in str(caught.value)] == []
    assert shelf.calls() == []


def test_a_reason_of_any_script_is_taken(shelf: Shelf) -> None:
    name = plant(shelf, ours(timedelta(hours=1)))

    assert shelf.invoke(hold(name, "Prüfung für 監査"))["held"] is True
    assert tags_of(shelf, name)[HOLD] == "Prüfung für 監査"
