"""The last working step of a drill: a copy that the DR account owns."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from botocore.exceptions import ClientError

from redshift_dr.links import SharedSnapshotsLink
from redshift_dr.operators.drill import RedshiftDrillOperator
from redshift_dr.restore.copies import copy_tags, judge_copy
from redshift_dr.restore.explanations import QUOTAS, AwsError, explain_quota
from redshift_dr.restore.failure import Failure
from redshift_dr.restore.naming import dr_copy_identifier
from redshift_dr.restore.request import Drill
from redshift_dr.snapshot_wait import Watch
from redshift_dr.triggers.redshift_snapshot import RedshiftClusterSnapshotTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

VISIBLE_WITHIN = timedelta(minutes=5)
TIMEOUT_MARGIN = timedelta(minutes=5)


class RedshiftKeepDrCopyOperator(RedshiftDrillOperator):
    """After a pass, keep a snapshot of the restored cluster that the DR account owns.

    A share dies with the source account; this copy does not. It is named by the slot and tagged
    with its source. One that is there already is kept if it is of the same snapshot. The DR
    account's function prunes; no role that Airflow assumes may.

    :param selected: what ``select_snapshot`` returned (templated).
    :param restored: what ``restore_cluster`` returned (templated).
    :param validated: what ``validate`` returned (templated).

    Returns the copy's name, or the reason why none is kept.

    IAM: ``redshift:CreateClusterSnapshot, redshift:CreateTags,
    redshift:DescribeClusterSnapshots``.

    .. seealso:: :external+boto3:py:meth:`Redshift.Client.create_cluster_snapshot`
    """

    template_fields: Sequence[str] = aws_template_fields("selected", "restored", "validated")
    operator_extra_links = (SharedSnapshotsLink(),)

    def __init__(self, *, selected: Any, restored: Any, validated: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.selected = selected
        self.restored = restored
        self.validated = validated

    def execute(self, context: "Context") -> Any:
        drill = self.read_drill(context)
        self._require_pass(context)
        if not drill.keep_dr_copy:
            reason = "keep_dr_copy is off for this run"
            self.log.info("no copy is kept: %s", reason)
            return {"dr_copy": None, "reason": reason, "copy_seconds": 0.0}
        name = self._name()
        started = datetime.now(UTC)
        self._create(context, drill, name)
        timeout = timedelta(minutes=drill.settings.deadlines.copy_minutes)
        watch = Watch(
            snapshot_identifier=name,
            owner_account=None,
            started=started,
            deadline=started + timeout,
            grace=VISIBLE_WITHIN,
            not_found=f"the copy {name} is not there. Next step: clear keep_dr_copy",
        )
        self.defer(
            trigger=RedshiftClusterSnapshotTrigger.of(
                watch, seen=False, hook_arguments=self.hook_arguments()
            ),
            method_name="execute_complete",
            timeout=timeout + TIMEOUT_MARGIN,
        )

    def execute_complete(self, context: "Context", event: dict[str, Any]) -> dict[str, Any]:
        """Go on after the wait.

        :param event: see :class:`RedshiftClusterSnapshotTrigger`.
        """
        if event["verdict"] != "ready":
            error = event["reason"].partition(". Next step: ")[0]
            failure = Failure(
                f"the DR account keeps no copy: {error}",
                "The drill itself has passed. Trigger a new run; the function aca-redshift-dr "
                "prunes a failed copy.",
                retry=event["retry"],
            )
            raise self.failed(context, failure)
        name = self._name()
        seconds = (datetime.now(UTC) - context["ti"].start_date).total_seconds()
        self.log.info("the DR account owns %s, made in %.0f s", name, seconds)
        return {"dr_copy": name, "reason": None, "copy_seconds": round(seconds, 1)}

    def _require_pass(self, context: "Context") -> None:
        for task_id, result in (
            ("select_snapshot", self.selected),
            ("restore_cluster", self.restored),
            ("validate", self.validated),
        ):
            self.require(context, task_id, result)
        if self.validated["result"] != "passed":
            failure = Failure(
                f"no copy is kept of what did not pass: validation {self.validated['result']}",
                "Look at the checks that failed.",
            )
            raise self.failed(context, failure)

    def _name(self) -> str:
        moment = self.selected["slot"] or self.selected["snapshot_create_time"]
        return dr_copy_identifier(
            self.cluster.cluster_identifier, datetime.fromisoformat(moment).astimezone(UTC)
        )

    def _create(self, context: "Context", drill: Drill, name: str) -> None:
        tags = copy_tags(self.selected, run_id=drill.run_id)
        try:
            self.hook.conn.create_cluster_snapshot(
                SnapshotIdentifier=name,
                ClusterIdentifier=self.restored["drill_cluster_identifier"],
                Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            )
            self.log.info("copy %s is creating, owned by the DR account", name)
        except ClientError as error:
            answer = AwsError.of(error.response)
            if answer.code == "ClusterSnapshotAlreadyExists":
                self._adopt(context, name, tags)
                return
            if answer.code in QUOTAS:
                failure = explain_quota(answer, self.cluster.target_account_id)
            else:
                failure = Failure(
                    f"AWS did not make the copy {name}: {answer}",
                    "Read the AWS error, and correct what it names.",
                    retry=answer.code not in ("AccessDenied", "InvalidParameterValue"),
                )
            raise self.failed(context, failure) from error

    def _adopt(self, context: "Context", name: str, tags: Mapping[str, str]) -> None:
        found = self.hook.conn.describe_cluster_snapshots(SnapshotIdentifier=name)["Snapshots"]
        failure = judge_copy(found[0], tags)
        if failure is not None:
            raise self.failed(context, failure)
        self.log.info("the copy %s is there already", name)
