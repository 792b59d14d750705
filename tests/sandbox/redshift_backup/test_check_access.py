"""``check`` where AWS denies some reads: what can be said is said, and the denial is named."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from redshift_backup import aws
from redshift_backup.cli import deployment
from redshift_backup.errors import AccessDeniedError
from tests.sandbox.redshift_backup.cli import Cli, fill
from tests.sandbox.redshift_backup.conftest import CLUSTER, Shelf

ROLE = "arn:aws:sts::164543933824:assumed-role/aca-redshift-backup/aca-redshift-backup"
Deny = Callable[[str, str], None]


@pytest.fixture
def deny() -> Iterator[Deny]:
    """Let AWS deny a call of the function to its role; the sandbox enforces no policies."""
    undo = []

    def deny_call(service: str, operation: str) -> None:
        def refuse(**_: Any) -> tuple[SimpleNamespace, dict[str, Any]]:
            code = "AccessDenied" if service == "redshift" else "AccessDeniedException"
            message = f"User: {ROLE} is not authorized to perform: {service}:{operation}"
            reply = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {}}
            return SimpleNamespace(status_code=403), reply

        events = aws.client(service).meta.events
        name = f"before-call.{service}.{operation}"
        events.register(name, refuse)
        undo.append(lambda: events.unregister(name, refuse))

    yield deny_call
    for one in undo:
        one()


def checks_of(shelf: Shelf) -> dict[str, dict[str, str]]:
    response = shelf.invoke({"action": "check"})
    assert response["ok"] is False
    return {row["name"]: row for row in response["checks"]}


@pytest.mark.parametrize(
    ("service", "operation", "still_ok"),
    [
        ("redshift", "DescribeClusters", "shares"),
        ("redshift", "DescribeClusterSnapshots", "cluster"),
        ("kms", "DescribeKey", "key_policy"),
        ("kms", "GetKeyPolicy", "key_state"),
    ],
)
def test_a_denied_read_is_a_failed_line_with_the_action_and_the_role(
    service: str, operation: str, still_ok: str, cluster: Shelf, deny: Deny
) -> None:
    fill(cluster, 0, 1)
    deny(service, operation)

    checks = checks_of(cluster)

    assert checks["permissions"]["status"] == "FAILED"
    assert f"{service}:{operation}" in checks["permissions"]["detail"]
    assert ROLE in checks["permissions"]["detail"]
    assert f"{service}:{operation}" in checks["permissions"]["next_step"]
    assert checks[still_ok]["status"] == "OK"


def test_denied_grants_are_named_where_the_policy_admits_nobody(shelf: Shelf, deny: Deny) -> None:
    shelf.create_cluster(Encrypted=True, KmsKeyId=shelf.customer_key())
    deny("kms", "ListGrants")

    checks = checks_of(shelf)

    assert "kms:ListGrants" in checks["permissions"]["detail"]
    assert checks["key_policy"]["status"] == "FAILED"


def test_a_healthy_key_is_not_asked_for_its_grants(cluster: Shelf) -> None:
    cluster.invoke({"action": "check"})

    asked = [one["operation"] for one in cluster.calls("kms")]
    assert asked == ["DescribeKey", "GetKeyPolicy"]


def test_a_share_under_a_key_whose_policy_admits_asks_for_no_grants(cluster: Shelf) -> None:
    cluster.invoke({"action": "backup"})

    asked = [one["operation"] for one in cluster.calls("kms")]
    assert asked == ["DescribeKey", "GetKeyPolicy"]


def test_a_policy_that_leaves_the_target_out_asks_for_grants(shelf: Shelf) -> None:
    shelf.create_cluster(Encrypted=True, KmsKeyId=shelf.customer_key())
    shelf.forget_calls()

    shelf.invoke({"action": "check"})

    assert [one["operation"] for one in shelf.calls("kms")][-1] == "ListGrants"


def test_all_denied_is_an_error(cluster: Shelf, deny: Deny) -> None:
    deny("redshift", "DescribeClusters")
    deny("redshift", "DescribeClusterSnapshots")

    with pytest.raises(AccessDeniedError, match="DescribeClusterSnapshots"):
        cluster.invoke({"action": "check"})


def test_the_quota_is_asked_for_only_near_the_default(cluster: Shelf) -> None:
    def asked() -> bool:
        calls = cluster.sandbox.control("GET", "calls")
        return any(one["operation"] == "GetServiceQuota" for one in calls)

    fill(cluster, 0, 1)
    cluster.invoke({"action": "check"})
    assert not asked()

    fill(cluster, *range(2, 18))
    checks = {row["name"]: row for row in cluster.invoke({"action": "check"})["checks"]}

    assert asked()
    assert checks["snapshot_quota"]["status"] == "WARNING"
    assert "20 is the account's quota" in checks["snapshot_quota"]["detail"]


def test_a_function_that_may_not_be_read_is_out_of_reach_without_settings(
    cluster: Shelf, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(name: str) -> deployment.Deployment:
        return deployment.Deployment(name, unread=f"AccessDeniedException: {ROLE}")

    monkeypatch.setattr(deployment, "read_deployment", denied)
    with_settings = Cli(capsys)("check")
    monkeypatch.delenv("CLUSTER_IDENTIFIER")
    for command in ("check", "status"):
        ended = Cli(capsys)(command)
        assert (ended.code, ended.out) == (2, "")
        assert ROLE in ended.err

    assert with_settings.code == 1
    assert "could not be read" in with_settings.lines("FAILED")["function"]
    assert f"{CLUSTER} is available" in with_settings.lines("OK")["cluster"]
