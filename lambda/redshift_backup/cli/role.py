"""What the function's role may do, as IAM's simulator tells. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from redshift_backup import aws, errors
from redshift_backup.model import MANAGED_BY, MANAGED_BY_US

ON_EVERYTHING = ("redshift:DescribeClusterSnapshots", "redshift:DescribeClusters")
ON_SNAPSHOTS = (
    "redshift:CreateClusterSnapshot",
    "redshift:CopyClusterSnapshot",
    "redshift:CreateTags",
    "redshift:AuthorizeSnapshotAccess",
    "redshift:RevokeSnapshotAccess",
    "redshift:DeleteClusterSnapshot",
    "redshift:BatchDeleteClusterSnapshots",
)
# What conditions of a narrow policy ask for: our tag on what is made, and on what is there.
_CONTEXT = {
    f"aws:RequestTag/{MANAGED_BY}": MANAGED_BY_US,
    f"aws:ResourceTag/{MANAGED_BY}": MANAGED_BY_US,
    "aws:TagKeys": MANAGED_BY,
}


@dataclass(frozen=True)
class RoleFacts:
    """What the simulator said.

    :ivar denied: by action, how it was denied, such as ``implicitDeny``.
    :ivar undecided: actions whose policies ask for what the simulation did not tell.
    :ivar unread: why nothing was simulated; None if it was.
    """

    arn: str
    denied: Mapping[str, str] = field(default_factory=dict)
    undecided: tuple[str, ...] = ()
    unread: str | None = None


def simulate_role(role_arn: str, snapshot_arn: str) -> RoleFacts:
    """Ask IAM whether a role may do what the function does to one of our snapshots.

    How closely the simulation agrees with Redshift was not checked against AWS; policies of the
    organization and permissions that lie with other accounts are not part of it.
    """
    context = [
        {"ContextKeyName": name, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for name, value in _CONTEXT.items()
    ]
    results = []
    try:
        for actions, resource in ((ON_EVERYTHING, "*"), (ON_SNAPSHOTS, snapshot_arn)):
            with aws.our_errors("SimulatePrincipalPolicy", role_arn):
                reply = aws.client("iam").simulate_principal_policy(
                    PolicySourceArn=role_arn,
                    ActionNames=list(actions),
                    ResourceArns=[resource],
                    ContextEntries=context,
                )
            results += reply["EvaluationResults"]
    except errors.AwsError as error:
        return RoleFacts(role_arn, unread=aws.without_next_step(error))
    refused = [one for one in results if one["EvalDecision"] != "allowed"]
    return RoleFacts(
        role_arn,
        denied={
            one["EvalActionName"]: one["EvalDecision"]
            for one in refused
            if not one.get("MissingContextValues")
        },
        undecided=tuple(
            one["EvalActionName"] for one in refused if one.get("MissingContextValues")
        ),
    )
