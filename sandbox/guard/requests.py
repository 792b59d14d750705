"""What a call asks IAM for: one or more actions, each on the resources that it touches."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.kms.models import kms_backends
from moto.redshift.models import redshift_backends
from moto.sqs.models import sqs_backends

from sandbox.accounts import ACCOUNTS, PARTITION
from sandbox.guard.actions import ACTION_NAMES, FREE_OF_PERMISSION, PREFIXES, RESOURCES

_PARAMETER = re.compile(r"\{(\w+)\}")
_OBJECT_ACTIONS = frozenset({"GetObject", "PutObject", "DeleteObject", "PutObjectRetention"})
# What a service does with a key on behalf of the one who restores (Service Authorization
# Reference, dependent actions of RestoreFromClusterSnapshot).
_RESTORE_KEY_ACTIONS = ("kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant")


@dataclass(frozen=True)
class Ask:
    """One action on its resources.

    :ivar arns: at least one; ``*`` for an action that knows no resources.
    :ivar facts: condition keys of this action alone, in lower case.
    """

    action: str
    arns: tuple[str, ...]
    facts: Mapping[str, list[str]] = field(default_factory=dict)


def asks_of(
    service: str, operation: str, parameters: Mapping[str, Any], *, account_id: str, region: str
) -> list[Ask]:
    """Return what a call asks for; nothing where AWS asks for nothing.

    :param service: boto3's name of it; ``operation`` and ``parameters`` are botocore's.
    """
    if (service, operation) in FREE_OF_PERMISSION:
        return []
    place = _Place(service, account_id, region)
    name = ACTION_NAMES.get((service, operation), operation)
    action = f"{PREFIXES.get(service, service)}:{name}"
    facts = _request_facts(service, parameters)
    own = Ask(action, tuple(_arns(place, operation, name, parameters)) or ("*",), facts)
    return [own, *_further(place, operation, parameters, own)]


@dataclass(frozen=True)
class _Place:
    service: str
    account_id: str
    region: str

    def arn(self, resource: str) -> str:
        # The Data API has no resources of its own but Redshift's clusters.
        service = "redshift" if self.service == "redshift-data" else self.service
        return f"arn:{PARTITION}:{service}:{self.region}:{self.account_id}:{resource}"


def _arns(place: _Place, operation: str, name: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    if place.service == "s3":
        yield from _s3_arns(operation, name, parameters)
    elif place.service == "sqs":
        yield from _sqs_arns(place, parameters)
    elif (place.service, operation) == ("redshift", "BatchDeleteClusterSnapshots"):
        for one in parameters.get("Identifiers", ()):
            yield place.arn(_snapshot(place, one))
    elif (place.service, operation) == ("redshift", "RestoreFromClusterSnapshot"):
        yield place.arn(f"cluster:{parameters.get('ClusterIdentifier', '*')}")
        yield _restored_snapshot(place, parameters)
    elif (place.service, operation) == ("sns", "Publish"):
        # A topic goes by either name; a message to a telephone by neither.
        topic = parameters.get("TopicArn") or parameters.get("TargetArn")
        yield str(topic) if topic else place.arn("*")
    else:
        for template in RESOURCES.get(place.service, {}).get(operation, ()):
            yield from _filled(place, template, parameters)


def _filled(place: _Place, template: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    if place.service == "redshift" and "{SnapshotClusterIdentifier}" in template:
        yield place.arn(_snapshot(place, parameters))
        return
    names = _PARAMETER.findall(template)
    values = {name: parameters.get(name) for name in names}
    lists = [name for name, value in values.items() if isinstance(value, list)]
    choices = values[lists[0]] if lists else [None]
    for choice in choices or ["*"]:
        text = template
        for name, value in values.items():
            chosen = choice if lists and name == lists[0] else value
            text = text.replace(f"{{{name}}}", "*" if chosen is None else str(chosen))
        yield _completed(place, text)


def _completed(place: _Place, text: str) -> str:
    if place.service == "kms":
        return _key_arn(place, text)
    # A parameter may hold the whole ARN already, alone or behind its own kind.
    at = text.find("arn:")
    if at >= 0:
        return text[at:]
    if place.service == "iam":
        return f"arn:{PARTITION}:iam::{place.account_id}:{text}"
    return place.arn(text)


def _key_arn(place: _Place, key_id: str) -> str:
    account_id, region = place.account_id, place.region
    if key_id.startswith("arn:"):
        parts = key_id.split(":", 5)
        region, account_id, key_id = parts[3], parts[4], parts[5].removeprefix("key/")
    if account_id not in {account.account_id for account in ACCOUNTS.values()}:
        return f"arn:{PARTITION}:kms:{region}:{account_id}:key/{key_id}"
    backend = kms_backends[account_id][region]
    if key_id.startswith("alias/"):
        key_id = backend.get_key_id_from_alias(key_id) or key_id
    return f"arn:{PARTITION}:kms:{region}:{account_id}:key/{key_id}"


def _snapshot(place: _Place, parameters: Mapping[str, Any]) -> str:
    """Name a snapshot with its cluster, which callers may leave out."""
    arn = str(parameters.get("SnapshotArn", ""))
    if arn:
        return arn.split(":", 5)[5]
    identifier = str(parameters.get("SnapshotIdentifier", "*"))
    cluster = parameters.get("SnapshotClusterIdentifier")
    if cluster is None:
        snapshot = redshift_backends[place.account_id][place.region].snapshots.get(identifier)
        cluster = snapshot.cluster_identifier if snapshot is not None else "*"
    return f"snapshot:{cluster}/{identifier}"


def _restored_snapshot(place: _Place, parameters: Mapping[str, Any]) -> str:
    arn = str(parameters.get("SnapshotArn", ""))
    if arn:
        return arn
    owner = str(parameters.get("OwnerAccount") or place.account_id)
    known = {account.account_id for account in ACCOUNTS.values()}
    of_owner = _Place(place.service, owner, place.region)
    if owner not in known:
        return of_owner.arn(f"snapshot:*/{parameters.get('SnapshotIdentifier', '*')}")
    return of_owner.arn(_snapshot(of_owner, parameters))


def _s3_arns(operation: str, name: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    bucket = parameters.get("Bucket")
    if bucket is None:
        return
    keys: Sequence[Any] = [parameters["Key"]] if "Key" in parameters else []
    if operation == "DeleteObjects":
        keys = [one.get("Key") for one in parameters.get("Delete", {}).get("Objects", ())]
    if not keys and name not in _OBJECT_ACTIONS:
        yield f"arn:{PARTITION}:s3:::{bucket}"
    for key in keys:
        yield f"arn:{PARTITION}:s3:::{bucket}/{key}"


def _sqs_arns(place: _Place, parameters: Mapping[str, Any]) -> Iterator[str]:
    url, name = parameters.get("QueueUrl"), parameters.get("QueueName")
    if url is not None:
        name = str(url).rstrip("/").rpartition("/")[2]
        owner = str(url).rstrip("/").split("/")[-2]
        if owner in sqs_backends and owner.isdigit():
            place = _Place(place.service, owner, place.region)
    yield place.arn(str(name) if name else "*")


def _request_facts(service: str, parameters: Mapping[str, Any]) -> dict[str, list[str]]:
    facts: dict[str, list[str]] = {}
    tags = parameters.get("Tags")
    if isinstance(tags, list):
        pairs = {str(one["Key"]): str(one.get("Value", "")) for one in tags if "Key" in one}
    else:
        pairs = {str(key): str(value) for key, value in (tags or {}).items()}
    for key, value in pairs.items():
        facts[f"aws:requesttag/{key.lower()}"] = [value]
    keys = list(pairs) + [str(one) for one in parameters.get("TagKeys", ())]
    if keys:
        facts["aws:tagkeys"] = keys
    for key, name in _FACTS.get(service, {}).items():
        if name in parameters:
            facts[key] = [str(parameters[name])]
    return facts


_FACTS: Mapping[str, Mapping[str, str]] = {
    "sts": {"sts:externalid": "ExternalId", "sts:rolesessionname": "RoleSessionName"},
    "redshift": {"redshift:dbuser": "DbUser", "redshift:dbname": "DbName"},
    "s3": {
        "s3:if-none-match": "IfNoneMatch",
        "s3:prefix": "Prefix",
        "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    },
}


def _further(
    place: _Place, operation: str, parameters: Mapping[str, Any], own: Ask
) -> Iterator[Ask]:
    """Name what a call asks for beside its own action: tags, keys, roles that are handed on."""
    if place.service == "redshift" and operation != "CreateTags" and parameters.get("Tags"):
        # Belief, not documented for Redshift: tags in a creation ask for CreateTags too.
        yield Ask("redshift:CreateTags", own.arns[:1], own.facts)
    if operation == "GetClusterCredentials" and parameters.get("AutoCreate"):
        yield Ask("redshift:CreateClusterUser", own.arns[:1], own.facts)
    if place.service == "redshift-data" and parameters.get("DbUser"):
        yield _login(place, parameters)
    if (place.service, operation) == ("s3", "CopyObject"):
        source = str(parameters.get("CopySource", "")).lstrip("/").partition("?")[0]
        yield Ask("s3:GetObject", (f"arn:{PARTITION}:s3:::{source}",))
    if (place.service, operation) == ("redshift", "RestoreFromClusterSnapshot"):
        yield from _restore_keys(place, parameters)
    for role_arn, to in _roles_handed_on(place.service, operation, parameters):
        yield Ask("iam:PassRole", (role_arn,), {"iam:passedtoservice": [to]})


def _login(place: _Place, parameters: Mapping[str, Any]) -> Ask:
    """Temporary credentials of a database user, which the Data API gets in the caller's name."""
    cluster = parameters.get("ClusterIdentifier", "*")
    user, database = parameters["DbUser"], parameters.get("Database", "*")
    return Ask(
        "redshift:GetClusterCredentials",
        (
            place.arn(f"dbuser:{cluster}/{user}"),
            place.arn(f"dbname:{cluster}/{database}"),
        ),
        {"redshift:dbuser": [str(user)], "redshift:dbname": [str(database)]},
    )


def _restore_keys(place: _Place, parameters: Mapping[str, Any]) -> Iterator[Ask]:
    snapshot_arn = _restored_snapshot(place, parameters)
    owner, identifier = snapshot_arn.split(":")[4], snapshot_arn.rpartition("/")[2]
    keys = [parameters.get("KmsKeyId")]
    if owner in {account.account_id for account in ACCOUNTS.values()}:
        snapshot = redshift_backends[owner][place.region].snapshots.get(identifier)
        keys.append(snapshot.facts.kms_key_id if snapshot is not None else None)
    facts = {
        "kms:viaservice": [f"redshift.{place.region}.amazonaws.com"],
        "kms:calleraccount": [place.account_id],
        "kms:grantisforawsresource": ["true"],
        "aws:viaawsservice": ["true"],
    }
    for key in keys:
        if key and key != "AWS_OWNED_KMS_KEY":
            arn = _key_arn(place, str(key))
            for action in _RESTORE_KEY_ACTIONS:
                yield Ask(action, (arn,), facts)


def _roles_handed_on(
    service: str, operation: str, parameters: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    if service == "lambda" and parameters.get("Role"):
        yield str(parameters["Role"]), "lambda.amazonaws.com"
    if service == "scheduler" and operation in ("CreateSchedule", "UpdateSchedule"):
        role = (parameters.get("Target") or {}).get("RoleArn")
        if role:
            yield str(role), "scheduler.amazonaws.com"
    if service == "redshift":
        for role in parameters.get("IamRoles", ()) or ():
            yield str(role), "redshift.amazonaws.com"
