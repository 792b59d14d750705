"""Condition keys that speak of a resource: its account and its tags."""

from collections.abc import Mapping

from moto.redshift.models import redshift_backends

from sandbox.accounts import ACCOUNTS


def facts_of(arn: str, owner: str) -> dict[str, list[str]]:
    """Return the keys of one resource, in lower case.

    Tags are known of Redshift's clusters and snapshots, the only resources that the product tells
    apart by them.
    """
    facts = {"aws:resourceaccount": [owner]}
    for key, value in _redshift_tags(arn, owner).items():
        facts[f"aws:resourcetag/{key.lower()}"] = [value]
    return facts


def _redshift_tags(arn: str, owner: str) -> Mapping[str, str]:
    parts = arn.split(":", 6)
    if len(parts) != 7 or parts[2] != "redshift":
        return {}
    if owner not in {account.account_id for account in ACCOUNTS.values()}:
        return {}
    backend = redshift_backends[owner][parts[3]]
    name = parts[6].rpartition("/")[2]
    holders = {"snapshot": backend.snapshots, "cluster": backend.clusters}.get(parts[5], {})
    holder = holders.get(name)
    tags = getattr(holder, "tags", None) or []
    return {str(one["Key"]): str(one.get("Value", "")) for one in tags}
