"""Whether a topic's policy and key let an AWS service publish to it.

This is asked whether or not the guard enforces: no call of a user stands behind it, and an alarm
that cannot reach its topic is what nobody notices.

Source: SNS Developer Guide, "Encryption at rest" (what the key's policy has to grant to a service)
and the default policy of a topic.
"""

from moto.kms.models import kms_backends
from moto.sns.models import sns_backends

from sandbox.guard.documents import Caller
from sandbox.guard.evaluation import Policies, judge
from sandbox.guard.own_policies import target_of
from sandbox.kms import AWS_MANAGED_ALIAS_PREFIX

_KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")


class DeniedToServiceError(Exception):
    """A topic that a service may not publish to; says which policy keeps it out."""


def check_service_may_publish(
    service: str, topic_arn: str, account_id: str, source_arn: str
) -> None:
    """Look whether a service may publish to a topic on behalf of one of its own resources.

    :param service: such as ``cloudwatch.amazonaws.com``.
    :param account_id: the account of the resource, ``source_arn`` its ARN.
    :raises DeniedToServiceError: the topic's or its key's policy does not admit the service.
    """
    context = {
        "aws:sourceaccount": [account_id],
        "aws:sourceowner": [account_id],
        "aws:sourcearn": [source_arn],
        "aws:securetransport": ["true"],
    }
    # A statement for everybody, such as the default policy's, means services as well.
    callers = (
        Caller(account_id, service, service, service),
        Caller(account_id, f"service/{service}", f"service/{service}"),
    )
    topic_account, region = topic_arn.split(":")[4], topic_arn.split(":")[3]

    def admits(arn: str, action: str, *, everybody: bool) -> bool:
        target = target_of(arn, topic_account, action)
        asking = callers if everybody else callers[:1]
        return any(judge(one, Policies(), action, [target], context).allowed for one in asking)

    if not admits(topic_arn, "sns:Publish", everybody=True):
        raise DeniedToServiceError(f"the policy of {topic_arn} does not let {service} publish")
    topic = sns_backends[topic_account][region].topics.get(topic_arn)
    key_id = getattr(topic, "kms_master_key_id", "") or ""
    if not key_id:
        return
    if key_id.startswith(AWS_MANAGED_ALIAS_PREFIX):
        raise DeniedToServiceError(
            f"{topic_arn} is encrypted with {key_id}, which admits no service"
        )
    key_arn = _key_arn(key_id, topic_account, region)
    for action in _KEY_ACTIONS:
        if not admits(key_arn, action, everybody=False):
            raise DeniedToServiceError(f"the policy of {key_arn} does not let {service} {action}")


def _key_arn(key_id: str, account_id: str, region: str) -> str:
    backend = kms_backends[account_id][region]
    found = backend.get_alias_name(backend.get_key_id(key_id))
    if found.startswith("alias/"):
        found = backend.get_key_id_from_alias(found) or found
    return f"arn:aws:kms:{region}:{account_id}:key/{found}"
