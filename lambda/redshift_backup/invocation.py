"""What every action is given: the request, the limits, AWS, and the time."""

from dataclasses import dataclass, replace
from datetime import datetime

from redshift_backup.budget import Budget
from redshift_backup.caller import Caller
from redshift_backup.gateway import Gateway
from redshift_backup.model import Chain
from redshift_backup.request import Request
from redshift_backup.retention import Policy
from redshift_backup.settings import Settings


@dataclass(frozen=True)
class Invocation:
    """One invocation of the function.

    :ivar now: read once, aware UTC; every decision of the invocation uses this instant.
    """

    request: Request
    settings: Settings
    caller: Caller
    gateway: Gateway
    budget: Budget
    now: datetime

    @property
    def cluster_identifier(self) -> str:
        """The cluster of an action that has exactly one; parsing has made sure of it."""
        if self.request.cluster_identifier is None:
            raise ValueError(f"action {self.request.action} has no single cluster")
        return self.request.cluster_identifier

    @property
    def chain(self) -> Chain:
        """The chain of that cluster."""
        return self.request.chain(self.cluster_identifier, self.settings)

    def for_cluster(self, cluster_identifier: str) -> "Invocation":
        """Return the same invocation with this cluster as its one cluster."""
        return replace(self, request=replace(self.request, cluster_identifier=cluster_identifier))

    @property
    def policy(self) -> Policy:
        """The rules that a prune follows."""
        return self.request.policy(self.settings)
