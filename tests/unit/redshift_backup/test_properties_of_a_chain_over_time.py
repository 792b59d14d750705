"""A chain lives for months: whatever comes between its prunes, what must be kept is kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from redshift_backup.model import AVAILABLE, HOLD, RETENTION, VERIFIED_RESULT, Snapshot
from redshift_backup.retention import (
    Plan,
    Policy,
    plan_prune,
    recalled_policy,
    refusal,
    tag_to_leave,
)
from tests.unit.redshift_backup.builders import CHAIN, POLICY, TARGET, snapshot

DEPLOYED = replace(POLICY, max_deletions=3, max_deletions_approved=6)
EVENTS = st.builds(
    replace,
    st.just(DEPLOYED),
    retention_days=st.integers(7, 40),
    keep_weekly=st.integers(0, 5),
    keep_monthly=st.integers(0, 5),
)


class Chain(RuleBasedStateMachine):
    """One cluster's snapshots, told apart by name, and what has been deleted of them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 10, 20, 3, tzinfo=UTC)
        self.shelf: dict[str, Snapshot] = {}
        self.last_event: Policy | None = None

    @property
    def listed(self) -> list[Snapshot]:
        return list(self.shelf.values())

    @property
    def good(self) -> list[Snapshot]:
        found = [one for one in self.listed if CHAIN.is_good(one)]
        return sorted(found, key=lambda one: one.data_time, reverse=True)

    def _pick(self, data: st.DataObject) -> Snapshot:
        return self.shelf[data.draw(st.sampled_from(sorted(self.shelf)))]

    def _put(self, one: Snapshot) -> None:
        self.shelf[one.identifier] = one

    @rule(hours=st.sampled_from([1, 12, 25, 24 * 7, 24 * 31]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(
        days=st.integers(1, 12),
        status=st.sampled_from([AVAILABLE] * 6 + ["creating", "failed"]),
        accounts=st.sampled_from([(TARGET,)] * 5 + [()]),
    )
    def backups_run_daily(self, days: int, status: str, accounts: tuple[str, ...]) -> None:
        for _ in range(days - 1):
            self._put(snapshot(now=self.now))
            self.now += timedelta(days=1)
        self._put(snapshot(now=self.now, status=status, accounts=accounts))

    @precondition(lambda self: self.shelf)
    @rule(data=st.data(), accounts=st.sampled_from([(), (TARGET,)]))
    def sharing_breaks_or_mends(self, data: st.DataObject, accounts: tuple[str, ...]) -> None:
        self._put(replace(self._pick(data), accounts=frozenset(accounts)))

    @rule(accounts=st.sampled_from([(), (TARGET,)]))
    def sharing_of_all_breaks_or_mends(self, accounts: tuple[str, ...]) -> None:
        for one in self.listed:
            self._put(replace(one, accounts=frozenset(accounts)))

    @precondition(lambda self: self.shelf)
    @rule(data=st.data(), held=st.booleans())
    def a_hold_is_set_or_released(self, data: st.DataObject, held: bool) -> None:
        one = self._pick(data)
        tags = {name: value for name, value in one.tags.items() if name != HOLD}
        self._put(replace(one, tags=tags | ({HOLD: "audit"} if held else {})))

    @precondition(lambda self: self.good)
    @rule(data=st.data(), result=st.sampled_from(["passed", "passed", "failed"]))
    def a_restore_is_tested(self, data: st.DataObject, result: str) -> None:
        one = data.draw(st.sampled_from(self.good))
        self._put(replace(one, tags={**one.tags, VERIFIED_RESULT: result}))

    @rule(event=EVENTS, approves=st.booleans(), data=st.data())
    def an_event_prunes(self, event: Policy, approves: bool, data: st.DataObject) -> None:
        plan = plan_prune(self.listed, CHAIN, event, now=self.now)
        if refusal(plan, plan.sha256 if approves else None) is None:
            left = tag_to_leave(plan, DEPLOYED.retention_days)
            if left is not None:
                self._put(replace(left[0], tags={**left[0].tags, RETENTION: left[1]}))
            self.last_event = event
            self._delete(plan, data)

    @rule(data=st.data())
    def reconcile_runs(self, data: st.DataObject) -> None:
        recalled = recalled_policy(self.listed, CHAIN, DEPLOYED)
        plan = plan_prune(self.listed, CHAIN, recalled, now=self.now)
        if refusal(plan) is not None:
            return
        if self.last_event is not None and self._remembers():
            own = plan_prune(self.listed, CHAIN, self.last_event, now=self.now)
            assert set(plan.deletions) <= set(own.deletions)
        self._delete(plan, data)

    def _remembers(self) -> bool:
        # The event's tag went with its snapshot only if that was no longer the newest good one.
        assert self.last_event is not None
        wanted = self.last_event.retention_tag
        return bool(self.good) and self.good[0].tags.get(RETENTION) == wanted

    def _delete(self, plan: Plan, data: st.DataObject) -> None:
        before = self.good
        doomed = plan.deletions[: data.draw(st.integers(0, len(plan.deletions)))]
        for one in doomed:
            del self.shelf[one.identifier]
        self._nothing_precious_went(doomed, before, plan.policy)

    def _nothing_precious_went(
        self, doomed: tuple[Snapshot, ...], before: list[Snapshot], policy: Policy
    ) -> None:
        assert before[: policy.minimum_snapshots] == self.good[: policy.minimum_snapshots]
        assert not any(HOLD in one.tags for one in doomed)
        oldest_kept = timedelta(days=policy.retention_days)
        assert all(one.is_lost or one.age(self.now) >= oldest_kept for one in doomed)
        verified = [one for one in before if one.is_verified][:1]
        assert not set(verified) & set(doomed)
        # A prune that goes ahead has seen a fresh copy that the other account can restore.
        assert self.good
        assert self.good[0].age(self.now) < timedelta(hours=policy.maximum_age_hours)
        counted = sum(not one.is_lost for one in doomed)
        assert counted <= policy.max_deletions_approved

    @invariant()
    def a_plan_lists_each_snapshot_once(self) -> None:
        plan = plan_prune(self.listed, CHAIN, DEPLOYED, now=self.now)
        assert sorted(row.snapshot.identifier for row in plan.rows) == sorted(self.shelf)


TestChain = Chain.TestCase
_PROFILE = settings()
TestChain.settings = settings(max_examples=_PROFILE.max_examples // 2, stateful_step_count=25)
