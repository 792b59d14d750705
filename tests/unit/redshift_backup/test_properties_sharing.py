"""What holds for every share: nobody but whom the event names, and nothing that is not ours."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_backup.errors import ShareRefusedError
from redshift_backup.model import AVAILABLE, KeyFacts, Snapshot
from redshift_backup.sharing import SharePlan, key_refusal, key_to_ask_for, key_warnings, plan_share
from tests.unit.redshift_backup.builders import CHAIN, NOW
from tests.unit.redshift_backup.strategies import INSTANTS, foreign_snapshots, our_snapshots

POOL = [f"{number:012d}" for number in range(6)]
ACCOUNTS = st.sampled_from(POOL)
WANTED = st.lists(ACCOUNTS, unique=True, max_size=6)
HELD_BY = st.frozensets(ACCOUNTS)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Snapshot, list[str], frozenset[str], bool]:
    """An available snapshot of ours, the accounts asked for, the required ones, the wish."""
    one = draw(our_snapshots(0, NOW))
    shared = replace(one, status=AVAILABLE, accounts=draw(HELD_BY))
    return shared, draw(WANTED), draw(HELD_BY), draw(st.booleans())


Case = tuple[Snapshot, list[str], frozenset[str], bool]


def plan_of(case: Case) -> SharePlan:
    snapshot, wanted, required, revoke = case
    chain = replace(CHAIN, required_accounts=required)
    return plan_share(snapshot, chain, wanted, revoke_strangers=revoke)


@given(cases())
def test_afterwards_everyone_asked_for_has_it_and_nobody_else_was_let_in(case: Case) -> None:
    snapshot, wanted, _, _ = case
    plan = plan_of(case)

    assert set(plan.authorize) | (snapshot.accounts & set(wanted)) == set(wanted)
    assert not set(plan.authorize) & snapshot.accounts
    assert set(plan.authorize) <= set(wanted)


@given(cases())
def test_only_strangers_are_revoked_and_only_when_asked(case: Case) -> None:
    snapshot, wanted, required, revoke = case
    plan = plan_of(case)

    assert set(plan.strangers) == snapshot.accounts - set(wanted) - required
    assert plan.revoke == (plan.strangers if revoke else ())


@given(cases())
def test_a_second_share_has_nothing_to_do(case: Case) -> None:
    snapshot, wanted, required, revoke = case
    plan = plan_of(case)
    after = replace(snapshot, accounts=(snapshot.accounts | set(plan.authorize)) - set(plan.revoke))

    again = plan_of((after, wanted, required, revoke))
    assert (again.authorize, again.revoke) == ((), ())
    assert not revoke or after.accounts <= set(wanted) | required


@given(INSTANTS, WANTED, st.booleans(), st.data())
def test_what_is_foreign_or_not_available_is_shared_with_nobody(
    now: datetime, wanted: list[str], revoke: bool, data: st.DataObject
) -> None:
    one = data.draw(our_snapshots(0, now) | foreign_snapshots(0, now))
    if CHAIN.owns(one) and one.status == AVAILABLE:
        plan_share(one, CHAIN, wanted, revoke_strangers=revoke)
    else:
        with pytest.raises(ShareRefusedError, match=one.identifier):
            plan_share(one, CHAIN, wanted, revoke_strangers=revoke)


# What a key policy may hold where a list, a text or an object is expected, and more.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["*", "kms:*", *POOL]) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Statement", "Effect", "Principal", "Action", "AWS", "x"]), inner
        )
    ),
    max_leaves=8,
)
POLICY_DOCUMENTS = st.none() | st.dictionaries(st.sampled_from(["Statement", "Version"]), JSON)
GRANTS = st.none() | st.lists(
    st.dictionaries(st.sampled_from(["GranteePrincipal", "Operations"]), JSON), max_size=2
).map(tuple)
KEYS = st.builds(
    KeyFacts,
    key_id=st.just("key"),
    manager=st.sampled_from([None, "AWS", "CUSTOMER"]),
    state=st.sampled_from([None, "Enabled", "Disabled", "PendingDeletion"]),
    policy=POLICY_DOCUMENTS,
    grants=GRANTS,
    unread=st.sampled_from([(), ("its policy could not be read",)]),
)


@given(KEYS, WANTED)
def test_any_key_policy_is_read_and_a_silent_one_admits_nobody(
    facts: KeyFacts, wanted: list[str]
) -> None:
    warnings = key_warnings(facts, wanted)
    denied = key_warnings(replace(facts, policy={}, grants=()), wanted)

    assert len(denied) == len(facts.unread) + len(wanted) + (facts.state not in (None, "Enabled"))
    assert len(warnings) <= len(denied)


@given(st.booleans(), st.sampled_from([None, "key", "AWS_OWNED_KMS_KEY"]), st.none() | KEYS)
def test_only_a_customer_managed_key_or_none_can_be_shared(
    encrypted: bool, key_id: str | None, facts: KeyFacts | None
) -> None:
    asked = key_to_ask_for(encrypted, key_id)
    refusal = key_refusal(encrypted, key_id, facts if asked else None, "snapshot")

    if not encrypted:
        assert (asked, refusal) == (None, None)
    elif asked is None:
        assert refusal is not None
    else:
        assert (refusal is not None) is (facts is not None and facts.manager == "AWS")
