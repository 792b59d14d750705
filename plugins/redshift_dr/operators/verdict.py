"""The last teardown of a drill: the run passes only by what is on record."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from redshift_dr.operators.backup_function import FAILURE_KEY
from redshift_dr.restore.verdict import missing_proofs

if TYPE_CHECKING:
    from airflow.sdk import Context


class RedshiftDrillVerdictOperator(BaseOperator):
    """Fail the run unless a pass, its evidence and the deletion are on record.

    Airflow takes a run's state from its last tasks, and skipped ones are no failure to it: a run
    that was marked as failed would end green. This task is the last, and it believes nothing but
    results.

    :param validated: what ``validate`` returned, or nothing (templated).
    :param kept: what ``keep_dr_copy`` returned, or nothing (templated).
    :param deleted: what ``delete_cluster`` returned, or nothing (templated).
    :param recorded: what ``record_evidence`` returned, or nothing (templated).
    """

    template_fields: Sequence[str] = ("validated", "kept", "deleted", "recorded")

    def __init__(
        self, *, validated: Any, kept: Any, deleted: Any, recorded: Any, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.validated = validated
        self.kept = kept
        self.deleted = deleted
        self.recorded = recorded

    def execute(self, context: "Context") -> dict[str, Any]:
        faults = missing_proofs(
            validated=self.validated,
            kept=self.kept,
            deleted=self.deleted,
            recorded=self.recorded,
        )
        if not faults:
            self.log.info("passed, evidence in %s", self.recorded["evidence_uri"])
            return {"verdict": "passed", "evidence_uri": self.recorded["evidence_uri"]}
        error = f"the drill has not passed: {'; '.join(faults)}."
        next_step = "Read the first task that failed; trigger a new run once its cause is gone."
        context["ti"].xcom_push(key=FAILURE_KEY, value={"error": error, "next_step": next_step})
        raise AirflowFailException(error)
