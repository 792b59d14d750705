"""Snapshots put on the shelf from outside, and changes of their frozen data."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.redshift.models import redshift_backends

from sandbox.accounts import ACCOUNTS, REGION, SOURCE
from sandbox.clock import CLOCK
from sandbox.kms import KeyUnusableError, resolve_key
from sandbox.lifecycle import Run
from sandbox.redshift.cluster import SandboxCluster
from sandbox.redshift.errors import RedshiftError
from sandbox.redshift.models import SandboxRedshiftBackend
from sandbox.redshift.snapshot import ClusterFacts, SandboxSnapshot
from sandbox.redshift.state import LOCK
from sandbox.redshift.validation import cluster_identifier, snapshot_identifier, tags
from sandbox.warehouse import WAREHOUSES
from sandbox.warehouse.errors import SqlError

FIELDS = (
    "account_id",
    "cluster_identifier",
    "snapshot_identifier",
    "create_time",
    "type",
    "status",
    "tags",
    "shared_with",
    "kms_key_id",
)
STATUSES = ("available", "creating", "failed", "cancelled")
_AUTOMATED = re.compile(r"rs:[a-z][a-z0-9-]*", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)


@dataclass(frozen=True)
class Planted:
    """One row, checked."""

    account_id: str
    cluster_identifier: str
    snapshot_identifier: str
    create_time: datetime
    type: str
    status: str
    tags: list[dict[str, str]]
    shared_with: list[str]
    kms_key_id: str | None


def plant(rows: Any) -> list[dict[str, Any]]:
    """Put snapshots on the shelf as if they had been taken. Quotas do not count.

    ``cluster_identifier`` is required; the account is the source account, the type ``manual``, the
    status ``available`` and the time now unless given. A snapshot of a cluster that exists carries
    its data and key as of now; one of a cluster that does not exist carries no data and, without
    ``kms_key_id``, is unencrypted. A planted automated snapshot stays for the cluster's retention
    from now on, however old it is. A status other than ``available`` stays as it is.

    :param rows: a list of objects with the fields of ``FIELDS``.
    :return: one row per snapshot, as planted, in the same order.
    :raises ValueError: every fault of every row, one a line; then nothing is planted.
    """
    if not isinstance(rows, list):
        raise ValueError(f"expected a list of snapshots, got {type(rows).__name__}")
    with LOCK:
        checked, faults = _check_rows(rows)
        if faults:
            raise ValueError("\n".join(faults))
        images: dict[tuple[str, str], str] = {}
        return [_store(row, images) for row in checked]


def execute_on_snapshot(identifier: str, sql: str) -> dict[str, Any]:
    """Change the frozen data of one snapshot; other snapshots of the same moment stay as they are.

    :return: ``snapshot_identifier``, ``account_id`` and ``rows_affected``.
    :raises ValueError: no such snapshot, one without data, or SQL that fails.
    """
    with LOCK:
        snapshot = _find(identifier)
        if snapshot.image_id is None:
            raise ValueError(f"snapshot {identifier} holds no data: its cluster never existed here")
        try:
            image_id, rows_affected = WAREHOUSES.execute_on_image(snapshot.image_id, sql)
        except SqlError as error:
            raise ValueError(str(error)) from error
        # The answer is retained even when it is the same image: SQL that changed nothing.
        WAREHOUSES.release(snapshot.image_id)
        snapshot.image_id = image_id
        snapshot.size_megabytes = WAREHOUSES.size_megabytes(image_id)
        return {
            "snapshot_identifier": snapshot.snapshot_identifier,
            "account_id": snapshot.account_id,
            "rows_affected": rows_affected,
        }


def _find(identifier: str) -> SandboxSnapshot:
    for account in ACCOUNTS.values():
        backend: SandboxRedshiftBackend = redshift_backends[account.account_id][REGION]
        backend.settle()
        snapshot = backend.snapshots.get(identifier.lower())
        if snapshot is not None:
            return snapshot
    raise ValueError(f"no account has a snapshot {identifier}")


def _check_rows(rows: list[Any]) -> tuple[list[Planted], list[str]]:
    checked: list[Planted] = []
    faults: list[str] = []
    taken: set[tuple[str, str]] = set()
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            faults.append(f"row {number}: expected an object, got {type(row).__name__}")
            continue
        found: list[str] = []
        planted = _check_row(row, found)
        if planted is not None:
            found += _check_free(planted, taken)
            checked.append(planted)
        faults += [f"row {number}: {fault}" for fault in found]
    return checked, faults


def _check_row(row: dict[str, Any], faults: list[str]) -> Planted | None:
    unknown = sorted(set(row) - set(FIELDS), key=str)
    if unknown:
        faults.append(f"unknown fields {', '.join(map(str, unknown))}; known: {', '.join(FIELDS)}")
    account_id = row.get("account_id", SOURCE.account_id)
    if not isinstance(account_id, str) or not _ACCOUNT.fullmatch(account_id):
        faults.append(f"account_id {account_id!r} is not a string of 12 digits")
        account_id = SOURCE.account_id
    kind = _one_of(row, "type", ("manual", "automated"), faults)
    status = _one_of(row, "status", STATUSES, faults)
    cluster = _checked(row.get("cluster_identifier"), "cluster_identifier", faults, _cluster)
    created = _checked(row.get("create_time"), "create_time", faults, _instant)
    name = row.get("snapshot_identifier")
    if name is None and kind == "automated" and cluster and created:
        name = f"rs:{cluster}-{created.strftime('%Y-%m-%d-%H-%M-%S')}"
    rule = _automated_name if kind == "automated" else _manual_name
    identifier = _checked(name, "snapshot_identifier", faults, rule)
    tag_list = _checked(row.get("tags"), "tags", faults, _tags)
    shared_with = _check_shares(row.get("shared_with"), account_id, kind, faults)
    key = _checked(row.get("kms_key_id"), "kms_key_id", faults, lambda v: _key(account_id, v))
    if faults:
        return None
    return Planted(
        account_id, cluster, identifier, created, kind, status, tag_list, shared_with, key
    )


def _checked(value: Any, field: str, faults: list[str], rule: Callable[[Any], Any]) -> Any:
    try:
        return rule(value)
    except (RedshiftError, KeyUnusableError, ValueError) as error:
        reason = error.message if isinstance(error, RedshiftError) else error
        faults.append(f"{field}: {reason}")
        return None


def _one_of(row: dict[str, Any], field: str, allowed: tuple[str, ...], faults: list[str]) -> str:
    value = row.get(field, allowed[0])
    if value not in allowed:
        faults.append(f"{field} is {value!r}, expected one of {', '.join(allowed)}")
        return allowed[0]
    return str(value)


def _cluster(value: Any) -> str:
    return cluster_identifier(_text(value))


def _manual_name(value: Any) -> str:
    return snapshot_identifier(_text(value))


def _automated_name(value: Any) -> str:
    name = _text(value).lower()
    if not _AUTOMATED.fullmatch(name):
        raise ValueError(f"{value!r} is not the identifier of an automated snapshot (rs:...)")
    return name


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("missing" if value is None else f"{value!r} is not a string")
    return value


def _instant(value: Any) -> datetime:
    if value is None:
        return CLOCK.now()
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(_text(value))
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)


def _tags(value: Any) -> list[dict[str, str]]:
    if isinstance(value, dict):
        value = [{"Key": key, "Value": text} for key, text in value.items()]
    for tag in value or []:
        if not isinstance(tag, dict) or set(tag) - {"Key", "Value"} or "Key" not in tag:
            raise ValueError(f"{tag!r} is not a tag with Key and Value")
        if not all(isinstance(text, str) for text in tag.values()):
            raise ValueError(f"{tag!r}: key and value are strings")
    return tags(value)


def _key(account_id: str, value: Any) -> str | None:
    return None if value is None else resolve_key(account_id, REGION, _text(value)).arn


def _check_shares(value: Any, owner: str, kind: str, faults: list[str]) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        faults.append(f"shared_with is {value!r}, expected a list of account ids")
        return []
    for account_id in value:
        if not isinstance(account_id, str) or not _ACCOUNT.fullmatch(account_id):
            faults.append(f"shared_with: {account_id!r} is not a string of 12 digits")
        elif account_id == owner:
            faults.append(f"shared_with: {account_id} is the owner's own account")
    if value and kind == "automated":
        faults.append("shared_with: an automated snapshot cannot be shared")
    return [str(account_id) for account_id in value]


def _check_free(planted: Planted, taken: set[tuple[str, str]]) -> list[str]:
    place = (planted.account_id, planted.snapshot_identifier)
    backend: SandboxRedshiftBackend = redshift_backends[planted.account_id][REGION]
    if place in taken or planted.snapshot_identifier in backend.snapshots:
        return [
            f"account {planted.account_id} has a snapshot {planted.snapshot_identifier} already"
        ]
    taken.add(place)
    return []


def _store(row: Planted, images: dict[tuple[str, str], str]) -> dict[str, Any]:
    backend: SandboxRedshiftBackend = redshift_backends[row.account_id][REGION]
    cluster = backend.clusters.get(row.cluster_identifier)
    image_id = _image_of(row, cluster, images)
    snapshot = SandboxSnapshot(
        row.snapshot_identifier,
        _facts(row, cluster),
        account_id=row.account_id,
        region=REGION,
        run=Run(row.create_time, 0.0, "never" if row.status == "creating" else "available"),
        create_time=row.create_time,
        snapshot_type=row.type,
        tags=row.tags,
        image_id=image_id,
        size_megabytes=WAREHOUSES.size_megabytes(image_id) if image_id else 0.0,
    )
    snapshot.fixed_status = row.status
    snapshot.keep_automated_from = max(row.create_time, CLOCK.now())
    snapshot.authorized_accounts = dict.fromkeys(row.shared_with)
    backend.add_snapshot(snapshot)
    return {
        "account_id": row.account_id,
        "cluster_identifier": row.cluster_identifier,
        "snapshot_identifier": row.snapshot_identifier,
        "create_time": row.create_time.isoformat(),
        "type": row.type,
        "status": row.status,
        "tags": {tag["Key"]: tag["Value"] for tag in row.tags},
        "shared_with": list(snapshot.authorized_accounts),
        "kms_key_id": snapshot.facts.kms_key_id,
    }


def _image_of(
    row: Planted, cluster: SandboxCluster | None, images: dict[tuple[str, str], str]
) -> str | None:
    """Freeze a cluster once, however many of its snapshots are planted."""
    if cluster is None:
        return None
    place = (row.account_id, row.cluster_identifier)
    if place in images:
        WAREHOUSES.retain(images[place])
    else:
        images[place] = WAREHOUSES.freeze(row.account_id, REGION, row.cluster_identifier)
    return images[place]


def _facts(row: Planted, cluster: SandboxCluster | None) -> ClusterFacts:
    if cluster is None:
        return ClusterFacts(row.cluster_identifier, row.create_time, kms_key_id=row.kms_key_id)
    facts = cluster.facts()
    if row.kms_key_id is None:
        return facts
    return ClusterFacts(**{**vars(facts), "kms_key_id": row.kms_key_id})
