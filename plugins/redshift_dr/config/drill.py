"""What may be said about a cluster's drill, the restore test in the DR account."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator, model_validator

from redshift_dr.config.base import Model, Schedule, Timezone

NodeType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*\.[a-z0-9]+$")]
"""Any family: ``ra3.large``, ``rg.xlarge``, ``dc2.large``."""

NodeCount = Annotated[int, Field(ge=1, le=128)]

ListOrNull = Field(json_schema_extra={"type": ["array", "null"]})
"""Of a list that a cluster may also take back by ``null``."""


class FreshnessCheck(Model):
    """How old the newest value of a column may be when the snapshot is taken.

    :param column: ``schema.table.column`` of a date or timestamp.
    :param maximum_age_hours: hours from the newest value to the snapshot's time.
    """

    column: Annotated[str, StringConstraints(pattern=r"^[^.\s]+\.[^.\s]+\.[^.\s]+$")]
    maximum_age_hours: Annotated[float, Field(gt=0, le=100_000)]

    @field_validator("maximum_age_hours", mode="before")
    @classmethod
    def _number_of_integer(cls, value: Any) -> Any:
        return float(value) if type(value) is int else value


class DrillDeadlines(Model):
    """How long the waits of a drill may take, in minutes.

    :param restore_minutes: for the cluster to be restored in whole.
    :param copy_minutes: for the copy of the restored cluster to become available.
    :param delete_minutes: for the cluster to be gone.
    """

    restore_minutes: Annotated[int, Field(ge=1, le=3 * 24 * 60)] = 360
    copy_minutes: Annotated[int, Field(ge=1, le=3 * 24 * 60)] = 360
    delete_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 120

    @property
    def waits(self) -> timedelta:
        """All waits together."""
        return timedelta(minutes=self.restore_minutes + self.copy_minutes + self.delete_minutes)


class DrillConfig(Model):
    """How a cluster's snapshots are proved to be restorable, with all defaults filled in.

    Bucket, network and key are facts of the deployment: they are read from ``service_config`` of
    the connection ``dr_conn_id``, and only what is given here replaces them.

    :param schedule: cron expression of the drills, or ``null`` for manual runs only.
    :param timezone: IANA name in which ``schedule`` is read; the cluster's where absent.
    :param maximum_age_hours: a newest snapshot that is older fails the drill.
    :param database: database that validation looks into.
    :param db_user: database user with which validation reads.
    :param inventory_conn_id: Airflow connection that reads the source cluster's inventory.
    :param evidence_bucket: bucket of intents, inventories and evidence.
    :param subnet_group_name: subnet group of the restored cluster.
    :param security_group_ids: its security groups.
    :param kms_key_id: ARN of the DR account's key that encrypts it.
    :param node_type: node type of the restored cluster; the snapshot's where absent.
    :param number_of_nodes: its nodes; the snapshot's number where absent.
    :param keep_dr_copy: after a pass, keep a snapshot that the DR account owns.
    :param tolerance_percent: how far a restored row count may leave the range between the
        inventories, in percent of the larger one.
    :param freshness: columns whose newest value must not be old.
    :param check_timeout_seconds: deadline of one check.
    :param concurrency: checks that run at the same time.
    :param deadlines: how long the waits may take.
    :param expires_hours: after that the function in the DR account may delete the cluster, even
        if Airflow is gone; longer than all waits together.
    :param checks_folder: folder below ``validation/`` with the cluster's SQL checks, so that
        clusters can share one; the cluster's identifier where absent.
    """

    schedule: Schedule | None = "0 6 * * SUN"
    timezone: Timezone | None = None
    maximum_age_hours: Annotated[int, Field(ge=1, le=10_000)] = 26
    database: Annotated[str, Field(min_length=1, max_length=64)] = "dev"
    db_user: Annotated[str, Field(min_length=1, max_length=128)] = "redshift_dr_reader"
    inventory_conn_id: Annotated[str, Field(min_length=1)] = "aws_source_inventory"
    evidence_bucket: (
        Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] | None
    ) = None
    subnet_group_name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    security_group_ids: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]+$")], ...], ListOrNull
    ] = ()
    kms_key_id: (
        Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/.+$")]
        | None
    ) = None
    node_type: NodeType | None = None
    number_of_nodes: NodeCount | None = None
    keep_dr_copy: bool = True
    tolerance_percent: Annotated[float, Field(ge=0, le=100)] = 0.0
    freshness: Annotated[tuple[FreshnessCheck, ...], ListOrNull] = ()
    check_timeout_seconds: Annotated[int, Field(ge=1, le=24 * 3600)] = 300
    concurrency: Annotated[int, Field(ge=1, le=50)] = 5
    deadlines: DrillDeadlines = DrillDeadlines()
    expires_hours: Annotated[int, Field(ge=1, le=24 * 14)] = 24
    checks_folder: (
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] | None
    ) = None

    @field_validator("freshness", "security_group_ids", mode="before")
    @classmethod
    def _tuple_of_list(cls, value: Any) -> Any:
        if value is None:
            return ()
        return tuple(value) if isinstance(value, list) else value

    @field_validator("tolerance_percent", mode="before")
    @classmethod
    def _number_of_integer(cls, value: Any) -> Any:
        return float(value) if type(value) is int else value

    @model_validator(mode="after")
    def _lives_longer_than_its_run(self) -> "DrillConfig":
        if timedelta(hours=self.expires_hours) <= self.deadlines.waits:
            hours = self.deadlines.waits / timedelta(hours=1)
            raise ValueError(
                f"expires_hours is {self.expires_hours}, and the deadlines add up to {hours:g} "
                "hours: the cluster of a drill that still runs would be swept away; raise "
                "expires_hours or lower the deadlines"
            )
        return self
