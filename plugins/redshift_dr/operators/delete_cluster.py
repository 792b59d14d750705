"""The first teardown of a drill: its cluster goes, however the run went."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from botocore.exceptions import ClientError

from redshift_dr.aws_errors import UNREACHABLE
from redshift_dr.config.drill import DrillDeadlines
from redshift_dr.operators.drill import RedshiftDrillOperator
from redshift_dr.operators.restore_cluster import NOTHING_RESTORED_KEY, cluster_arn
from redshift_dr.restore.cluster_wait import NOT_FOUND_CODES, ClusterWatch, Goal, decide
from redshift_dr.restore.explanations import AwsError
from redshift_dr.restore.failure import Failure
from redshift_dr.restore.naming import drill_cluster_identifier
from redshift_dr.restore.ownership import judge_ownership
from redshift_dr.runs import iso
from redshift_dr.snapshot_wait import Verdict
from redshift_dr.triggers.redshift_cluster import RedshiftDrillClusterTrigger, event_of

if TYPE_CHECKING:
    from airflow.sdk import Context

ARRIVES_WITHIN = timedelta(seconds=60)
"""How long a restore that was cut off may still make a cluster: Airflow starts this task some
seconds before it kills one that was marked as failed, and AWS shows a new cluster late."""

TIMEOUT_MARGIN = timedelta(minutes=5)

ONE_CALL = {"retries": {"max_attempts": 0}}
"""The task retries; botocore's own retries would hide how often AWS refused."""

SWEEP = (
    "Delete the cluster by hand, or leave it to the function aca-redshift-dr, whose action sweep "
    "deletes it when its intent has expired."
)


class RedshiftDeleteDrillClusterOperator(RedshiftDrillOperator):
    """Delete the run's cluster, after success, failure, kill and mark-failed, and see it gone.

    The name comes from the run, not from a result: a task that was killed left none. It waits
    while the cluster cannot be deleted yet, and while a copy of it is made. Only what the run's
    intent announced is deleted; a missing tag is repaired first. A cluster that is not there is
    success.

    :param selected: what ``select_snapshot`` returned, or nothing (templated).
    :param restored: what ``restore_cluster`` returned, or nothing (templated).
    :param available: what ``wait_for_cluster`` returned, or nothing (templated).

    A second run finds the cluster deleting or gone.

    IAM: ``redshift:DeleteCluster, redshift:CreateTags, redshift:DescribeClusters,
    redshift:DescribeClusterSnapshots``, ``s3:GetObject`` of ``intents/``.

    .. seealso:: :external+boto3:py:meth:`Redshift.Client.delete_cluster`
    """

    template_fields: Sequence[str] = aws_template_fields("selected", "restored", "available")
    ui_color = "#f2c6a0"

    def __init__(self, *, selected: Any, restored: Any, available: Any, **kwargs: Any) -> None:
        kwargs.setdefault("botocore_config", ONE_CALL)
        super().__init__(**kwargs)
        self.selected = selected
        self.restored = restored
        self.available = available

    def execute(self, context: "Context") -> Any:
        self.require_dr_account(context)
        started = datetime.now(UTC)
        settings = self.cluster.drill
        minutes = (settings.deadlines if settings else DrillDeadlines()).delete_minutes
        watch = ClusterWatch(
            cluster_identifier=self._identifier(context),
            started=started,
            deadline=started + timedelta(minutes=minutes),
            grace=ARRIVES_WITHIN if self._may_still_come(context) else timedelta(),
        )
        return self._await(context, "deletable", watch)

    def execute_deletable(self, context: "Context", event: dict[str, Any]) -> Any:
        """Delete what can be deleted by now."""
        self.fail_by_event(context, event, SWEEP, prefer_own=False)
        name = self._identifier(context)
        cluster = self.look(name).cluster
        if cluster is None:
            return self._gone(context, event)
        self._delete(context, cluster)
        now = datetime.now(UTC)
        until = datetime.fromisoformat(event["deadline"])
        return self._await(context, "gone", ClusterWatch(name, now, until, timedelta()))

    def execute_gone(self, context: "Context", event: dict[str, Any]) -> Any:
        """Go on after the cluster is gone, or has not gone by the deadline."""
        self.fail_by_event(context, event, SWEEP, prefer_own=False)
        return self._gone(context, event, deleted=True)

    def _await(self, context: "Context", goal: Goal, watch: ClusterWatch) -> Any:
        after = self.execute_deletable if goal == "deletable" else self.execute_gone
        look = self.look(watch.cluster_identifier)
        now = datetime.now(UTC)
        seen = goal == "gone" or look.cluster is not None
        decision = decide(goal, look, watch, now=now, seen=seen)
        if decision.verdict is not Verdict.WAIT:
            return after(context, event_of(decision, watch, polls=1, at=now))
        self.log.info("%s", decision.reason)
        self.defer(
            trigger=RedshiftDrillClusterTrigger.of(
                goal, watch, seen=seen, polls=1, hook_arguments=self.hook_arguments()
            ),
            method_name=after.__name__,
            timeout=watch.deadline - now + TIMEOUT_MARGIN,
        )

    def _delete(self, context: "Context", cluster: Any) -> None:
        name = cluster["ClusterIdentifier"]
        account_id: str = self.hook.account_id
        bucket = str(self.deployment(context, "evidence_bucket").evidence_bucket)
        intent = self.read_intent(context, bucket, name)
        judged = judge_ownership(cluster, intent, account_id=account_id)
        if not judged.ours:
            next_step = "Find out whose it is; nothing of ours will delete it."
            raise self.failed(context, Failure(judged.reason, next_step))
        arn = cluster_arn(self.cluster.partition, self.cluster.region_name, account_id, name)
        try:
            if judged.missing_tags:
                self.log.info("tags %s are repaired", ", ".join(judged.missing_tags))
                tags = [{"Key": key, "Value": value} for key, value in judged.missing_tags.items()]
                self.hook.conn.create_tags(ResourceName=arn, Tags=tags)
            self.hook.conn.delete_cluster(ClusterIdentifier=name, SkipFinalClusterSnapshot=True)
        except ClientError as error:
            answer = AwsError.of(error.response)
            if answer.code in NOT_FOUND_CODES:
                return
            failure = Failure(f"AWS did not delete cluster {name}: {answer}", SWEEP, retry=True)
            raise self.failed(context, failure) from error
        except UNREACHABLE as error:
            failure = Failure(
                f"AWS did not answer whether it deletes {name}: {error}", SWEEP, retry=True
            )
            raise self.failed(context, failure) from error
        self.log.info("cluster %s is deleting", name)

    def _gone(
        self, context: "Context", event: dict[str, Any], *, deleted: bool = False
    ) -> dict[str, Any]:
        name = self._identifier(context)
        if not deleted and not self.restored:
            return self._nothing(f"there is no cluster {name}; it was never restored")
        self.log.info("cluster %s is gone", name)
        return {
            "deleted": True,
            "drill_cluster_identifier": name,
            "deleted_at": iso(datetime.fromisoformat(event["at"])),
        }

    def _nothing(self, reason: str) -> dict[str, Any]:
        self.log.info("nothing is deleted: %s", reason)
        return {"deleted": False, "reason": reason}

    def _identifier(self, context: "Context") -> str:
        return drill_cluster_identifier(self.cluster.cluster_identifier, context["run_id"])

    def _may_still_come(self, context: "Context") -> bool:
        if self.available or not self.selected:
            return False
        return not context["ti"].xcom_pull(task_ids="restore_cluster", key=NOTHING_RESTORED_KEY)
