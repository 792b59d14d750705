"""What each grant of both templates is for: the scenario that fails without it, as a table.

A scenario is a name in :mod:`tests.deploy.scenarios`. A grant that the sandbox's services never ask
for names the reason instead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.deploy.conftest import load


@dataclass(frozen=True)
class Unasked:
    """A grant that AWS needs and the sandbox does not ask for; `docs/fidelity.md` says so too."""

    reason: str


@dataclass(frozen=True)
class Grant:
    """One action of one statement of a template.

    :ivar account: ``source`` or ``dr``.
    :ivar role: the role's logical name; of a policy of its own, the role's that it hangs on.
    :ivar policy: the policy's name within the role.
    """

    account: str
    role: str
    policy: str
    sid: str
    action: str

    def __str__(self) -> str:
        return f"{self.account}/{self.role}/{self.policy}/{self.sid}/{self.action}"


_TOPIC_KEY = Unasked("SNS uses the topic's key for whoever publishes; the sandbox encrypts nothing")
_BY_LAMBDA = Unasked("Lambda writes the log as the function's role; the sandbox writes it itself")
_BY_REDSHIFT = Unasked(
    "Redshift uses the key for whoever restores; the sandbox asks for no such use"
)

_BY_S3 = Unasked("S3 uses the key for whoever reads or writes; the sandbox encrypts nothing")

_BY_DATA_API = Unasked(
    "the Data API keeps statements under the cluster's key, the sandbox does not"
)
_PASSWORD = Unasked(
    "Redshift makes the secret for whoever restores; the sandbox asks for no such use"
)

_FUNCTION: Mapping[str, Mapping[str, str | Unasked]] = {
    "Log": {"logs:CreateLogStream": _BY_LAMBDA, "logs:PutLogEvents": _BY_LAMBDA},
    "ReportFailures": {"sns:Publish": "report_failure"},
    "EncryptReports": {"kms:Decrypt": _TOPIC_KEY, "kms:GenerateDataKey": _TOPIC_KEY},
}
_SCHEDULER: Mapping[str, Mapping[str, str | Unasked]] = {
    "Invoke": {"lambda:InvokeFunction": "fire_schedule"},
    "KeepUndelivered": {"sqs:SendMessage": "keep_undelivered"},
}

SCENARIOS_OF: Mapping[tuple[str, str], Mapping[str, Mapping[str, str | Unasked]]] = {
    ("source", "FunctionRole"): _FUNCTION
    | {
        "Look": {
            "redshift:DescribeClusterSnapshots": "create",
            "redshift:DescribeClusters": "check_near_quota",
            "servicequotas:GetServiceQuota": "check_near_quota",
        },
        "MakeOurs": {"redshift:CreateClusterSnapshot": "create", "redshift:CreateTags": "create"},
        "Promote": {"redshift:CopyClusterSnapshot": "promote"},
        "PromoteToOurs": {"redshift:CopyClusterSnapshot": "promote"},
        "ShareAndPruneOurs": {
            "redshift:AuthorizeSnapshotAccess": "share",
            "redshift:RevokeSnapshotAccess": "prune",
            "redshift:BatchDeleteClusterSnapshots": "prune",
            "redshift:DeleteClusterSnapshot": "replace_failed",
        },
        "ShareAndPruneAdopted": {
            "redshift:AuthorizeSnapshotAccess": "share_adopted",
            "redshift:RevokeSnapshotAccess": "prune_adopted",
            "redshift:BatchDeleteClusterSnapshots": "prune_adopted",
        },
        "NoteOnOurs": {"redshift:CreateTags": "hold", "redshift:DeleteTags": "hold"},
        "Adopt": {"redshift:CreateTags": "adopt"},
        "LookAtKeys": {
            "kms:DescribeKey": "share_under_a_closed_key",
            "kms:GetKeyPolicy": "share_under_a_closed_key",
            "kms:ListGrants": "share_under_a_closed_key",
        },
    },
    ("source", "SchedulerRole"): _SCHEDULER,
    ("source", "AirflowRole"): {
        "Invoke": {"lambda:InvokeFunction": "airflow_invokes"},
        "Look": {
            "redshift:DescribeClusterSnapshots": "airflow_looks",
            "redshift:DescribeClusters": "airflow_looks",
        },
        "Alert": {"sns:Publish": "airflow_alerts"},
        "EncryptAlerts": {"kms:Decrypt": _TOPIC_KEY, "kms:GenerateDataKey": _TOPIC_KEY},
    },
    ("source", "InventoryRole"): {
        "Look": {
            "redshift:DescribeClusterSnapshots": "inventory_looks",
            "redshift:DescribeClusters": "inventory_looks",
        },
        "Query": {"redshift-data:ExecuteStatement": "inventory_counts"},
        "ReadCounts": {
            "redshift-data:CancelStatement": "inventory_counts",
            "redshift-data:DescribeStatement": "inventory_counts",
            "redshift-data:GetStatementResult": "inventory_counts",
        },
        "LogInAsReader": {"redshift:GetClusterCredentials": "inventory_logs_in"},
        "LogInToDatabases": {"redshift:GetClusterCredentials": "inventory_logs_in"},
        "GrantKeyToDataApi": {"kms:CreateGrant": _BY_DATA_API},
        "AddBaselines": {"s3:PutObject": "inventory_adds_a_baseline"},
        "EncryptBaselines": {"kms:Decrypt": _BY_S3, "kms:GenerateDataKey": _BY_S3},
    },
    ("dr", "FunctionRole"): _FUNCTION
    | {
        "Look": {
            "redshift:DescribeClusterSnapshots": "check_near_quota",
            "redshift:DescribeClusters": "sweep",
            "servicequotas:GetServiceQuota": "check_near_quota",
        },
        "Sweep": {"redshift:DeleteCluster": "sweep"},
        "MarkDrills": {"redshift:CreateTags": "sweep"},
        "ReadIntents": {"s3:GetObject": "sweep"},
        "DecryptIntents": {"kms:Decrypt": _BY_S3},
        "ListIntents": {"s3:ListBucket": "check_near_quota"},
        "PruneOurs": {"redshift:BatchDeleteClusterSnapshots": "prune_copies"},
        "NoteOnOurs": {"redshift:CreateTags": "hold_copy", "redshift:DeleteTags": "hold_copy"},
        "LookAtKeys": {
            "kms:DescribeKey": "check_copies_under_a_key",
            "kms:GetKeyPolicy": "check_copies_under_a_key",
        },
    },
    ("dr", "SchedulerRole"): _SCHEDULER,
    ("dr", "RestoreRole"): {
        "Look": {
            "redshift:DescribeClusterSnapshots": "restore_looks",
            "redshift:DescribeClusters": "restore_looks",
        },
        "Restore": {"redshift:RestoreFromClusterSnapshot": "restore"},
        "MarkAndDeleteDrills": {
            "redshift:CreateTags": "restore",
            "redshift:DeleteCluster": "delete_drill",
        },
        "KeepCopy": {
            "redshift:CreateClusterSnapshot": "keep_copy",
            "redshift:CreateTags": "keep_copy",
        },
        "Validate": {"redshift-data:ExecuteStatement": "query"},
        "ReadResults": {
            "redshift-data:CancelStatement": "query",
            "redshift-data:DescribeStatement": "query",
            "redshift-data:GetStatementResult": "query",
        },
        "LogIn": {"redshift:GetClusterCredentials": "log_in"},
        "UseKeys": {
            "kms:CreateGrant": "restore",
            "kms:Decrypt": "restore",
            "kms:DescribeKey": "restore",
            "kms:GenerateDataKey": _BY_REDSHIFT,
            "kms:RetireGrant": _BY_REDSHIFT,
        },
        "UseKeyOfEvidenceAndSecrets": {
            "kms:CreateGrant": _PASSWORD,
            "kms:Decrypt": _BY_S3,
            "kms:DescribeKey": _BY_S3,
            "kms:GenerateDataKey": _BY_S3,
        },
        "NewAdministratorPassword": {
            "secretsmanager:CreateSecret": _PASSWORD,
            "secretsmanager:DeleteSecret": _PASSWORD,
            "secretsmanager:DescribeSecret": _PASSWORD,
            "secretsmanager:RotateSecret": _PASSWORD,
            "secretsmanager:TagResource": _PASSWORD,
            "secretsmanager:UpdateSecret": _PASSWORD,
        },
        "MakePassword": {"secretsmanager:GetRandomPassword": _PASSWORD},
        "WriteIntentsAndEvidence": {
            "s3:GetObject": "keep_evidence",
            "s3:PutObject": "keep_evidence",
        },
        "ReadInventories": {"s3:GetObject": "read_baseline"},
        "ListEvidence": {"s3:ListBucket": "read_baseline"},
    },
}


def granted(account: str) -> Iterator[Grant]:
    """Yield every action that a template grants to a role, whatever its parameters."""
    for name, resource in load(account)["Resources"].items():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::IAM::Role":
            for policy in properties["Policies"]:
                yield from _of_policy(account, name, policy)
        elif resource["Type"] == "AWS::IAM::Policy":
            [role] = properties["Roles"]
            yield from _of_policy(account, role["Ref"], properties)


def _of_policy(account: str, role: str, policy: Mapping[str, Any]) -> Iterator[Grant]:
    for statement in policy["PolicyDocument"]["Statement"]:
        statement = statement.get("Fn::If", [None, statement])[1]
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            yield Grant(account, role, policy["PolicyName"], statement["Sid"], action)


def scenario_of(grant: Grant) -> str | Unasked:
    """Return what a grant is for.

    :raises KeyError: nobody has said.
    """
    return SCENARIOS_OF[grant.account, grant.role][grant.sid][grant.action]
