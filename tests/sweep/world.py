"""One worker's two accounts, a clock that only the sweep moves, and the function it invokes."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import moto.kms.models
from botocore.retries import standard
from botocore.session import Session
from jsonschema import Draft202012Validator
from moto.core.errors import ErrorLookupFactory
from moto.kms.utils import generate_private_key
from moto.redshift.models import redshift_backends

import sandbox.app
from redshift_backup import aws, handler
from redshift_backup.actions import prune
from redshift_backup.budget import Budget
from redshift_backup.caller import Caller
from redshift_backup.errors import BackupError
from sandbox.clock import CLOCK
from sandbox.lifecycle import LIFECYCLE

SOURCE = "164543933824"
TARGET = "058264155998"
SECOND_TARGET = "999988887777"
STRANGER = "111122223333"
CLUSTER = "aca-redshift-cluster"
PREFIX = "aca-lambda-snapshot"
TAG = "redshift-backup:"
# A Wednesday, so that neither a week nor a month ends while a case runs.
START = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
ENVIRONMENT: Mapping[str, str] = {
    "CLUSTER_IDENTIFIER": CLUSTER,
    "TARGET_ACCOUNT_ID": TARGET,
    "ALLOWED_TARGET_ACCOUNT_IDS": f"{TARGET},{SECOND_TARGET}",
}
EVIDENCE_BUCKET = "aca-evidence"
DR_ENVIRONMENT: Mapping[str, str] = {
    "CLUSTER_IDENTIFIER": CLUSTER,
    "ALLOWED_CLUSTERS": f"{CLUSTER},*",
    "RETENTION_DAYS": "90",
    "MAXIMUM_AGE_HOURS": "170",
    "EVIDENCE_BUCKET": EVIDENCE_BUCKET,
    "ENABLED_ACTIONS": "prune,reconcile,status,check,hold,release,sweep",
}
SERVICES = ("redshift", "kms", "s3")
GRANTED_SECONDS = 60.0
# Snapshots in one batch delete of a prune.
CHUNK = 2
_RESPONSE = Draft202012Validator(
    json.loads((Path(aws.__file__).parent / "schema" / "response.schema.json").read_text())
)


@dataclass(frozen=True)
class Held:
    """One manual snapshot, or in the DR account one cluster, as the sweep compares it."""

    cluster: str
    status: str
    created: datetime
    accounts: frozenset[str]
    tags: Mapping[str, str] = field(hash=False)


State = Mapping[str, Held]


@dataclass(frozen=True)
class Outcome:
    """What one invocation came to: a response or an error, and how long it took."""

    response: Mapping[str, Any] | None
    error: Exception | None
    lasted_seconds: float
    granted_seconds: float

    @property
    def is_done(self) -> bool:
        """Whether the caller has no reason to send the event again."""
        return (
            self.response is not None
            and self.response["status"] in ("completed", "skipped")
            and not self.response.get("remaining")
        )


_ERROR_TABLE = cache(ErrorLookupFactory._create_error_lut)


@cache
def _one_private_key(key_spec: str) -> Any:
    return generate_private_key(key_spec)


class World:
    """A sandbox in this process; time passes only where the function or a fault waits.

    :param server: the running sandbox, reached over HTTP by everything but the clock.
    """

    def __init__(self, server: Any) -> None:
        self.server = server
        self.environment: Mapping[str, str] = ENVIRONMENT
        self.redshift = server.client("redshift", "source")
        self._target_clients: dict[str, Any] = {}
        self._session = ExitStack()
        self._kms = server.client("kms", "source")
        # When a cluster in reserve takes its next automated snapshot; None if there is none.
        self._reserve: datetime | None = None
        self._has_cluster = False
        self.profile = "source"

    @contextmanager
    def in_charge(self) -> Iterator["World"]:
        """Let the function and the faults of this process wait on the sweep's clock.

        Retries stay, the pauses between them go; a client that has used up its retries in one
        case has them again in the next, so that no case depends on those before it.
        """
        budget = partial(Budget, sleep=self.advance, monotonic=lambda: self.now().timestamp())
        aws.client.cache_clear()
        with (
            patch.object(handler, "Budget", budget),
            patch.object(sandbox.app, "hold", lambda rule: self.advance(rule.seconds)),
            patch.object(standard.ExponentialBackoff, "delay_amount", lambda *_: 0.0),
            patch.object(standard.RetryQuotaChecker, "acquire_retry_quota", lambda *_: True),
            # Several chunks of a prune without hundreds of snapshots.
            patch.object(prune, "BATCH_DELETE_LIMIT", CHUNK),
            patch.object(prune, "_LOOK_IS_OLD_AFTER_SECONDS", 0.0),
            # Half of a case's time otherwise: every reset loads machine images that no case has,
            # every symmetric key comes with an RSA pair, every error with a table of all errors.
            patch.dict(os.environ, {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}),
            patch.object(moto.kms.models, "generate_private_key", _one_private_key),
            patch.object(ErrorLookupFactory, "_create_error_lut", staticmethod(_ERROR_TABLE)),
        ):
            try:
                yield self
            finally:
                self._session.close()
        aws.client.cache_clear()

    def reset(self, environment: Mapping[str, str], profile: str = "source") -> None:
        """Empty both accounts, and stop the clock at the sweep's instant.

        A cluster as it was made stays in reserve: making one takes longer than most cases.

        :param profile: of the account whose function is invoked from now on.
        """
        if profile != self.profile:
            self._session.close()
            self._session.enter_context(aws.using(Session(profile=profile)))
            self.profile = profile
            self._reserve = None
        if self._reserve is None or profile == "target":
            self.server.reset(bare=True)
        else:
            for one in list(self._shelf.snapshots.values()):
                self._shelf.drop_snapshot(one)
            LIFECYCLE.reset()
        self._has_cluster = False
        CLOCK.freeze(START)
        deployed = ENVIRONMENT if profile == "source" else DR_ENVIRONMENT
        self.environment = {**deployed, **environment}

    @property
    def account(self) -> str:
        """The account whose function is invoked."""
        return SOURCE if self.profile == "source" else TARGET

    @property
    def _shelf(self) -> Any:
        return redshift_backends[self.account]["us-east-1"]

    def _without_reserve(self) -> None:
        if self._reserve is not None and not self._has_cluster:
            self._reserve = None
            self.reset(self.environment)

    def now(self) -> datetime:
        """Return the sandbox's time."""
        return CLOCK.now()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if seconds:
            CLOCK.advance(seconds)

    def caller(self, request_id: str) -> Caller:
        """Return the account's function, invoked with this request id."""
        name = "aca-redshift-backup" if self.profile == "source" else "aca-redshift-dr"
        return Caller(
            account_id=self.account,
            function_name=name,
            request_id=request_id,
            arn_prefix=f"arn:aws:redshift:us-east-1:{self.account}",
        )

    def invoke(
        self, event: Mapping[str, Any], request_id: str, *, seconds: float = GRANTED_SECONDS
    ) -> Outcome:
        """Invoke the function; every error is an outcome, also one that the tree does not have."""
        started = self.now()
        response, failure = None, None
        try:
            response = handler.answer(
                event, self.environment, self.caller(request_id), seconds, now=started
            )
            _RESPONSE.validate(json.loads(json.dumps(response)))
        except BackupError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - an untyped error is what the sweep looks for
            failure = error
        lasted = (self.now() - started).total_seconds()
        return Outcome(response, failure, lasted, seconds)

    def create_cluster(self) -> None:
        """Make the example's cluster; its snapshots are available at once."""
        if self._reserve is None:
            self.redshift.create_cluster(
                ClusterIdentifier=CLUSTER,
                NodeType="ra3.large",
                NumberOfNodes=2,
                MasterUsername="awsuser",
                MasterUserPassword="Sandbox-1234",
                DBName="dev",
                KmsKeyId=self.customer_key(),
            )
            self._reserve = self._shelf.clusters[CLUSTER].next_automated_at
        self._shelf.clusters[CLUSTER].next_automated_at = self._reserve
        self._has_cluster = True
        for operation in ("snapshot", "copy"):
            self.lifecycle(operation, 0)

    def pause_cluster(self) -> None:
        """Pause the cluster, which is of no use to other cases then."""
        self.redshift.pause_cluster(ClusterIdentifier=CLUSTER)
        self._reserve = None

    def open_evidence(self) -> None:
        """Make the evidence bucket, and let clusters be restored and deleted at once."""
        self._of_target("s3").create_bucket(Bucket=EVIDENCE_BUCKET)
        for operation in ("restore", "delete_cluster"):
            self.lifecycle(operation, 0)
        row = {"account_id": TARGET, "cluster_identifier": "made-by-hand"}
        self.plant(row | {"snapshot_identifier": "restored-from"})

    def _of_target(self, service: str) -> Any:
        # Making a client takes longer than most cases.
        if service not in self._target_clients:
            self._target_clients[service] = self.server.client(service, "target")
        return self._target_clients[service]

    def restore(self, cluster: str, intent: str | None) -> None:
        """Restore a cluster in the DR account, announced by this intent if there is one."""
        if intent is not None:
            self._of_target("s3").put_object(
                Bucket=EVIDENCE_BUCKET, Key=f"intents/{cluster}.json", Body=intent.encode()
            )
        self._of_target("redshift").restore_from_cluster_snapshot(
            ClusterIdentifier=cluster, SnapshotIdentifier="restored-from"
        )

    def customer_key(self) -> str:
        """Make a customer managed key whose policy admits the target account."""
        self._without_reserve()
        statements = [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": actions,
                "Resource": "*",
            }
            for account, actions in ((SOURCE, "kms:*"), (TARGET, "kms:Decrypt"))
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        return str(self._kms.create_key(Policy=policy)["KeyMetadata"]["Arn"])

    def use_in_target(self, snapshot: str) -> None:
        """Let a cluster restored from the snapshot keep it from being deleted."""
        self._shelf.snapshots[snapshot].restored_at = self.now()

    def lifecycle(self, operation: str, seconds: float, outcome: str = "available") -> None:
        """Decide how the next operations of a kind go."""
        body = {"operation": operation, "seconds": seconds, "outcome": outcome}
        self.server.control("POST", "lifecycle", body)

    def plant(self, *rows: Mapping[str, Any]) -> None:
        """Put snapshots on the shelf."""
        self._without_reserve()
        self.server.control("POST", "snapshots", list(rows))

    def set_fault(self, rule: Mapping[str, Any]) -> None:
        """Break calls from now on."""
        self.server.control("POST", "faults", dict(rule))

    def mend(self) -> int:
        """Remove the faults; returns how many calls they broke."""
        hits = sum(rule["hits"] for rule in self.server.control("GET", "faults"))
        self.server.control("DELETE", "faults")
        return hits

    def forget_calls(self) -> None:
        """Empty the log of calls."""
        self.server.control("DELETE", "calls")

    def calls(self) -> list[dict[str, Any]]:
        """Return every call since the log was emptied, of every service."""
        found: list[dict[str, Any]] = self.server.control("GET", "calls")
        return found

    def state(self) -> State:
        """Return every manual snapshot of the account, and of the DR account every cluster.

        Read past the front door, where a fault would break the look, and a look count as a call.
        """
        self._shelf.settle()
        now = self.now()
        clusters = self._shelf.clusters.values() if self.profile == "target" else ()
        return {
            one.cluster_identifier: Held(
                one.cluster_identifier, one.status, one.create_time, frozenset(), _tags(one)
            )
            for one in clusters
        } | {
            one.snapshot_identifier: Held(
                one.cluster_identifier,
                one.status(now),
                one.create_time,
                frozenset(one.authorized_accounts),
                _tags(one),
            )
            for one in self._shelf.snapshots.values()
            if one.is_manual
        }


def _tags(one: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in one.tags}


def name_of(slot: datetime, prefix: str = PREFIX) -> str:
    """Name the snapshot of a slot."""
    return f"{prefix}-{slot:%Y%m%d-%H%M%S}"


def ours(
    age: timedelta, *, shared: Sequence[str] = (TARGET,), cluster: str = CLUSTER, **more: Any
) -> dict[str, Any]:
    """Return a row to plant: one of our snapshots, this old at the start of a case."""
    created = START - age
    tags = {
        TAG + "managed-by": "redshift-backup",
        TAG + "slot": created.isoformat(),
        TAG + "origin": "created",
    }
    prefix = PREFIX if cluster == CLUSTER else f"{cluster}-lambda-snapshot"
    return {
        "cluster_identifier": cluster,
        "snapshot_identifier": name_of(created, prefix),
        "create_time": created.isoformat(),
        "shared_with": list(shared),
        "tags": tags | more.pop("tags", {}),
    } | more


def copied(age: timedelta, cluster: str = CLUSTER) -> dict[str, Any]:
    """Return a row to plant: a copy that the DR account owns, this old at the start of a case."""
    created = START - age
    return {
        "account_id": TARGET,
        "cluster_identifier": drill_name(int(created.timestamp())),
        "snapshot_identifier": name_of(created, f"{cluster}-dr"),
        "create_time": created.isoformat(),
        "tags": {
            TAG + "managed-by": "redshift-backup",
            TAG + "slot": created.isoformat(),
            TAG + "origin": "created",
            TAG + "source-cluster": cluster,
        },
    }


def drill_name(number: int) -> str:
    """Name the cluster of a restore test."""
    return f"drill-{CLUSTER}-{number:08x}"


def intent_of(cluster: str, expires_at: datetime = START - timedelta(hours=1)) -> str:
    """Write the intent of a cluster that is restored at the start of a case."""
    return json.dumps(
        {
            "schema_version": 1,
            "account_id": TARGET,
            "cluster_identifier": cluster,
            "source_cluster_identifier": CLUSTER,
            "run_id": "scheduled__2026-03-08",
            "created_at": (START - timedelta(hours=25)).isoformat(),
            "expires_at": expires_at.isoformat(),
        }
    )
