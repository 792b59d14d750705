"""Which snapshots of other makers come into management, and what the plan says of each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from redshift_backup.adoption import Adoption, AdoptionPlan, Candidate, Terms, plan_adoption
from redshift_backup.model import (
    HOLD,
    MANAGED_BY,
    ORIGIN,
    REQUEST_ID,
    RETENTION,
    SLOT,
    SOURCE_CREATE_TIME,
    Snapshot,
    iso_utc,
)
from redshift_backup.retention import Policy, Verdict
from redshift_backup.slots import identifier_for
from tests.unit.redshift_backup.builders import (
    CHAIN,
    NOW,
    POLICY,
    PREFIX,
    TARGET,
    policy,
    snapshot,
)

TERMS = Terms("request-7", timedelta(hours=24), allowed_accounts=frozenset({TARGET}))
FRESH = (snapshot(hours=1), snapshot(hours=2))


def foreign(
    name: str = "by-hand",
    *,
    days: float = 3.0,
    tags: dict[str, str] | None = None,
    accounts: tuple[str, ...] = (TARGET,),
    status: str = "available",
) -> Snapshot:
    """A snapshot that somebody else made."""
    made = snapshot(days=days, identifier=name, accounts=accounts, status=status)
    return replace(made, tags=tags or {})


def plan(
    *candidates: Snapshot,
    others: Sequence[Snapshot] = FRESH,
    rules: Policy = POLICY,
    terms: Terms = TERMS,
) -> AdoptionPlan:
    return plan_adoption(candidates, [*candidates, *others], CHAIN, rules, terms=terms, now=NOW)


def only(candidate: Snapshot, **more: Sequence[Snapshot]) -> Candidate:
    (row,) = plan(candidate, **more).candidates  # type: ignore[arg-type]
    return row


def after(candidate: Candidate) -> Snapshot:
    """The snapshot as it is once the plan is applied."""
    return replace(candidate.snapshot, tags={**candidate.snapshot.tags, **candidate.tags})


def test_an_adopted_snapshot_is_ours_by_its_tags() -> None:
    row = only(foreign())

    assert row.verdict is Adoption.ADOPT
    assert row.tags == {
        MANAGED_BY: "redshift-backup",
        ORIGIN: "adopted",
        SLOT: iso_utc(NOW - timedelta(days=3)),
        REQUEST_ID: "request-7",
    }
    assert CHAIN.owns(after(row))
    assert only(after(row)).verdict is Adoption.OURS


def test_an_adopted_slot_is_of_whole_seconds() -> None:
    made = replace(foreign(), create_time=NOW.replace(microsecond=999_999))

    assert only(made).tags[SLOT] == iso_utc(NOW)


@pytest.mark.parametrize(
    "tags",
    [
        {MANAGED_BY: "another-tool"},
        {"managed-by": "terraform"},
        {"ManagedBy": "shelvery"},
        {"app.kubernetes.io/managed-by": "Helm"},
        {"managed_by": ""},
    ],
)
def test_adopt_never_takes_a_foreign_tools_snapshot(tags: dict[str, str]) -> None:
    row = only(foreign(tags=tags))

    assert (row.verdict, row.tags, row.prune) == (Adoption.REFUSED, {}, None)
    assert "another tool manages it" in row.reason
    assert next(iter(tags)) in row.reason


@pytest.mark.parametrize(
    "candidate",
    [
        foreign("awsbackup:job-2f7b7d6b"),
        foreign("awsbackup-job-2f7b7d6b"),
        foreign(tags={"aws:backup:source-resource": "arn:aws:redshift:us-east-1:1:cluster:orders"}),
    ],
)
def test_adopt_never_takes_what_aws_backup_manages(candidate: Snapshot) -> None:
    row = only(candidate)

    assert (row.verdict, row.tags) == (Adoption.REFUSED, {})
    assert "AWS Backup manages it" in row.reason


def test_adopt_never_takes_an_automated_snapshot() -> None:
    automated = replace(foreign("rs:orders-2026-03-18-02-00-11"), snapshot_type="automated")

    assert only(automated).verdict is Adoption.REFUSED
    assert "automated" in only(automated).reason


def test_adopt_never_takes_a_snapshot_of_another_cluster() -> None:
    other = replace(foreign(), cluster_identifier="stock")

    assert only(other).verdict is Adoption.REFUSED
    assert "of cluster stock, not of orders" in only(other).reason


@pytest.mark.parametrize("status", ["creating", "failed", "cancelled", "deleting"])
def test_adopt_never_takes_a_snapshot_that_is_not_available(status: str) -> None:
    row = only(foreign(status=status))

    assert row.verdict is Adoption.REFUSED
    assert f"it is {status}" in row.reason


def test_adopt_never_goes_over_the_tags_that_aws_allows() -> None:
    full = foreign(tags={f"key-{number}": "x" for number in range(47)})

    assert only(full).verdict is Adoption.REFUSED
    assert "51 tags and AWS allows 50" in only(full).reason
    assert only(replace(full, tags=dict(list(full.tags.items())[1:]))).verdict is Adoption.ADOPT


def test_our_name_without_our_tag_is_adopted() -> None:
    stray = foreign(identifier_for(PREFIX, NOW - timedelta(days=3, minutes=5)))

    row = only(stray)

    assert row.verdict is Adoption.ADOPT
    assert row.tags[SLOT] == iso_utc(NOW - timedelta(days=3, minutes=5))


def test_an_interrupted_promotion_never_makes_old_data_look_fresh() -> None:
    stray = foreign(identifier_for(PREFIX, NOW - timedelta(days=5)), days=1)

    row = only(stray)

    assert row.verdict is Adoption.REFUSED
    assert "Send create with that slot" in row.reason


@pytest.mark.parametrize("source_time", [None, "", "the other day"])
def test_a_promotion_that_does_not_tell_the_instant_of_its_data_is_not_adopted(
    source_time: str | None,
) -> None:
    told = {} if source_time is None else {SOURCE_CREATE_TIME: source_time}
    tags = {ORIGIN: "promoted", **told}

    row = only(foreign(identifier_for(PREFIX, NOW - timedelta(days=5)), days=1, tags=tags))

    assert row.verdict is Adoption.REFUSED
    assert SOURCE_CREATE_TIME in row.reason


@pytest.mark.parametrize(
    ("late", "verdict"), [(-1, Adoption.ADOPT), (0, Adoption.REFUSED), (1, Adoption.REFUSED)]
)
def test_a_stray_made_within_its_window_is_no_interrupted_promotion(
    late: int, verdict: Adoption
) -> None:
    made = NOW - timedelta(days=1)
    slot = made - TERMS.window - timedelta(seconds=late)

    assert only(foreign(identifier_for(PREFIX, slot), days=1)).verdict is verdict


def test_what_a_half_tagged_promotion_says_truly_is_kept() -> None:
    slot, source_time = NOW - timedelta(days=5), NOW - timedelta(days=4.5)
    true_tags = {
        ORIGIN: "promoted",
        SOURCE_CREATE_TIME: iso_utc(source_time),
        SLOT: iso_utc(slot),
        REQUEST_ID: "request-1",
    }
    row = only(foreign(identifier_for(PREFIX, slot), days=1, tags=true_tags))

    assert row.verdict is Adoption.ADOPT
    assert row.tags == {MANAGED_BY: "redshift-backup"}
    assert CHAIN.owns(after(row))
    assert after(row).data_time == source_time


def test_a_promotion_under_another_prefix_never_loses_its_age() -> None:
    tags = {ORIGIN: "promoted", SOURCE_CREATE_TIME: iso_utc(NOW - timedelta(days=20))}

    row = only(foreign("older-prefix-20260226-143022", tags=tags))

    assert row.verdict is Adoption.REFUSED
    assert "promoted copy named for another prefix" in row.reason


def test_a_snapshot_of_ours_under_another_prefix_is_adopted() -> None:
    row = only(
        foreign(
            "older-prefix-20260315-143022", tags={MANAGED_BY: "redshift-backup", ORIGIN: "created"}
        )
    )

    assert (row.verdict, row.tags[ORIGIN]) == (Adoption.ADOPT, "adopted")
    assert CHAIN.owns(after(row))


def test_a_name_of_our_form_without_a_date_is_not_a_slot() -> None:
    row = only(foreign(f"{PREFIX}-99999999-999999"))

    assert row.tags[SLOT] == iso_utc(NOW - timedelta(days=3))


def test_the_plan_tells_what_the_next_prune_deletes() -> None:
    old = [foreign(f"by-hand-{day}", days=day) for day in (20, 30)]

    adoption = plan(*old, foreign("recent", days=2))

    assert adoption.prune_would_delete == 2
    rows = {one.snapshot.identifier: one.prune for one in adoption.candidates}
    verdicts = {name: row.verdict for name, row in rows.items() if row is not None}
    assert verdicts == {
        "recent": Verdict.KEEP,
        "by-hand-20": Verdict.DELETE,
        "by-hand-30": Verdict.DELETE,
    }
    assert "2 of 3 snapshots to adopt are kept by no rule" in adoption.warnings[0]


def test_the_plan_is_of_the_whole_chain_as_it_will_be() -> None:
    alone = plan(foreign(days=20), others=())
    among = plan(foreign("newest", days=0), foreign("next", days=0.5), foreign(days=20), others=())

    assert alone.prune_would_delete == 0
    assert among.prune_would_delete == 1


def test_the_plan_goes_by_the_retention_that_events_left_behind() -> None:
    told = snapshot(hours=1, tags={RETENTION: "days=60 weekly=0 monthly=0"})

    assert plan(foreign(days=20), others=(told, FRESH[1])).prune_would_delete == 0


def test_a_deletion_that_only_today_holds_back_is_told_as_one() -> None:
    stale = (snapshot(hours=30), snapshot(hours=31))
    old = [foreign(f"by-hand-{day}", days=day) for day in range(8, 30)]

    held_back, over_limit = plan(old[0], others=stale), plan(*old)

    assert (held_back.prune_would_delete, over_limit.prune_would_delete) == (1, 22)
    assert "no good snapshot" in held_back.warnings[-1]
    assert "the plan deletes 22" in over_limit.warnings[-1]
    (row,) = held_back.candidates
    assert row.prune is not None
    assert held_back.foresight.reason(row.prune).endswith("not while the chain is stale")
    limited = over_limit.candidates[-1].prune
    assert limited is not None
    assert "over the limit" in over_limit.foresight.reason(limited)


def test_a_snapshot_that_is_not_shared_is_told_not_to_be_good() -> None:
    adoption = plan(
        foreign("unshared", days=20, accounts=()), rules=policy(keep_monthly=3, keep_weekly=5)
    )

    (row,) = adoption.candidates
    assert row.missing_accounts == (TARGET,)
    assert TARGET in row.reason
    assert adoption.prune_would_delete == 1
    assert plan(foreign(days=20), rules=policy(keep_weekly=5)).prune_would_delete == 0


def test_a_snapshot_that_can_never_be_shared_is_told() -> None:
    terms = replace(TERMS, unshareable={"by-hand": "its key is AWS's"})

    (row,) = plan(foreign(accounts=()), terms=terms).candidates

    assert "never good" in row.reason
    assert "its key is AWS's" in row.reason


def test_a_snapshot_that_is_shared_outside_the_allow_list_is_told() -> None:
    (row,) = plan(foreign(accounts=(TARGET, "999988887777"))).candidates

    assert row.reason.startswith("good once it is adopted; it is shared with 999988887777,")
    assert "revoke_strangers" in row.reason


def test_a_hold_set_before_the_adoption_holds_from_its_first_moment() -> None:
    row = only(foreign(days=40, tags={HOLD: "audit"}))

    assert row.verdict is Adoption.ADOPT
    assert row.prune is not None
    assert row.prune.verdict is Verdict.HELD


def test_a_plan_has_one_row_a_candidate_newest_first() -> None:
    shelf = [foreign(f"by-hand-{day}", days=day) for day in (5, 1, 3)]

    rows = plan(*shelf, shelf[0], FRESH[0]).candidates

    assert [one.snapshot.identifier for one in rows] == [
        FRESH[0].identifier,
        "by-hand-1",
        "by-hand-3",
        "by-hand-5",
    ]
    assert rows[0].verdict is Adoption.OURS


def test_ten_thousand_candidates_are_planned_in_time() -> None:
    shelf = [foreign(f"by-hand-{number}", days=number / 100) for number in range(10_000)]

    assert len(plan(*shelf).adoptions) == 10_000
