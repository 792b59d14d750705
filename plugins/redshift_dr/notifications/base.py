"""The base of all notifiers: one message, to the topic and to whoever else is configured."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.providers.amazon.aws.hooks.sns import SnsHook
from airflow.providers.amazon.aws.notifications.sns import SnsNotifier
from botocore.config import Config

from redshift_dr.config.models import ClusterConfig
from redshift_dr.config.notifier import NotifierConfig
from redshift_dr.messages import render_message, subject
from redshift_dr.notifications.incidents import Incident, Memory, Record
from redshift_dr.notifications.memory import MEMORY_ERRORS, VariableMemory
from redshift_dr.topic import attributes_of

if TYPE_CHECKING:
    from airflow.sdk import Context

SNS_CONFIG = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
"""All callbacks of a DAG file share one process, which Airflow ends after 50 seconds by default."""

T = TypeVar("T")


@dataclass(frozen=True)
class Message:
    """What is to be told.

    :param headline: how the subject begins.
    :param facts: the template's variables.
    :param incident: what the message is about.
    :param record: what is remembered of the incident.
    """

    headline: str
    facts: Mapping[str, str]
    incident: Incident
    record: Record


class RedshiftNotifier(SnsNotifier):
    """Publish one message about a cluster.

    The text comes from a Jinja file; a missing or broken one falls back to plain text, since a page
    that does not arrive is worse than an ugly one. What cannot be reached, SNS or a further
    notifier, keeps no other from being told; the message itself then goes to the log as ERROR.

    :param cluster: the cluster's settings; topic, connection and contact come from them.
    :param template: the Jinja file; its variables are the facts of the message.
    :param memory: where incidents are remembered; Airflow's Variables where absent.
    """

    template_fields = ()
    kind = ""
    severity = "critical"

    def __init__(
        self, *, cluster: ClusterConfig, template: Path, memory: Memory | None = None
    ) -> None:
        super().__init__(
            aws_conn_id=cluster.publishing_conn_id,
            target_arn=cluster.alert_topic_arn,
            message="",
            region_name=cluster.alert_topic_arn.split(":")[3],
        )
        self.cluster = cluster
        self.template = template
        self.memory: Memory = memory or VariableMemory()

    @cached_property
    def hook(self) -> SnsHook:
        """The hook of the topic; an outage of SNS must not use up the time of all callbacks."""
        return SnsHook(
            aws_conn_id=self.aws_conn_id, region_name=self.region_name, config=SNS_CONFIG
        )

    def render_template_fields(self, context: "Context", jinja_env: Any = None) -> None:
        """Nothing to render: Airflow swallows a template error, and with it the page."""

    def message_of(self, context: Any) -> Message | None:
        """What to tell, ``None`` for nothing."""
        raise NotImplementedError

    def settle(self, message: Message, *, told: bool) -> None:
        """Remember what was told.

        :param told: whether anybody was.
        """
        raise NotImplementedError

    def notify(self, context: "Context") -> None:
        """Tell everybody, once each.

        :raises botocore.exceptions.ClientError: SNS refused; the message is in the log.
        """
        message = self.message_of(context)
        if message is None:
            return
        self._compose(message)
        told: list[str] = []
        channels = [(self.target_arn, super().notify), *map(self._further, self.cluster.notifiers)]
        try:
            with ExitStack() as stack:  # Calls them all, whatever one of them raises.
                for name, send in reversed(channels):
                    stack.callback(self._send, name, send, {**context, "alert": self.alert}, told)
        finally:
            self.remembered(lambda: self.settle(message, told=bool(told)))

    def _compose(self, message: Message) -> None:
        facts = {**message.facts, "severity": self.severity, "kind": self.kind}
        self.message = render_message(self.template, facts, self.log)
        self.subject = subject_of(message.headline, facts)
        self.message_attributes = attributes_of(
            self.cluster,
            severity=self.severity,
            kind=self.kind,
            incident=message.incident.id,
            shared=message.incident.shared,
        )
        self.alert = {**facts, "subject": self.subject, "message": self.message}

    def _further(self, notifier: NotifierConfig) -> tuple[str, Callable[[Any], None]]:
        def send(context: Any) -> None:
            resolve_name(notifier.path)(**notifier.arguments)(context)

        return notifier.path, send

    def _send(self, name: str, send: Callable[[Any], None], context: Any, told: list[str]) -> None:
        try:
            send(context)
            told.append(name)
        finally:
            if name not in told:
                self.log.error("The message did not reach %s:\n%s", name, self.message)

    def remembered(self, use: Callable[[], T]) -> T | None:
        """Use the memory; ``None``, and a warning, where it cannot be reached."""
        try:
            return use()
        except MEMORY_ERRORS as error:
            self.log.warning("Airflow's API cannot be used: %s", error)
            return None


def subject_of(headline: str, facts: Mapping[str, Any]) -> str:
    """The message's subject, within what SNS accepts."""
    task = "" if facts["task_id"] == "-" else f" ({facts['task_id']})"
    return subject(f"{headline}: {facts['cluster_identifier']}{task}")
