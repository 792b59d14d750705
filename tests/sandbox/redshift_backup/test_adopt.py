"""Adopt: snapshots of other makers come into management, and only when told twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_backup.actions import adopt as adopt_action
from redshift_backup.budget import Budget
from redshift_backup.errors import AwsError, BadRequestError, PartialFailureError, RefusedError
from redshift_backup.gateway import Gateway
from tests.sandbox.redshift_backup.conftest import CLUSTER, PREFIX, TARGET, Shelf, ours

MANAGED_BY = "redshift-backup:managed-by"
HOLD = "redshift-backup:hold"


def by_hand(
    name: str, days: float = 1.0, *, shared: tuple[str, ...] = (TARGET,), **more: Any
) -> dict[str, Any]:
    """A row to plant: a snapshot that a script made."""
    created = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)
    row = {"cluster_identifier": CLUSTER, "snapshot_identifier": name}
    return row | {"create_time": created.isoformat(), "shared_with": list(shared)} | more


def fresh() -> list[dict[str, Any]]:
    return [ours(timedelta(hours=hour)) for hour in (1, 2)]


def adopt(*names: str, **more: Any) -> dict[str, Any]:
    return {"action": "adopt", "snapshot_ids": list(names)} | more


def matching(pattern: str, **more: Any) -> dict[str, Any]:
    return {"action": "adopt", "identifier_pattern": pattern} | more


def plant(shelf: Shelf, *rows: dict[str, Any]) -> None:
    shelf.plant(rows)
    shelf.forget_calls()


def managed(shelf: Shelf) -> set[str]:
    return {
        name
        for name, one in shelf.snapshots().items()
        if {"Key": MANAGED_BY, "Value": "redshift-backup"} in one["Tags"]
    }


def verdicts(response: dict[str, Any]) -> dict[str, str]:
    return {row["id"]: row["verdict"] for row in response["plan"]}


@pytest.mark.parametrize("event", [adopt("by-hand"), matching("by-*")], ids=["ids", "pattern"])
def test_adopt_is_a_dry_run_by_default(shelf: Shelf, event: dict[str, Any]) -> None:
    plant(shelf, by_hand("by-hand"))

    response = shelf.invoke(event)

    assert (response["dry_run"], response["adopted"], response["remaining"]) == (True, 0, 0)
    assert verdicts(response) == {"by-hand": "adopt"}
    assert shelf.changing_calls() == []
    assert managed(shelf) == set()


def test_adopted_snapshots_are_ours_from_then_on(shelf: Shelf) -> None:
    plant(shelf, by_hand("nightly-1"), by_hand("nightly-2", 2), by_hand("weekly-1"), *fresh())

    response = shelf.invoke(matching("nightly-*", dry_run=False))

    assert (response["adopted"], response["remaining"]) == (2, 0)
    assert {"nightly-1", "nightly-2"} <= managed(shelf)
    assert "weekly-1" not in managed(shelf)
    status = shelf.invoke({"action": "status"})
    rows = {row["id"]: row for row in status["snapshots"]}
    assert rows["nightly-2"]["is_good"] is True
    assert rows["nightly-2"]["origin"] == "adopted"
    assert shelf.changing_calls() == ["CreateTags"] * 2


def test_the_tags_are_those_of_the_plan(shelf: Shelf) -> None:
    created = datetime(2026, 3, 18, 14, 30, 22, 250_000, tzinfo=UTC)
    row = by_hand("by-hand", tags={"team": "data"}) | {"create_time": created.isoformat()}
    plant(shelf, row)

    response = shelf.invoke(adopt("by-hand", dry_run=False), request_id="request-7")

    wanted = {
        MANAGED_BY: "redshift-backup",
        "redshift-backup:origin": "adopted",
        "redshift-backup:slot": "2026-03-18T14:30:22Z",
        "redshift-backup:request-id": "request-7",
    }
    assert response["plan"][0]["tags"] == wanted
    tags = {tag["Key"]: tag["Value"] for tag in shelf.snapshots()["by-hand"]["Tags"]}
    assert tags == wanted | {"team": "data"}


def test_the_same_adoption_again_makes_no_changing_call(shelf: Shelf) -> None:
    plant(shelf, by_hand("by-hand"), *fresh())
    shelf.invoke(adopt("by-hand", dry_run=False))
    shelf.forget_calls()

    response = shelf.invoke(adopt("by-hand", dry_run=False))

    assert (response["adopted"], verdicts(response)) == (0, {"by-hand": "ours"})
    assert shelf.changing_calls() == []


def test_the_table_warns_of_what_the_next_prune_deletes_and_it_does(shelf: Shelf) -> None:
    plant(shelf, by_hand("old", 20), by_hand("older", 30), by_hand("recent", 2), *fresh())

    response = shelf.invoke(matching("*", dry_run=False))

    prune = {row["id"]: row["prune_verdict"] for row in response["plan"]}
    assert (prune["old"], prune["older"], prune["recent"]) == ("delete", "delete", "keep")
    assert response["prune_would_delete"] == 2
    assert any(
        "2 of 3 snapshots to adopt are kept by no rule" in one for one in response["warnings"]
    )
    (report,) = shelf.invoke({"action": "reconcile"})["clusters"]
    assert report["deleted"] == 2
    assert {"old", "older", "recent"} & set(shelf.snapshots()) == {"recent"}


def test_the_table_goes_by_the_longer_retention_of_events(shelf: Shelf) -> None:
    plant(shelf, by_hand("old", 20), *fresh())
    shelf.invoke({"action": "prune", "retention_days": 30})

    response = shelf.invoke(adopt("old", dry_run=False))

    assert (response["prune_would_delete"], response["plan"][0]["prune_verdict"]) == (0, "keep")
    (report,) = shelf.invoke({"action": "reconcile"})["clusters"]
    assert report["deleted"] == 0


def test_a_hold_set_by_hand_protects_from_the_first_moment(shelf: Shelf) -> None:
    plant(shelf, by_hand("old", 20, tags={HOLD: "audit"}), *fresh())

    response = shelf.invoke(adopt("old", dry_run=False))

    assert response["plan"][0]["prune_verdict"] == "held"
    shelf.invoke({"action": "reconcile"})
    assert "old" in shelf.snapshots()


def test_the_table_tells_with_whom_a_snapshot_is_and_is_not_shared(shelf: Shelf) -> None:
    plant(shelf, by_hand("by-hand", shared=("999988887777",)), *fresh())

    (row,) = shelf.invoke(adopt("by-hand"))["plan"]

    assert (row["shared_with"], row["missing_accounts"]) == (["999988887777"], [TARGET])
    assert "999988887777" in row["reason"]
    assert f"not good before it is shared with {TARGET}" in row["reason"]


def test_the_table_tells_of_a_key_that_no_other_account_can_use(shelf: Shelf) -> None:
    shelf.create_cluster("keyed", Encrypted=True, KmsKeyId="alias/aws/redshift")
    shelf.lifecycle("snapshot", 0)
    shelf.configure(CLUSTER_IDENTIFIER="keyed")
    shelf.redshift.create_cluster_snapshot(SnapshotIdentifier="by-hand", ClusterIdentifier="keyed")

    (row,) = shelf.invoke(adopt("by-hand"))["plan"]

    assert row["verdict"] == "adopt"
    assert "never good" in row["reason"]
    assert "AWS managed key" in row["reason"]


def test_adopt_never_takes_a_foreign_tools_snapshot(shelf: Shelf) -> None:
    plant(
        shelf,
        by_hand("claimed", tags={MANAGED_BY: "another-tool"}),
        by_hand("named", tags={"ManagedBy": "shelvery"}),
        by_hand("awsbackup-job-1"),
        by_hand("unfinished", status="creating", shared=()),
        by_hand("broken", status="failed", shared=()),
        by_hand("free"),
    )

    response = shelf.invoke(matching("*", dry_run=False))

    assert verdicts(response) == {
        "claimed": "refused",
        "named": "refused",
        "awsbackup-job-1": "refused",
        "unfinished": "refused",
        "broken": "refused",
        "free": "adopt",
    }
    assert (response["adopted"], managed(shelf)) == (1, {"free"})
    assert any("5 of 6 are refused" in one for one in response["warnings"])


def test_automated_snapshots_and_other_clusters_are_refused_by_name(shelf: Shelf) -> None:
    automated = f"rs:{CLUSTER}-2026-03-18-02-00-11"
    other = by_hand("of-stock") | {"cluster_identifier": "stock"}
    shelf.create_cluster()
    plant(shelf, by_hand(automated, type="automated", shared=()), other, by_hand("free"))

    response = shelf.invoke(adopt(automated, "of-stock", "free", dry_run=False))

    assert verdicts(response) == {automated: "refused", "of-stock": "refused", "free": "adopt"}
    assert managed(shelf) == {"free"}


def test_a_pattern_never_leaves_its_cluster(shelf: Shelf) -> None:
    plant(shelf, by_hand("of-stock") | {"cluster_identifier": "stock"}, by_hand("of-ours"))

    response = shelf.invoke(matching("of-*", dry_run=False))

    assert (verdicts(response), managed(shelf)) == ({"of-ours": "adopt"}, {"of-ours"})


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("nightly-?", {"nightly-1"}),
        ("nightly-*", {"nightly-1", "nightly-10"}),
        ("nightly", set()),
        ("Nightly-*", set()),
        ("*-10", {"nightly-10", "my-nightly-10"}),
    ],
)
def test_a_pattern_is_of_the_whole_identifier(shelf: Shelf, pattern: str, found: set[str]) -> None:
    plant(shelf, *(by_hand(name) for name in ("nightly-1", "nightly-10", "my-nightly-10")))

    response = shelf.invoke(matching(pattern))

    assert set(verdicts(response)) == found
    if not found:
        assert f"none of the 3 manual snapshots of {CLUSTER} matches" in response["reason"]


def test_unknown_snapshots_are_named_and_nothing_is_changed(shelf: Shelf) -> None:
    plant(shelf, by_hand("by-hand"))

    with pytest.raises(BadRequestError, match="2 of 3 snapshots to adopt do not exist") as caught:
        shelf.invoke(adopt("by-hand", "gone-1", "gone-2", dry_run=False))

    assert "gone-1, gone-2" in str(caught.value)
    assert shelf.changing_calls() == []


def test_our_name_without_our_tag_is_adopted(shelf: Shelf) -> None:
    row = ours(timedelta(hours=3))
    plant(shelf, row | {"tags": {}})
    name = row["snapshot_identifier"]

    response = shelf.invoke(matching(f"{PREFIX}-*", dry_run=False))

    assert (response["adopted"], managed(shelf)) == (1, {name})


def test_one_that_fails_costs_no_other_its_adoption(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(shelf, *(by_hand(f"by-hand-{day}", day) for day in (1, 2, 3)))
    tag = Gateway.tag_snapshot

    def refuse_one(gateway: Gateway, snapshot: Any, tags: dict[str, str]) -> None:
        if snapshot.identifier == "by-hand-2":
            raise AwsError("CreateTags of by-hand-2 failed")
        tag(gateway, snapshot, tags)

    monkeypatch.setattr(Gateway, "tag_snapshot", refuse_one)
    with pytest.raises(PartialFailureError, match=r"1 of 3 steps failed.*by-hand-2"):
        shelf.invoke(matching("*", dry_run=False))
    assert managed(shelf) == {"by-hand-1", "by-hand-3"}

    monkeypatch.setattr(Gateway, "tag_snapshot", tag)
    assert shelf.invoke(matching("*", dry_run=False))["adopted"] == 1


def test_the_only_one_that_fails_is_told_as_it_is(shelf: Shelf) -> None:
    plant(shelf, by_hand("by-hand"))
    shelf.fault("CreateTags", "error_500", times=20)

    with pytest.raises(AwsError, match="CreateTags of by-hand failed") as caught:
        shelf.invoke(adopt("by-hand", dry_run=False))

    assert not isinstance(caught.value, PartialFailureError)


def test_tags_that_aws_took_and_does_not_show_are_a_failure(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(shelf, by_hand("by-hand-1"), by_hand("by-hand-2"))
    monkeypatch.setattr(Gateway, "tag_snapshot", lambda *_: None)

    with pytest.raises(PartialFailureError, match="is not ours by them"):
        shelf.invoke(matching("*", dry_run=False))


def test_a_snapshot_that_goes_while_it_is_adopted_is_named(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(shelf, by_hand("by-hand-1", shared=()), by_hand("by-hand-2", 2))
    observe = Gateway.describe_chain

    def and_delete(gateway: Gateway, *arguments: Any, **named: Any) -> Any:
        found = observe(gateway, *arguments, **named)
        if "by-hand-1" in shelf.snapshots():
            shelf.redshift.delete_cluster_snapshot(SnapshotIdentifier="by-hand-1")
        return found

    monkeypatch.setattr(Gateway, "describe_chain", and_delete)

    with pytest.raises(PartialFailureError, match="by-hand-1"):
        shelf.invoke(matching("*", dry_run=False))

    assert managed(shelf) == {"by-hand-2"}


def test_adopt_stops_when_its_time_is_up_and_says_what_is_left(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(shelf, *(by_hand(f"by-hand-{day}", day) for day in range(5)))
    looks = iter([1.0] * 2)
    with monkeypatch.context() as patched:
        patched.setattr(Budget, "remaining_seconds", lambda self: next(looks, -1.0))
        response = shelf.invoke(matching("*", dry_run=False))

    assert (response["adopted"], response["remaining"]) == (2, 3)
    # The newest first, so that the chain is fresh before what is old comes in.
    assert managed(shelf) == {"by-hand-0", "by-hand-1"}
    assert shelf.invoke(matching("*", dry_run=False))["remaining"] == 0


def test_150_snapshots_are_adopted_with_one_call_each(shelf: Shelf) -> None:
    plant(shelf, *(by_hand(f"by-hand-{number}", number / 30) for number in range(150)))

    response = shelf.invoke(matching("by-hand-*", dry_run=False))

    assert (response["adopted"], len(response["plan"])) == (150, 150)
    calls = [one["operation"] for one in shelf.calls()]
    assert calls.count("CreateTags") == 150
    # The chain is 2 pages long, and is looked at before and after.
    assert len(calls) == 150 + 4


def test_a_pattern_that_matches_more_than_an_answer_holds_is_refused(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopt_action, "_MOST_MATCHES", 2)
    plant(shelf, *(by_hand(f"by-hand-{day}", day) for day in range(3)))

    with pytest.raises(BadRequestError, match="matches 3 snapshots and one event adopts from 2"):
        shelf.invoke(matching("*", dry_run=False))

    assert shelf.changing_calls() == []


def test_another_account_needs_a_target_to_judge_by(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TARGET_ACCOUNT_ID")

    with pytest.raises(BadRequestError, match="TARGET_ACCOUNT_ID"):
        shelf.invoke(adopt("by-hand"))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            {"action": "adopt"},
            ["0 of snapshot_ids and identifier_pattern are given", "exactly one"],
        ),
        (adopt("a") | {"identifier_pattern": "*"}, ["2 of snapshot_ids and identifier_pattern"]),
        (adopt(), ["1 to 100"]),
        (adopt(*(f"a{number}" for number in range(101))), ["1 to 100"]),
        (adopt("Upper", "a"), ["Upper"]),
        ({"action": "adopt", "snapshot_ids": "a"}, ["not a list"]),
        ({"action": "adopt", "snapshot_ids": [1]}, ["1 is not a snapshot identifier"]),
        (matching(""), ["identifier_pattern"]),
        (matching("night[ly]*"), ["identifier_pattern", "[ly]"]),
        (matching("*" * 256), ["255"]),
        ({"action": "adopt", "identifier_pattern": None}, ["null"]),
        (adopt("a", dry_run=0), ["dry_run is 0"]),
        (adopt("a", reason="x"), ["does not belong to action 'adopt'"]),
        (adopt("a", snapshot_id="x"), ["does not belong to action 'adopt'"]),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_bad_adoption_is_refused_before_any_call(
    shelf: Shelf, event: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(BadRequestError) as caught:
        shelf.invoke(event)

    assert [word for word in words if word not in str(caught.value)] == []
    assert shelf.calls() == []


def test_a_cluster_outside_the_deployment_is_refused(shelf: Shelf) -> None:
    with pytest.raises(RefusedError, match="ALLOWED_CLUSTERS"):
        shelf.invoke(adopt("by-hand", cluster_identifier="stock"))

    assert shelf.calls() == []
