"""Every action in every state in which it does something of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from redshift_backup import errors
from redshift_backup.settings import CONTRACT_ACTIONS
from tests.sweep.world import (
    CLUSTER,
    SECOND_TARGET,
    START,
    STRANGER,
    TAG,
    TARGET,
    World,
    copied,
    drill_name,
    intent_of,
    name_of,
    ours,
)

Event = Mapping[str, Any]
SLOT = START - timedelta(minutes=1)
PAST_SLOT = START - timedelta(days=2)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Caller:
    """How the event is sent again: with which request id, after how long, how often at most."""

    name: str
    keeps_request_id: bool
    gap_seconds: float
    attempts: int = 3


AIRFLOW = Caller("airflow", keeps_request_id=False, gap_seconds=300)
ASYNCHRONOUS = Caller("asynchronous", keeps_request_id=True, gap_seconds=60)
# Somebody at a terminal: the answer is of the same moment, so that it can be compared whole.
LOOK = Caller("look", keeps_request_id=False, gap_seconds=0)
SCHEDULER = Caller("scheduler", keeps_request_id=False, gap_seconds=3600)


@dataclass(frozen=True)
class Scenario:
    """One action in one state.

    :ivar prepare: builds the state.
    :ivar replaces: snapshots that the action deletes without a prune, as the contract says.
    :ivar refuses: what it raises in this state, fault or no fault.
    :ivar profile: of the account whose function is invoked; ``target`` is the DR account.
    :ivar later_tag: a tag that a run may leave to the next one and still be done.
    :ivar is_slotless: the event leaves the slot to the invocation's time.
    """

    name: str
    action: str
    prepare: Callable[[World], None]
    fields: Event = field(default_factory=dict, hash=False)
    caller: Caller = AIRFLOW
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    replaces: tuple[str, ...] = ()
    refuses: type[errors.BackupError] | None = None
    is_slotless: bool = False
    later_tag: str | None = None
    profile: str = "source"

    @property
    def accounts(self) -> frozenset[str]:
        """With whom it may share."""
        return frozenset(self.fields.get("target_account_ids", (TARGET,)))

    @property
    def event(self) -> dict[str, Any]:
        """What the function is sent."""
        return {"action": self.action, **self.fields}


def _plain(world: World) -> None:
    world.create_cluster()


def _takes_a_while(world: World) -> None:
    world.create_cluster()
    world.lifecycle("snapshot", 20)


def _fresh(world: World) -> None:
    world.plant(ours(HOUR), ours(2 * HOUR))


def _with_expired(world: World) -> None:
    world.create_cluster()
    _shared_expired(world)


def _shared_expired(world: World) -> None:
    _fresh(world)
    world.plant(*(ours((8 + day) * DAY) for day in range(3)))


def _unshared_expired(world: World) -> None:
    _fresh(world)
    world.plant(*(ours((8 + day) * DAY, shared=()) for day in range(3)))


def _five_expired_of_two_accounts(world: World) -> None:
    both = (TARGET, SECOND_TARGET)
    world.plant(ours(HOUR, shared=both), ours(2 * HOUR, shared=both))
    world.plant(*(ours((8 + day) * DAY, shared=both) for day in range(5)))


def _one_in_use(world: World) -> None:
    _shared_expired(world)
    world.use_in_target(name_of(START - 9 * DAY))


def _kept_for_every_reason(world: World) -> None:
    _shared_expired(world)
    world.plant(
        ours(20 * DAY, tags={"redshift-backup:hold": "audit"}),
        ours(21 * DAY, tags={"redshift-backup:verified-result": "passed"}),
        ours(22 * DAY, shared=(), status="failed"),
        {
            "cluster_identifier": CLUSTER,
            "snapshot_identifier": "aca-lambda-snapshot-of-somebody",
            "create_time": (START - 300 * DAY).isoformat(),
        },
    )


def _stale(world: World) -> None:
    world.plant(*(ours((8 + day) * DAY) for day in range(4)))


def _over_the_limit(world: World) -> None:
    _shared_expired(world)


def _failed_of_the_slot(world: World) -> None:
    world.create_cluster()
    row = ours(timedelta(0), shared=(), status="failed", snapshot_identifier=name_of(SLOT))
    world.plant(row)


def _automated(world: World) -> None:
    world.create_cluster()
    world.plant(
        {
            "cluster_identifier": CLUSTER,
            "snapshot_identifier": f"rs:{CLUSTER}-{PAST_SLOT:%Y-%m-%d-%H-%M-%S}",
            "create_time": PAST_SLOT.isoformat(),
            "type": "automated",
        }
    )


def _interrupted_promotion(world: World) -> None:
    _automated(world)
    world.plant(
        {
            "cluster_identifier": CLUSTER,
            "snapshot_identifier": name_of(PAST_SLOT),
            "create_time": (START - HOUR).isoformat(),
        }
    )


def _adoptable(world: World) -> None:
    world.create_cluster()
    world.plant(ours(timedelta(minutes=1), shared=()))


def _foreign_of_the_slot(world: World) -> None:
    world.create_cluster()
    world.plant({"cluster_identifier": "other", "snapshot_identifier": name_of(SLOT)})


def _paused(world: World) -> None:
    world.create_cluster()
    world.pause_cluster()


def _unshared(world: World) -> None:
    world.plant(ours(HOUR, shared=()))


def _unshared_encrypted(world: World) -> None:
    world.plant(ours(HOUR, shared=(), kms_key_id=world.customer_key()))


def _with_strangers(world: World) -> None:
    world.plant(ours(HOUR, shared=(STRANGER, "222233334444")))


def _kept_but_unshared(world: World) -> None:
    _shared_expired(world)
    world.plant(ours(3 * HOUR, shared=()), ours(4 * HOUR, shared=()))


def _several_clusters(world: World) -> None:
    for cluster in ("team-a", "team-b"):
        world.plant(*(ours(hours * HOUR, cluster=cluster) for hours in (1, 2)))
        world.plant(ours(3 * HOUR, cluster=cluster, shared=()), ours(9 * DAY, cluster=cluster))
    world.plant(ours(9 * DAY, cluster="not-ours"))


def _encrypted_chain(world: World) -> None:
    world.create_cluster()
    _fresh(world)


def _held(world: World) -> None:
    _shared_expired(world)
    world.plant(ours(20 * DAY, tags={"redshift-backup:hold": "audit"}))


def _of_other_makers(world: World) -> None:
    _fresh(world)
    for number, cluster in enumerate((CLUSTER, CLUSTER, "other")):
        world.plant(
            {
                "cluster_identifier": cluster,
                "snapshot_identifier": f"nightly-{number}",
                "create_time": (START - (3 + number) * HOUR).isoformat(),
            }
        )


def _stamped_before(world: World) -> None:
    stamp = {
        "redshift-backup:verified-at": (START - 30 * HOUR).isoformat(),
        "redshift-backup:verified-result": "failed",
        "redshift-backup:evidence": "s3://evidence/before.json",
    }
    _shared_expired(world)
    world.plant(ours(2 * DAY, tags=stamp))


def _copies(world: World) -> None:
    world.open_evidence()
    world.plant(*(copied(age * DAY) for age in (1, 8, 100, 101, 102)))
    world.plant(*(copied(age * DAY, "stock") for age in (2, 103, 104, 105)))


def _drills(world: World) -> None:
    world.open_evidence()
    for number in range(2):
        world.restore(drill_name(number), intent_of(drill_name(number)))
    kept = drill_name(2)
    world.restore(kept, intent_of(kept, expires_at=START + 2 * DAY))
    world.restore(drill_name(3), None)


def _drill_with_a_malformed_intent(world: World) -> None:
    world.open_evidence()
    world.restore(drill_name(0), "{")
    world.restore(drill_name(1), intent_of(drill_name(1)))


_SLOT = {"slot": SLOT.isoformat()}
_PAST = {"slot": PAST_SLOT.isoformat()}
_BOTH = {"target_account_ids": [TARGET, SECOND_TARGET]}
_FIRST = {"snapshot_id": name_of(START - HOUR)}
_OLD = {"snapshot_id": name_of(START - 9 * DAY)}
_HELD = {"snapshot_id": name_of(START - 20 * DAY)}
_TWO_DAYS = {"snapshot_id": name_of(START - 2 * DAY)}
_PATTERN = {"ALLOWED_CLUSTERS": "team-*"}
_FAILED_ID = (name_of(SLOT),)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("backup of a fresh slot", "backup", _plain, _SLOT),
    Scenario("backup that waits", "backup", _takes_a_while, _SLOT),
    Scenario("backup and prune", "backup", _with_expired, _SLOT),
    Scenario("backup without a slot", "backup", _plain, {}, ASYNCHRONOUS, is_slotless=True),
    Scenario("backup by schedule", "backup", _plain, _SLOT, ASYNCHRONOUS),
    Scenario("backup of an adopted snapshot", "backup", _adoptable, _SLOT),
    Scenario(
        "backup replaces a failed snapshot",
        "backup",
        _failed_of_the_slot,
        _SLOT,
        replaces=_FAILED_ID,
    ),
    Scenario("backup for two accounts", "backup", _plain, _SLOT | _BOTH),
    Scenario("backup of a past slot", "backup", _automated, _PAST),
    Scenario(
        "backup with a longer retention",
        "backup",
        _with_expired,
        _SLOT | {"retention_days": 9, "keep_weekly": 1},
    ),
    Scenario("create of a fresh slot", "create", _plain, _SLOT),
    Scenario(
        "create replaces a failed snapshot",
        "create",
        _failed_of_the_slot,
        _SLOT,
        replaces=_FAILED_ID,
    ),
    Scenario("create promotes", "create", _automated, _PAST),
    Scenario("create repairs an interrupted promotion", "create", _interrupted_promotion, _PAST),
    Scenario("create without a slot", "create", _plain, {}, ASYNCHRONOUS, is_slotless=True),
    Scenario(
        "create against a foreign snapshot",
        "create",
        _foreign_of_the_slot,
        _SLOT,
        refuses=errors.ForeignSnapshotError,
    ),
    Scenario("create of a paused cluster", "create", _paused, _SLOT, refuses=errors.RefusedError),
    Scenario("create skips a paused cluster", "create", _paused, _SLOT | {"when_paused": "skip"}),
    Scenario(
        "create for a past slot without a source",
        "create",
        _plain,
        _PAST,
        refuses=errors.NoSnapshotForSlotError,
    ),
    Scenario("share with one account", "share", _unshared, _FIRST),
    Scenario("share of an encrypted snapshot", "share", _unshared_encrypted, _FIRST),
    Scenario("share with two accounts", "share", _unshared, _FIRST | _BOTH),
    Scenario(
        "share and revoke strangers", "share", _with_strangers, _FIRST | {"revoke_strangers": True}
    ),
    Scenario("prune of shared snapshots", "prune", _shared_expired),
    Scenario("prune of unshared snapshots", "prune", _unshared_expired),
    Scenario("prune of several chunks", "prune", _five_expired_of_two_accounts, _BOTH),
    # A tag that begins to count the days later is no reason to fail a prune.
    Scenario("prune with one in use", "prune", _one_in_use, later_tag=TAG + "delete-refused-since"),
    Scenario("prune that keeps for every reason", "prune", _kept_for_every_reason),
    Scenario("prune with a longer retention", "prune", _shared_expired, {"retention_days": 9}),
    Scenario("prune of a stale chain", "prune", _stale, refuses=errors.StaleChainError),
    Scenario(
        "prune over the limit",
        "prune",
        _over_the_limit,
        environment={"MAX_DELETIONS": "2"},
        refuses=errors.DeletionLimitError,
    ),
    Scenario("reconcile of one cluster", "reconcile", _shared_expired, {}, SCHEDULER),
    Scenario("reconcile shares what is kept", "reconcile", _kept_but_unshared, {}, SCHEDULER),
    Scenario(
        "reconcile of several clusters", "reconcile", _several_clusters, {}, SCHEDULER, _PATTERN
    ),
    Scenario("reconcile of a stale chain", "reconcile", _stale, {}, SCHEDULER),
    Scenario("hold", "hold", _shared_expired, _OLD | {"reason": "audit"}),
    Scenario("hold for the same reason", "hold", _held, _HELD | {"reason": "audit"}),
    Scenario(
        "hold for another reason",
        "hold",
        _held,
        _HELD | {"reason": "another"},
        refuses=errors.HeldError,
    ),
    Scenario("release", "release", _held, _HELD),
    Scenario("release of what is not held", "release", _held, _OLD),
    Scenario(
        "adopt by pattern",
        "adopt",
        _of_other_makers,
        {"identifier_pattern": "nightly-*", "dry_run": False},
    ),
    Scenario(
        "adopt by name",
        "adopt",
        _of_other_makers,
        {"snapshot_ids": ["nightly-0", "nightly-1", "nightly-2"], "dry_run": False},
    ),
    Scenario("adopt, dry", "adopt", _of_other_makers, {"identifier_pattern": "nightly-*"}),
    Scenario(
        "stamp over an earlier one",
        "stamp",
        _stamped_before,
        _TWO_DAYS
        | {"result": "passed", "verified_at": (START - HOUR).isoformat(), "restore_seconds": 12.5},
    ),
    Scenario(
        "stamp of an earlier test",
        "stamp",
        _stamped_before,
        _TWO_DAYS | {"result": "passed", "verified_at": (START - 40 * HOUR).isoformat()},
    ),
    Scenario("sweep", "sweep", _drills, {}, SCHEDULER, profile="target"),
    Scenario(
        "sweep with a malformed intent",
        "sweep",
        _drill_with_a_malformed_intent,
        {},
        SCHEDULER,
        replaces=(drill_name(1),),
        refuses=errors.PartialFailureError,
        profile="target",
    ),
    Scenario("prune of copies", "prune", _copies, {}, SCHEDULER, profile="target"),
    Scenario("reconcile of copies", "reconcile", _copies, {}, SCHEDULER, profile="target"),
    Scenario("check of copies", "check", _copies, {}, LOOK, profile="target"),
    Scenario("status", "status", _kept_for_every_reason, {}, LOOK),
    Scenario("check", "check", _with_expired, {}, LOOK),
    Scenario("check of a cluster without a backup", "check", _plain, {}, LOOK),
    Scenario("check of an encrypted chain", "check", _encrypted_chain, {}, LOOK),
)
BY_NAME: Mapping[str, Scenario] = {one.name: one for one in SCENARIOS}


def missing_actions() -> tuple[str, ...]:
    """Return the actions of the function that no scenario covers."""
    return tuple(name for name in CONTRACT_ACTIONS if all(one.action != name for one in SCENARIOS))
