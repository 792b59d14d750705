"""Who may restore a snapshot, and what each account sees of it."""

import json
from typing import Any

import pytest

from sandbox.accounts import SOURCE, TARGET
from sandbox.redshift.settings import SETTINGS


def authorize(redshift: Any, account: str = TARGET.account_id, **arguments: Any) -> dict[str, Any]:
    arguments = arguments or {"SnapshotIdentifier": "nightly"}
    response = redshift.authorize_snapshot_access(AccountWithRestoreAccess=account, **arguments)
    return dict(response["Snapshot"])


def shared_rows(target: Any, **filters: Any) -> list[dict[str, Any]]:
    response = target.describe_cluster_snapshots(OwnerAccount=SOURCE.account_id, **filters)
    return list(response["Snapshots"])


def test_owner_sees_who_may_restore_and_the_other_account_does_not(source, target, shared_snapshot):
    (own,) = source.describe_cluster_snapshots(SnapshotIdentifier=shared_snapshot)["Snapshots"]
    assert own["AccountsWithRestoreAccess"] == [{"AccountId": TARGET.account_id}]
    (foreign,) = shared_rows(target, SnapshotIdentifier=shared_snapshot)
    assert "AccountsWithRestoreAccess" not in foreign
    assert not foreign.get("Tags")
    assert foreign["OwnerAccount"] == own["OwnerAccount"] == SOURCE.account_id
    assert foreign["SnapshotArn"] == own["SnapshotArn"]
    assert foreign["SnapshotType"] == "manual"


def test_other_account_sees_shared_snapshots_only_by_their_owner(target, shared_snapshot, refusal):
    assert target.describe_cluster_snapshots()["Snapshots"] == []
    assert len(shared_rows(target)) == 1
    assert len(shared_rows(target, ClusterIdentifier="orders")) == 1
    code = refusal(target.describe_cluster_snapshots, SnapshotIdentifier=shared_snapshot)
    assert code == ("ClusterSnapshotNotFound", 404)


def test_tag_filters_never_find_shared_snapshots(source, target, shared_snapshot):
    assert len(source.describe_cluster_snapshots(TagKeys=["team"])["Snapshots"]) == 1
    assert shared_rows(target, TagKeys=["team"]) == []


def test_unshared_snapshots_of_another_account_stay_hidden(source, target, shared_snapshot):
    source.revoke_snapshot_access(
        SnapshotIdentifier=shared_snapshot, AccountWithRestoreAccess=TARGET.account_id
    )
    assert shared_rows(target) == []


def test_authorize_by_arn(source, shared_snapshot, refusal):
    (own,) = source.describe_cluster_snapshots(SnapshotIdentifier=shared_snapshot)["Snapshots"]
    row = authorize(source, "111122223333", SnapshotArn=own["SnapshotArn"])
    assert {"AccountId": "111122223333"} in row["AccountsWithRestoreAccess"]
    other = own["SnapshotArn"].replace(":orders/", ":returns/")
    assert refusal(
        source.authorize_snapshot_access, SnapshotArn=other, AccountWithRestoreAccess="1" * 12
    ) == ("ClusterSnapshotNotFound", 404)


def test_authorize_needs_the_right_cluster(source, shared_snapshot, refusal):
    assert refusal(
        source.authorize_snapshot_access,
        SnapshotIdentifier=shared_snapshot,
        SnapshotClusterIdentifier="returns",
        AccountWithRestoreAccess="111122223333",
    ) == ("ClusterSnapshotNotFound", 404)


def test_authorize_twice_and_revoke_twice_are_told(source, shared_snapshot, refusal):
    access = {
        "SnapshotIdentifier": shared_snapshot,
        "AccountWithRestoreAccess": TARGET.account_id,
    }
    assert refusal(source.authorize_snapshot_access, **access) == (
        "AuthorizationAlreadyExists",
        400,
    )
    source.revoke_snapshot_access(**access)
    assert refusal(source.revoke_snapshot_access, **access) == ("AuthorizationNotFound", 404)


def test_creating_snapshot_cannot_be_shared(frozen, source, create_cluster, refusal):
    create_cluster()
    source.create_cluster_snapshot(SnapshotIdentifier="nightly", ClusterIdentifier="orders")
    assert refusal(
        source.authorize_snapshot_access,
        SnapshotIdentifier="nightly",
        AccountWithRestoreAccess=TARGET.account_id,
    ) == ("InvalidClusterSnapshotState", 400)


def test_automated_snapshot_cannot_be_shared(source, create_cluster, refusal):
    create_cluster()
    (automated,) = source.describe_cluster_snapshots(SnapshotType="automated")["Snapshots"]
    assert refusal(
        source.authorize_snapshot_access,
        SnapshotIdentifier=automated["SnapshotIdentifier"],
        AccountWithRestoreAccess=TARGET.account_id,
    ) == ("InvalidClusterSnapshotState", 400)


@pytest.mark.parametrize("account", [SOURCE.account_id, "123", "12345678901a"])
def test_own_account_and_malformed_accounts_are_refused(source, shared_snapshot, refusal, account):
    for call in (source.authorize_snapshot_access, source.revoke_snapshot_access):
        code = refusal(call, SnapshotIdentifier=shared_snapshot, AccountWithRestoreAccess=account)
        assert code == ("InvalidParameterValue", 400)


def test_other_account_cannot_share_delete_or_copy(target, shared_snapshot, refusal):
    for call, arguments in (
        (target.authorize_snapshot_access, {"AccountWithRestoreAccess": "1" * 12}),
        (target.delete_cluster_snapshot, {}),
    ):
        code = refusal(call, SnapshotIdentifier=shared_snapshot, **arguments)
        assert code == ("ClusterSnapshotNotFound", 404)
    assert refusal(
        target.copy_cluster_snapshot,
        SourceSnapshotIdentifier=shared_snapshot,
        TargetSnapshotIdentifier="copy",
    ) == ("ClusterSnapshotNotFound", 404)


def test_twenty_accounts_per_snapshot(source, shared_snapshot, refusal):
    for number in range(19):
        authorize(source, f"{number:012}")
    code = refusal(
        source.authorize_snapshot_access,
        SnapshotIdentifier=shared_snapshot,
        AccountWithRestoreAccess="999999999999",
    )
    assert code == ("AuthorizationQuotaExceeded", 400)


def test_accounts_per_key_are_counted_over_its_snapshots(frozen, source, shared_snapshot, refusal):
    SETTINGS.accounts_per_key = 2
    source.create_cluster_snapshot(SnapshotIdentifier="second", ClusterIdentifier="orders")
    frozen.advance(3)
    authorize(source, SnapshotIdentifier="second")
    code = refusal(
        source.authorize_snapshot_access,
        SnapshotIdentifier="second",
        AccountWithRestoreAccess="999999999999",
    )
    assert code == ("LimitExceededFault", 400)


def test_support_account_is_shown_as_an_alias(source, shared_snapshot):
    row = authorize(source, "amazon-redshift-support")
    assert {"AccountAlias": "amazon-redshift-support"} in row["AccountsWithRestoreAccess"]


def test_snapshot_under_the_aws_managed_key_cannot_be_shared(
    frozen, source, create_cluster, clients, refusal
):
    cluster = create_cluster(KmsKeyId="alias/aws/redshift")
    key = clients("kms", "source").describe_key(KeyId=cluster["KmsKeyId"])["KeyMetadata"]
    assert key["KeyManager"] == "AWS"
    source.create_cluster_snapshot(SnapshotIdentifier="nightly", ClusterIdentifier="orders")
    frozen.advance(3)
    assert refusal(
        source.authorize_snapshot_access,
        SnapshotIdentifier="nightly",
        AccountWithRestoreAccess=TARGET.account_id,
    ) == ("UnsupportedOperation", 400)


def test_disabled_key_stops_sharing(source, shared_snapshot, shared_key, clients, refusal):
    clients("kms", "source").disable_key(KeyId=shared_key)
    assert refusal(
        source.authorize_snapshot_access,
        SnapshotIdentifier=shared_snapshot,
        AccountWithRestoreAccess="111122223333",
    ) == ("UnsupportedOperation", 400)


def policy_with(clients: Any, key: str, statement: dict[str, Any]) -> None:
    document = {"Version": "2012-10-17", "Statement": [statement]}
    clients("kms", "source").put_key_policy(
        KeyId=key, PolicyName="default", Policy=json.dumps(document)
    )


@pytest.mark.parametrize(
    ("statement", "admitted"),
    [
        ({"Principal": "*", "Action": "*"}, True),
        ({"Principal": {"AWS": TARGET.account_id}, "Action": ["kms:D*"]}, True),
        ({"Principal": {"AWS": f"arn:aws:iam::{TARGET.account_id}:role/dr"}, "Action": "*"}, True),
        ({"Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "*"}, False),
        ({"Principal": {"AWS": TARGET.account_id}, "Action": "kms:DescribeKey"}, False),
        ({"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt"}, False),
        (
            {
                "Principal": "*",
                "Action": "*",
                "Condition": {"StringEquals": {"kms:CallerAccount": "999999999999"}},
            },
            False,
        ),
    ],
)
def test_key_policy_decides_whether_the_other_account_can_restore(
    shared_snapshot, shared_key, clients, restore, target, statement, admitted
):
    policy_with(clients, shared_key, {"Effect": "Allow", "Resource": "*"} | statement)
    if admitted:
        assert restore()["ClusterStatus"] == "creating"
        return
    with pytest.raises(target.exceptions.UnauthorizedOperation, match="Access Denied"):
        restore()


def test_grant_admits_the_other_account(
    shared_snapshot, shared_key, clients, restore, target, source
):
    policy_with(clients, shared_key, {"Effect": "Allow", "Principal": {}, "Action": "kms:X"})
    with pytest.raises(target.exceptions.UnauthorizedOperation):
        restore()
    clients("kms", "source").create_grant(
        KeyId=shared_key,
        GranteePrincipal=f"arn:aws:iam::{TARGET.account_id}:root",
        Operations=["Decrypt"],
    )
    assert restore()["ClusterStatus"] == "creating"


def test_unknown_policy_condition_is_refused_loudly(
    shared_snapshot, shared_key, clients, target, restore, refusal
):
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    policy_with(
        clients,
        shared_key,
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": condition},
    )
    assert refusal(restore) == ("NotImplementedInSandbox", 501)
