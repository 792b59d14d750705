"""What may be said about the steps of a cluster that wait for a person."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, field_validator

from redshift_dr.config.base import Model


class Approvals(Model):
    """Which steps wait for a person in Airflow's UI, with all defaults filled in.

    :param prune: a prune over the function's limit waits for approval in a DAG of its own; without
        it the run fails, and the plan's sum has to be given to a new one.
    :param release: releasing a hold waits for approval; without it the hold goes at once.
    :param timeout_hours: unanswered for so long, an approval fails and pages.
    :param approvers: ids of the Airflow users who may answer; whoever may edit runs where empty.
    """

    prune: bool = False
    release: bool = True
    timeout_hours: Annotated[int, Field(ge=1, le=7 * 24)] = 24
    approvers: tuple[Annotated[str, Field(min_length=1)], ...] = ()

    @field_validator("approvers", mode="before")
    @classmethod
    def _tuple_of_list(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @property
    def timeout(self) -> timedelta:
        """How long an approval waits."""
        return timedelta(hours=self.timeout_hours)
