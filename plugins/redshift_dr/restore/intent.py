"""The intent of a drill: written before the restore, so that no cluster is nobody's. Pure."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from redshift_dr.runs import iso, whole_seconds

SCHEMA_VERSION = 1


class BadIntentError(ValueError):
    """An intent that cannot be read."""


@dataclass(frozen=True)
class Intent:
    """What a run is about to restore, and until when it may be there.

    :param account_id: the account in which the cluster is restored.
    :param cluster_identifier: the drill cluster.
    :param source_cluster_identifier: the cluster that was backed up.
    :param dag_id: Airflow's DAG.
    :param run_id: its run.
    :param snapshot_identifier: what is restored.
    :param snapshot_arn: its ARN, where AWS tells it.
    :param owner_account: its owner.
    :param created_at: a cluster that is older is not this drill's; whole seconds, UTC.
    :param expires_at: after that the DR account's function may delete it.
    """

    account_id: str
    cluster_identifier: str
    source_cluster_identifier: str
    dag_id: str
    run_id: str
    snapshot_identifier: str
    snapshot_arn: str | None
    owner_account: str
    created_at: datetime
    expires_at: datetime

    @property
    def tags(self) -> dict[str, str]:
        """What the drill cluster is tagged with."""
        return {
            "redshift-backup:drill": self.run_id,
            "redshift-backup:expires-at": iso(self.expires_at),
        }

    def renewed(self, earlier: "Intent | None") -> "Intent":
        """This intent, with the beginning of an earlier one of the same run.

        A restore whose answer was lost may have made a cluster that nobody sees yet; an intent that
        begins after it would disown it. Only an expired one is replaced whole.
        """
        same = (
            earlier is not None
            and earlier.run_id == self.run_id
            and earlier.account_id == self.account_id
            and earlier.expires_at > self.created_at
        )
        return replace(self, created_at=earlier.created_at) if same and earlier else self


def intent_key(cluster_identifier: str) -> str:
    """Where the intent of a drill cluster is in the evidence bucket."""
    return f"intents/{cluster_identifier}.json"


def new_intent(*, now: datetime, lives: timedelta, **fields: Any) -> Intent:
    """An intent that begins now.

    :param lives: how long the cluster may be there.
    """
    # Redshift tells a cluster's time to the millisecond: cut, so that it is never before this.
    created_at = whole_seconds(now)
    return Intent(created_at=created_at, expires_at=created_at + lives, **fields)


def write_intent(intent: Intent) -> str:
    """The intent as JSON."""
    fields = asdict(intent)
    for name in ("created_at", "expires_at"):
        fields[name] = iso(fields[name])
    return json.dumps({"schema_version": SCHEMA_VERSION, **fields}, indent=2)


def read_intent(text: str) -> Intent:
    """Read an intent.

    :raises BadIntentError: it is not one of this version.
    """
    try:
        fields = json.loads(text)
        version = fields.pop("schema_version")
        if version != SCHEMA_VERSION:
            raise BadIntentError(f"schema_version is {version}, known is {SCHEMA_VERSION}")
        for name in ("created_at", "expires_at"):
            fields[name] = _moment(fields[name])
        return Intent(**fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadIntentError(f"the intent cannot be read: {error}") from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise BadIntentError(f"{text} has no time zone")
    return moment
