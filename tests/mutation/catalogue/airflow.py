"""The Airflow side: when a task retries, what it believes, how long it waits, when it prunes."""

from tests.mutation.rules import AIRFLOW_UNIT, rule

_PLUGIN = "plugins/redshift_dr/"
_INVOCATION = f"{_PLUGIN}invocation.py"
_FUNCTION = f"{_PLUGIN}operators/backup_function.py"
_OPERATORS = f"{_PLUGIN}operators/backup.py"
_PRUNE = f"{_PLUGIN}operators/prune.py"
_RUNS = f"{_PLUGIN}runs.py"
_REQUEST = f"{_PLUGIN}run_request.py"
_WAIT = f"{_PLUGIN}snapshot_wait.py"
_SENSOR = f"{_PLUGIN}sensors/redshift_snapshot.py"
_TRIGGER = f"{_PLUGIN}triggers/redshift_snapshot.py"
_ANSWERS = f"{AIRFLOW_UNIT}test_invocation.py::"
_OPERATED = f"{AIRFLOW_UNIT}test_operators.py::"
_WAITED = f"{AIRFLOW_UNIT}test_snapshot_wait.py::"
_SENSED = f"{AIRFLOW_UNIT}test_sensors.py::"
_RUN = f"{AIRFLOW_UNIT}test_runs.py::"
_NO_PRUNE = f"{_RUN}test_run_that_must_not_prune_says_why"
_REFUSED = f"{_RUN}test_bad_configuration_is_refused"
# What a fake function answers to a request that nobody prepared an answer for.
_ASKED = ("IndexError",)

RULES = (
    rule(
        "Airflow does not retry a refusal",
        says="a safety rule spoke; do not retry",
        at=(_INVOCATION, "failure_of"),
        guard="error_type not in CONFIGURATION_ERRORS | REFUSALS",
        becomes="True",
        test=f"{_ANSWERS}test_refusals_and_bad_configuration_do_not_retry",
    ),
    rule(
        "Airflow does not retry a wrong configuration",
        says="correct the event or the deployment; do not retry",
        at=(_INVOCATION, "failure_of"),
        guard="CONFIGURATION_ERRORS | REFUSALS",
        becomes="REFUSALS",
        test=f"{_ANSWERS}test_refusals_and_bad_configuration_do_not_retry",
    ),
    rule(
        "Airflow retries what may pass",
        says="`ClusterBusyError`, `AwsError` and its kinds, `PartialFailureError`",
        at=(_INVOCATION, "failure_of"),
        guard="error_type not in CONFIGURATION_ERRORS | REFUSALS",
        becomes="False",
        test=f"{_ANSWERS}test_faults_and_accidents_retry",
    ),
    rule(
        "Airflow does not retry a past slot that has no snapshot",
        says="the past slot has no automated snapshot; do not retry",
        at=(_INVOCATION, ""),
        guard="frozenset({'RefusedError', 'ShareRefusedError', 'DeletionLimitError',"
        " 'StaleChainError', 'SlotRefusedError', 'ForeignSnapshotError', 'HeldError',"
        " 'NoSnapshotForSlotError'})",
        becomes="frozenset({'RefusedError', 'ShareRefusedError', 'DeletionLimitError',"
        " 'StaleChainError', 'SlotRefusedError', 'ForeignSnapshotError', 'HeldError'})",
        test=f"{_OPERATED}test_refusal_fails_without_retry_and_is_left_for_the_alert",
        dies_by=("AirflowException",),
    ),
    rule(
        "a refusal fails the task for good",
        says="a safety rule spoke; do not retry",
        at=(_FUNCTION, "RedshiftBackupFunctionOperator.fail"),
        guard="AirflowException if failure.retry else AirflowFailException",
        becomes="AirflowException",
        test=f"{_OPERATED}test_refusal_fails_without_retry_and_is_left_for_the_alert",
        dies_by=("AirflowException",),
    ),
    rule(
        "a function that cannot be invoked fails the task for good",
        at=(_FUNCTION, "RedshiftBackupFunctionOperator._invoke"),
        guard="code not in FINAL_AWS_CODES",
        becomes="True",
        test=f"{_OPERATED}test_function_that_cannot_be_invoked_fails_without_retry",
        dies_by=("AirflowException",),
    ),
    rule(
        "an invocation is waited for as long as Lambda may take",
        at=(_FUNCTION, ""),
        guard="{'read_timeout': 900, 'retries': {'max_attempts': 0}}",
        becomes="{'retries': {'max_attempts': 0}}",
        test=f"{_OPERATED}test_invocation_is_never_repeated_by_botocore",
    ),
    rule(
        "botocore never invokes twice",
        at=(_FUNCTION, ""),
        guard="{'read_timeout': 900, 'retries': {'max_attempts': 0}}",
        becomes="{'read_timeout': 900}",
        test=f"{_OPERATED}test_invocation_is_never_repeated_by_botocore",
    ),
    rule(
        "an answer to another question is not believed",
        says="`statusCode`, `action`, `status`, `cluster_identifier`",
        at=(_INVOCATION, "read_response"),
        guard="(response.action, response.cluster_identifier) != (action, cluster_identifier)",
        becomes="False",
        test=f"{_ANSWERS}test_incomplete_answer_is_not_believed",
    ),
    rule(
        "a bad run is refused before the function is asked",
        at=(_REQUEST, "read_request"),
        guard="faults or request is None",
        becomes="request is None",
        test=(
            _REFUSED,
            f"{_OPERATED}test_bad_configuration_is_refused_before_the_function_is_asked",
        ),
        dies_by=_ASKED,
    ),
    rule(
        "a run knows its keys",
        says="Any other field is a fault",
        at=(_REQUEST, "Request"),
        guard="ConfigDict(frozen=True, extra='forbid', strict=True)",
        becomes="ConfigDict(frozen=True, strict=True)",
        test=f"{_OPERATED}test_bad_configuration_is_refused_before_the_function_is_asked",
        dies_by=_ASKED,
    ),
    rule(
        "a run shares with configured accounts only",
        says="comma list; the own account never",
        at=(_REQUEST, "account_faults"),
        guard="account not in allowed",
        becomes="False",
        test=f"{_RUN}test_all_faults_of_a_configuration_are_named_at_once",
    ),
    rule(
        "a run shares with the account that confirms",
        at=(_REQUEST, "account_faults"),
        guard="cluster.target_account_id not in accounts",
        becomes="False",
        test=f"{_RUN}test_all_faults_of_a_configuration_are_named_at_once",
    ),
    rule(
        "the source account is no target",
        says="comma list; the own account never",
        at=(f"{_PLUGIN}config/models.py", "ClusterConfig._own_account_is_no_target"),
        guard="self.source_account_id in self.all_target_account_ids",
        becomes="False",
        test=f"{AIRFLOW_UNIT}test_config.py::test_bad_value_is_refused",
    ),
    rule(
        "prune only after the DR account has confirmed",
        at=(_PRUNE, "RedshiftPruneSnapshotsOperator.execute"),
        guard="self._require_confirmation(context, run)",
        becomes="None",
        test=f"{_OPERATED}test_prune_never_runs_before_the_own_snapshot_is_confirmed_shared",
        dies_by=_ASKED,
    ),
    rule(
        "prune only after this run's own snapshot is confirmed",
        at=(_PRUNE, "RedshiftPruneSnapshotsOperator._require_confirmation"),
        guard="seen != self.created['snapshot_id']",
        becomes="seen is None",
        test=f"{_OPERATED}test_prune_never_runs_before_the_own_snapshot_is_confirmed_shared",
        dies_by=_ASKED,
    ),
    rule(
        "a run that must not prune skips it",
        says="Past slots never prune",
        at=(_PRUNE, "RedshiftPruneSnapshotsOperator.execute"),
        guard="if reason",
        becomes="False",
        test=(
            f"{_OPERATED}test_older_run_skips_prune_when_a_newer_slot_is_shared",
            f"{_OPERATED}test_run_whose_snapshot_was_asked_for_after_its_slot_never_prunes",
        ),
        dies_by=_ASKED,
    ),
    *(
        rule(
            f"no prune: {name}",
            at=(_RUNS, "reason_not_to_prune"),
            guard=guard,
            becomes="False",
            test=test,
        )
        for name, guard, test in (
            ("the run was asked to skip it", "if run.request.skip_prune", _NO_PRUNE),
            ("the run only shared a snapshot", "if run.request.snapshot_id", _NO_PRUNE),
            ("the slot is past", "if past_slot", _NO_PRUNE),
            (
                "a newer slot is backed up",
                "newest > run.slot",
                f"{_RUN}test_older_run_does_not_prune_after_a_newer_slot",
            ),
        )
    ),
    rule(
        "a backfill is of a past slot",
        says="Past slots never prune",
        at=(_RUNS, "read_run"),
        guard="run_type == 'backfill'",
        becomes="False",
        test=_NO_PRUNE,
    ),
    rule(
        "a run that began after its slot is of a past slot",
        says="Past slots never prune",
        at=(_RUNS, "read_run"),
        guard="now >= ends",
        becomes="False",
        test=_NO_PRUNE,
    ),
    rule(
        "a prune that removes nothing of what remains stops",
        says="(more to do: call again)",
        at=(_PRUNE, "RedshiftPruneOperator.prune"),
        guard="response.deleted == 0",
        becomes="False",
        test=f"{_OPERATED}test_prune_stops_when_a_round_removes_nothing",
    ),
    rule(
        "a share that is not complete fails the task",
        says="`shared` is true only if every required account is authorized",
        at=(_OPERATORS, "RedshiftShareSnapshotOperator.execute"),
        guard="not response.shared and (not run.request.dry_run)",
        becomes="False",
        test=f"{_OPERATED}test_share_that_is_not_complete_fails",
    ),
    rule(
        "a snapshot that is not shared is not held",
        at=(_OPERATORS, "RedshiftShareSnapshotOperator.execute"),
        guard="not response.shared and (not run.request.dry_run)",
        becomes="False",
        test=f"{_OPERATED}test_snapshot_that_is_not_shared_is_not_held",
        dies_by=_ASKED,
    ),
    rule(
        "a hold that is not there afterwards fails the task",
        says="answer by what is there",
        at=(_OPERATORS, "RedshiftShareSnapshotOperator._hold"),
        guard="not response.held and (not run.request.dry_run)",
        becomes="False",
        test=f"{_OPERATED}test_hold_that_is_not_there_afterwards_fails",
    ),
    rule(
        "a task marked by hand is no ground to go on",
        at=(_FUNCTION, "RedshiftBackupFunctionOperator.require_created"),
        guard="created is None",
        becomes="False",
        test=f"{_OPERATED}test_task_marked_successful_by_hand_is_no_ground_to_go_on",
        dies_by=("TypeError",),
    ),
    rule(
        "a failed, cancelled or deleted snapshot ends the wait at once",
        at=(_WAIT, "decide"),
        guard="status in FAILED_STATUSES",
        becomes="False",
        test=f"{_WAITED}test_bad_end_fails_at_once_without_retry",
    ),
    rule(
        "a failed snapshot fails the sensor for good",
        at=(_SENSOR, "RedshiftClusterSnapshotSensor.execute_complete"),
        guard="AirflowException if event['retry'] else AirflowFailException",
        becomes="AirflowException",
        test=f"{_SENSED}test_failed_snapshot_fails_at_once_without_retry",
        dies_by=("AirflowException",),
    ),
    rule(
        "a snapshot that was there and is gone ends the wait at once",
        at=(_WAIT, "_not_found"),
        guard="seen and watch.grace is not None",
        becomes="False",
        test=f"{_WAITED}test_snapshot_that_was_seen_and_vanished_fails_at_once",
    ),
    rule(
        "a snapshot that never shows ends the wait",
        at=(_WAIT, "_not_found"),
        guard="if late or (watch.grace is not None and now >= watch.started + watch.grace)",
        becomes="False",
        test=(
            f"{_WAITED}test_not_found_is_pending_within_the_grace_only",
            f"{_WAITED}test_share_that_is_not_visible_waits_for_the_deadline_and_names_both_accounts",
        ),
    ),
    rule(
        "the deadline ends every wait",
        at=(_WAIT, "wait_or_fail"),
        guard="now >= watch.deadline",
        becomes="False",
        test=(
            f"{_WAITED}test_creating_fails_at_the_deadline_with_both_numbers",
            f"{_WAITED}test_passing_error_waits_but_never_beyond_the_deadline",
        ),
    ),
    rule(
        "a refused look ends the wait at once",
        at=(_WAIT, "decide"),
        guard="look.error_code and (not look.passing)",
        becomes="False",
        test=f"{_WAITED}test_refused_look_fails_at_once_and_may_retry",
    ),
    rule(
        "the deadline is absolute",
        at=(_TRIGGER, "RedshiftClusterSnapshotTrigger.__init__"),
        guard="datetime.fromisoformat(deadline)",
        becomes="datetime.now(UTC) + timedelta(hours=1)",
        test=f"{_SENSED}test_trigger_survives_a_restart_of_the_triggerer",
    ),
    rule(
        "the wait's beginning is absolute",
        at=(_TRIGGER, "RedshiftClusterSnapshotTrigger.__init__"),
        guard="datetime.fromisoformat(started)",
        becomes="datetime.now(UTC)",
        test=f"{_SENSED}test_trigger_survives_a_restart_of_the_triggerer",
    ),
    rule(
        "a share is confirmed by the owner's account",
        at=(_WAIT, "Watch.request"),
        guard="if self.owner_account",
        becomes="False",
        test=f"{_SENSED}test_share_is_confirmed_by_owner_account_and_emits_the_event",
    ),
    rule(
        "a wait for a share needs the share",
        at=(_SENSOR, "RedshiftSharedSnapshotSensor.execute"),
        guard="self._require(context, 'share_snapshot', self.share)",
        becomes="None",
        test=f"{_SENSED}test_wait_for_a_task_marked_successful_by_hand_fails_at_once",
        dies_by=("IndexError", "TypeError"),
    ),
)
