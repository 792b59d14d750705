"""What may be said about a cluster in ``clusters.yaml``."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from redshift_dr.config.approvals import Approvals
from redshift_dr.config.base import Model, Schedule, Timezone
from redshift_dr.config.drill import DrillConfig
from redshift_dr.config.notifier import NotifierConfig

AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
"""An AWS account id: twelve digits, as text because it may begin with zero."""

ClusterIdentifier = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=63)
]
"""A Redshift cluster identifier: lower case, first a letter, no trailing or double hyphen."""


class Deadlines(Model):
    """How long a run may wait before it fails, in minutes.

    :param snapshot_minutes: for the snapshot to become available.
    :param share_minutes: for the share to be seen from the DR account.
    """

    snapshot_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 360
    share_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 30

    @property
    def run(self) -> timedelta:
        """How long a whole run may take: both waits, and two hours for the other tasks' retries.

        One run at a time is active, so a run that never ends would stop all later backups.
        """
        return timedelta(minutes=self.snapshot_minutes + self.share_minutes, hours=2)


class ClusterConfig(Model):
    """One cluster that is backed up, with all defaults filled in.

    :param cluster_identifier: the Redshift cluster in the source account.
    :param function_name: the deployed backup function in the source account.
    :param source_account_id: owner of the cluster and its snapshots.
    :param target_account_id: the DR account, from which a share is confirmed.
    :param further_target_account_ids: shared with too, but not confirmed from their side.
    :param region_name: region of cluster, function and DR account.
    :param source_conn_id: Airflow connection that may invoke and describe in the source account.
    :param dr_conn_id: Airflow connection that may describe in the DR account.
    :param schedule: cron expression of the slots, or ``null`` for manual runs only.
    :param timezone: IANA name in which ``schedule`` is read.
    :param retention_days: age under which a snapshot is kept; the function refuses less than it
        was deployed with.
    :param keep_weekly: newest good snapshot of that many ISO weeks is kept as well.
    :param keep_monthly: newest good snapshot of that many months is kept as well.
    :param when_paused: what a run does while the cluster is paused: ``refuse`` fails it, ``skip``
        ends it without a snapshot.
    :param owner: team shown as the DAG's owner.
    :param contact: whom the alert names.
    :param alert_topic_arn: SNS topic that failed runs are published to.
    :param runbook_url: page that the alert links to.
    :param deadlines: how long a run may wait.
    :param drill: how restores are tested in the DR account; ``null`` for not at all.
    :param approvals: which steps wait for a person.
    :param pool: Airflow pool that bounds how many tasks call AWS at the same time; it has to exist.
    :param late_after_minutes: a backup that is not done so long after its slot is reported as late;
        ``null`` for not at all.
    :param alert_conn_id: Airflow connection that publishes to the topic; ``source_conn_id`` where
        absent. One of its own still reports when the credential of the other has expired.
    :param notifiers: further notifiers beside the topic.
    """

    cluster_identifier: ClusterIdentifier
    function_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:_-]{1,170}$")] = (
        "aca-redshift-backup"
    )
    source_account_id: AccountId
    target_account_id: AccountId
    further_target_account_ids: tuple[AccountId, ...] = ()
    region_name: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    source_conn_id: Annotated[str, Field(min_length=1)] = "aws_source"
    dr_conn_id: Annotated[str, Field(min_length=1)] = "aws_dr"
    schedule: Schedule | None
    timezone: Timezone = "UTC"
    retention_days: Annotated[int, Field(ge=1, le=3653)] = 7
    keep_weekly: Annotated[int, Field(ge=0, le=520)] = 0
    keep_monthly: Annotated[int, Field(ge=0, le=120)] = 0
    when_paused: Literal["refuse", "skip"] = "refuse"
    owner: Annotated[str, Field(min_length=1)]
    contact: Annotated[str, Field(min_length=1)]
    alert_topic_arn: Annotated[
        str,
        StringConstraints(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,256}$"),
    ]
    runbook_url: str | None = None
    deadlines: Deadlines = Deadlines()
    drill: DrillConfig | None = None
    approvals: Approvals = Approvals()
    pool: Annotated[str, Field(min_length=1)] = "default_pool"
    late_after_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] | None = 240
    alert_conn_id: Annotated[str, Field(min_length=1)] | None = None
    notifiers: tuple[NotifierConfig, ...] = ()

    @field_validator("further_target_account_ids", "notifiers", mode="before")
    @classmethod
    def _tuple_of_list(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _own_account_is_no_target(self) -> "ClusterConfig":
        if self.source_account_id in self.all_target_account_ids:
            raise ValueError(
                f"the source account {self.source_account_id} is also a target account; "
                "a snapshot is shared with other accounts only"
            )
        return self

    @property
    def all_target_account_ids(self) -> tuple[str, ...]:
        """Every account the cluster's snapshots are shared with, the DR account first."""
        return tuple(dict.fromkeys((self.target_account_id, *self.further_target_account_ids)))

    @property
    def checks_folder(self) -> str:
        """The folder of the cluster's SQL checks, below ``validation/``."""
        return (self.drill and self.drill.checks_folder) or self.cluster_identifier

    @property
    def publishing_conn_id(self) -> str:
        """The connection that publishes to the topic."""
        return self.alert_conn_id or self.source_conn_id

    @property
    def partition(self) -> str:
        """The AWS partition, such as ``aws``."""
        return self.alert_topic_arn.split(":")[1]
