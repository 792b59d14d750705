"""What the DR account's deployment offers a drill: bucket, network and key. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redshift_dr.config.drill import DrillConfig
from redshift_dr.restore.failure import Failure


@dataclass(frozen=True)
class Deployment:
    """The facts of the deployment, by the connection or by ``clusters.yaml``.

    :param evidence_bucket: bucket of intents, inventories and evidence.
    :param subnet_group_name: where clusters are restored.
    :param security_group_ids: what they are reached through.
    :param kms_key_id: the DR account's key that encrypts them.
    """

    evidence_bucket: str | None
    subnet_group_name: str | None
    security_group_ids: tuple[str, ...]
    kms_key_id: str | None


_PLACES = {
    "evidence_bucket": ("s3", "bucket_name"),
    "subnet_group_name": ("redshift", "cluster_subnet_group_name"),
    "security_group_ids": ("redshift", "vpc_security_group_ids"),
    "kms_key_id": ("redshift", "kms_key_id"),
}


def read_deployment(
    settings: DrillConfig, *, s3: Mapping[str, Any], redshift: Mapping[str, Any]
) -> Deployment:
    """Join both places; what ``clusters.yaml`` says replaces what the connection says.

    :param s3: ``service_config["s3"]`` of the connection.
    :param redshift: ``service_config["redshift"]`` of the connection.
    """
    return Deployment(
        evidence_bucket=settings.evidence_bucket or s3.get("bucket_name"),
        subnet_group_name=settings.subnet_group_name or redshift.get("cluster_subnet_group_name"),
        security_group_ids=settings.security_group_ids
        or tuple(redshift.get("vpc_security_group_ids") or ()),
        kms_key_id=settings.kms_key_id or redshift.get("kms_key_id"),
    )


def missing_facts(deployment: Deployment, *names: str, conn_id: str | None) -> Failure | None:
    """Say what is known in neither place.

    :param names: the facts that are needed.
    :param conn_id: the connection that was read.
    """
    absent = [name for name in names if not getattr(deployment, name)]
    if not absent:
        return None
    fields = ", ".join(f"drill.{name}" for name in absent)
    keys = ", ".join(".".join(("service_config", *_PLACES[name])) for name in absent)
    return Failure(
        f"neither connection {conn_id} ({keys} of its extra) nor clusters.yaml ({fields}) names "
        f"what the deployment of the DR account has made",
        "Copy the connection that lambda/deploy-lambda-backup.sh --account dr prints, then clear "
        "the task.",
    )
