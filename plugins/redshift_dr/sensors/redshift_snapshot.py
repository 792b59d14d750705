"""Sensors that wait for one Redshift snapshot, in its own account or in one it is shared with."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.sensors.base_aws import AwsBaseSensor
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Asset
from airflow.sdk.bases.sensor import PokeReturnValue
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from botocore.exceptions import ClientError

from redshift_dr.aws_errors import UNREACHABLE
from redshift_dr.hooks import RedshiftSnapshotHook
from redshift_dr.operators.backup_function import FAILURE_KEY
from redshift_dr.snapshot_wait import Decision, Look, Verdict, Watch, decide
from redshift_dr.triggers.redshift_snapshot import RedshiftClusterSnapshotTrigger, event_of

if TYPE_CHECKING:
    from airflow.sdk import Context

DEFAULT_GRACE = timedelta(minutes=5)
TIMEOUT_MARGIN = timedelta(minutes=5)
"""The trigger ends by its own deadline; Airflow's timeout only catches one that cannot run."""


class RedshiftClusterSnapshotSensor(AwsBaseSensor[RedshiftSnapshotHook]):
    """Wait until one snapshot is available, asked for by its identifier.

    Fails at once, without retries, on ``failed``, ``cancelled`` and ``deleted``, and on a snapshot
    that was seen and is gone. Other snapshots of the cluster do not matter. The provider has no
    such sensor; botocore's waiter gives up after five minutes, does not know ``cancelled`` and
    takes a snapshot that is not visible yet for an error.

    :param snapshot_identifier: the snapshot (templated).
    :param created: instead of it, what ``create_snapshot`` returned: ``snapshot_id`` and
        ``skip_reason`` (templated).
    :param owner_account: owner of a shared snapshot; ``None`` for the account's own (templated).
    :param timeout: how long in all; the task fails at this deadline.
    :param grace: how long "not found" means "not visible yet"; ``None``: until the deadline.
    :param skip_reason: the task is skipped with this sentence where there is one (templated).
    :param deferrable: wait in the triggerer; else poke, or reschedule by ``mode``.

    Returns the snapshot's facts. Looking changes nothing, so a second run is harmless.

    IAM: ``redshift:DescribeClusterSnapshots``.

    .. seealso:: :external+boto3:py:meth:`Redshift.Client.describe_cluster_snapshots`
    """

    aws_hook_class = RedshiftSnapshotHook
    template_fields: Sequence[str] = aws_template_fields(
        "snapshot_identifier", "created", "owner_account", "skip_reason"
    )
    ui_color = "#c6d8f2"

    def __init__(
        self,
        *,
        snapshot_identifier: Any = None,
        created: Any = None,
        owner_account: str | None = None,
        grace: timedelta | None = DEFAULT_GRACE,
        skip_reason: Any = None,
        deferrable: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.snapshot_identifier = snapshot_identifier
        self.created = created
        self.owner_account = owner_account
        self.grace = grace
        self.skip_reason = skip_reason
        self.deferrable = deferrable
        self._seen = False

    def execute(self, context: "Context") -> Any:
        self._read_created()
        if self.skip_reason:
            raise AirflowSkipException(str(self.skip_reason))
        self._require(context, "create_snapshot", self.snapshot_identifier)
        if not self.deferrable:
            return super().execute(context)
        watch = self.watch(started=datetime.now(UTC))
        look, decision = self._look(watch)
        if decision.verdict is not Verdict.WAIT:
            return self.execute_complete(context, event_of(decision, look))
        self.log.info("%s", decision.reason)
        self.defer(
            trigger=RedshiftClusterSnapshotTrigger.of(
                watch, seen=decision.seen, hook_arguments=self._trigger_arguments()
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout) + TIMEOUT_MARGIN,
        )

    def _read_created(self) -> None:
        if self.created:
            self.snapshot_identifier = self.created["snapshot_id"]
            self.skip_reason = self.created["skip_reason"]

    def _require(self, context: "Context", task_id: str, result: Any) -> None:
        """A task marked successful by hand leaves nothing to wait for."""
        if not result:
            error, next_step = (
                f"{task_id} left no result; was it marked by hand?",
                f"Clear {task_id}.",
            )
            failure = {"error": error, "next_step": next_step}
            context["ti"].xcom_push(key=FAILURE_KEY, value=failure)
            raise AirflowFailException(f"{error} Next step: {next_step}")

    def poke(self, context: "Context") -> PokeReturnValue:
        ti = context["ti"]
        started = ti.get_first_reschedule_date(context) if self.reschedule else None
        look, decision = self._look(self.watch(started=started or ti.start_date))
        if decision.verdict is Verdict.WAIT:
            self.log.info("%s", decision.reason)
            return PokeReturnValue(is_done=False)
        result = self.execute_complete(context, event_of(decision, look))
        return PokeReturnValue(is_done=True, xcom_value=result)

    def execute_complete(self, context: "Context", event: dict[str, Any]) -> dict[str, Any]:
        """Go on after the wait.

        :param event: see :class:`RedshiftClusterSnapshotTrigger`.
        :raises AirflowFailException: the snapshot will not come; another attempt cannot help.
        :raises AirflowException: looking failed; another attempt may help.
        """
        if event["verdict"] != Verdict.READY.value:
            error, _, next_step = event["reason"].partition(". Next step: ")
            next_step = next_step[:1].upper() + next_step[1:] or "Read the task's log"
            failure = {"error": error, "next_step": f"{next_step}."}
            if event.get("error_type"):
                failure |= {"error_type": event["error_type"], "conn_id": str(self.aws_conn_id)}
            context["ti"].xcom_push(key=FAILURE_KEY, value=failure)
            raise (AirflowException if event["retry"] else AirflowFailException)(event["reason"])
        self.log.info("%s", self.found(event["reason"]))
        return self.result(context, event["snapshot"])

    def found(self, reason: str) -> str:
        """The last line of a wait that ended well."""
        return reason

    def result(self, context: "Context", snapshot: dict[str, Any]) -> dict[str, Any]:
        """What the task returns for the snapshot it has waited for."""
        return snapshot

    def not_found(self) -> str:
        """The sentence for a snapshot that never showed."""
        return (
            f"snapshot {self.snapshot_identifier} does not exist in the account of connection "
            f"{self.aws_conn_id}. Next step: clear create_snapshot"
        )

    def watch(self, *, started: datetime) -> Watch:
        """What is waited for, beginning at ``started``."""
        return Watch(
            snapshot_identifier=self.snapshot_identifier,
            owner_account=self.owner_account,
            started=started,
            deadline=started + timedelta(seconds=self.timeout),
            grace=self.grace,
            not_found=self.not_found(),
        )

    def _look(self, watch: Watch) -> tuple[Look, Decision]:
        try:
            look = Look.at_response(self.hook.conn.describe_cluster_snapshots(**watch.request()))
        except ClientError as error:
            look = Look.at_error(error.response)
        except UNREACHABLE as error:
            look = Look(error_code=type(error).__name__, error_message=str(error), passing=True)
        decision = decide(look, watch, now=datetime.now(UTC), seen=self._seen)
        self._seen = decision.seen
        return look, decision

    def _trigger_arguments(self) -> dict[str, Any]:
        return {
            "aws_conn_id": self.aws_conn_id,
            "region_name": self.region_name,
            "verify": self.verify,
            "botocore_config": self.botocore_config,
        }


class RedshiftSharedSnapshotSensor(RedshiftClusterSnapshotSensor):
    """Confirm a share from the account it was made for: visible there by owner, and available.

    :param owner_account: the account that shared the snapshot.
    :param viewer_account: the account of ``aws_conn_id``, for the error's sentence.
    :param share: what ``share_snapshot`` returned, ``None`` where it was skipped (templated).

    Not visible is pending until the deadline; then it fails and names both accounts. Returns the
    facts of the asset event, and emits it on each of the task's outlets.
    """

    template_fields: Sequence[str] = aws_template_fields(
        "snapshot_identifier", "created", "owner_account", "skip_reason", "share"
    )

    def __init__(
        self, *, owner_account: str, viewer_account: str, share: Any, **kwargs: Any
    ) -> None:
        super().__init__(owner_account=owner_account, grace=None, **kwargs)
        self.viewer_account = viewer_account
        self.share = share

    def execute(self, context: "Context") -> Any:
        self._read_created()
        if not self.skip_reason:
            self._require(context, "share_snapshot", self.share)
        return super().execute(context)

    def not_found(self) -> str:
        return (
            f"account {self.viewer_account} (connection {self.aws_conn_id}) does not see snapshot "
            f"{self.snapshot_identifier} of account {self.owner_account}: it is not shared, the "
            "share was revoked, or the connection leads to another account. Next step: look at "
            "the snapshot's AccountsWithRestoreAccess in the owner's account, then clear "
            "share_snapshot"
        )

    def found(self, reason: str) -> str:
        return f"{reason}, seen by account {self.viewer_account} ({self.aws_conn_id})"

    def result(self, context: "Context", snapshot: dict[str, Any]) -> dict[str, Any]:
        facts: dict[str, Any] = self.share["asset_event"]
        for outlet in self.outlets:
            if isinstance(outlet, Asset):
                context["outlet_events"][outlet].extra = facts
        return {**snapshot, **facts}
