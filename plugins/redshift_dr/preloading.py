"""Imports the Amazon provider once, before Airflow forks a process for every task and DAG file."""

import logging
from importlib import import_module
from typing import Any

from airflow.listeners import hookimpl

log = logging.getLogger(__name__)

MODULES = (
    "airflow.providers.amazon.aws.hooks.redshift_cluster",
    "airflow.providers.amazon.aws.notifications.sns",
    "airflow.providers.amazon.aws.operators.lambda_function",
    "airflow.providers.amazon.aws.sensors.base_aws",
    "airflow.timetables.trigger",
)
"""What ``redshift_dr`` imports and a bare Airflow has not: 0.2 seconds, most of it boto3. Nothing
of ``redshift_dr`` itself: a changed plugin is seen by the next task, without a restart."""


class Preloader:
    """Listens for the start of scheduler, DAG processor and triggerer.

    Forked processes inherit what is imported there: tasks under ``LocalExecutor``, and every parse
    of a DAG file. Under other executors, as in Amazon MWAA, tasks import it themselves, as they
    would without this. It imports and does no more: no client, connection or thread crosses a fork.
    A task's own process is left alone, since most tasks are not ours.
    """

    @hookimpl
    def on_starting(self, component: Any) -> None:
        """Import :data:`MODULES` in a long-lived component.

        :param component: a ``Job`` of Airflow, or the marker of a task's process. It is known by
            name, because importing the class costs a task more than is saved.
        """
        if type(component).__name__ != "Job":
            return
        for module in MODULES:
            try:
                import_module(module)
            except ImportError as error:
                # Raised here, it would keep Airflow from asking the listeners of other plugins.
                log.warning("%s is not preloaded, tasks start slower: %s", module, error)
