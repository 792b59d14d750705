"""The addresses behind a task's buttons, and that Airflow knows them."""

from types import SimpleNamespace
from typing import Any

import pytest

from redshift_dr.config import ClusterConfig
from redshift_dr.links import LINKS, ConsoleLink, DrillClusterLink, EvidenceLink
from redshift_dr.operators.backup import (
    RedshiftCreateSnapshotOperator,
    RedshiftShareSnapshotOperator,
)
from redshift_dr.operators.evidence import RedshiftRecordEvidenceOperator
from redshift_dr.operators.keep_dr_copy import RedshiftKeepDrCopyOperator
from redshift_dr.operators.restore_cluster import RedshiftRestoreClusterOperator
from redshift_dr.restore.naming import drill_cluster_identifier
from redshift_dr_plugin import RedshiftDrPlugin

CONSOLE = "https://console.aws.amazon.com"
REDSHIFT = f"{CONSOLE}/redshiftv2/home?region=us-east-1"
FUNCTION = f"{CONSOLE}/lambda/home?region=us-east-1#/functions/aca-redshift-backup?tab=monitoring"
TASK = SimpleNamespace(run_id="manual__2026-11-20T02:10:00+00:00")


def links_of(operator: Any) -> dict[str, str]:
    return {
        link.name: link.get_link(operator, ti_key=TASK) for link in operator.operator_extra_links
    }


def test_create_links_to_function_and_cluster(cluster: ClusterConfig) -> None:
    operator = RedshiftCreateSnapshotOperator(task_id="create_snapshot", cluster=cluster)

    assert links_of(operator) == {
        "Backup function": FUNCTION,
        "Cluster": f"{REDSHIFT}#cluster-details?cluster=aca-redshift-cluster",
    }


def test_share_links_to_the_snapshots_of_both_accounts(cluster: ClusterConfig) -> None:
    operator = RedshiftShareSnapshotOperator(
        task_id="share_snapshot", cluster=cluster, created=None, waited=None
    )

    assert links_of(operator) == {
        "Backup function": FUNCTION,
        "Snapshots (source account)": f"{REDSHIFT}#snapshots",
        "Snapshots (DR account)": f"{REDSHIFT}#snapshots",
    }


def test_drill_links_to_the_cluster_that_its_run_restores(cluster: ClusterConfig) -> None:
    operator = RedshiftRestoreClusterOperator(
        task_id="restore_cluster", cluster=cluster, selected=None
    )
    restored = drill_cluster_identifier("aca-redshift-cluster", TASK.run_id)

    assert links_of(operator) == {
        DrillClusterLink.name: f"{REDSHIFT}#cluster-details?cluster={restored}"
    }


def test_evidence_and_report_are_linked_once_they_are_written(cluster: ClusterConfig) -> None:
    operator = RedshiftRecordEvidenceOperator(task_id="record_evidence", cluster=cluster)

    assert links_of(operator)[EvidenceLink.name] == ""

    folder = "s3://evidence/drills/orders/20261120-020000-drill"
    operator.recorded = {
        "evidence_uri": f"{folder}/evidence.json",
        "report_uri": f"{folder}/report.html",
    }
    page = f"{CONSOLE}/s3/object/evidence?region=us-east-1&prefix=drills/orders"
    assert links_of(operator) == {
        "Backup function": FUNCTION,
        "Evidence (DR account)": f"{page}/20261120-020000-drill/evidence.json",
        "Report (DR account)": f"{page}/20261120-020000-drill/report.html",
    }


@pytest.mark.parametrize(
    ("partition", "domain"),
    [
        ("aws", "aws.amazon.com"),
        ("aws-cn", "amazonaws.cn"),
        ("aws-us-gov", "amazonaws-us-gov.com"),
    ],
)
def test_console_is_the_one_of_the_partition(
    cluster: ClusterConfig, partition: str, domain: str
) -> None:
    topic = cluster.alert_topic_arn.replace("arn:aws:", f"arn:{partition}:")
    operator = RedshiftKeepDrCopyOperator(
        task_id="keep_dr_copy",
        cluster=cluster.model_copy(update={"alert_topic_arn": topic}),
        selected=None,
        restored=None,
        validated=None,
    )

    (address,) = links_of(operator).values()
    assert address.startswith(f"https://console.{domain}/")


def test_every_link_is_registered_and_has_a_name_of_its_own() -> None:
    registered = RedshiftDrPlugin.operator_extra_links

    assert {type(link) for link in registered} == set(LINKS)
    assert all(isinstance(link, ConsoleLink) for link in registered)
    assert len({link.xcom_key for link in registered}) == len(LINKS)
    assert len({link.name for link in registered}) == len(LINKS)
