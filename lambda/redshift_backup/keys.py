"""What KMS tells of an encryption key. Reads only."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from redshift_backup import errors
from redshift_backup.aws import client, our_errors, without_next_step
from redshift_backup.model import KeyFacts
from redshift_backup.sharing import policy_admits


def read_key(key_id: str) -> KeyFacts:
    """Return state and policy of a key; what KMS refuses to tell is a fact too."""
    unread: list[str] = []
    metadata: dict[str, Any] = {}
    policy = None
    try:
        with our_errors("DescribeKey", key_id):
            metadata = client("kms").describe_key(KeyId=key_id)["KeyMetadata"]
    except errors.AwsError as error:
        unread.append(without_next_step(error))
    if metadata.get("KeyManager") != "AWS":
        try:
            with our_errors("GetKeyPolicy", key_id):
                text = client("kms").get_key_policy(KeyId=key_id, PolicyName="default")
            policy = json.loads(text["Policy"])
        except errors.AwsError as error:
            unread.append(without_next_step(error))
    return KeyFacts(
        key_id=key_id,
        manager=metadata.get("KeyManager"),
        state=metadata.get("KeyState"),
        policy=policy,
        unread=tuple(unread),
    )


def with_grants_for(facts: KeyFacts, accounts: Iterable[str]) -> KeyFacts:
    """Add the key's grants, if its policy alone leaves one of the accounts out.

    A policy that admits them all needs no grant, and a busy key has pages of them.
    """
    is_known = facts.policy is None or facts.grants is not None
    if is_known or all(policy_admits(facts, account) for account in accounts):
        return facts
    try:
        with our_errors("ListGrants", facts.key_id):
            pages = client("kms").get_paginator("list_grants").paginate(KeyId=facts.key_id)
            grants = tuple(one for page in pages for one in page["Grants"])
    except errors.AwsError as error:
        return replace(facts, unread=(*facts.unread, without_next_step(error)))
    return replace(facts, grants=grants)
