"""What a person decides: when one is asked, and what an answer allows."""

from tests.mutation.rules import AIRFLOW_UNIT, rule

_PLUGIN = "plugins/redshift_dr/"
_APPROVALS = f"{_PLUGIN}approvals.py"
_PRUNE = f"{_PLUGIN}operators/prune.py"
_APPROVED = f"{_PLUGIN}operators/approved_prune.py"
_RELEASE = f"{_PLUGIN}operators/release.py"
_WAIT = f"{_PLUGIN}operators/approval.py"
_PURE = f"{AIRFLOW_UNIT}test_approvals.py::"
_TASKS = f"{AIRFLOW_UNIT}test_approval_operators.py::"
_OPERATED = f"{AIRFLOW_UNIT}test_operators.py::"
# What a fake function answers to a request that nobody prepared an answer for.
_ASKED = ("IndexError",)

RULES = (
    rule(
        "nobody is asked where approvals are off",
        at=(_PRUNE, "RedshiftPruneSnapshotsOperator.fail"),
        guard="self.cluster.approvals.prune",
        becomes="True",
        test=f"{_OPERATED}test_prune_over_the_limit_fails_where_nobody_is_asked",
        dies_by=("DagRunTriggerException",),
    ),
    rule(
        "a person is asked about the limit only",
        at=(_PRUNE, "RedshiftPruneSnapshotsOperator.fail"),
        guard="failure.error_type == DELETION_LIMIT",
        becomes="True",
        test=f"{_OPERATED}test_stale_chain_is_no_question_to_a_person",
        dies_by=("DagRunTriggerException",),
    ),
    rule(
        "a plan that the run approved and that has changed fails",
        at=(_PRUNE, "RedshiftPruneSnapshotsOperator.fail"),
        guard="not run.request.approved_plan_sha256",
        becomes="True",
        test=f"{_OPERATED}test_plan_that_the_run_approves_and_that_has_changed_fails",
        dies_by=("DagRunTriggerException",),
    ),
    rule(
        "a question that nobody would see fails the task",
        at=(_PRUNE, "RedshiftPruneSnapshotsOperator._ask_for_approval"),
        guard="ti.get_dag(dag_id).is_paused",
        becomes="False",
        test=f"{_OPERATED}test_paused_approval_fails_the_prune_since_nobody_would_see_it",
        dies_by=("DagRunTriggerException",),
    ),
    rule(
        "nobody is asked what an approval would not lift",
        at=(_APPROVALS, "obstacle"),
        guard="reason is None",
        becomes="True",
        test=(
            f"{_PURE}test_plan_that_no_approval_lifts_is_never_asked_for",
            f"{_TASKS}test_plan_that_no_approval_lifts_fails",
        ),
    ),
    rule(
        "a plan that changes while it is made is not shown",
        at=(_APPROVALS, "obstacle"),
        guard="approved.plan_sha256 != plan.plan_sha256",
        becomes="False",
        test=f"{_PURE}test_plan_that_changes_between_two_looks_is_looked_at_again",
    ),
    rule(
        "a changed plan is never applied",
        at=(_APPROVALS, "change_since"),
        guard="plan.plan_sha256 == shown_sha256",
        becomes="True",
        test=(
            f"{_PURE}test_changed_plan_is_never_applied",
            f"{_TASKS}test_changed_plan_is_never_applied",
        ),
        dies_by=_ASKED,
    ),
    rule(
        "nothing is deleted without an approval on record",
        at=(_APPROVED, "RedshiftPruneApprovedPlanOperator.execute"),
        guard="not self.planned or not is_approved(self.approved)",
        becomes="False",
        test=f"{_TASKS}test_nothing_is_deleted_without_an_approval_on_record",
        dies_by=("TypeError", "IndexError"),
    ),
    rule(
        "a rejection is no approval",
        at=(_APPROVALS, "is_approved"),
        guard="list(answer.get('chosen_options') or ()) == [APPROVE]",
        becomes="True",
        test=(
            f"{_PURE}test_only_an_approval_is_one",
            f"{_TASKS}test_nothing_is_deleted_without_an_approval_on_record",
        ),
        dies_by=_ASKED,
    ),
    rule(
        "another hold than the one shown is never released",
        at=(_APPROVALS, "hold_changed"),
        guard="found.held_for == held_for",
        becomes="True",
        test=(
            f"{_PURE}test_other_hold_than_the_one_shown_is_never_released",
            f"{_TASKS}test_other_hold_than_the_one_shown_is_never_released",
        ),
        dies_by=_ASKED,
    ),
    rule(
        "nothing is released without an approval on record",
        at=(_RELEASE, "RedshiftReleaseHoldOperator._who"),
        guard="not self.planned or (needs_approval and (not is_approved(self.approved)))",
        becomes="False",
        test=f"{_TASKS}test_nothing_is_released_without_an_approval_on_record",
        dies_by=("AttributeError", "TypeError", "IndexError"),
    ),
    rule(
        "an unanswered approval fails for good",
        at=(_WAIT, "RedshiftApprovalOperator.execute_complete"),
        guard="'error' in event",
        becomes="False",
        test=f"{_TASKS}test_unanswered_approval_fails_for_good",
        dies_by=("KeyError", "HITLTimeoutError"),
    ),
)
