"""What KMS tells of an encryption key. Reads only."""

import json
from typing import Any

from redshift_backup import errors
from redshift_backup.aws import client, our_errors
from redshift_backup.model import KeyFacts


def read_key(key_id: str) -> KeyFacts:
    """Return what KMS tells of a key; what it refuses to tell is a fact too."""
    unread: list[str] = []
    metadata: dict[str, Any] = {}
    policy, grants = None, None
    try:
        with our_errors("DescribeKey", key_id):
            metadata = client("kms").describe_key(KeyId=key_id)["KeyMetadata"]
    except errors.AwsError as error:
        unread.append(str(error))
    if metadata.get("KeyManager") != "AWS":
        try:
            with our_errors("GetKeyPolicy", key_id):
                text = client("kms").get_key_policy(KeyId=key_id, PolicyName="default")
            policy = json.loads(text["Policy"])
            with our_errors("ListGrants", key_id):
                pages = client("kms").get_paginator("list_grants").paginate(KeyId=key_id)
                grants = tuple(one for page in pages for one in page["Grants"])
        except errors.AwsError as error:
            unread.append(str(error))
    return KeyFacts(
        key_id=key_id,
        manager=metadata.get("KeyManager"),
        state=metadata.get("KeyState"),
        policy=policy,
        grants=grants,
        unread=tuple(unread),
    )
