"""Which IAM action a call asks for, and the resources it names, as templates. Data.

Source: the Service Authorization Reference, for the calls that this product and its users make.
Every other call asks for ``service:Operation`` on ``*``, so only a policy that says ``*`` lets it
through.
"""

from collections.abc import Iterable, Mapping, Sequence

PREFIXES = {
    "stepfunctions": "states",
    "service-quotas": "servicequotas",
    "resourcegroupstaggingapi": "tag",
}
ACTION_NAMES = {
    ("lambda", "Invoke"): "InvokeFunction",
    ("lambda", "InvokeAsync"): "InvokeFunction",
    ("s3", "HeadObject"): "GetObject",
    ("s3", "HeadBucket"): "ListBucket",
    ("s3", "ListObjects"): "ListBucket",
    ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "ListObjectVersions"): "ListBucketVersions",
    ("s3", "ListBuckets"): "ListAllMyBuckets",
    ("s3", "DeleteObjects"): "DeleteObject",
    ("s3", "CreateMultipartUpload"): "PutObject",
    ("s3", "UploadPart"): "PutObject",
    ("s3", "CompleteMultipartUpload"): "PutObject",
    ("s3", "CopyObject"): "PutObject",
    ("s3", "GetBucketEncryption"): "GetEncryptionConfiguration",
    ("s3", "PutBucketEncryption"): "PutEncryptionConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "GetLifecycleConfiguration",
    ("s3", "PutBucketLifecycleConfiguration"): "PutLifecycleConfiguration",
    ("s3", "GetPublicAccessBlock"): "GetBucketPublicAccessBlock",
    ("s3", "PutPublicAccessBlock"): "PutBucketPublicAccessBlock",
    ("s3", "GetObjectLockConfiguration"): "GetBucketObjectLockConfiguration",
    ("s3", "PutObjectLockConfiguration"): "PutBucketObjectLockConfiguration",
}
FREE_OF_PERMISSION = frozenset({("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")})

_CLUSTER = "cluster:{ClusterIdentifier}"
_SNAPSHOT = "snapshot:{SnapshotClusterIdentifier}/{SnapshotIdentifier}"


def _each(resource: str, operations: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return {operation: (resource,) for operation in operations}


# What follows the account in the ARN, one entry a resource; what begins with "arn:" or is the
# whole name of a parameter that holds an ARN stays as it is. A name that the request leaves out
# becomes "*"; a list gives one resource an item.
RESOURCES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "redshift": {
        "CreateClusterSnapshot": ("snapshot:{ClusterIdentifier}/{SnapshotIdentifier}",),
        "CopyClusterSnapshot": (
            "snapshot:{SourceSnapshotClusterIdentifier}/{SourceSnapshotIdentifier}",
            "snapshot:{SourceSnapshotClusterIdentifier}/{TargetSnapshotIdentifier}",
        ),
        "CreateTags": ("{ResourceName}",),
        "DeleteTags": ("{ResourceName}",),
        "GetClusterCredentials": (
            "dbuser:{ClusterIdentifier}/{DbUser}",
            "dbname:{ClusterIdentifier}/{DbName}",
        ),
        "GetClusterCredentialsWithIAM": ("dbname:{ClusterIdentifier}/{DbName}",),
        **_each(
            _SNAPSHOT,
            (
                "AuthorizeSnapshotAccess",
                "DeleteClusterSnapshot",
                "ModifyClusterSnapshot",
                "RevokeSnapshotAccess",
            ),
        ),
        **_each(
            _CLUSTER,
            (
                "CreateCluster",
                "DeleteCluster",
                "DescribeClusters",
                "ModifyCluster",
                "PauseCluster",
                "RebootCluster",
                "ResizeCluster",
                "ResumeCluster",
            ),
        ),
        **_each(
            "subnetgroup:{ClusterSubnetGroupName}",
            ("CreateClusterSubnetGroup", "DeleteClusterSubnetGroup"),
        ),
    },
    "redshift-data": _each(_CLUSTER, ("ExecuteStatement", "BatchExecuteStatement")),
    "lambda": _each(
        "function:{FunctionName}",
        (
            "AddPermission",
            "CreateAlias",
            "CreateFunction",
            "DeleteAlias",
            "DeleteFunction",
            "DeleteFunctionConcurrency",
            "DeleteFunctionEventInvokeConfig",
            "GetAlias",
            "GetFunction",
            "GetFunctionConcurrency",
            "GetFunctionConfiguration",
            "GetFunctionEventInvokeConfig",
            "GetPolicy",
            "Invoke",
            "InvokeAsync",
            "ListAliases",
            "ListVersionsByFunction",
            "PublishVersion",
            "PutFunctionConcurrency",
            "PutFunctionEventInvokeConfig",
            "RemovePermission",
            "UpdateAlias",
            "UpdateFunctionCode",
            "UpdateFunctionConfiguration",
        ),
    ),
    "kms": _each(
        "{KeyId}",
        (
            "CreateGrant",
            "Decrypt",
            "DescribeKey",
            "DisableKey",
            "EnableKey",
            "Encrypt",
            "GenerateDataKey",
            "GetKeyPolicy",
            "ListGrants",
            "ListResourceTags",
            "PutKeyPolicy",
            "ReEncrypt",
            "RevokeGrant",
            "ScheduleKeyDeletion",
        ),
    ),
    "sts": _each("{RoleArn}", ("AssumeRole",)),
    "sns": _each(
        "{TopicArn}",
        (
            "AddPermission",
            "DeleteTopic",
            "GetTopicAttributes",
            "ListSubscriptionsByTopic",
            "PublishBatch",
            "SetTopicAttributes",
            "Subscribe",
        ),
    )
    | _each("{Name}", ("CreateTopic",)),
    "logs": _each(
        "log-group:{logGroupName}",
        (
            "CreateLogGroup",
            "CreateLogStream",
            "DeleteLogGroup",
            "DescribeLogStreams",
            "FilterLogEvents",
            "GetLogEvents",
            "PutLogEvents",
            "PutRetentionPolicy",
            "StartQuery",
        ),
    )
    | _each("log-group:{logGroupNamePrefix}", ("DescribeLogGroups",)),
    "scheduler": _each(
        "schedule/{GroupName}/{Name}",
        ("CreateSchedule", "DeleteSchedule", "GetSchedule", "UpdateSchedule"),
    ),
    "cloudwatch": _each("alarm:{AlarmNames}", ("DeleteAlarms", "DescribeAlarms"))
    | _each("alarm:{AlarmName}", ("PutMetricAlarm", "SetAlarmState")),
    "cloudformation": _each(
        "stack/{StackName}/*",
        (
            "CreateChangeSet",
            "CreateStack",
            "DeleteStack",
            "DescribeChangeSet",
            "DescribeStackEvents",
            "DescribeStackResources",
            "DescribeStacks",
            "ExecuteChangeSet",
            "UpdateStack",
        ),
    ),
    "secretsmanager": _each(
        "{SecretId}", ("DeleteSecret", "DescribeSecret", "GetSecretValue", "PutSecretValue")
    ),
    "iam": _each(
        "role/{RoleName}",
        (
            "AttachRolePolicy",
            "CreateRole",
            "DeleteRole",
            "DeleteRolePolicy",
            "DetachRolePolicy",
            "GetRole",
            "GetRolePolicy",
            "PutRolePolicy",
            "UpdateAssumeRolePolicy",
        ),
    )
    | _each("{PolicySourceArn}", ("SimulatePrincipalPolicy",)),
}
