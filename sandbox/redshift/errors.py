"""Every error code that the sandbox's Redshift answers with."""

from enum import StrEnum
from typing import NoReturn

from moto.redshift.exceptions import RedshiftClientError


class ErrorCode(StrEnum):
    """Codes that botocore's model of Redshift declares; the HTTP status is the model's."""

    ACCESS_TO_SNAPSHOT_DENIED = "AccessToSnapshotDenied"
    AUTHORIZATION_ALREADY_EXISTS = "AuthorizationAlreadyExists"
    AUTHORIZATION_NOT_FOUND = "AuthorizationNotFound"
    AUTHORIZATION_QUOTA_EXCEEDED = "AuthorizationQuotaExceeded"
    BATCH_DELETE_REQUEST_SIZE_EXCEEDED = "BatchDeleteRequestSizeExceeded"
    BATCH_MODIFY_LIMIT_EXCEEDED = "BatchModifyClusterSnapshotsLimitExceededFault"
    CLUSTER_ALREADY_EXISTS = "ClusterAlreadyExists"
    CLUSTER_NOT_FOUND = "ClusterNotFound"
    CLUSTER_PARAMETER_GROUP_NOT_FOUND = "ClusterParameterGroupNotFound"
    CLUSTER_QUOTA_EXCEEDED = "ClusterQuotaExceeded"
    CLUSTER_SNAPSHOT_ALREADY_EXISTS = "ClusterSnapshotAlreadyExists"
    CLUSTER_SNAPSHOT_NOT_FOUND = "ClusterSnapshotNotFound"
    CLUSTER_SNAPSHOT_QUOTA_EXCEEDED = "ClusterSnapshotQuotaExceeded"
    CLUSTER_SUBNET_GROUP_ALREADY_EXISTS = "ClusterSubnetGroupAlreadyExists"
    CLUSTER_SUBNET_GROUP_NOT_FOUND = "ClusterSubnetGroupNotFoundFault"
    INVALID_CLUSTER_SNAPSHOT_STATE = "InvalidClusterSnapshotState"
    INVALID_CLUSTER_STATE = "InvalidClusterState"
    INVALID_RESTORE = "InvalidRestore"
    INVALID_RETENTION_PERIOD = "InvalidRetentionPeriodFault"
    INVALID_TAG = "InvalidTagFault"
    LIMIT_EXCEEDED = "LimitExceededFault"
    NUMBER_OF_NODES_QUOTA_EXCEEDED = "NumberOfNodesQuotaExceeded"
    RESOURCE_NOT_FOUND = "ResourceNotFoundFault"
    TAG_LIMIT_EXCEEDED = "TagLimitExceededFault"
    UNAUTHORIZED_OPERATION = "UnauthorizedOperation"
    UNSUPPORTED_OPERATION = "UnsupportedOperation"


class CommonErrorCode(StrEnum):
    """Codes that Redshift answers with although its model declares them nowhere; HTTP 400."""

    INVALID_PARAMETER_COMBINATION = "InvalidParameterCombination"
    INVALID_PARAMETER_VALUE = "InvalidParameterValue"


class RedshiftError(RedshiftClientError):
    """An error as a client sees it; moto's serializer takes the HTTP status from the model."""


def fail(code: ErrorCode | CommonErrorCode, message: str) -> NoReturn:
    """Answer the request with an error."""
    raise RedshiftError(code.value, message)


def bad_value(message: str) -> NoReturn:
    """Answer with ``InvalidParameterValue``."""
    fail(CommonErrorCode.INVALID_PARAMETER_VALUE, message)


def bad_combination(message: str) -> NoReturn:
    """Answer with ``InvalidParameterCombination``."""
    fail(CommonErrorCode.INVALID_PARAMETER_COMBINATION, message)
