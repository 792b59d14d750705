"""Whose a cluster is: what the drill adopts and deletes, and what it leaves alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_dr.restore.intent import (
    BadIntentError,
    Intent,
    intent_key,
    new_intent,
    read_intent,
    write_intent,
)
from redshift_dr.restore.ownership import judge_ownership

ACCOUNT = "058264155998"
NAME = "drill-orders-0123abcd"
NOW = datetime(2026, 11, 29, 6, 0, 0, 700_000, tzinfo=UTC)
INTENT = new_intent(
    now=NOW,
    lives=timedelta(hours=24),
    account_id=ACCOUNT,
    cluster_identifier=NAME,
    source_cluster_identifier="orders",
    dag_id="redshift_restore_validation__orders",
    run_id="manual__1",
    snapshot_identifier="orders-lambda-snapshot-20261129-020000",
    snapshot_arn=None,
    owner_account="164543933824",
)
TAGS = [{"Key": key, "Value": value} for key, value in INTENT.tags.items()]


def cluster(**fields: Any) -> dict[str, Any]:
    return {
        "ClusterIdentifier": NAME,
        "ClusterStatus": "available",
        "ClusterCreateTime": NOW,
        "RestoreStatus": {"Status": "completed"},
        "Tags": TAGS,
        **fields,
    }


def test_cluster_that_fits_its_intent_is_ours() -> None:
    judged = judge_ownership(cluster(), INTENT, account_id=ACCOUNT)

    assert judged.ours
    assert judged.missing_tags == {}


def test_missing_tags_are_named_and_do_not_disown() -> None:
    judged = judge_ownership(cluster(Tags=[]), INTENT, account_id=ACCOUNT)

    assert judged.ours
    assert judged.missing_tags == INTENT.tags


@pytest.mark.parametrize(
    ("row", "intent", "account_id", "reason"),
    [
        (cluster(), None, ACCOUNT, "no intent"),
        (cluster(), INTENT, "164543933824", f"its intent is of account {ACCOUNT}"),
        (cluster(), replace(INTENT, cluster_identifier="drill-orders-ffffffff"), ACCOUNT, "of dri"),
        (
            cluster(ClusterIdentifier="orders"),
            replace(INTENT, cluster_identifier="orders"),
            ACCOUNT,
            "both must be one drill's name",
        ),
        (cluster(RestoreStatus=None), INTENT, ACCOUNT, "was not restored from a snapshot"),
        (cluster(ClusterCreateTime=None), INTENT, ACCOUNT, "does not tell when"),
        (
            cluster(ClusterCreateTime=NOW - timedelta(seconds=1)),
            INTENT,
            ACCOUNT,
            "before its intent",
        ),
    ],
    ids=["no intent", "account", "identifier", "name", "not restored", "no time", "older"],
)
def test_cluster_that_is_not_ours_is_left_alone(
    row: dict[str, Any], intent: Intent | None, account_id: str, reason: str
) -> None:
    judged = judge_ownership(row, intent, account_id=account_id)

    assert not judged.ours
    assert reason in judged.reason


def test_cluster_of_the_same_second_is_not_older_than_its_intent() -> None:
    made = NOW.replace(microsecond=1000)

    assert judge_ownership(cluster(ClusterCreateTime=made), INTENT, account_id=ACCOUNT).ours


def test_intent_survives_its_file() -> None:
    assert read_intent(write_intent(INTENT)) == INTENT
    assert intent_key(NAME) == f"intents/{NAME}.json"
    assert '"created_at": "2026-11-29T06:00:00Z"' in write_intent(INTENT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema_version": 2}',
        write_intent(INTENT).replace("T06:00:00Z", ""),
        write_intent(INTENT).replace('"run_id"', '"run"'),
    ],
)
def test_file_that_is_no_intent_is_refused(text: str) -> None:
    with pytest.raises(BadIntentError):
        read_intent(text)


def test_second_try_keeps_the_beginning_so_that_a_cluster_nobody_saw_stays_ours() -> None:
    later = replace(INTENT, created_at=INTENT.created_at + timedelta(minutes=5))

    assert later.renewed(INTENT).created_at == INTENT.created_at
    assert later.renewed(None).created_at == later.created_at


@pytest.mark.parametrize(
    "earlier",
    [
        replace(INTENT, run_id="manual__2"),
        replace(INTENT, account_id="164543933824"),
        replace(INTENT, expires_at=INTENT.created_at + timedelta(minutes=1)),
    ],
    ids=["other run", "other account", "expired"],
)
def test_intent_of_another_run_or_an_expired_one_is_replaced_whole(earlier: Intent) -> None:
    later = replace(INTENT, created_at=INTENT.created_at + timedelta(minutes=5))

    assert later.renewed(earlier) == later
