"""Registers the package's links for the UI, and what it imports ahead of its tasks."""

from airflow.plugins_manager import AirflowPlugin

from redshift_dr.links import LINKS
from redshift_dr.preloading import Preloader


class RedshiftDrPlugin(AirflowPlugin):
    """What Airflow must know of the package at its start."""

    name = "redshift_dr"
    operator_extra_links: list[object] = [link() for link in LINKS]  # noqa: RUF012
    listeners: list[object] = [Preloader()]  # noqa: RUF012
