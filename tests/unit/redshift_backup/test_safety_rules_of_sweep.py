"""Each rule on which clusters of restore tests may be deleted, by its name."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from redshift_backup.drill import (
    DELETABLE,
    LONGEST_INTENT_BYTES,
    Intent,
    MalformedIntent,
    Row,
    Verdict,
    intent_key,
    judge,
    read_intent,
)
from redshift_backup.model import DRILL, EXPIRES_AT, Cluster, is_drill_cluster, iso_utc
from tests.unit.redshift_backup.builders import CLUSTER, NOW, SOURCE, TARGET, snapshot

NAME = "drill-orders-0a1b2c3d"
RUN = "scheduled__2026-03-15T06:00:00+00:00"
CREATED, EXPIRES = NOW - timedelta(hours=25), NOW - timedelta(hours=1)
DOCUMENT: dict[str, Any] = {
    "schema_version": 1,
    "account_id": TARGET,
    "cluster_identifier": NAME,
    "source_cluster_identifier": CLUSTER,
    "dag_id": "redshift_restore_validation__orders",
    "run_id": RUN,
    "snapshot_identifier": "orders-lambda-snapshot-20260315-020000",
    "snapshot_arn": "arn:aws:redshift:us-east-1:164543933824:snapshot:orders/orders-1",
    "owner_account": SOURCE,
    "created_at": iso_utc(CREATED),
    "expires_at": iso_utc(EXPIRES),
}
INTENT = Intent(TARGET, NAME, CLUSTER, RUN, CREATED, EXPIRES)
LEFT_BEHIND = Cluster(
    NAME,
    "available",
    encrypted=True,
    kms_key_id=None,
    automated_retention_days=1,
    create_time=CREATED + timedelta(seconds=4),
    is_restored=True,
    tags={DRILL: RUN, EXPIRES_AT: iso_utc(EXPIRES)},
)


def judged(
    cluster: Cluster = LEFT_BEHIND,
    intent: Intent | MalformedIntent | None = INTENT,
    *snapshots: Any,
    account_id: str = TARGET,
) -> Row:
    return judge(cluster, intent, snapshots, account_id=account_id, now=NOW)


def encoded(**changes: Any) -> bytes:
    return json.dumps(DOCUMENT | changes).encode()


def test_a_cluster_of_a_test_past_its_expiry_is_deleted() -> None:
    row = judged()

    assert row.verdict is Verdict.DELETE
    assert row.reason == f"expired at {iso_utc(EXPIRES)}, and the run {RUN} did not delete it"
    assert (row.expires_at, row.missing_tags) == (iso_utc(EXPIRES), {})


def test_a_cluster_without_an_intent_is_left_alone() -> None:
    row = judged(LEFT_BEHIND, None)

    assert row.verdict is Verdict.NOT_OURS
    assert f"no intent {intent_key(NAME)}" in row.reason
    assert row.expires_at is None


def test_an_intent_of_another_cluster_announces_nothing() -> None:
    row = judged(LEFT_BEHIND, replace(INTENT, cluster_identifier="drill-orders-ffffffff"))

    assert row.verdict is Verdict.NOT_OURS
    assert "drill-orders-ffffffff" in row.reason


def test_an_intent_of_another_account_announces_nothing() -> None:
    row = judged(account_id=SOURCE)

    assert row.verdict is Verdict.NOT_OURS
    assert TARGET in row.reason
    assert SOURCE in row.reason


def test_a_cluster_that_was_not_restored_is_left_alone() -> None:
    row = judged(replace(LEFT_BEHIND, is_restored=False))

    assert row.verdict is Verdict.NOT_OURS
    assert "not restored from a snapshot" in row.reason


def test_a_cluster_from_before_its_intent_is_left_alone() -> None:
    row = judged(replace(LEFT_BEHIND, create_time=CREATED - timedelta(seconds=1)))

    assert row.verdict is Verdict.NOT_OURS
    assert iso_utc(CREATED) in row.reason


def test_a_cluster_of_the_intents_own_second_is_of_the_test() -> None:
    intent = replace(INTENT, created_at=CREATED.replace(microsecond=700_000))

    assert judged(replace(LEFT_BEHIND, create_time=CREATED), intent).verdict is Verdict.DELETE


def test_a_cluster_whose_creation_is_not_told_is_left_alone() -> None:
    row = judged(replace(LEFT_BEHIND, create_time=None))

    assert row.verdict is Verdict.NOT_OURS
    assert "not told" in row.reason


def test_a_cluster_is_kept_until_its_expiry_has_passed() -> None:
    for later in (timedelta(0), timedelta(microseconds=1), timedelta(hours=9)):
        row = judged(LEFT_BEHIND, replace(INTENT, expires_at=NOW + later))
        assert row.verdict is Verdict.KEPT
        assert iso_utc(NOW + later) in row.reason


@pytest.mark.parametrize("status", ["creating", "modifying", "rebooting", "resizing", "deleting"])
def test_a_cluster_that_aws_would_not_delete_is_pending(status: str) -> None:
    row = judged(replace(LEFT_BEHIND, status=status))

    assert row.verdict is Verdict.PENDING
    assert ("AWS is deleting it" in row.reason) is (status == "deleting")


@pytest.mark.parametrize("status", sorted(DELETABLE))
def test_a_broken_or_paused_cluster_is_deleted_too(status: str) -> None:
    assert judged(replace(LEFT_BEHIND, status=status)).verdict is Verdict.DELETE


def test_a_cluster_whose_copy_is_still_being_made_is_pending() -> None:
    made = snapshot(days=1, identifier="orders-dr-20260315-020000", cluster=NAME)
    making = snapshot(identifier="orders-dr-20260318-020000", cluster=NAME, status="creating")

    row = judged(LEFT_BEHIND, INTENT, made, making)

    assert row.verdict is Verdict.PENDING
    assert "orders-dr-20260318-020000 is still being made" in row.reason
    assert judged(LEFT_BEHIND, INTENT, made).verdict is Verdict.DELETE


def test_only_the_tags_that_are_missing_are_repaired() -> None:
    without = replace(LEFT_BEHIND, tags={DRILL: "by hand", "team": "finance"})

    assert judged(without).missing_tags == {EXPIRES_AT: iso_utc(EXPIRES)}


def test_a_malformed_intent_is_told_and_its_cluster_left_alone() -> None:
    row = judged(LEFT_BEHIND, read_intent(b"{"))

    assert row.verdict is Verdict.MALFORMED
    assert intent_key(NAME) in row.reason
    assert "no JSON" in row.reason


def test_an_intent_is_read_as_it_is_written() -> None:
    assert read_intent(encoded()) == INTENT


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 9999, "no JSON"),
        (b"[]", "no JSON object"),
        (encoded(schema_version=2), "schema_version is 2"),
        (encoded(schema_version=None), "schema_version is None"),
        (b" " * (LONGEST_INTENT_BYTES + 1), "more than 65536 bytes"),
        (encoded(account_id=58264155998), "account_id of it"),
        (encoded(account_id="12"), "account_id of it"),
        (encoded(cluster_identifier="Drill"), "cluster_identifier of it"),
        (encoded(source_cluster_identifier=None), "source_cluster_identifier of it"),
        (encoded(run_id=""), "run_id of it"),
        (encoded(created_at="2026-03-15"), "created_at of it"),
        (encoded(expires_at="2026-03-15T06:00:00"), "expires_at of it"),
        (encoded(created_at=0, expires_at=[]), "created_at, expires_at of it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_intent_that_is_not_understood_in_full_says_nothing(content: bytes, words: str) -> None:
    intent = read_intent(content)

    assert isinstance(intent, MalformedIntent)
    assert words in intent.fault


@pytest.mark.parametrize(
    ("name", "is_drill"),
    [
        (NAME, True),
        ("drill-aca-redshift-cluster-ffffffff", True),
        ("drill-0a1b2c3d", False),
        ("drill-orders-0a1b2c3", False),
        ("drill-orders-0a1b2c3d4", False),
        ("my-drill-orders-0a1b2c3d", False),
        ("drill-orders-0A1B2C3D", False),
        ("drill-orders-0a1b2c3d\n", False),
        ("drill--orders-0a1b2c3d", False),
        ("drills-orders-0a1b2c3d", False),
    ],
)
def test_a_drill_cluster_is_named_so_in_full(name: str, is_drill: bool) -> None:
    assert is_drill_cluster(name) is is_drill
