"""The alert topic of a cluster: how a message gets there, and what it can be filtered by."""

from airflow.providers.amazon.aws.hooks.sns import SnsHook

from redshift_dr.config.models import ClusterConfig

ANY_CLUSTER = "*"
"""The attribute ``cluster`` of a message that stands for every cluster with its fault."""


def attributes_of(
    cluster: ClusterConfig, *, severity: str, kind: str, incident: str, shared: bool = False
) -> dict[str, str]:
    """What subscriptions can filter a message by; every message has all of them.

    :param incident: the same for all messages that belong together.
    :param shared: whether the message stands for every cluster with its fault.
    """
    return {
        "severity": severity,
        "cluster": ANY_CLUSTER if shared else cluster.cluster_identifier,
        "account": cluster.source_account_id,
        "kind": kind,
        "incident": incident,
    }


def publish(
    cluster: ClusterConfig, *, subject: str, message: str, attributes: dict[str, str]
) -> None:
    """Publish a message from a task; the connection is the one that the cluster's pages go by.

    IAM: ``sns:Publish`` on the topic.

    :raises botocore.exceptions.ClientError: SNS refused.
    """
    topic_arn = cluster.alert_topic_arn
    hook = SnsHook(aws_conn_id=cluster.publishing_conn_id, region_name=topic_arn.split(":")[3])
    hook.publish_to_target(
        target_arn=topic_arn, message=message, subject=subject, message_attributes=attributes
    )
