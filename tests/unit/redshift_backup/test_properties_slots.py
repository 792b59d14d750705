"""What holds for every slot, whatever has its name and whatever the cluster made by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from redshift_backup.errors import (
    AwsError,
    BackupError,
    ForeignSnapshotError,
    HeldError,
    NoSnapshotForSlotError,
)
from redshift_backup.model import AVAILABLE, HOLD, Snapshot, parse_instant
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
from tests.unit.redshift_backup.builders import CHAIN, CLUSTER, PREFIX
from tests.unit.redshift_backup.strategies import (
    INSTANTS,
    foreign_snapshots,
    our_snapshots,
    shelves,
)

PREFIXES = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,8}){0,3}", fullmatch=True)


@st.composite
def _windows(draw: st.DrawFn, now: datetime) -> Window:
    slot = (now - timedelta(hours=draw(st.integers(-1, 72)))).replace(microsecond=0)
    return Window(slot, slot + timedelta(hours=draw(st.integers(1, 48))))


@st.composite
def _automated(draw: st.DrawFn, number: int, window: Window) -> Snapshot:
    length = window.end - window.slot
    # Both limits of the window, just outside it, and anywhere within.
    offset = draw(
        st.sampled_from([timedelta(0), length, -_SECOND, length - _SECOND])
        | st.floats(0, 1).map(lambda share: length * share)
    )
    return Snapshot(
        identifier=f"rs:{CLUSTER}-{number}",
        cluster_identifier=CLUSTER,
        create_time=window.slot + offset,
        status=draw(st.sampled_from([AVAILABLE, AVAILABLE, "creating", "failed"])),
        snapshot_type=draw(st.sampled_from(["automated"] * 4 + ["manual"])),
    )


@st.composite
def states(draw: st.DrawFn) -> tuple[Snapshot | None, list[Snapshot], Window, datetime]:
    """What has the slot's name, what the cluster made by itself, the window, and the time."""
    now = draw(INSTANTS)
    window = draw(_windows(now))
    existing: Snapshot | None = draw(
        st.none() | our_snapshots(0, now) | foreign_snapshots(0, now) | _untagged(now)
    )
    if existing is not None:
        existing = replace(existing, identifier=identifier_for(PREFIX, window.slot))
    automated = [draw(_automated(number, window)) for number in range(draw(st.integers(0, 3)))]
    return existing, automated, window, now


def _untagged(now: datetime) -> st.SearchStrategy[Snapshot]:
    return our_snapshots(0, now).map(lambda one: replace(one, tags={"team": "data"}))


State = tuple[Snapshot | None, list[Snapshot], Window, datetime]


def decide(state: State) -> CreatePlan | BackupError:
    existing, automated, window, now = state
    try:
        return plan_create(
            existing,
            automated,
            identifier=identifier_for(PREFIX, window.slot),
            chain=CHAIN,
            window=window,
            now=now,
        )
    except BackupError as error:
        return error


def creates(state: State) -> CreatePlan | None:
    decided = decide(state)
    return decided if isinstance(decided, CreatePlan) else None


@given(states())
def test_every_state_has_one_step_with_what_it_needs_or_one_named_error(state: State) -> None:
    decided = decide(state)

    if isinstance(decided, CreatePlan):
        assert decided.identifier == identifier_for(PREFIX, state[2].slot)
        assert (decided.existing is not None) is (decided.step in (Step.ADOPT, Step.REPAIR))
        assert (decided.source is not None) is (decided.step in (Step.PROMOTE, Step.REPAIR))
        assert decided.delete_first is None or decided.step in (Step.CREATE, Step.PROMOTE)
    else:
        kinds = (ForeignSnapshotError, HeldError, NoSnapshotForSlotError, AwsError)
        assert type(decided) in kinds
        assert str(decided)


@given(states())
def test_a_past_window_is_never_created_and_an_open_one_never_promoted(state: State) -> None:
    _, _, window, now = state
    plan = creates(state)

    if plan is not None:
        assert plan.step is not Step.CREATE or now < window.end
        assert plan.step not in (Step.PROMOTE, Step.REPAIR) or now >= window.end


@given(states())
def test_only_our_lost_snapshot_without_a_hold_is_deleted_first(state: State) -> None:
    plan = creates(state)

    if plan is not None and plan.delete_first is not None:
        assert plan.delete_first == state[0]
        assert CHAIN.owns(plan.delete_first)
        assert plan.delete_first.is_lost
        assert HOLD not in plan.delete_first.tags


@given(states())
def test_a_taken_name_is_adopted_repaired_replaced_or_refused(state: State) -> None:
    existing = state[0]
    plan = creates(state)

    if plan is not None and existing is not None:
        assert existing in (plan.existing, plan.delete_first)
        assert CHAIN.owns(existing) is (plan.step is not Step.REPAIR)


@given(states())
def test_what_is_promoted_is_an_available_automated_snapshot_of_the_window(state: State) -> None:
    _, automated, window, _ = state
    plan = creates(state)

    if plan is not None and plan.source is not None:
        assert plan.source.snapshot_type == "automated"
        assert plan.source.status == AVAILABLE
        assert window.slot <= plan.source.create_time < window.end
        assert plan.source == nearest_source(automated[::-1], window)


@given(states())
def test_once_the_step_is_done_the_next_attempt_adopts(state: State) -> None:
    _, automated, window, now = state
    plan = creates(state)

    if plan is not None:
        done = _carried_out(plan, window, now)
        again = decide((done, automated, window, now))
        if plan.step is Step.REPAIR and done.status != AVAILABLE:
            return
        assert again == CreatePlan(Step.ADOPT, plan.identifier, existing=done)


def _carried_out(plan: CreatePlan, window: Window, now: datetime) -> Snapshot:
    if plan.step is Step.ADOPT:
        assert plan.existing is not None
        return plan.existing
    tags = created_tags(window, "request")
    if plan.source is not None:
        tags = promoted_tags(window, "request", plan.source)
    if plan.existing is not None:
        return replace(plan.existing, tags={**plan.existing.tags, **tags})
    return Snapshot(plan.identifier, CLUSTER, now, "creating", tags=tags)


@given(PREFIXES, INSTANTS)
def test_an_identifier_tells_its_slot_and_is_one_of_ours(prefix: str, slot: datetime) -> None:
    identifier = identifier_for(prefix, slot)
    chain = replace(CHAIN, prefix=prefix)
    tags = created_tags(Window(slot, slot + _SECOND), "request")
    ours = Snapshot(identifier, CLUSTER, slot, "creating", tags=tags)

    stem, day, time = identifier.rsplit("-", 2)
    assert stem == prefix
    assert datetime.strptime(day + time, "%Y%m%d%H%M%S").replace(tzinfo=UTC) == slot
    assert chain.owns(ours)
    assert ours.slot == slot


@given(PREFIXES, PREFIXES, INSTANTS)
def test_two_prefixes_never_own_each_others_snapshots(one: str, other: str, slot: datetime) -> None:
    tags = created_tags(Window(slot, slot + _SECOND), "request")
    ours = Snapshot(identifier_for(one, slot), CLUSTER, slot, AVAILABLE, tags=tags)

    assert replace(CHAIN, prefix=other).owns(ours) is (one == other)


@given(INSTANTS, st.timezones())
def test_a_slot_has_one_name_in_every_time_zone(slot: datetime, zone: st.DataObject) -> None:
    there = slot.astimezone(zone)  # type: ignore[arg-type]

    assert identifier_for(PREFIX, there) == identifier_for(PREFIX, slot)


@given(INSTANTS, st.data())
def test_a_retry_finds_only_a_snapshot_of_ours_with_its_own_request(
    now: datetime, data: st.DataObject
) -> None:
    shelf = data.draw(shelves(now=now, max_size=6))
    marked = [
        replace(one, tags={**one.tags, "redshift-backup:request-id": data.draw(_REQUESTS)})
        for one in shelf
    ]
    wanted = [
        one
        for one in marked
        if CHAIN.owns(one) and one.tags["redshift-backup:request-id"] == "mine"
    ]

    found = find_by_request(marked, CHAIN, "mine")
    assert (found in wanted) if wanted else found is None


@given(st.text(max_size=30) | INSTANTS.map(datetime.isoformat))
def test_an_instant_is_aware_and_utc_or_none(text: str) -> None:
    instant = parse_instant(text)

    assert instant is None or instant.utcoffset() == timedelta(0)


_REQUESTS = st.sampled_from(["mine", "another"])
_SECOND = timedelta(seconds=1)
