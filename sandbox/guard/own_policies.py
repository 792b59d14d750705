"""The policies that resources carry themselves: topics, queues, buckets, functions, keys, roles."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.iam.models import iam_backends
from moto.kms.models import Grant, kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from sandbox.accounts import ACCOUNTS, PARTITION
from sandbox.guard.documents import read_policy
from sandbox.guard.evaluation import Target

_NEED_THEIR_OWN = frozenset({"kms", "iam"})


def target_of(arn: str, caller_account_id: str, action: str) -> Target:
    """Return a resource with its owner and its own policy, if its kind knows one.

    :param caller_account_id: owner of what does not exist (yet), or whose ARN names no account.
    """
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return Target(arn, caller_account_id)
    _, _, service, region, account_id, resource = parts
    if service == "s3":
        account_id = _bucket_owner(resource.partition("/")[0]) or caller_account_id
    if service == "redshift" or not account_id:
        # Redshift supports identity-based policies only: whether another account's snapshot is
        # shared with the caller is asked by Redshift itself.
        account_id = caller_account_id
    read = _READERS.get(service)
    if service == "iam" and not action.startswith("sts:"):
        # A trust policy says who may become the role, not who may change it.
        read = None
    known = account_id in {account.account_id for account in ACCOUNTS.values()}
    document = read(account_id, region, resource, arn) if read and known else None
    policy = read_policy(f"policy of {arn}", document) if document else None
    needs_own = service in _NEED_THEIR_OWN and document is not None
    return Target(arn, account_id, policy, needs_own)


def _topic(account_id: str, region: str, resource: str, arn: str) -> Any:
    del resource
    topic = sns_backends[account_id][region].topics.get(arn)
    return topic.policy if topic else None


def _queue(account_id: str, region: str, resource: str, arn: str) -> Any:
    del arn
    queue = sqs_backends[account_id][region].queues.get(resource)
    return queue.policy if queue else None


def _bucket(account_id: str, region: str, resource: str, arn: str) -> Any:
    del region, arn
    bucket = s3_backends[account_id][PARTITION].buckets.get(resource.partition("/")[0])
    return bucket.policy.decode() if bucket and bucket.policy else None


def _function(account_id: str, region: str, resource: str, arn: str) -> Any:
    del arn
    name = resource.removeprefix("function:").partition(":")[0]
    try:
        found = lambda_backends[account_id][region].get_function(name)
    except UnknownFunctionException:
        return None
    return {"Statement": found.policy.statements} if found.policy.statements else None


def _key(account_id: str, region: str, resource: str, arn: str) -> Any:
    del arn
    key = kms_backends[account_id][region].keys.get(resource.removeprefix("key/"))
    if key is None:
        return None
    policy = json.loads(key.policy)
    statements = (
        policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    )
    # A grant lets its grantee use the key as a statement of the policy would.
    grants = [_grant(grant) for grant in key.grants.values()]
    return {"Statement": [*statements, *grants]}


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "Sid": f"grant-{grant.id}",
        "Effect": "Allow",
        "Principal": {"AWS": grant.grantee_principal},
        "Action": [f"kms:{operation}" for operation in grant.operations],
        "Resource": "*",
    }


def _role_trust(account_id: str, region: str, resource: str, arn: str) -> Any:
    del region
    if not resource.startswith("role/"):
        return None
    roles = iam_backends[account_id][PARTITION].roles.values()
    return next((one.assume_role_policy_document for one in roles if one.arn == arn), None)


def _secret(account_id: str, region: str, resource: str, arn: str) -> Any:
    del resource
    secret = secretsmanager_backends[account_id][region].secrets.get(arn)
    return secret.policy if secret else None


def _bucket_owner(name: str) -> str | None:
    for account in ACCOUNTS.values():
        if name in s3_backends[account.account_id][PARTITION].buckets:
            return account.account_id
    return None


_READERS: Mapping[str, Callable[[str, str, str, str], Any]] = {
    "sns": _topic,
    "sqs": _queue,
    "s3": _bucket,
    "lambda": _function,
    "kms": _key,
    "iam": _role_trust,
    "secretsmanager": _secret,
}
