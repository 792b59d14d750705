"""The teardown of a drill that leaves its evidence, and tells of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from botocore.exceptions import ClientError

from redshift_dr.assets import verified_snapshot, verified_snapshot_alias
from redshift_dr.aws_errors import UNREACHABLE
from redshift_dr.config import ClusterConfig, DrillConfig, find_configuration
from redshift_dr.evidence.bucket import DOCUMENT, REPORT, EvidenceBucket, Folder
from redshift_dr.evidence.document import (
    NOT_STAMPED,
    TASKS,
    DrillRun,
    Records,
    build_document,
    canonical,
    counts_of,
    sha256_of,
)
from redshift_dr.evidence.history import (
    MOST_DRILLS,
    History,
    UnreadableEvidenceError,
    read_document,
    read_history,
)
from redshift_dr.evidence.report import headline, report
from redshift_dr.evidence.stamp import reason_not_to_stamp, stamp_of_answer, stamp_payload
from redshift_dr.evidence.summary import facts_of_drill
from redshift_dr.evidence.verdict import PASSED
from redshift_dr.evidence.versions import code_versions
from redshift_dr.hooks import EvidenceBucketHook
from redshift_dr.invocation import StampResponse
from redshift_dr.links import BackupFunctionLink, EvidenceLink, ReportLink
from redshift_dr.messages import render_message, subject
from redshift_dr.operators.backup_function import FAILURE_KEY, RedshiftBackupFunctionOperator
from redshift_dr.restore.deployment import missing_facts, read_deployment
from redshift_dr.restore.naming import drill_cluster_identifier
from redshift_dr.topic import attributes_of, publish

if TYPE_CHECKING:
    from airflow.sdk import Context

SUMMARY_TEMPLATE = "drill_summary.txt.jinja"


class RedshiftRecordEvidenceOperator(RedshiftBackupFunctionOperator):
    """Leave one JSON document and one report of the drill, whatever became of it.

    Evidence comes first: the document and the report are in the bucket before anybody is told.
    Then the source snapshot is stamped, the document tells of the stamp, the asset event is made,
    and last the summary goes out. What fails raises, and the next try writes the same keys again,
    with the same instant, and stamps the same stamp. Nothing comes after the summary, so that a try
    that follows a failure has not sent it yet. Only a drill that passed has one; a failed one is
    told of by the page of its run, once.

    A snapshot that the function refuses to stamp is a warning in the evidence and no error.

    Returns ``evidence_uri, report_uri, sha256, verdict, reasons, warnings, checks_passed,
    checks_failed, restore_seconds, validation_seconds, total_seconds, stamp``.

    :param cluster: the cluster's settings.
    :param template: the Jinja file of the summary; by default beside ``clusters.yaml``.

    IAM, ``dr_conn_id``: ``s3:PutObject, s3:GetObject`` on ``drills/*`` and ``s3:ListBucket`` for
    that prefix. ``source_conn_id``: ``lambda:InvokeFunction``, and
    ``alert_conn_id``, if there is one, else the same: ``sns:Publish`` on the topic.
    """

    template_fields: Sequence[str] = aws_template_fields("function_name", "qualifier")
    operator_extra_links = (BackupFunctionLink(), EvidenceLink(), ReportLink())

    def __init__(
        self, *, cluster: ClusterConfig, template: Path | None = None, **kwargs: Any
    ) -> None:
        alias = verified_snapshot_alias(cluster.cluster_identifier)
        super().__init__(cluster=cluster, outlets=[alias], **kwargs)
        self.alias = alias
        self.template = template
        self.recorded: dict[str, Any] | None = None

    def execute(self, context: "Context") -> dict[str, Any]:
        records = read_records(context["ti"])
        folder = self._folder(context, records)
        try:
            document, sha256 = self._record(context, records, folder)
        except ClientError as error:
            code, words = (error.response["Error"].get(key, "") for key in ("Code", "Message"))
            self._fail(
                context,
                f"the evidence bucket {folder.bucket} cannot be used: {code}: {words}",
                "Compare the bucket's name and the role's rights with the stack aca-redshift-dr.",
            )
        except UNREACHABLE as error:
            self._fail(context, f"AWS did not answer: {error}", "Look at the network to AWS.")
        self.recorded = answer_of(document, folder, sha256)
        if document["verdict"]["result"] == PASSED:
            self._announce(context, document, folder, sha256)
        return self.recorded

    def _record(
        self, context: "Context", records: Records, folder: Folder
    ) -> tuple[dict[str, Any], str]:
        bucket = EvidenceBucket(self._s3().conn, folder)
        run = self._run(context, bucket, folder)
        history = read_history(bucket.past_documents(MOST_DRILLS - 1))
        for problem in history.problems:
            self.log.warning("Past evidence is left out: %s", problem)
        document = build_document(self.cluster, run, records)
        self._write(bucket, document, history)
        stamp = self._stamp(context, document, folder.uri(DOCUMENT))
        document = build_document(self.cluster, run, records, stamp=stamp)
        return document, self._write(bucket, document, history)

    def _s3(self) -> EvidenceBucketHook:
        return EvidenceBucketHook(
            aws_conn_id=self.cluster.dr_conn_id, region_name=self.cluster.region_name
        )

    def _folder(self, context: "Context", records: Records) -> Folder:
        """Where this drill's files are; the same for every try, also where nothing was restored."""
        dag_run: Any = context["dag_run"]
        restored = records.results.get("restore_cluster") or {}
        cluster_identifier = self.cluster.cluster_identifier
        started = restored.get("started_at")
        return Folder(
            bucket=restored.get("evidence_bucket") or self._configured_bucket(context),
            cluster_identifier=cluster_identifier,
            started_at=datetime.fromisoformat(started) if started else dag_run.run_after,
            drill_cluster=restored.get("drill_cluster_identifier")
            or drill_cluster_identifier(cluster_identifier, dag_run.run_id),
        )

    def _configured_bucket(self, context: "Context") -> str:
        settings = self.cluster.drill or DrillConfig()
        deployment = read_deployment(settings, s3=self._s3().service_config, redshift={})
        failure = missing_facts(deployment, "evidence_bucket", conn_id=self.cluster.dr_conn_id)
        if failure is not None:
            self._fail(context, failure.error, failure.next_step, retry=False)
        return str(deployment.evidence_bucket)

    def _run(self, context: "Context", bucket: EvidenceBucket, folder: Folder) -> DrillRun:
        dag_run: Any = context["dag_run"]
        return DrillRun(
            dag_id=dag_run.dag_id,
            run_id=dag_run.run_id,
            run_type=str(getattr(dag_run.run_type, "value", dag_run.run_type)),
            triggered_by=getattr(dag_run, "triggering_user_name", None),
            started_at=folder.started_at,
            recorded_at=self._recorded_at(bucket, dag_run.run_id),
            code=code_versions(),
        )

    def _recorded_at(self, bucket: EvidenceBucket, run_id: str) -> datetime:
        """The instant that an earlier try of the run recorded, else now."""
        content = bucket.own_document()
        if content is not None:
            try:
                drill = read_document(content)["drill"]
                if drill["run_id"] == run_id:
                    return datetime.fromisoformat(drill["recorded_at"])
            except (UnreadableEvidenceError, KeyError, TypeError, ValueError) as error:
                self.log.warning("The evidence of an earlier try is written anew: %s", error)
        return datetime.now(UTC)

    def _write(self, bucket: EvidenceBucket, document: dict[str, Any], history: History) -> str:
        content = canonical(document)
        sha256 = sha256_of(content)
        bucket.put(DOCUMENT, content, "application/json")
        page = report(document, sha256=sha256, history=history)
        bucket.put(REPORT, page.encode(), "text/html; charset=utf-8")
        self.log.info("%s, evidence has SHA-256 %s", headline(document), sha256)
        return sha256

    def _stamp(self, context: "Context", document: dict[str, Any], evidence_uri: str) -> Any:
        reason = reason_not_to_stamp(document)
        if reason:
            self.log.info("No stamp: %s", reason)
            return {**NOT_STAMPED, "status": "not made", "reason": reason}
        outcome = self._invoke(stamp_payload(document, evidence_uri), StampResponse)
        stamp = stamp_of_answer(outcome)
        if stamp is None:
            assert not isinstance(outcome, StampResponse)
            message = f"the evidence is in {evidence_uri}, and its stamp failed: {outcome}"
            self._fail(context, message, outcome.next_step, retry=outcome.retry)
        if stamp["status"] != "completed":
            self.log.warning("The stamp is %s: %s", stamp["status"], stamp["reason"])
        return stamp

    def _announce(
        self, context: "Context", document: dict[str, Any], folder: Folder, sha256: str
    ) -> None:
        event = {
            "snapshot_id": document["snapshot"] and document["snapshot"]["snapshot_id"],
            "cluster_identifier": self.cluster.cluster_identifier,
            "slot": document["snapshot"] and document["snapshot"]["slot"],
            "verdict": PASSED,
            "evidence_uri": folder.uri(DOCUMENT),
        }
        asset = verified_snapshot(self.cluster.cluster_identifier)
        context["outlet_events"][self.alias].add(asset, extra=event)
        facts = facts_of_drill(
            document,
            evidence_uri=folder.uri(DOCUMENT),
            report_uri=folder.uri(REPORT),
            sha256=sha256,
        )
        try:
            self._publish(facts)
        except (ClientError, *UNREACHABLE) as error:
            self._fail(
                context,
                f"the evidence is in {folder.uri(DOCUMENT)}, and its summary did not reach "
                f"{self.cluster.alert_topic_arn}: {error}",
                "Let the role of the Airflow connection publish to the topic.",
            )

    def _publish(self, facts: dict[str, Any]) -> None:
        template = self.template or find_configuration().parent / "alerts" / SUMMARY_TEMPLATE
        publish(
            self.cluster,
            subject=subject(f"{facts['headline']}: {self.cluster.cluster_identifier}"),
            message=render_message(template, facts, self.log),
            attributes=attributes_of(
                self.cluster,
                severity="warning" if facts["warnings"] else "info",
                kind="drill_summary",
                incident=f"{facts['dag_id']}/{facts['run_id']}",
            ),
        )

    def _fail(
        self, context: "Context", error: str, next_step: str, *, retry: bool = True
    ) -> NoReturn:
        if retry:
            next_step = f"{next_step} {self.what_follows(context)}"
        self.leave_failure(context, error, next_step)
        kind = AirflowException if retry else AirflowFailException
        raise kind(f"{error}. Next step: {next_step}")


def read_records(ti: Any) -> Records:
    """What the tasks of the drill left; any of it may be missing."""
    results, failures = {}, {}
    for task in TASKS:
        result = ti.xcom_pull(task_ids=task)
        if isinstance(result, dict):
            results[task] = result
        failure = ti.xcom_pull(task_ids=task, key=FAILURE_KEY)
        if isinstance(failure, dict) and failure.get("error"):
            failures[task] = str(failure["error"]).rstrip(".")
    return Records(results, failures)


def answer_of(document: dict[str, Any], folder: Folder, sha256: str) -> dict[str, Any]:
    """What the task returns: counts and seconds, and where the evidence is."""
    counts = counts_of(document)
    return {
        "evidence_uri": folder.uri(DOCUMENT),
        "report_uri": folder.uri(REPORT),
        "sha256": sha256,
        "verdict": document["verdict"]["result"],
        "reasons": document["verdict"]["reasons"],
        "warnings": document["verdict"]["warnings"],
        "checks_passed": counts["passed"],
        "checks_failed": counts["failed"],
        **{
            name: document["timings"][name]
            for name in ("restore_seconds", "validation_seconds", "total_seconds")
        },
        "stamp": document["stamp"]["status"],
    }
