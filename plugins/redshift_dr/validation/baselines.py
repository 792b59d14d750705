"""Where inventories are kept: written once by the source account, read by the DR account.

``baselines/<cluster>/runs/<run>/before.json`` is taken before the snapshot has a name;
``baselines/<cluster>/<snapshot>/after.json`` names it in ``before``.
"""

import json
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError

from redshift_dr.validation.comparison import Baseline
from redshift_dr.validation.inventory import Inventory, inventory_of

_EXISTS = "PreconditionFailed"
_MISSING = frozenset({"NoSuchKey", "404"})


def before_key(cluster_identifier: str, run_id: str) -> str:
    """Where a run's first inventory is; the run is known when its snapshot is not yet."""
    digest = sha256(run_id.encode()).hexdigest()[:16]
    return f"baselines/{cluster_identifier}/runs/{digest}/before.json"


def after_key(cluster_identifier: str, snapshot_id: str) -> str:
    """Where the second inventory of a snapshot is; it leads to the first."""
    return f"baselines/{cluster_identifier}/{snapshot_id}/after.json"


def write_once(client: Any, bucket: str, key: str, document: dict[str, Any]) -> bool:
    """Write an object unless it is there: the first one counts.

    :param client: boto3 ``s3`` client.
    :return: whether it was written now.
    """
    body = json.dumps(document, separators=(",", ":")).encode()
    try:
        client.put_object(
            Bucket=bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*"
        )
    except ClientError as error:
        if error.response["Error"].get("Code") != _EXISTS:
            raise
        return False
    return True


def read_baseline(
    client: Any, bucket: str, *, cluster_identifier: str, snapshot_id: str
) -> Baseline | str:
    """Both inventories of a snapshot, or why there is nothing to compare with.

    :param client: boto3 ``s3`` client.
    """
    key = after_key(cluster_identifier, snapshot_id)
    try:
        after = _read(client, bucket, key)
        before = _read(client, bucket, str(after.get("before")))
        return Baseline(inventory_of(before), inventory_of(after))
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        if code in _MISSING:
            return f"no inventory was recorded for {snapshot_id}; none is at s3://{bucket}/{key}"
        return f"s3://{bucket}/{key} could not be read: {code}"
    except ValueError as error:
        return f"s3://{bucket}/{key} cannot be used: {error}"


def after_document(inventory: Inventory, before: str) -> dict[str, Any]:
    """The second inventory, which leads to the first."""
    return {**inventory.as_document(), "before": before}


def _read(client: Any, bucket: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.load(client.get_object(Bucket=bucket, Key=key)["Body"])
    return found
