"""AWS::S3: buckets and their policies.

Source: CloudFormation Template Reference, "Amazon S3", and the S3 API Reference, whose names
differ from the template's.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.cloudformation.errors import ResourceFailureError
from sandbox.cloudformation.resources.base import (
    Context,
    Made,
    Properties,
    ResourceType,
    changed,
    pick,
    refuse_existing,
)

_HOME_REGION = "us-east-1"


class Bucket(ResourceType):
    """A bucket. Deleting one that is not empty fails, as on AWS."""

    type_name = "AWS::S3::Bucket"
    modelled = frozenset(
        {"BucketEncryption", "BucketName", "LifecycleConfiguration", "LoggingConfiguration"}
        | {"ObjectLockConfiguration", "ObjectLockEnabled", "OwnershipControls"}
        | {"PublicAccessBlockConfiguration", "Tags", "VersioningConfiguration"}
    )
    replaces = frozenset({"ObjectLockEnabled"})
    gone = ("NoSuchBucket",)

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("s3")
        name = properties.get("BucketName") or context.name(63, lower=True)
        request: dict[str, Any] = {}
        if context.region != _HOME_REGION:
            request["CreateBucketConfiguration"] = {"LocationConstraint": context.region}
        if properties.get("ObjectLockEnabled"):
            request["ObjectLockEnabledForBucket"] = True
        _require_new(client, name)
        client.create_bucket(Bucket=name, **request)
        context.exists(name)
        _configure(client, name, {}, properties)
        return Made(name, _attributes(context, name))

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        _configure(context.client("s3"), made.physical_id, old, new)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("s3").delete_bucket(Bucket=made.physical_id)


def _require_new(client: Any, name: str) -> None:
    """Fail for a bucket of the account's own, too, which S3 creates again in us-east-1."""
    if name in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
        raise ResourceFailureError(f"{name} already exists")


def _attributes(context: Context, name: str) -> dict[str, str]:
    return {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "DualStackDomainName": f"{name}.s3.dualstack.{context.region}.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{context.region}.amazonaws.com",
        "WebsiteURL": f"http://{name}.s3-website-{context.region}.amazonaws.com",
    }


def _configure(client: Any, name: str, old: Properties, new: Properties) -> None:
    """Bring each part of a bucket's configuration that differs to its new value."""
    names = changed(old, new)
    for part, configure in _PARTS.items():
        if part in names:
            configure(client, name, new.get(part))


def _encryption(client: Any, name: str, value: Mapping[str, Any] | None) -> None:
    if value is None:
        client.delete_bucket_encryption(Bucket=name)
        return
    rules = [
        {
            **pick(rule, ("BucketKeyEnabled",)),
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
        }
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})


def _versioning(client: Any, name: str, value: Mapping[str, Any] | None) -> None:
    # Versioning is suspended, never taken away.
    client.put_bucket_versioning(
        Bucket=name, VersioningConfiguration=dict(value or {"Status": "Suspended"})
    )


def _public_access(client: Any, name: str, value: Mapping[str, Any] | None) -> None:
    if value is None:
        client.delete_public_access_block(Bucket=name)
    else:
        client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=value)


def _ownership(client: Any, name: str, value: Mapping[str, Any] | None) -> None:
    if value is None:
        client.delete_bucket_ownership_controls(Bucket=name)
    else:
        client.put_bucket_ownership_controls(Bucket=name, OwnershipControls=value)


def _logging(client: Any, name: str, value: Mapping[str, Any] | None) -> None:
    status: dict[str, Any] = {}
    if value is not None:
        status["LoggingEnabled"] = {
            "TargetBucket": value.get("DestinationBucketName", name),
            "TargetPrefix": value.get("LogFilePrefix", ""),
        }
    client.put_bucket_logging(Bucket=name, BucketLoggingStatus=status)


def _object_lock(client: Any, name: str, value: Mapping[str, Any] | None) -> None:
    configuration = dict(value or {})
    configuration.setdefault("ObjectLockEnabled", "Enabled")
    client.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=configuration)


def _lifecycle(client: Any, name: str, value: Mapping[str, Any] | None) -> None:
    if value is None:
        client.delete_bucket_lifecycle(Bucket=name)
        return
    rules = [_rule(rule) for rule in value["Rules"]]
    client.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule as the API has it; CloudFormation's names grew apart from S3's."""
    result: dict[str, Any] = {"Status": rule["Status"], "Filter": _filter(rule)}
    if "Id" in rule:
        result["ID"] = rule["Id"]
    expiration = {
        api: rule[name]
        for name, api in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if name in rule
    }
    if expiration:
        result["Expiration"] = expiration
    old_versions = dict(rule.get("NoncurrentVersionExpiration", {}))
    if "NoncurrentVersionExpirationInDays" in rule:
        old_versions = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    if old_versions:
        result["NoncurrentVersionExpiration"] = old_versions
    if "AbortIncompleteMultipartUpload" in rule:
        result["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    transitions = [*rule.get("Transitions", []), *_one(rule, "Transition")]
    if transitions:
        result["Transitions"] = [_transition(one) for one in transitions]
    of_old = [
        *rule.get("NoncurrentVersionTransitions", []),
        *_one(rule, "NoncurrentVersionTransition"),
    ]
    if of_old:
        result["NoncurrentVersionTransitions"] = [
            {
                "NoncurrentDays": one["TransitionInDays"],
                **pick(one, ("StorageClass", "NewerNoncurrentVersions")),
            }
            for one in of_old
        ]
    return result


def _one(rule: Mapping[str, Any], name: str) -> list[Any]:
    return [rule[name]] if name in rule else []


def _transition(one: Mapping[str, Any]) -> dict[str, Any]:
    names = (("TransitionInDays", "Days"), ("TransitionDate", "Date"))
    return {
        **pick(one, ("StorageClass",)),
        **{api: one[name] for name, api in names if name in one},
    }


def _filter(rule: Mapping[str, Any]) -> dict[str, Any]:
    parts: dict[str, Any] = pick(rule, ("Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan"))
    tags = rule.get("TagFilters", [])
    if len(parts) + len(tags) > 1:
        return {"And": parts | ({"Tags": tags} if tags else {})}
    return {"Tag": tags[0]} if tags else parts or {"Prefix": ""}


def _tags(client: Any, name: str, value: list[dict[str, str]] | None) -> None:
    if value:
        client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": value})
    else:
        client.delete_bucket_tagging(Bucket=name)


_PARTS: Mapping[str, Callable[[Any, str, Any], None]] = {
    "OwnershipControls": _ownership,
    "PublicAccessBlockConfiguration": _public_access,
    "BucketEncryption": _encryption,
    "VersioningConfiguration": _versioning,
    "ObjectLockConfiguration": _object_lock,
    "LifecycleConfiguration": _lifecycle,
    "LoggingConfiguration": _logging,
    "Tags": _tags,
}


class BucketPolicy(ResourceType):
    """The policy of a bucket."""

    type_name = "AWS::S3::BucketPolicy"
    modelled = frozenset({"Bucket", "PolicyDocument"})
    gone = ("NoSuchBucket", "NoSuchBucketPolicy")

    def create(self, context: Context, properties: Properties) -> Made:
        bucket, client = properties["Bucket"], context.client("s3")
        refuse_existing(
            f"The bucket policy of {bucket}",
            lambda: client.get_bucket_policy(Bucket=bucket),
            ("NoSuchBucketPolicy",),
        )
        self._put(context, properties)
        return Made(bucket, {})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        self._put(context, new)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("s3").delete_bucket_policy(Bucket=properties["Bucket"])

    def _put(self, context: Context, properties: Properties) -> None:
        document = properties["PolicyDocument"]
        context.client("s3").put_bucket_policy(
            Bucket=properties["Bucket"],
            Policy=document if isinstance(document, str) else json.dumps(document),
        )
