"""What holds for every adoption, whatever lies on the shelf."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from redshift_backup.adoption import Adoption, AdoptionPlan, Terms, plan_adoption
from redshift_backup.model import AVAILABLE, MANAGED_BY, Snapshot
from redshift_backup.retention import Policy
from tests.unit.redshift_backup.builders import CHAIN, TARGET
from tests.unit.redshift_backup.strategies import names, scenes

# Names of the shelf are of another time than its snapshots; a wide window lets most of them in.
TERMS = Terms("request-7", timedelta(days=20_000), allowed_accounts=frozenset({TARGET}))
Scene = tuple[list[Snapshot], Policy, datetime]


@st.composite
def strays(draw: st.DrawFn) -> Scene:
    """A shelf on which some have lost their tags, or belong to another tool."""
    shelf, policy, now = draw(scenes())
    flaws = st.sampled_from(["none", "all tags", "managed-by", "other tool", "name"])
    return [_spoilt(one, draw(flaws)) for one in shelf], policy, now


def _spoilt(snapshot: Snapshot, flaw: str) -> Snapshot:
    tags = dict(snapshot.tags)
    if flaw == "all tags":
        tags = {}
    elif flaw == "managed-by":
        tags.pop(MANAGED_BY, None)
    elif flaw == "other tool":
        tags[MANAGED_BY] = "another-tool"
    elif flaw == "name":
        return replace(snapshot, identifier=f"by-hand-{snapshot.identifier}")
    return replace(snapshot, tags=tags)


def plan(scene: Scene) -> AdoptionPlan:
    shelf, policy, now = scene
    return plan_adoption(shelf, shelf, CHAIN, policy, terms=TERMS, now=now)


def applied(scene: Scene) -> Scene:
    tags = {one.snapshot.identifier: one.tags for one in plan(scene).adoptions}
    shelf = [replace(one, tags={**one.tags, **tags.get(one.identifier, {})}) for one in scene[0]]
    return shelf, *scene[1:]


@given(strays())
def test_another_tools_snapshot_is_never_adopted(scene: Scene) -> None:
    for one in plan(scene).adoptions:
        assert one.snapshot.tags.get(MANAGED_BY, "redshift-backup") == "redshift-backup"


@given(strays())
def test_every_candidate_has_one_row_with_a_reason(scene: Scene) -> None:
    rows = plan(scene).candidates

    assert sorted(one.snapshot.identifier for one in rows) == sorted(names(scene[0]))
    assert all(one.reason for one in rows)
    assert all(bool(one.tags) == (one.verdict is Adoption.ADOPT) for one in rows)


@given(strays())
def test_what_is_adopted_is_ours_and_the_second_run_has_nothing_to_do(scene: Scene) -> None:
    adopted = {one.snapshot.identifier for one in plan(scene).adoptions}

    after = applied(scene)

    assert adopted <= {one.identifier for one in after[0] if CHAIN.owns(one)}
    assert plan(after).adoptions == ()


@given(strays())
def test_nothing_adopted_is_without_data_or_looks_younger_than_it_did(scene: Scene) -> None:
    before = {one.identifier: one for one in scene[0]}

    for one in plan(scene).adoptions:
        after = replace(one.snapshot, tags={**one.snapshot.tags, **one.tags})
        assert (after.status, after.snapshot_type) == (AVAILABLE, "manual")
        assert after.data_time <= before[after.identifier].data_time


@given(strays())
def test_an_adoption_foretells_the_prune_that_follows_it(scene: Scene) -> None:
    foretold = {one.snapshot.identifier: one.prune for one in plan(scene).candidates}

    seen = {one.snapshot.identifier: one.prune for one in plan(applied(scene)).candidates}

    verdicts = {name: row and row.verdict for name, row in foretold.items()}
    assert verdicts == {name: row and row.verdict for name, row in seen.items()}


@given(strays())
def test_the_order_of_the_shelf_is_irrelevant(scene: Scene) -> None:
    shelf = list(scene[0])
    Random(len(shelf)).shuffle(shelf)

    assert plan((shelf, *scene[1:])).candidates == plan(scene).candidates
