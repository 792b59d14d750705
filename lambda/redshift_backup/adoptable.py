"""Which snapshot of another maker may become ours, and by which tags. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from redshift_backup.model import (
    AVAILABLE,
    MANAGED_BY,
    MANAGED_BY_US,
    ORIGIN,
    REQUEST_ID,
    SLOT,
    SOURCE_CREATE_TIME,
    Chain,
    Snapshot,
    iso_utc,
    parse_instant,
)

# AWS's limit for one resource.
TAGS_PER_SNAPSHOT = 50


def refusal_to_adopt(snapshot: Snapshot, chain: Chain, window: timedelta) -> str | None:
    """Say why a snapshot of another maker is not adopted, or None.

    :param window: how long a slot's window is.
    """
    if snapshot.snapshot_type != "manual":
        return (
            f"it is {snapshot.snapshot_type} and Redshift deletes it by itself; the action create "
            "with a past slot copies it to a manual one"
        )
    if snapshot.cluster_identifier != chain.cluster_identifier:
        return (
            f"it is of cluster {snapshot.cluster_identifier}, not of {chain.cluster_identifier}; "
            "name that cluster in the event"
        )
    if _is_of_aws_backup(snapshot):
        return "AWS Backup manages it; delete or keep it there"
    manager = _other_manager(snapshot)
    if manager is not None:
        return (
            f"its tag {manager[0]} is {manager[1]}: another tool manages it. Stop that tool and "
            "take the tag off first"
        )
    if snapshot.status != AVAILABLE:
        return f"it is {snapshot.status} and only an {AVAILABLE} one is adopted"
    return _doubtful_data_time(snapshot, chain, window)


def _is_of_aws_backup(snapshot: Snapshot) -> bool:
    # The names are those of its RDS recovery points and the tag is the one its managed policies
    # ask for; whether its Redshift snapshots carry both was not seen on real AWS.
    return re.match(r"awsbackup[:-]", snapshot.identifier) is not None or any(
        key.lower().startswith("aws:backup") for key in snapshot.tags
    )


def _other_manager(snapshot: Snapshot) -> tuple[str, str] | None:
    for key, value in sorted(snapshot.tags.items()):
        last = re.split(r"[:/]", key)[-1]
        is_manager = re.sub(r"[-_. ]", "", last).lower() == "managedby"
        if is_manager and value != MANAGED_BY_US:
            return key, value
    return None


def _doubtful_data_time(snapshot: Snapshot, chain: Chain, window: timedelta) -> str | None:
    """Say why the age of the data would be wrong: old data must never look fresh."""
    slot = _named_slot(snapshot, chain)
    created = iso_utc(snapshot.create_time)
    if slot is None:
        if snapshot.tags.get(ORIGIN) == "promoted":
            return (
                f"it is a promoted copy named for another prefix than {chain.prefix}, and adopted "
                f"its data would count as of {created}, when it was copied"
            )
        return None
    if not _tells_data_time(snapshot) and snapshot.create_time - slot >= window:
        return (
            f"it is named for slot {iso_utc(slot)} and was made at {created}, after the slot's "
            "window: a promotion that was interrupted; adopted, its data would look younger than "
            "it is. Send create with that slot, which completes it while its automated snapshot is "
            f"there; else set its tags {ORIGIN}=promoted and {SOURCE_CREATE_TIME} (the instant of "
            "its data), then adopt it"
        )
    return None


def _tells_data_time(snapshot: Snapshot) -> bool:
    if snapshot.tags.get(ORIGIN) == "promoted":
        return parse_instant(snapshot.tags.get(SOURCE_CREATE_TIME, "")) is not None
    return ORIGIN in snapshot.tags


def adopted_tags(snapshot: Snapshot, chain: Chain, request_id: str) -> dict[str, str]:
    """Return the tags that make a snapshot ours; what its own say truly is not said again."""
    tags = {
        MANAGED_BY: MANAGED_BY_US,
        ORIGIN: "adopted",
        SLOT: iso_utc(_slot_of(snapshot, chain)),
        REQUEST_ID: request_id,
    }
    # How it came to be, and with it the age of its data, was written when it was made; only an
    # identifier of another form is ours by that tag alone.
    true_already = {REQUEST_ID} if REQUEST_ID in snapshot.tags else set()
    if ORIGIN in snapshot.tags and _named_slot(snapshot, chain) is not None:
        true_already.add(ORIGIN)
    if snapshot.slot is not None:
        true_already.add(SLOT)
    return {key: value for key, value in tags.items() if key not in true_already}


def too_many_tags(snapshot: Snapshot, tags: Mapping[str, str]) -> str | None:
    """Say that a snapshot has no room for these tags beside its own, or None."""
    total = len({*snapshot.tags, *tags})
    if total <= TAGS_PER_SNAPSHOT:
        return None
    return f"it would have {total} tags and AWS allows {TAGS_PER_SNAPSHOT}; take some off"


def _slot_of(snapshot: Snapshot, chain: Chain) -> datetime:
    named = _named_slot(snapshot, chain)
    return named if named is not None else snapshot.create_time.replace(microsecond=0)


def _named_slot(snapshot: Snapshot, chain: Chain) -> datetime | None:
    """Read the slot from an identifier of our form."""
    form = re.escape(chain.prefix) + r"-(\d{8})-(\d{6})"
    found = re.fullmatch(form, snapshot.identifier, re.A)
    if found is None:
        return None
    try:
        return datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return snapshot.create_time.replace(microsecond=0)
