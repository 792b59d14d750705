"""What an error of AWS means for a drill: the cause, the next step, and whether to retry. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redshift_dr.restore.deployment import Deployment
from redshift_dr.restore.failure import Failure

ALREADY_EXISTS = frozenset({"ClusterAlreadyExists"})

UNSHARED = frozenset({"AccessToSnapshotDenied", "ClusterSnapshotNotFound"})
"""Both are documented for a snapshot that is not shared (any more)."""

DENIED = frozenset(
    {
        "UnauthorizedOperation",
        "DependentServiceAccessDenied",
        "AccessDenied",
        "AccessDeniedException",
    }
)
"""AWS documents only "an access-denied error" for a key that the restoring account may not use."""

NO_SUBNET_GROUP = frozenset({"ClusterSubnetGroupNotFoundFault", "ClusterSubnetGroupNotFound"})

QUOTAS = {
    "ClusterQuotaExceeded": "clusters",
    "NumberOfNodesQuotaExceeded": "nodes",
    "NumberOfNodesPerClusterLimitExceeded": "nodes of one cluster",
    "ClusterSnapshotQuotaExceeded": "manual snapshots",
}

FINAL = frozenset(
    {
        "InvalidRestore",
        "InvalidClusterSnapshotState",
        "InvalidVPCNetworkStateFault",
        "InvalidClusterSubnetGroupStateFault",
        "InvalidSubnet",
        "InvalidParameterValue",
        "InvalidParameterCombination",
        "InvalidTagFault",
        "LimitExceededFault",
        "UnsupportedOperation",
    }
)
"""Further codes of which another attempt would get the same answer."""


@dataclass(frozen=True)
class AwsError:
    """What AWS answered.

    :param code: its code.
    :param message: its words.
    """

    code: str
    message: str

    @classmethod
    def of(cls, response: Mapping[str, Any]) -> "AwsError":
        """Read the ``response`` of a botocore ClientError."""
        error = response.get("Error", {})
        return cls(str(error.get("Code", "")), str(error.get("Message", "")).rstrip("."))

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def explain_restore(
    error: AwsError, selected: Mapping[str, Any], deployment: Deployment, *, dr_account_id: str
) -> Failure:
    """Why RestoreFromClusterSnapshot was refused.

    :param selected: what ``select_snapshot`` returned.
    :param dr_account_id: the account that restores.
    """
    snapshot, owner = selected["snapshot_id"], selected["owner_account"]
    if error.code in UNSHARED:
        return Failure(
            f"snapshot {snapshot} was seen by account {dr_account_id} when it was selected, and is "
            f"not shared with it by account {owner} any more ({error})",
            "Share it again, or trigger a new run, which takes the newest one that is shared.",
        )
    if error.code in DENIED:
        return _denied(error, selected, deployment, dr_account_id)
    if error.code in NO_SUBNET_GROUP:
        return Failure(
            f"account {dr_account_id} has no subnet group {deployment.subnet_group_name} ({error})",
            "Compare service_config.redshift.cluster_subnet_group_name of the connection with the "
            "output SubnetGroupName of the stack aca-redshift-dr.",
        )
    if error.code in QUOTAS:
        return explain_quota(error, dr_account_id)
    return Failure(
        f"AWS did not restore snapshot {snapshot}: {error}",
        "Read the AWS error, and correct what it names.",
        retry=error.code not in FINAL,
    )


def explain_quota(error: AwsError, account_id: str) -> Failure:
    """A quota of the account is used up."""
    what = QUOTAS[error.code]
    return Failure(
        f"account {account_id} has used up its quota of {what} ({error})",
        f"Delete {what} that nobody needs, or raise the quota in Service Quotas, then trigger a "
        "new run.",
    )


def _denied(
    error: AwsError, selected: Mapping[str, Any], deployment: Deployment, dr_account_id: str
) -> Failure:
    key = selected.get("kms_key_id")
    if not key:
        return Failure(
            f"the role of account {dr_account_id} may not restore snapshot "
            f"{selected['snapshot_id']} ({error})",
            "Compare the role of the connection with RestoreRole of the stack aca-redshift-dr.",
        )
    return Failure(
        f"account {dr_account_id} may not use the KMS key {key} of account "
        f"{selected['owner_account']} that encrypts snapshot {selected['snapshot_id']} ({error})",
        f"Let the policy of the key {key} allow kms:Decrypt, kms:DescribeKey and kms:CreateGrant "
        f"to arn:aws:iam::{dr_account_id}:root, and the restore role use it and "
        f"{deployment.kms_key_id}.",
    )
