"""Verdicts: whose policy has to say what, in one account, across two, for keys and roles."""

from typing import Any

import pytest

from sandbox.guard.documents import Caller, PolicyError, Statement, read_policy
from sandbox.guard.evaluation import Policies, Target, judge

OWN, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{OWN}:role/backup"
CALLER = Caller(OWN, f"arn:aws:sts::{OWN}:assumed-role/backup/session", ROLE)
SNAPSHOT = f"arn:aws:redshift:us-east-1:{OWN}:snapshot:cluster/aca-lambda-snapshot-1"
FOREIGN = f"arn:aws:redshift:us-east-1:{OWN}:snapshot:cluster/manual-1"
ACTION = "redshift:DeleteClusterSnapshot"


def policy(**element: Any) -> tuple[Statement, ...]:
    statement = {"Effect": "Allow", "Action": ACTION, "Resource": "*"} | element
    return read_policy("test", {"Version": "2012-10-17", "Statement": [statement]})


def allows(identity: Any, *targets: Target, caller: Caller = CALLER, **more: Any) -> bool:
    policies = Policies(identity=identity, **more)
    wanted = targets or (Target(SNAPSHOT, OWN),)
    return judge(caller, policies, ACTION, wanted, {"aws:username": ["ann"]}).allowed


ALL = policy(Action="*")


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({}, True),
        ({"Action": "redshift:delete*"}, True),
        ({"Action": "redshift:CreateClusterSnapshot"}, False),
        ({"Action": ["s3:*", "redshift:DeleteClusterSnapsho?"]}, True),
        ({"Resource": "arn:aws:redshift:*:*:snapshot:*/aca-lambda-snapshot-*"}, True),
        ({"Resource": "arn:aws:redshift:*:*:snapshot:*/manual-*"}, False),
        ({"Resource": "arn:aws:redshift:*:snapshot:*"}, False),
        ({"Resource": f"arn:aws:redshift:us-east-1:{OTHER}:snapshot:*"}, False),
        ({"Resource": "arn:aws:redshift:*:*:snapshot:${aws:username}/*"}, False),
        ({"Condition": {"StringEquals": {"aws:username": "ann"}}}, True),
        ({"Condition": {"StringEquals": {"aws:username": "bob"}}}, False),
    ],
)
def test_one_statement(element: dict[str, Any], expected: bool) -> None:
    assert allows(policy(**element)) is expected


def test_not_action_and_not_resource_mean_everything_else() -> None:
    others = read_policy(
        "p", {"Statement": {"Effect": "Allow", "NotAction": "s3:*", "NotResource": FOREIGN}}
    )
    assert allows(others)
    assert not allows(others, Target(FOREIGN, OWN))


def test_nothing_said_is_a_denial() -> None:
    verdict = judge(CALLER, Policies(), ACTION, [Target(SNAPSHOT, OWN)], {})
    assert (verdict.allowed, verdict.reason) == (
        False,
        f"no identity policy allows it on {SNAPSHOT}",
    )


def test_an_explicit_deny_beats_every_allow() -> None:
    deny = policy(Effect="Deny", Sid="Never")
    assert not allows(ALL + deny)
    verdict = judge(CALLER, Policies(ALL + deny), ACTION, [Target(SNAPSHOT, OWN)], {})
    assert verdict.statements == ("test/Never",)


def test_every_resource_of_a_request_must_be_allowed() -> None:
    narrow = policy(Resource="arn:aws:redshift:*:*:snapshot:*/aca-lambda-snapshot-*")
    assert not allows(narrow, Target(SNAPSHOT, OWN), Target(FOREIGN, OWN))


@pytest.mark.parametrize("limit", ["boundary", "session"])
def test_a_boundary_and_a_session_policy_only_take_away(limit: str) -> None:
    assert allows(ALL, **{limit: policy()})
    assert not allows(ALL, **{limit: policy(Action="s3:*")})
    assert not allows(ALL, **{limit: ()})
    assert not allows((), **{limit: ALL})


def _resource(principal: Any, **element: Any) -> tuple[Statement, ...]:
    return policy(Principal=principal, **element)


@pytest.mark.parametrize(
    ("principal", "own_account_alone"),
    [
        ({"AWS": ROLE}, True),
        ({"AWS": CALLER.arn}, True),
        ({"AWS": [f"arn:aws:iam::{OTHER}:root", ROLE]}, True),
        ("*", True),
        ({"AWS": f"arn:aws:iam::{OWN}:root"}, False),
        ({"AWS": OWN}, False),
        ({"AWS": f"arn:aws:iam::{OTHER}:root"}, False),
        ({"Service": "lambda.amazonaws.com"}, False),
    ],
)
def test_in_one_account_a_resources_policy_is_enough_if_it_names_the_caller(
    principal: Any, own_account_alone: bool
) -> None:
    target = Target(SNAPSHOT, OWN, _resource(principal))
    assert allows((), target) is own_account_alone


@pytest.mark.parametrize("principal", [{"AWS": ROLE}, {"AWS": f"arn:aws:iam::{OWN}:root"}, "*"])
def test_across_accounts_both_sides_must_allow(principal: Any) -> None:
    target = Target(SNAPSHOT, OTHER, _resource(principal))
    assert allows(ALL, target)
    assert not allows((), target)
    assert not allows(ALL, Target(SNAPSHOT, OTHER))
    assert not allows(ALL, Target(SNAPSHOT, OTHER, _resource({"AWS": OTHER})))


def test_a_key_or_role_lets_its_own_account_in_by_its_policy_only() -> None:
    silent = Target(SNAPSHOT, OWN, _resource({"AWS": OTHER}), needs_own_policy=True)
    delegated = Target(SNAPSHOT, OWN, _resource({"AWS": OWN}), needs_own_policy=True)
    named = Target(SNAPSHOT, OWN, _resource({"AWS": ROLE}), needs_own_policy=True)
    assert not allows(ALL, silent)
    assert allows(ALL, delegated)
    assert not allows((), delegated)
    assert allows((), named)


def test_a_service_gets_in_by_the_resources_policy_alone() -> None:
    scheduler = Caller(OWN, "scheduler", "scheduler", service="scheduler.amazonaws.com")
    admitted = Target(SNAPSHOT, OWN, _resource({"Service": "scheduler.amazonaws.com"}))
    assert allows((), admitted, caller=scheduler)
    assert not allows((), Target(SNAPSHOT, OWN, _resource("*")), caller=scheduler)
    assert not allows(ALL, Target(SNAPSHOT, OWN), caller=scheduler)


def test_not_principal_denies_everybody_else() -> None:
    # IAM asks for the account beside the role: without it the role's own account is denied.
    spared = {"AWS": [ROLE, f"arn:aws:iam::{OWN}:root"]}
    deny = read_policy(
        "p",
        {
            "Statement": [
                {"Effect": "Deny", "NotPrincipal": spared, "Action": "*"},
                {"Effect": "Allow", "Principal": "*", "Action": "*"},
            ]
        },
    )
    other = Caller(OWN, f"arn:aws:iam::{OWN}:user/eve", f"arn:aws:iam::{OWN}:user/eve")
    assert allows((), Target(SNAPSHOT, OWN, deny))
    assert not allows(ALL, Target(SNAPSHOT, OWN, deny), caller=other)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "not a policy document"),
        ("{}", "not a policy document"),
        ({"Statement": [{"Effect": "Maybe", "Action": "*"}]}, "no Effect"),
        ({"Statement": [{"Effect": "Allow"}]}, "neither Action nor NotAction"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "Actoin": 1}]}, "Actoin"),
        ({"Statement": ["*"]}, "not an object"),
    ],
)
def test_a_document_that_is_no_policy_is_refused(document: Any, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        read_policy("p", document)
