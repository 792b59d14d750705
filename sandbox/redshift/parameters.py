"""Which parameters of which operation are honoured. The others are refused, never ignored.

Cross-Region snapshot copy, audit logging and event subscriptions are left out although moto stores
their settings: nothing would be copied, logged or sent.
"""

from typing import Any

_PAGE = {"MaxRecords", "Marker"}
_RETENTION = {"ManualSnapshotRetentionPeriod"}
_ACCESS = {
    "SnapshotIdentifier",
    "SnapshotArn",
    "SnapshotClusterIdentifier",
    "AccountWithRestoreAccess",
}
_PLACEMENT = {
    "Port",
    "AvailabilityZone",
    "AllowVersionUpgrade",
    "ClusterSubnetGroupName",
    "PubliclyAccessible",
    "ClusterParameterGroupName",
    "VpcSecurityGroupIds",
    "PreferredMaintenanceWindow",
    "AutomatedSnapshotRetentionPeriod",
    "ManualSnapshotRetentionPeriod",
    "KmsKeyId",
    "NodeType",
    "NumberOfNodes",
    "EnhancedVpcRouting",
    "IamRoles",
    "DefaultIamRoleArn",
    "ManageMasterPassword",
    "Encrypted",
}

HONOURED: dict[str, set[str]] = {
    "CreateCluster": _PLACEMENT
    | {
        "ClusterIdentifier",
        "DBName",
        "ClusterType",
        "ClusterVersion",
        "MasterUsername",
        "MasterUserPassword",
        "Tags",
    },
    "RestoreFromClusterSnapshot": _PLACEMENT
    | {
        "ClusterIdentifier",
        "SnapshotIdentifier",
        "SnapshotArn",
        "SnapshotClusterIdentifier",
        "OwnerAccount",
        "MasterPasswordSecretKmsKeyId",
    },
    "ModifyCluster": (_PLACEMENT - {"AvailabilityZone", "ClusterSubnetGroupName", "IamRoles"})
    - {"DefaultIamRoleArn"}
    | {
        "ClusterIdentifier",
        "ClusterType",
        "ClusterVersion",
        "MasterUserPassword",
        "NewClusterIdentifier",
    },
    "ResizeCluster": {
        "ClusterIdentifier",
        "ClusterType",
        "NodeType",
        "NumberOfNodes",
        "Classic",
    },
    "DescribeClusters": {"ClusterIdentifier", "TagKeys", "TagValues"} | _PAGE,
    "DeleteCluster": {
        "ClusterIdentifier",
        "SkipFinalClusterSnapshot",
        "FinalClusterSnapshotIdentifier",
        "FinalClusterSnapshotRetentionPeriod",
    },
    "PauseCluster": {"ClusterIdentifier"},
    "ResumeCluster": {"ClusterIdentifier"},
    "RebootCluster": {"ClusterIdentifier"},
    "CreateClusterSnapshot": {"SnapshotIdentifier", "ClusterIdentifier", "Tags"} | _RETENTION,
    "DescribeClusterSnapshots": {
        "ClusterIdentifier",
        "SnapshotIdentifier",
        "SnapshotArn",
        "SnapshotType",
        "StartTime",
        "EndTime",
        "OwnerAccount",
        "TagKeys",
        "TagValues",
        "ClusterExists",
        "SortingEntities",
    }
    | _PAGE,
    "DeleteClusterSnapshot": {"SnapshotIdentifier", "SnapshotClusterIdentifier"},
    "BatchDeleteClusterSnapshots": {"Identifiers"},
    "ModifyClusterSnapshot": {"SnapshotIdentifier", "Force"} | _RETENTION,
    "BatchModifyClusterSnapshots": {"SnapshotIdentifierList", "Force"} | _RETENTION,
    "CopyClusterSnapshot": {
        "SourceSnapshotIdentifier",
        "SourceSnapshotClusterIdentifier",
        "TargetSnapshotIdentifier",
    }
    | _RETENTION,
    "AuthorizeSnapshotAccess": _ACCESS,
    "RevokeSnapshotAccess": _ACCESS,
    "CreateTags": {"ResourceName", "Tags"},
    "DeleteTags": {"ResourceName", "TagKeys"},
    "DescribeTags": {"ResourceName", "ResourceType", "TagKeys", "TagValues"} | _PAGE,
    "DescribeStorage": set(),
    "DescribeNodeConfigurationOptions": {
        "ActionType",
        "SnapshotIdentifier",
        "SnapshotArn",
        "OwnerAccount",
    }
    | _PAGE,
    "DescribeEvents": {"SourceIdentifier", "SourceType", "StartTime", "EndTime", "Duration"}
    | _PAGE,
    "GetClusterCredentials": {
        "DbUser",
        "DbName",
        "ClusterIdentifier",
        "DurationSeconds",
        "AutoCreate",
        "DbGroups",
    },
    "GetClusterCredentialsWithIAM": {"DbName", "ClusterIdentifier", "DurationSeconds"},
    "CreateClusterSubnetGroup": {
        "ClusterSubnetGroupName",
        "Description",
        "SubnetIds",
        "Tags",
    },
    "DescribeClusterSubnetGroups": {"ClusterSubnetGroupName"},
    "DeleteClusterSubnetGroup": {"ClusterSubnetGroupName"},
    "CreateClusterParameterGroup": {
        "ParameterGroupName",
        "ParameterGroupFamily",
        "Description",
        "Tags",
    },
    "DescribeClusterParameterGroups": {"ParameterGroupName"},
    "DeleteClusterParameterGroup": {"ParameterGroupName"},
    "DescribeClusterParameters": {"ParameterGroupName"},
    "DescribeDefaultClusterParameters": {"ParameterGroupFamily"},
    "DescribeLoggingStatus": {"ClusterIdentifier"},
    "CreateClusterSecurityGroup": {"ClusterSecurityGroupName", "Description", "Tags"},
    "DescribeClusterSecurityGroups": {"ClusterSecurityGroupName"},
    "DeleteClusterSecurityGroup": {"ClusterSecurityGroupName"},
    "AuthorizeClusterSecurityGroupIngress": {"ClusterSecurityGroupName", "CIDRIP"},
    "CreateSnapshotCopyGrant": {"SnapshotCopyGrantName", "KmsKeyId"},
    "DescribeSnapshotCopyGrants": {"SnapshotCopyGrantName"},
    "DeleteSnapshotCopyGrant": {"SnapshotCopyGrantName"},
}


def require_honoured(operation: str, given: dict[str, Any]) -> None:
    """Refuse a request that the sandbox would answer without doing all it asks for.

    :raises NotImplementedError: names the operation and the parameters; the server answers 501.
    """
    if operation not in HONOURED:
        raise NotImplementedError(f"redshift:{operation} is not modelled by the sandbox")
    ignored = sorted(name for name in set(given) - HONOURED[operation] if given[name] is not None)
    if ignored:
        raise NotImplementedError(
            f"redshift:{operation} is modelled by the sandbox, but not its parameters: "
            f"{', '.join(ignored)}"
        )
