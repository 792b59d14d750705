"""Checks of the encryption keys: can the other account ever read what is shared with it. Pure.

The keys are those of the cluster and of its good snapshots: a cluster that was moved to another
key leaves snapshots under the old one, which a restore needs as much.
"""

from redshift_backup.checks.facts import Check, Facts, failed, first_of, not_looked_at, ok
from redshift_backup.sharing import key_admits, key_refusal

ENABLED = "Enabled"


def check_encryption_key(facts: Facts) -> Check:
    """Tell whether the kind of key lets a snapshot be shared at all."""
    name, cluster = "encryption_key", facts.cluster
    if cluster is None:
        return not_looked_at(name, "no cluster", "cluster")
    key = facts.keys.get(cluster.kms_key_id or "")
    refusal = key_refusal(cluster.encrypted, cluster.kms_key_id, key, cluster.identifier)
    if refusal is not None:
        return failed(
            name,
            f"{refusal.partition('. ')[0]}; 0 of {len(facts.chain.required_accounts)} required "
            "accounts can restore under it",
            "move the cluster to a customer managed key (ModifyCluster KmsKeyId), then make a "
            "new snapshot",
        )
    if not cluster.encrypted:
        return ok(name, f"{cluster.identifier} is not encrypted")
    if key is None or key.manager is None:
        return not_looked_at(
            name, f"KMS does not tell who manages {cluster.kms_key_id}", "key_state"
        )
    return ok(name, f"{cluster.identifier} is under the customer managed key {key.key_id}")


def check_key_state(facts: Facts) -> Check:
    """Tell whether every key can be used."""
    name = "key_state"
    wrong = {
        key_id: key.state or f"unknown ({'; '.join(key.unread)})"
        for key_id, key in facts.keys.items()
        if key.state != ENABLED
    }
    detail = f"{len(wrong)} of {len(facts.keys)} keys are not {ENABLED}, 0 expected"
    if not wrong:
        return ok(name, detail)
    listed = "; ".join(f"{key_id} is {state}" for key_id, state in sorted(wrong.items()))
    return failed(
        name,
        f"{detail}: {listed}",
        "enable it (CancelKeyDeletion first where it is PendingDeletion); without the key no "
        "backup can be made, and none restored",
    )


def check_key_policy(facts: Facts) -> Check:
    """Tell whether every key lets every required account decrypt.

    Conditions, denials and the other account's own policies are not evaluated: FAILED is certain,
    OK is proved by a restore only.
    """
    name, accounts = "key_policy", facts.chain.required_accounts
    looked_at = {one: key for one, key in facts.keys.items() if key.policy is not None}
    needed = len(looked_at) * len(accounts)
    left_out = sorted(
        (account, key_id)
        for key_id, key in looked_at.items()
        for account in accounts
        if not key_admits(key, account)
    )
    detail = (
        f"keys admit required accounts in {needed - len(left_out)} of {needed} cases, {needed} "
        "expected"
    )
    if left_out:
        listed = first_of(f"{account} is not admitted by {key_id}" for account, key_id in left_out)
        return failed(
            name,
            f"{detail}: {listed}",
            "let the account use kms:Decrypt, kms:DescribeKey and kms:CreateGrant in the key's "
            "policy, then prove it by a restore",
        )
    unread = [one for one, key in facts.keys.items() if key.policy is None and key.manager != "AWS"]
    if unread:
        return not_looked_at(name, f"the policy of {first_of(unread)} is unread", "permissions")
    return ok(name, detail)
