"""Registers the package's link, so that the UI can show it."""

from airflow.plugins_manager import AirflowPlugin

from redshift_dr.links import BackupFunctionLink


class RedshiftDrPlugin(AirflowPlugin):
    """What Airflow must know of the package at its start."""

    name = "redshift_dr"
    operator_extra_links: list[object] = [BackupFunctionLink()]  # noqa: RUF012
