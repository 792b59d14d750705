"""Shelves, policies and instants for properties: the usual, and what rules stumble on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from redshift_backup.model import (
    HOLD,
    MANAGED_BY,
    MANAGED_BY_US,
    ORIGIN,
    RETENTION,
    SOURCE_CREATE_TIME,
    VERIFIED_RESULT,
    Snapshot,
    iso_utc,
)
from redshift_backup.retention import Policy
from redshift_backup.slots import identifier_for
from tests.unit.redshift_backup.builders import CLUSTER, PREFIX, TARGET

STRANGER = "999988887777"
SECOND_TARGET = "111122223333"

# Days on which clocks change, the ISO year is not the calendar's, a month or a leap day ends.
TURNS = [
    datetime(2020, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2021, 1, 3, 23, 59, 59, tzinfo=UTC),
    datetime(2024, 2, 29, 0, 0, 0, tzinfo=UTC),
    datetime(2024, 3, 1, 0, 0, 0, tzinfo=UTC),
    datetime(2024, 12, 30, 0, 0, 0, tzinfo=UTC),
    datetime(2026, 3, 8, 7, 0, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 0, 0, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 0, 0, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 0, 0, tzinfo=UTC),
    datetime(2027, 1, 4, 0, 0, 0, tzinfo=UTC),
    datetime(2100, 3, 1, 0, 0, 0, tzinfo=UTC),
]
INSTANTS = st.one_of(
    st.builds(
        lambda turn, seconds: turn + timedelta(seconds=seconds),
        st.sampled_from(TURNS),
        st.sampled_from([-86400, -3600, -1, 0, 1, 3600, 86400]),
    ),
    st.integers(1420070400, 4102444799).map(lambda one: datetime.fromtimestamp(one, UTC)),
)
# Whole days make equal instants and exact limits likely; negative ages are of the future.
AGES = st.one_of(
    st.builds(
        lambda days, seconds: timedelta(days=days, seconds=seconds),
        st.integers(-2, 40) | st.integers(0, 800),
        st.sampled_from([-1, 0, 0, 1, 3600]),
    ),
    st.builds(lambda hours: timedelta(hours=hours), st.integers(-3, 80)),
)
POLICIES = st.builds(
    Policy,
    # Short ones mostly: a policy that keeps everything proves nothing.
    retention_days=st.sampled_from([1, 1, 2, 5, 7, 30, 365]),
    keep_weekly=st.sampled_from([0, 0, 0, 1, 2, 6, 520]),
    keep_monthly=st.sampled_from([0, 0, 0, 1, 3, 120]),
    minimum_snapshots=st.integers(1, 4),
    maximum_age_hours=st.integers(1, 100),
    max_deletions=st.integers(0, 8),
    max_deletions_approved=st.integers(8, 200),
)


def _tags(draw: st.DrawFn, created: datetime) -> dict[str, str]:
    tags = {MANAGED_BY: MANAGED_BY_US}
    origin = draw(st.sampled_from(["created", "created", "created", "promoted", "adopted", None]))
    if origin is not None:
        tags[ORIGIN] = origin
    if origin == "promoted":
        tags[SOURCE_CREATE_TIME] = iso_utc(created - draw(AGES))
    if draw(st.integers(0, 7)) == 7:
        tags[HOLD] = draw(st.sampled_from(["", "legal hold"]))
    if draw(st.integers(0, 3)) == 3:
        tags[VERIFIED_RESULT] = draw(st.sampled_from(["passed", "passed", "failed"]))
    if draw(st.integers(0, 5)) == 5:
        tags[RETENTION] = draw(
            st.sampled_from(
                [
                    "days=14 weekly=4 monthly=12",
                    "days=1 weekly=0 monthly=0",
                    f"days=1 weekly=0 monthly=0 accounts={TARGET}+{SECOND_TARGET}",
                    "soon",
                ]
            )
        )
    return tags


_STATUSES = st.sampled_from(
    ["available"] * 8 + ["creating", "failed", "cancelled", "deleting", "final snapshot"]
)
_ACCOUNTS = st.sampled_from(
    [(TARGET,)] * 4
    + [(TARGET, SECOND_TARGET)] * 3
    + [(), (STRANGER,), (TARGET, STRANGER), (SECOND_TARGET,)]
)


@st.composite
def our_snapshots(draw: st.DrawFn, number: int, now: datetime) -> Snapshot:
    """One snapshot of ours; ``number`` keeps the names of equal instants apart."""
    created = now - draw(AGES)
    return Snapshot(
        identifier=identifier_for(PREFIX, datetime(2000, 1, 1, tzinfo=UTC) + number * _SECOND),
        cluster_identifier=CLUSTER,
        create_time=created,
        status=draw(_STATUSES),
        tags=_tags(draw, created),
        accounts=frozenset(draw(_ACCOUNTS)),
    )


@st.composite
def foreign_snapshots(draw: st.DrawFn, number: int, now: datetime) -> Snapshot:
    """One that is not ours for at least one reason, and looks like ours otherwise."""
    created = now - draw(AGES)
    flaw = draw(st.sampled_from(["tag", "cluster", "name", "type"]))
    name = identifier_for(PREFIX, datetime(2001, 1, 1, tzinfo=UTC) + number * _SECOND)
    return Snapshot(
        identifier=f"{name}-kept" if flaw == "name" else name,
        cluster_identifier="orders-test" if flaw == "cluster" else CLUSTER,
        create_time=created,
        status=draw(_STATUSES),
        snapshot_type="automated" if flaw == "type" else "manual",
        tags={} if flaw == "tag" else {MANAGED_BY: MANAGED_BY_US},
        accounts=frozenset(draw(_ACCOUNTS)),
    )


@st.composite
def shelves(
    draw: st.DrawFn, *, now: datetime, max_size: int = 14, foreign: int = 2
) -> list[Snapshot]:
    """Snapshots of ours and a few of others, in no order."""
    size = draw(st.sampled_from([0, 1, 2, max_size // 2, max_size]))
    strangers = draw(st.integers(0, foreign))
    ours = [draw(our_snapshots(number, now)) for number in range(size)]
    others = [draw(foreign_snapshots(number, now)) for number in range(strangers)]
    return draw(st.permutations([*ours, *others]))


@st.composite
def scenes(draw: st.DrawFn, *, max_size: int = 14) -> tuple[list[Snapshot], Policy, datetime]:
    """A shelf, the policy of a prune, and its instant."""
    now = draw(INSTANTS)
    return draw(shelves(now=now, max_size=max_size)), draw(POLICIES), now


def names(snapshots: Sequence[Snapshot]) -> set[str]:
    """The identifiers, to compare shelves by."""
    return {one.identifier for one in snapshots}


_SECOND = timedelta(seconds=1)
