"""Each rule that keeps a slot true and data at home, by its name."""

from dataclasses import replace
from datetime import timedelta

import pytest

from redshift_backup.errors import (
    AwsError,
    ForeignSnapshotError,
    HeldError,
    NoSnapshotForSlotError,
    ShareRefusedError,
)
from redshift_backup.model import HOLD, MANAGED_BY, REQUEST_ID, KeyFacts, Snapshot
from redshift_backup.sharing import key_refusal, key_to_ask_for, key_warnings, plan_share
from redshift_backup.slots import (
    CreatePlan,
    Step,
    Window,
    created_tags,
    find_by_request,
    identifier_for,
    nearest_source,
    plan_create,
    promoted_tags,
)
from tests.unit.redshift_backup.builders import CHAIN, NOW, PREFIX, TARGET, snapshot

OPEN = Window(NOW - timedelta(hours=1), NOW + timedelta(hours=23))
PAST = Window(NOW - timedelta(days=2), NOW - timedelta(days=1))


def plan(existing: Snapshot | None, window: Window, *automated: Snapshot) -> CreatePlan:
    name = identifier_for(PREFIX, window.slot)
    return plan_create(existing, automated, identifier=name, chain=CHAIN, window=window, now=NOW)


def at_slot(window: Window, **changes: object) -> Snapshot:
    base = snapshot(identifier=identifier_for(PREFIX, window.slot))
    return replace(base, **changes)  # type: ignore[arg-type]


def automated(days: float, **changes: object) -> Snapshot:
    base = snapshot(days=days, identifier=f"rs:orders-{days}", snapshot_type="automated")
    return replace(base, tags={}, **changes)  # type: ignore[arg-type]


def test_a_slot_names_its_snapshot_in_utc() -> None:
    assert identifier_for("aca-lambda-snapshot", NOW) == "aca-lambda-snapshot-20260318-143022"


def test_a_free_slot_in_its_window_is_created() -> None:
    assert plan(None, OPEN).step is Step.CREATE


@pytest.mark.parametrize("status", ["creating", "available"])
def test_ours_is_adopted(status: str) -> None:
    existing = at_slot(OPEN, status=status)

    assert plan(existing, OPEN) == CreatePlan(Step.ADOPT, existing.identifier, existing=existing)


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_ours_that_is_lost_is_deleted_and_made_anew(status: str) -> None:
    existing = at_slot(OPEN, status=status)

    assert plan(existing, OPEN) == CreatePlan(
        Step.CREATE, existing.identifier, delete_first=existing
    )


def test_a_held_failed_snapshot_is_not_deleted() -> None:
    existing = at_slot(OPEN, status="failed")

    with pytest.raises(HeldError, match="evidence"):
        plan(replace(existing, tags={**existing.tags, HOLD: "evidence"}), OPEN)


@pytest.mark.parametrize("window", [OPEN, PAST])
@pytest.mark.parametrize("tags", [{MANAGED_BY: "another"}, {}])
def test_a_foreign_snapshot_is_refused(tags: dict[str, str], window: Window) -> None:
    with pytest.raises(ForeignSnapshotError, match="adopt"):
        plan(at_slot(window, tags=tags), window)


def test_a_failed_foreign_snapshot_is_not_deleted() -> None:
    with pytest.raises(ForeignSnapshotError):
        plan(at_slot(OPEN, tags={}, status="failed"), OPEN)


def test_a_snapshot_of_another_cluster_is_foreign() -> None:
    with pytest.raises(ForeignSnapshotError):
        plan(at_slot(OPEN, cluster_identifier="orders-archive"), OPEN)


def test_a_snapshot_that_is_going_away_is_retried() -> None:
    with pytest.raises(AwsError, match="deleting"):
        plan(at_slot(OPEN, status="deleting"), OPEN)


def test_a_past_slot_is_never_created_anew() -> None:
    with pytest.raises(NoSnapshotForSlotError, match="2026-03-16T14:30:22Z"):
        plan(None, PAST)


def test_the_window_ends_before_its_end() -> None:
    assert Window(NOW - timedelta(days=1), NOW).is_past(NOW)
    assert not Window(NOW - timedelta(days=1), NOW + timedelta(seconds=1)).is_past(NOW)


def test_promotion_takes_the_snapshot_of_the_window_nearest_the_slot() -> None:
    before, near, far, after = (automated(days) for days in (2.01, 1.9, 1.5, 1.0))

    assert plan(None, PAST, before, far, after, near).source == near


def test_promotion_takes_available_automated_snapshots_only() -> None:
    broken = automated(1.9, status="failed")
    manual = replace(automated(1.8), snapshot_type="manual")
    sound = automated(1.5)

    assert nearest_source([broken, manual, sound], PAST) == sound


def test_an_interrupted_promotion_is_repaired() -> None:
    existing, source = at_slot(PAST, tags={}), automated(1.9)

    decided = plan(existing, PAST, source)

    assert decided == CreatePlan(Step.REPAIR, existing.identifier, existing=existing, source=source)


def test_no_repair_without_a_matching_source_or_of_another_clusters_snapshot() -> None:
    with pytest.raises(ForeignSnapshotError):
        plan(at_slot(PAST, tags={}), PAST, automated(2.5))
    with pytest.raises(ForeignSnapshotError):
        plan(at_slot(PAST, tags={}, cluster_identifier="another"), PAST, automated(1.9))


def test_a_promoted_snapshot_keeps_the_instant_of_its_data() -> None:
    source = automated(1.9)
    promoted = at_slot(PAST, tags=promoted_tags(PAST, "request", source))

    assert CHAIN.owns(promoted)
    assert promoted.data_time == source.create_time


def test_a_retry_is_found_by_its_request_id_among_ours_only() -> None:
    mine = snapshot(hours=1, tags={REQUEST_ID: "r-1"})
    foreign = snapshot(hours=2, tags={REQUEST_ID: "r-1", MANAGED_BY: "another"})

    assert find_by_request([foreign, mine], CHAIN, "r-1") == mine
    assert find_by_request([foreign], CHAIN, "r-1") is None
    assert CHAIN.owns(replace(mine, tags=created_tags(OPEN, "r-1")))


def test_share_authorizes_who_is_missing_and_reports_strangers() -> None:
    shared = plan_share(snapshot(accounts=("999988887777",)), CHAIN, [TARGET])

    assert (shared.authorize, shared.revoke, shared.strangers) == (
        (TARGET,),
        (),
        ("999988887777",),
    )


def test_strangers_are_revoked_only_on_request() -> None:
    both = snapshot(accounts=(TARGET, "999988887777"))

    assert plan_share(both, CHAIN, [TARGET], revoke_strangers=True).revoke == ("999988887777",)


@pytest.mark.parametrize(
    "foreign", [snapshot(tags={MANAGED_BY: "another"}), snapshot(cluster="another")]
)
def test_only_ours_is_shared(foreign: Snapshot) -> None:
    with pytest.raises(ShareRefusedError, match="not ours"):
        plan_share(foreign, CHAIN, [TARGET])


@pytest.mark.parametrize("status", ["creating", "failed"])
def test_only_available_is_shared(status: str) -> None:
    with pytest.raises(ShareRefusedError, match=status):
        plan_share(snapshot(status=status), CHAIN, [TARGET])


def test_an_aws_managed_key_is_refused() -> None:
    facts = KeyFacts("key", manager="AWS")

    assert "AWS managed key" in (key_refusal(True, "key", facts, "s") or "")
    assert key_refusal(True, "key", replace(facts, manager="CUSTOMER"), "s") is None


def test_the_key_that_aws_owns_is_refused() -> None:
    for reported in (None, "AWS_OWNED_KMS_KEY"):
        assert "AWS owns" in (key_refusal(True, reported, None, "s") or "")
        assert key_to_ask_for(True, reported) is None
    assert key_refusal(False, None, None, "s") is None
    assert key_to_ask_for(True, "key") == "key"


def statement(principal: object, action: object = "kms:Decrypt") -> dict[str, object]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}


@pytest.mark.parametrize(
    ("statements", "grants", "admitted"),
    [
        ([statement({"AWS": f"arn:aws:iam::{TARGET}:root"})], (), True),
        ([statement({"AWS": ["x", TARGET]}, ["kms:Describe*", "kms:*"])], (), True),
        ([statement("*", "kms:decrypt")], (), True),
        ([statement({"AWS": f"arn:aws:iam::{TARGET}:root"}, "kms:DescribeKey")], (), False),
        ([statement({"AWS": f"arn:aws:iam::111122223333:role/{TARGET}"})], (), False),
        ([statement({"Service": "redshift.amazonaws.com"})], (), False),
        ([], ({"GranteePrincipal": TARGET, "Operations": ["Decrypt"]},), True),
        ([], ({"GranteePrincipal": TARGET, "Operations": ["Encrypt"]},), False),
    ],
)
def test_a_key_that_keeps_the_target_out_is_a_warning(
    statements: list[object], grants: tuple[dict[str, object], ...], admitted: bool
) -> None:
    facts = KeyFacts("key", "CUSTOMER", "Enabled", {"Statement": statements}, grants)

    assert (key_warnings(facts, [TARGET]) == []) is admitted


def test_what_kms_does_not_tell_is_a_warning() -> None:
    facts = KeyFacts("key", state="PendingDeletion", unread=("GetKeyPolicy: AccessDenied",))

    warnings = " ".join(key_warnings(facts, [TARGET]))
    assert "AccessDenied" in warnings
    assert "PendingDeletion" in warnings
