"""The sensor that waits until a drill's cluster is restored."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from redshift_dr.operators.drill import RedshiftDrillOperator
from redshift_dr.restore.cluster_wait import ClusterWatch, decide
from redshift_dr.runs import iso
from redshift_dr.snapshot_wait import Verdict
from redshift_dr.triggers.redshift_cluster import RedshiftDrillClusterTrigger, event_of

if TYPE_CHECKING:
    from airflow.sdk import Context

VISIBLE_WITHIN = timedelta(minutes=5)
"""How long a cluster that AWS has begun to restore may be invisible."""

TIMEOUT_MARGIN = timedelta(minutes=5)
"""The trigger ends by its own deadline; Airflow's timeout only catches one that cannot run."""


class RedshiftRestoredClusterSensor(RedshiftDrillOperator):
    """Wait, holding no worker, until the drill's cluster is available and holds all its data.

    ``available`` comes before the restore is complete: blocks still stream in. It fails at once,
    without retries, on ``incompatible-*``, ``hardware-failure``, ``deleting``, a restore that
    failed, and a cluster that was seen and is gone. botocore's waiters know none of these.

    :param restored: what ``restore_cluster`` returned (templated).

    Returns when it was complete and how long that took. Looking changes nothing, so a second run is
    harmless; the deadline counts from its first look.

    IAM: ``redshift:DescribeClusters, redshift:DescribeClusterSnapshots``.

    .. seealso:: :external+boto3:py:meth:`Redshift.Client.describe_clusters`
    """

    template_fields: Sequence[str] = aws_template_fields("restored")
    ui_color = "#c6d8f2"

    def __init__(self, *, restored: Any, timeout: timedelta, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.restored = restored
        self.timeout = timeout

    def execute(self, context: "Context") -> Any:
        self.require(context, "restore_cluster", self.restored)
        started = datetime.now(UTC)
        watch = ClusterWatch(
            cluster_identifier=self.restored["drill_cluster_identifier"],
            started=started,
            deadline=started + self.timeout,
            grace=VISIBLE_WITHIN,
        )
        look = self.look(watch.cluster_identifier)
        now = datetime.now(UTC)
        decision = decide("restored", look, watch, now=now, seen=False)
        if decision.verdict is not Verdict.WAIT:
            return self.execute_complete(context, event_of(decision, polls=1, at=now))
        self.log.info("%s", decision.reason)
        self.defer(
            trigger=RedshiftDrillClusterTrigger.of(
                "restored",
                watch,
                seen=decision.seen,
                polls=1,
                hook_arguments=self.hook_arguments(),
            ),
            method_name="execute_complete",
            timeout=self.timeout + TIMEOUT_MARGIN,
        )

    def execute_complete(self, context: "Context", event: dict[str, Any]) -> dict[str, Any]:
        """Go on after the wait.

        :param event: see :class:`RedshiftDrillClusterTrigger`.
        """
        self.fail_by_event(context, event, "Read the log of wait_for_cluster.")
        available_at = datetime.fromisoformat(event["at"])
        seconds = available_at - datetime.fromisoformat(self.restored["started_at"])
        result = {
            "available_at": iso(available_at),
            "restore_seconds": round(max(seconds.total_seconds(), 0.0), 1),
            "polls": event["polls"],
        }
        self.log.info(
            "%s after %s s, %s looks",
            event["reason"],
            result["restore_seconds"],
            result["polls"],
        )
        return result
