"""What a person may ask of one drill. Pure."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from redshift_dr.config.drill import DrillConfig, NodeCount, NodeType
from redshift_dr.config.models import ClusterConfig
from redshift_dr.restore.naming import drill_cluster_identifier
from redshift_dr.run_request import Request, SnapshotIdentifier, read_request


class DrillRequest(Request):
    """The trigger form; every field is optional.

    :param snapshot_id: restore this shared snapshot instead of the newest.
    :param maximum_age_hours: accept a snapshot of this age, instead of the configured one.
    :param node_type: node type of the restored cluster.
    :param number_of_nodes: its nodes.
    :param keep_dr_copy: whether a pass leaves a copy that the DR account owns.
    """

    snapshot_id: SnapshotIdentifier | None = None
    maximum_age_hours: Annotated[int, Field(ge=1, le=100_000)] | None = None
    node_type: NodeType | None = None
    number_of_nodes: NodeCount | None = None
    keep_dr_copy: bool | None = None


@dataclass(frozen=True)
class Drill:
    """One run of one cluster's drill.

    :param cluster: the cluster's settings.
    :param request: what was asked for.
    :param run_id: Airflow's run id.
    """

    cluster: ClusterConfig
    request: DrillRequest
    run_id: str

    @property
    def settings(self) -> DrillConfig:
        """The drill's settings; a cluster without them has no such DAG."""
        return self.cluster.drill or DrillConfig()

    @property
    def drill_cluster_identifier(self) -> str:
        """The cluster that this run restores and deletes."""
        return drill_cluster_identifier(self.cluster.cluster_identifier, self.run_id)

    @property
    def maximum_age_hours(self) -> int:
        """The age over which a snapshot fails this run."""
        return self.request.maximum_age_hours or self.settings.maximum_age_hours

    @property
    def node_type(self) -> str | None:
        """The node type asked for; ``None`` for the snapshot's own."""
        return self.request.node_type or self.settings.node_type

    @property
    def number_of_nodes(self) -> int | None:
        """The number of nodes asked for; ``None`` for the snapshot's own."""
        return self.request.number_of_nodes or self.settings.number_of_nodes

    @property
    def keep_dr_copy(self) -> bool:
        """Whether a pass leaves a copy."""
        asked = self.request.keep_dr_copy
        return self.settings.keep_dr_copy if asked is None else asked


def read_drill(cluster: ClusterConfig, dag_run: Any) -> Drill:
    """Read a run's identity and configuration.

    :param cluster: the settings of the run's cluster.
    :param dag_run: Airflow's run: ``run_id, conf``.
    :raises RunRequestError: with every fault of the configuration at once.
    """
    request = read_request(DrillRequest, dag_run.conf or {})
    return Drill(cluster=cluster, request=request, run_id=dag_run.run_id)
