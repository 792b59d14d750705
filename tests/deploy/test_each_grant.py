"""Without any single granted action a named scenario fails; so nothing granted is unused."""

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.deploy.conftest import ROOT, load
from tests.deploy.deployed import (
    AIRFLOW_PRINCIPAL,
    CLUSTER,
    Deployed,
    create_cluster,
    create_reader,
    deploy_dr,
    deploy_source,
)
from tests.deploy.grants import SCENARIOS_OF, Grant, Unasked, granted, scenario_of
from tests.deploy.scenarios import SCENARIOS, Stage

ACCOUNTS = ("source", "dr")
OTHER_CLUSTER = "finance"
_FURTHER = "further-clusters"
GRANTS = [grant for account in ACCOUNTS for grant in granted(account)]


def _needed() -> list[Grant]:
    """The grants with a scenario; one that nobody has described fails the quick test below."""
    described = [one for one in GRANTS if _entry(one) is not None]
    return [one for one in described if not isinstance(scenario_of(one), Unasked)]


def _entry(grant: Grant) -> str | Unasked | None:
    sids = SCENARIOS_OF.get((grant.account, grant.role), {})
    return sids.get(grant.sid, {}).get(grant.action)


def test_every_grant_has_its_scenario_or_the_reason_why_it_has_none() -> None:
    missing = [str(one) for one in GRANTS if _entry(one) is None]
    assert missing == [], "say in tests/deploy/grants.py what these are for"


def test_no_entry_is_of_a_grant_that_is_gone() -> None:
    known = {(one.account, one.role, one.sid, one.action) for one in GRANTS}
    entries = {
        (account, role, sid, action)
        for (account, role), sids in SCENARIOS_OF.items()
        for sid, actions in sids.items()
        for action in actions
    }
    assert entries - known == set()


def test_every_scenario_exists_and_is_of_use() -> None:
    named = {str(scenario_of(one)) for one in _needed()}
    assert named == SCENARIOS.keys()


def test_grants_that_the_sandbox_does_not_ask_for_are_told_in_the_docs() -> None:
    text = (ROOT / "docs" / "fidelity.md").read_text(encoding="utf-8")
    unasked = {one.action for one in GRANTS if isinstance(_entry(one), Unasked)}
    assert [action for action in sorted(unasked) if f"`{action}`" not in text] == []


@dataclass
class Bench:
    """Both deployed stacks under the guard.

    :ivar passed: scenarios that have passed with all grants, each with its stage's cluster.
    """

    stacks: Mapping[str, Deployed]
    passed: set[tuple[str, str, str]] = field(default_factory=set)

    def stage(self, grant: Grant) -> Stage:
        stack = self.stacks[grant.account]
        if grant.policy == _FURTHER:
            return Stage(stack, OTHER_CLUSTER, f"{OTHER_CLUSTER}-lambda-snapshot")
        return Stage(stack)

    def demand_success(self, grant: Grant) -> None:
        """Run a grant's scenario with all grants, unless it has passed already."""
        key = (grant.account, self.stage(grant).cluster, str(scenario_of(grant)))
        if key not in self.passed:
            assert self.denied(grant) == set(), "the scenario fails with all grants"
            self.passed.add(key)

    def denied(self, grant: Grant) -> set[str]:
        """Run a grant's scenario from a clean slate; return the actions that were denied."""
        stage = self.stage(grant)
        self._clear()
        try:
            SCENARIOS[str(scenario_of(grant))](stage)
            failure = None
        except (AssertionError, ClientError) as error:
            failure = error
        rows = stage.deployed.sandbox.control("GET", "iam-log")
        denied = {row["action"] for row in rows if not row["allowed"]}
        if failure is not None and not denied:
            raise failure
        return denied

    def _clear(self) -> None:
        for stack in self.stacks.values():
            stack.delete_snapshots()
            scheduler = stack.client("scheduler")
            if any(one["Name"] == "probe" for one in scheduler.list_schedules()["Schedules"]):
                scheduler.delete_schedule(Name="probe")
        sandbox = self.stacks["source"].sandbox
        sandbox.control("DELETE", "faults")
        sandbox.control("DELETE", "iam-log")

    @contextmanager
    def without(self, grant: Grant) -> Iterator[None]:
        """Take one action out of one statement for as long as it lasts."""
        iam = self.stacks[grant.account].client("iam")
        role = load(grant.account)["Resources"][grant.role]["Properties"]["RoleName"]
        place = {"RoleName": role, "PolicyName": grant.policy}
        whole = iam.get_role_policy(**place)["PolicyDocument"]
        iam.put_role_policy(**place, PolicyDocument=json.dumps(_without(whole, grant)))
        try:
            yield
        finally:
            iam.put_role_policy(**place, PolicyDocument=json.dumps(whole))


def _without(document: Mapping[str, Any], grant: Grant) -> dict[str, Any]:
    changed = copy.deepcopy(dict(document))
    [statement] = [one for one in changed["Statement"] if one["Sid"] == grant.sid]
    actions = statement["Action"]
    actions = [actions] if isinstance(actions, str) else actions
    statement["Action"] = [one for one in actions if one != grant.action]
    assert len(statement["Action"]) == len(actions) - 1, f"{grant} is not granted once"
    if not statement["Action"]:
        changed["Statement"].remove(statement)
    return changed


@pytest.fixture(scope="module")
def bench(module_sandbox: Any) -> Iterator[Bench]:
    """Both stacks with all that their parameters can grant; schedules of their own are off."""
    source = deploy_source(
        module_sandbox,
        AllowedClusters=OTHER_CLUSTER,
        BackupScheduleState="DISABLED",
        AirflowPrincipalArn=AIRFLOW_PRINCIPAL,
    )
    create_cluster(source.account, OTHER_CLUSTER)
    for cluster in (CLUSTER, OTHER_CLUSTER):
        create_reader(source.account, cluster)
    source.switch_schedule("aca-redshift-backup-reconcile", "DISABLED")
    inventory = source.outputs()["InventoryRoleArn"]
    target = deploy_dr(module_sandbox, InventoryRoleArn=inventory)
    for name in ("aca-redshift-dr", "aca-redshift-dr-sweep"):
        target.switch_schedule(name, "DISABLED")
    with source.guarded():
        yield Bench({"source": source, "dr": target})


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("grant", _needed(), ids=str)
def test_without_the_grant_its_scenario_fails(bench: Bench, grant: Grant) -> None:
    bench.demand_success(grant)
    with bench.without(grant):
        assert grant.action in bench.denied(grant)
