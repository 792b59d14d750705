"""The links from a task in Airflow's UI to the AWS console.

Airflow asks for them when a task has ended, however it ended. They are made of the operator's own
settings and of the run; the provider's way, by an XCom that the task leaves, costs two calls more.
AWS documents none of these addresses: they are the ones that its console shows.
"""

from typing import Any, ClassVar
from urllib.parse import quote

from airflow.providers.amazon.aws.links.base_aws import BASE_AWS_CONSOLE_LINK, BaseAwsLink

from redshift_dr.restore.naming import drill_cluster_identifier

_REDSHIFT = BASE_AWS_CONSOLE_LINK + "/redshiftv2/home?region={region_name}"


class ConsoleLink(BaseAwsLink):
    """The base: the partition's console, in the cluster's region."""

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The address, empty where there is nothing to show.

        :param operator: one with the settings of a cluster.
        :param ti_key: the task instance that has ended.
        """
        values = self.values(operator, ti_key)
        if values is None:
            return ""
        link: str = self.format_link(
            aws_domain=self.get_aws_domain(operator.cluster.partition),
            region_name=operator.cluster.region_name,
            **{name: quote(value, safe="/:") for name, value in values.items()},
        )
        return link

    def values(self, operator: Any, ti_key: Any) -> dict[str, str] | None:
        """What the address names; ``None`` where there is nothing to show."""
        return {}


class BackupFunctionLink(ConsoleLink):
    """The backup function, with its log and metrics."""

    name: ClassVar[str] = "Backup function"
    key: ClassVar[str] = "_backup_function"
    format_str: ClassVar[str] = (
        BASE_AWS_CONSOLE_LINK
        + "/lambda/home?region={region_name}#/functions/{function_name}?tab=monitoring"
    )

    def values(self, operator: Any, ti_key: Any) -> dict[str, str]:
        return {"function_name": operator.function_name}


class ClusterLink(ConsoleLink):
    """The cluster that is backed up."""

    name: ClassVar[str] = "Cluster"
    key: ClassVar[str] = "_cluster"
    format_str: ClassVar[str] = _REDSHIFT + "#cluster-details?cluster={cluster_identifier}"

    def values(self, operator: Any, ti_key: Any) -> dict[str, str]:
        return {"cluster_identifier": operator.cluster.cluster_identifier}


class DrillClusterLink(ClusterLink):
    """The cluster that the drill has restored, as long as it is there."""

    name: ClassVar[str] = "Restored cluster (DR account)"
    key: ClassVar[str] = "_drill_cluster"

    def values(self, operator: Any, ti_key: Any) -> dict[str, str]:
        source = operator.cluster.cluster_identifier
        return {"cluster_identifier": drill_cluster_identifier(source, ti_key.run_id)}


class SnapshotsLink(ConsoleLink):
    """The snapshots of the source account; the console has a list, and no address for one."""

    name: ClassVar[str] = "Snapshots (source account)"
    key: ClassVar[str] = "_snapshots"
    format_str: ClassVar[str] = _REDSHIFT + "#snapshots"


class SharedSnapshotsLink(SnapshotsLink):
    """The snapshots that the DR account sees.

    The address is the same one: whose snapshots the console shows depends on who is signed in.
    """

    name: ClassVar[str] = "Snapshots (DR account)"
    key: ClassVar[str] = "_shared_snapshots"


class EvidenceLink(ConsoleLink):
    """The document of a drill in the evidence bucket."""

    name: ClassVar[str] = "Evidence (DR account)"
    key: ClassVar[str] = "_evidence"
    format_str: ClassVar[str] = (
        BASE_AWS_CONSOLE_LINK + "/s3/object/{bucket}?region={region_name}&prefix={object_key}"
    )
    answer: ClassVar[str] = "evidence_uri"

    def values(self, operator: Any, ti_key: Any) -> dict[str, str] | None:
        uri = (operator.recorded or {}).get(self.answer)
        if not uri:
            return None
        bucket, _, object_key = uri.removeprefix("s3://").partition("/")
        return {"bucket": bucket, "object_key": object_key}


class ReportLink(EvidenceLink):
    """The report of a drill in the evidence bucket."""

    name: ClassVar[str] = "Report (DR account)"
    key: ClassVar[str] = "_report"
    answer: ClassVar[str] = "report_uri"


LINKS = (
    BackupFunctionLink,
    ClusterLink,
    DrillClusterLink,
    EvidenceLink,
    ReportLink,
    SharedSnapshotsLink,
    SnapshotsLink,
)
