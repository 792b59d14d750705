"""The second step of a drill: the intent, the restore, the tags."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowException
from botocore.exceptions import ClientError

from redshift_dr.aws_errors import UNREACHABLE
from redshift_dr.links import DrillClusterLink
from redshift_dr.operators.drill import RedshiftDrillOperator
from redshift_dr.restore.cluster_wait import status_of
from redshift_dr.restore.deployment import Deployment
from redshift_dr.restore.explanations import ALREADY_EXISTS, AwsError, explain_restore
from redshift_dr.restore.failure import Failure
from redshift_dr.restore.intent import Intent, new_intent
from redshift_dr.restore.ownership import judge_ownership
from redshift_dr.restore.request import Drill
from redshift_dr.restore.restoring import refused_nodes, restore_request
from redshift_dr.runs import iso

if TYPE_CHECKING:
    from airflow.sdk import Context

NOTHING_RESTORED_KEY = "nothing_restored"
"""XCom key: AWS refused the restore in so many words, so there is no cluster to wait for."""


class RedshiftRestoreClusterOperator(RedshiftDrillOperator):
    """Restore the selected snapshot into the run's own cluster.

    The intent is written first, so that whatever is made afterwards has an owner, even if the
    process is killed before the tags. A cluster of the run's name is adopted if the intent and all
    its facts say that it is this run's; otherwise the task fails and leaves it alone.

    :param selected: what ``select_snapshot`` returned (templated).

    A second run of the same run adopts what the first one made.

    IAM: ``redshift:RestoreFromClusterSnapshot, redshift:CreateTags, redshift:DescribeClusters``,
    ``s3:GetObject`` and ``s3:PutObject`` of ``intents/``, the use of both keys, and Secrets Manager
    for the new administrator's password.

    .. seealso:: :external+boto3:py:meth:`Redshift.Client.restore_from_cluster_snapshot`
    """

    template_fields: Sequence[str] = aws_template_fields("selected")
    operator_extra_links = (DrillClusterLink(),)

    def __init__(self, *, selected: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.selected = selected

    def execute(self, context: "Context") -> dict[str, Any]:
        drill = self.read_drill(context)
        self.require(context, "select_snapshot", self.selected)
        account_id = self.require_dr_account(context)
        deployment = self.deployment(
            context, "evidence_bucket", "subnet_group_name", "security_group_ids", "kms_key_id"
        )
        failure = refused_nodes(drill, self.selected)
        if failure is not None:
            raise self._refused(context, failure)
        bucket = str(deployment.evidence_bucket)
        earlier = self.read_intent(context, bucket, drill.drill_cluster_identifier)
        intent = self._intent(context, drill, account_id).renewed(earlier)
        existing = self._cluster(context, drill)
        if existing is not None:
            self._require_ours(context, existing, earlier, account_id)
        uri = self.write_intent(context, bucket, intent)
        adopted = existing is not None
        if existing is None:
            existing, adopted = self._restore(context, drill, deployment, intent)
        self._tag(context, existing, intent)
        return {
            "drill_cluster_identifier": drill.drill_cluster_identifier,
            "intent_uri": uri,
            "evidence_bucket": bucket,
            "started_at": iso(existing.get("ClusterCreateTime") or intent.created_at),
            "adopted": adopted,
            "node_type": existing.get("NodeType"),
            "number_of_nodes": existing.get("NumberOfNodes"),
        }

    def _intent(self, context: "Context", drill: Drill, account_id: str) -> Intent:
        return new_intent(
            now=datetime.now(UTC),
            lives=timedelta(hours=drill.settings.expires_hours),
            account_id=account_id,
            cluster_identifier=drill.drill_cluster_identifier,
            source_cluster_identifier=self.cluster.cluster_identifier,
            dag_id=context["ti"].dag_id,
            run_id=drill.run_id,
            snapshot_identifier=self.selected["snapshot_id"],
            snapshot_arn=self.selected["snapshot_arn"],
            owner_account=self.selected["owner_account"],
        )

    def _cluster(self, context: "Context", drill: Drill) -> Any:
        look = self.look(drill.drill_cluster_identifier)
        if look.error_code:
            failure = Failure(
                f"cannot look at cluster {drill.drill_cluster_identifier}: "
                f"{look.error_code}: {look.error_message}",
                "Compare the role of the connection with RestoreRole of the stack aca-redshift-dr.",
                retry=True,
            )
            raise self.failed(context, failure)
        return look.cluster

    def _require_ours(
        self, context: "Context", cluster: Any, intent: Intent | None, account_id: str
    ) -> None:
        name = cluster["ClusterIdentifier"]
        judged = judge_ownership(cluster, intent, account_id=account_id)
        if not judged.ours or intent is None:
            # Of a cluster that has just begun, AWS may not tell everything yet.
            failure = Failure(
                f"a cluster of this run's name is there, and it is not adopted: {judged.reason}",
                "Find out whose it is; trigger a new run, which has another name.",
                retry=status_of(cluster) == "creating",
            )
        elif status_of(cluster) == "deleting":
            failure = Failure(
                f"cluster {name} of an earlier try is still deleting",
                "The next try restores it again.",
                retry=True,
            )
        elif intent.snapshot_identifier != self.selected["snapshot_id"]:
            failure = Failure(
                f"cluster {name} was restored from {intent.snapshot_identifier}, and "
                f"{self.selected['snapshot_id']} is selected now",
                "Clear delete_cluster, or trigger a new run.",
            )
        else:
            self.log.info("cluster %s is this run's, adopted", name)
            return
        raise self.failed(context, failure)

    def _restore(
        self, context: "Context", drill: Drill, deployment: Deployment, intent: Intent
    ) -> tuple[Any, bool]:
        request = restore_request(drill, self.selected, deployment)
        self.log.info("restoring %s: %s", drill.drill_cluster_identifier, request)
        try:
            return self.hook.conn.restore_from_cluster_snapshot(**request)["Cluster"], False
        except ClientError as error:
            answer = AwsError.of(error.response)
            if answer.code not in ALREADY_EXISTS:
                failure = explain_restore(
                    answer, self.selected, deployment, dr_account_id=intent.account_id
                )
                raise self._refused(context, failure) from error
        except UNREACHABLE as error:
            failure = Failure(
                f"AWS did not answer whether it restores {drill.drill_cluster_identifier}: {error}",
                "The next try adopts the cluster if there is one.",
                retry=True,
            )
            raise self.failed(context, failure) from error
        # A lost answer and botocore's own second call look like this.
        existing = self._cluster(context, drill)
        if existing is None:
            failure = Failure(
                f"cluster {drill.drill_cluster_identifier} exists, and is not visible yet",
                "The next try adopts it.",
                retry=True,
            )
            raise self.failed(context, failure)
        self._require_ours(context, existing, intent, intent.account_id)
        return existing, True

    def _refused(self, context: "Context", failure: Failure) -> AirflowException:
        """AWS, or a check before it, has said no: nothing was made."""
        if not failure.retry:
            context["ti"].xcom_push(key=NOTHING_RESTORED_KEY, value=True)
        return self.failed(context, failure)

    def _tag(self, context: "Context", cluster: Any, intent: Intent) -> None:
        name = cluster["ClusterIdentifier"]
        arn = cluster_arn(self.cluster.partition, self.cluster.region_name, intent.account_id, name)
        tags = [{"Key": key, "Value": value} for key, value in intent.tags.items()]
        try:
            self.hook.conn.create_tags(ResourceName=arn, Tags=tags)
        except ClientError as error:
            failure = Failure(
                f"cluster {name} is restored and cannot be tagged: {AwsError.of(error.response)}",
                "Compare the role of the connection with RestoreRole of the stack aca-redshift-dr.",
                retry=True,
            )
            raise self.failed(context, failure) from error


def cluster_arn(partition: str, region_name: str, account_id: str, name: str) -> str:
    """The ARN of a cluster."""
    return f"arn:{partition}:redshift:{region_name}:{account_id}:cluster:{name}"
