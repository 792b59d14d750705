"""AWS::KMS and AWS::SecretsManager: keys, their aliases, secrets.

Source: CloudFormation Template Reference, "AWS KMS", "AWS Secrets Manager".
"""

import json
from typing import Any

from sandbox.cloudformation.resources.base import (
    Context,
    Made,
    Properties,
    ResourceType,
    changed,
    pick,
    tag_changes,
    tag_list,
)

_LONGEST_WAIT_DAYS = 30


class Key(ResourceType):
    """A key. Deleting it schedules its deletion, as on AWS."""

    type_name = "AWS::KMS::Key"
    modelled = frozenset(
        {"BypassPolicyLockoutSafetyCheck", "Description", "EnableKeyRotation", "Enabled"}
        | {"KeyPolicy", "KeySpec", "KeyUsage", "MultiRegion", "PendingWindowInDays"}
        | {"RotationPeriodInDays", "Tags"}
    )
    replaces = frozenset({"KeySpec", "KeyUsage", "MultiRegion"})
    gone = ("NotFoundException", "KMSInvalidStateException")

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("kms")
        taken = ("BypassPolicyLockoutSafetyCheck", "Description", "KeySpec", "KeyUsage")
        request = pick(properties, (*taken, "MultiRegion"))
        if "KeyPolicy" in properties:
            request["Policy"] = _text(properties["KeyPolicy"])
        if "Tags" in properties:
            request["Tags"] = _kms_tags(properties["Tags"])
        key = client.create_key(**request)["KeyMetadata"]
        context.exists(key["KeyId"])
        _set_state(client, key["KeyId"], {}, properties)
        return Made(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        client, key_id = context.client("kms"), made.physical_id
        names = changed(old, new)
        if "KeyPolicy" in names:
            policy = new.get("KeyPolicy") or _default_policy(context.account_id)
            client.put_key_policy(KeyId=key_id, PolicyName="default", Policy=_text(policy))
        if "Description" in names:
            client.update_key_description(KeyId=key_id, Description=new.get("Description", ""))
        _set_state(client, key_id, old, new)
        to_set, to_remove = tag_changes(old, new)
        if to_set:
            client.tag_resource(KeyId=key_id, Tags=_kms_tags(tag_list(to_set)))
        if to_remove:
            client.untag_resource(KeyId=key_id, TagKeys=to_remove)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        days = properties.get("PendingWindowInDays", _LONGEST_WAIT_DAYS)
        context.client("kms").schedule_key_deletion(
            KeyId=made.physical_id, PendingWindowInDays=days
        )


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _kms_tags(tags: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags]


def _default_policy(account_id: str) -> dict[str, Any]:
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}


def _set_state(client: Any, key_id: str, old: Properties, new: Properties) -> None:
    rotation = ("EnableKeyRotation", "RotationPeriodInDays")
    if any(old.get(name) != new.get(name) for name in rotation):
        if new.get("EnableKeyRotation"):
            client.enable_key_rotation(KeyId=key_id, **pick(new, ("RotationPeriodInDays",)))
        else:
            client.disable_key_rotation(KeyId=key_id)
    if old.get("Enabled", True) != new.get("Enabled", True):
        if new.get("Enabled", True):
            client.enable_key(KeyId=key_id)
        else:
            client.disable_key(KeyId=key_id)


class Alias(ResourceType):
    """A name of a key."""

    type_name = "AWS::KMS::Alias"
    modelled = frozenset({"AliasName", "TargetKeyId"})
    gone = ("NotFoundException",)

    def create(self, context: Context, properties: Properties) -> Made:
        context.client("kms").create_alias(**properties)
        return Made(properties["AliasName"], {})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        context.client("kms").update_alias(**new)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("kms").delete_alias(AliasName=made.physical_id)


class Secret(ResourceType):
    """A secret, given or made up."""

    type_name = "AWS::SecretsManager::Secret"
    modelled = frozenset(
        {"Description", "GenerateSecretString", "KmsKeyId", "Name", "SecretString", "Tags"}
    )
    gone = ("ResourceNotFoundException",)

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("secretsmanager")
        answer = client.create_secret(
            Name=properties.get("Name") or context.name(64),
            SecretString=_secret(client, properties),
            **pick(properties, ("Description", "KmsKeyId", "Tags")),
        )
        return Made(answer["ARN"], {"Id": answer["ARN"]})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        client, arn = context.client("secretsmanager"), made.physical_id
        request = pick(new, ("Description", "KmsKeyId"))
        if changed(old, new) & {"SecretString", "GenerateSecretString"}:
            request["SecretString"] = _secret(client, new)
        client.update_secret(SecretId=arn, **request)
        to_set, to_remove = tag_changes(old, new)
        if to_set:
            client.tag_resource(SecretId=arn, Tags=tag_list(to_set))
        if to_remove:
            client.untag_resource(SecretId=arn, TagKeys=to_remove)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("secretsmanager").delete_secret(
            SecretId=made.physical_id, ForceDeleteWithoutRecovery=True
        )


def _secret(client: Any, properties: Properties) -> str:
    if "SecretString" in properties:
        return str(properties["SecretString"])
    wanted = dict(properties.get("GenerateSecretString", {}))
    template, key = wanted.pop("SecretStringTemplate", None), wanted.pop("GenerateStringKey", None)
    password = str(client.get_random_password(**wanted)["RandomPassword"])
    if template is None:
        return password
    return json.dumps(json.loads(template) | {str(key): password})
