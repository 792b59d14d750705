"""Given one look at a snapshot: wait, go on, or fail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_dr.snapshot_wait import (
    Look,
    Verdict,
    Watch,
    decide,
    delay_seconds,
    facts_of,
    progress,
)

STARTED = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
WATCH = Watch(
    snapshot_identifier="snapshot-1",
    owner_account=None,
    started=STARTED,
    deadline=STARTED + timedelta(hours=6),
    grace=timedelta(minutes=5),
    not_found="snapshot snapshot-1 does not exist",
)
SHARED = Watch(
    snapshot_identifier="snapshot-1",
    owner_account="164543933824",
    started=STARTED,
    deadline=STARTED + timedelta(minutes=30),
    grace=None,
    not_found="account 058264155998 does not see snapshot snapshot-1 of account 164543933824",
)
SOON = STARTED + timedelta(seconds=10)


def snapshot(status: str, **fields: Any) -> Look:
    return Look(snapshot={"SnapshotIdentifier": "snapshot-1", "Status": status, **fields})


def error(code: str, status: int = 400) -> Look:
    return Look.at_error(
        {
            "Error": {"Code": code, "Message": "in AWS's words"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
    )


def test_request_never_names_cluster_and_snapshot_together() -> None:
    assert WATCH.request() == {"SnapshotIdentifier": "snapshot-1"}
    assert SHARED.request() == {
        "SnapshotIdentifier": "snapshot-1",
        "OwnerAccount": "164543933824",
    }


def test_available_is_ready_even_after_the_deadline() -> None:
    late = WATCH.deadline + timedelta(hours=1)

    assert decide(snapshot("available"), WATCH, now=late, seen=True).verdict is Verdict.READY


def test_creating_waits_and_counts_as_seen() -> None:
    decision = decide(snapshot("creating"), WATCH, now=SOON, seen=False)

    assert (decision.verdict, decision.seen) == (Verdict.WAIT, True)


@pytest.mark.parametrize("status", ["failed", "cancelled", "deleted", "Failed"])
def test_bad_end_fails_at_once_without_retry(status: str) -> None:
    decision = decide(snapshot(status), WATCH, now=SOON, seen=True)

    assert (decision.verdict, decision.retry) == (Verdict.FAIL, False)
    assert "snapshot-1" in decision.reason
    assert "clear create_snapshot" in decision.reason


def test_snapshot_that_was_seen_and_vanished_fails_at_once() -> None:
    decision = decide(error("ClusterSnapshotNotFound", 404), WATCH, now=SOON, seen=True)

    assert (decision.verdict, decision.retry) == (Verdict.FAIL, False)
    assert "is gone" in decision.reason


@pytest.mark.parametrize("look", [Look(), error("ClusterSnapshotNotFound", 404)])
def test_not_found_is_pending_within_the_grace_only(look: Look) -> None:
    inside = decide(look, WATCH, now=STARTED + timedelta(minutes=4, seconds=59), seen=False)
    after = decide(look, WATCH, now=STARTED + timedelta(minutes=5), seen=False)

    assert inside.verdict is Verdict.WAIT
    assert after.verdict is Verdict.FAIL
    assert "does not exist (waited 300 s)" in after.reason


def test_share_that_is_not_visible_waits_for_the_deadline_and_names_both_accounts() -> None:
    before = decide(Look(), SHARED, now=SHARED.deadline - timedelta(seconds=1), seen=False)
    revoked = decide(Look(), SHARED, now=SHARED.deadline - timedelta(seconds=1), seen=True)
    late = decide(Look(), SHARED, now=SHARED.deadline, seen=False)

    assert before.verdict is Verdict.WAIT
    assert revoked.verdict is Verdict.WAIT
    assert late.verdict is Verdict.FAIL
    assert "058264155998" in late.reason
    assert "164543933824" in late.reason


def test_creating_fails_at_the_deadline_with_both_numbers() -> None:
    decision = decide(snapshot("creating"), WATCH, now=WATCH.deadline, seen=True)

    assert (decision.verdict, decision.retry) == (Verdict.FAIL, False)
    assert "waited 21600 s of 21600 s allowed" in decision.reason


@pytest.mark.parametrize(
    "look",
    [
        error("Throttling"),
        error("RequestLimitExceeded", 503),
        error("SomethingNew", 500),
        Look(error_code="EndpointConnectionError", error_message="refused", passing=True),
    ],
)
def test_passing_error_waits_but_never_beyond_the_deadline(look: Look) -> None:
    early = decide(look, WATCH, now=SOON, seen=True)
    late = decide(look, WATCH, now=WATCH.deadline, seen=True)

    assert (early.verdict, early.seen) == (Verdict.WAIT, True)
    assert late.verdict is Verdict.FAIL


def test_refused_look_fails_at_once_and_may_retry() -> None:
    decision = decide(error("AccessDenied", 403), WATCH, now=SOON, seen=False)

    assert (decision.verdict, decision.retry) == (Verdict.FAIL, True)
    assert "AccessDenied: in AWS's words" in decision.reason


@pytest.mark.parametrize(
    ("waited", "expected"), [(0, 1.0), (30, 3.0), (300, 30.0), (3600, 60.0), (21590, 10.0)]
)
def test_delay_grows_with_the_wait_and_ends_at_the_deadline(waited: float, expected: float) -> None:
    assert delay_seconds(WATCH, STARTED + timedelta(seconds=waited)) == expected


def test_progress_shows_what_aws_says() -> None:
    line = progress(
        {
            "SnapshotIdentifier": "snapshot-1",
            "Status": "creating",
            "BackupProgressInMegaBytes": 120.0,
            "ActualIncrementalBackupSizeInMegaBytes": 400.0,
            "CurrentBackupRateInMegaBytesPerSecond": 12.5,
            "EstimatedSecondsToCompletion": 22,
        }
    )

    assert line == "snapshot snapshot-1 is creating, 120 of 400 MB at 12.5 MB/s, about 22 s left"


def test_progress_without_figures_is_a_sentence_too() -> None:
    assert (
        progress({"SnapshotIdentifier": "snapshot-1", "Status": "creating"})
        == "snapshot snapshot-1 is creating"
    )


def test_facts_are_json_and_hold_the_slot_from_the_tag() -> None:
    facts = facts_of(
        {
            "SnapshotIdentifier": "snapshot-1",
            "ClusterIdentifier": "one",
            "OwnerAccount": "164543933824",
            "Status": "available",
            "SnapshotCreateTime": STARTED,
            "TotalBackupSizeInMegaBytes": 12.0,
            "Tags": [{"Key": "redshift-backup:slot", "Value": "2026-11-20T02:00:00Z"}],
        }
    )

    assert facts["slot"] == "2026-11-20T02:00:00Z"
    assert facts["snapshot_create_time"] == "2026-11-20T02:00:00+00:00"
    assert facts_of({"SnapshotIdentifier": "snapshot-1"})["slot"] is None
