"""What may be said about a cluster's restore test, the drill, in ``clusters.yaml``."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

ColumnName = Annotated[str, StringConstraints(pattern=r"^[^.\s]+\.[^.\s]+\.[^.\s]+$")]
"""A column as ``schema.table.column``."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Freshness(_Model):
    """How old the newest timestamp of a column may be when the snapshot is taken.

    :param column: ``schema.table.column``, of a date or timestamp type.
    :param maximum_age_hours: hours before the snapshot's time.
    """

    column: ColumnName
    maximum_age_hours: Annotated[float, Field(gt=0, le=24 * 3653, strict=False)]


class DrillDeadlines(_Model):
    """How long a drill may wait before it fails, in minutes."""

    restore_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 360
    copy_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 360
    delete_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 120


class DrillConfig(_Model):
    """One cluster's drill, with all defaults filled in."""

    schedule: str | None = "0 6 * * SUN"
    timezone: str | None = None
    maximum_age_hours: Annotated[int, Field(ge=1, le=10_000)] = 26
    database: Annotated[str, Field(min_length=1)] = "dev"
    db_user: Annotated[str, Field(min_length=1)] = "redshift_dr_reader"
    inventory_conn_id: Annotated[str, Field(min_length=1)] = "aws_source_inventory"
    evidence_bucket: str | None = None
    subnet_group_name: str | None = None
    security_group_ids: tuple[str, ...] | None = None
    kms_key_id: str | None = None
    node_type: str | None = None
    number_of_nodes: Annotated[int, Field(ge=1, le=128)] | None = None
    keep_dr_copy: bool = True
    tolerance_percent: Annotated[float, Field(ge=0, le=100, strict=False)] = 0.0
    freshness: tuple[Freshness, ...] = ()
    check_timeout_seconds: Annotated[int, Field(ge=1, le=24 * 3600)] = 300
    concurrency: Annotated[int, Field(ge=1, le=50)] = 5
    deadlines: DrillDeadlines = DrillDeadlines()
    expires_hours: Annotated[int, Field(ge=1, le=168)] = 24

    @field_validator("freshness", "security_group_ids", mode="before")
    @classmethod
    def _tuple_of_list(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value
