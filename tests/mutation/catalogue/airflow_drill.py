"""The drill: whose a cluster is, when it is deleted, which snapshot is tested, what passes."""

from tests.mutation.rules import AIRFLOW_UNIT, rule

_RESTORE = "plugins/redshift_dr/restore/"
_OWNERSHIP = f"{_RESTORE}ownership.py"
_SELECTION = f"{_RESTORE}selection.py"
_WAIT = f"{_RESTORE}cluster_wait.py"
_INTENT = f"{_RESTORE}intent.py"
_VERDICT = f"{_RESTORE}verdict.py"
_COPIES = f"{_RESTORE}copies.py"
_JUDGED = "plugins/redshift_dr/evidence/verdict.py"
_DELETE = "plugins/redshift_dr/operators/delete_cluster.py"
_OWNED = f"{AIRFLOW_UNIT}restore/test_ownership.py::"
_LEFT = f"{_OWNED}test_cluster_that_is_not_ours_is_left_alone"
_SELECTED = f"{AIRFLOW_UNIT}restore/test_selection.py::"
_NOT_CHOSEN = f"{_SELECTED}test_newer_snapshot_that_is_no_backup_is_not_chosen"
_WAITED = f"{AIRFLOW_UNIT}restore/test_cluster_wait.py::"
_PROVED = f"{AIRFLOW_UNIT}restore/test_verdict.py::"
_NOTHING = f"{_PROVED}test_drill_never_passes_without_a_result_of"
_EVIDENT = f"{AIRFLOW_UNIT}evidence/test_verdict.py::"
_OTHERS = f"{_OWNED}test_intent_of_another_run_or_an_expired_one_is_replaced_whole"
_NAMED = f"{_SELECTED}test_named_snapshot_that_cannot_be_restored_is_refused"
_OPERATED = "tests/sandbox/redshift_dr/test_drill_operators.py::"
_RESTORED = (_INTENT, "Intent.renewed")
# A record that nobody left is asked for a field.
_NO_RECORD = ("AttributeError",)

RULES = (
    rule(
        "a drill deletes nothing of another account",
        at=(_OWNERSHIP, "_strange"),
        guard="account_id != intent.account_id",
        becomes="False",
        test=_LEFT,
    ),
    rule(
        "a drill deletes only the cluster that its intent names",
        at=(_OWNERSHIP, "_strange"),
        guard="name != intent.cluster_identifier",
        becomes="False",
        test=_LEFT,
    ),
    rule(
        "a drill deletes only what is named as a drill",
        at=(_OWNERSHIP, "_strange"),
        guard="DRILL_PATTERN.fullmatch(name) is None",
        becomes="False",
        test=_LEFT,
    ),
    rule(
        "a drill deletes only what was restored",
        at=(_OWNERSHIP, "_strange"),
        guard="not cluster.get('RestoreStatus')",
        becomes="False",
        test=_LEFT,
    ),
    rule(
        "a drill deletes nothing that is older than its intent",
        at=(_OWNERSHIP, "_strange"),
        guard="created < intent.created_at",
        becomes="False",
        test=_LEFT,
    ),
    rule(
        "a second try does not disown what the first one made",
        at=(_INTENT, "Intent.renewed"),
        guard="replace(self, created_at=earlier.created_at) if same and earlier else self",
        becomes="self",
        test=f"{_OWNED}test_second_try_keeps_the_beginning_so_that_a_cluster_nobody_saw_stays_ours",
    ),
    rule(
        "a drill restores only what the source account owns",
        at=(_SELECTION, "_is_of_cluster"),
        guard="row['OwnerAccount'] == choice.source_account_id",
        becomes="True",
        test=_NOT_CHOSEN,
    ),
    rule(
        "a drill restores only what is of its cluster",
        at=(_SELECTION, "_is_of_cluster"),
        guard="row['ClusterIdentifier'] == choice.cluster_identifier",
        becomes="True",
        test=_NOT_CHOSEN,
    ),
    rule(
        "a snapshot over the maximum age fails the drill",
        at=(_SELECTION, "select_snapshot"),
        guard="age_hours > choice.maximum_age_hours",
        becomes="False",
        test=f"{_SELECTED}test_snapshot_over_the_maximum_age_fails_with_both_numbers",
    ),
    rule(
        "a drill cluster is not deleted while its copy is made",
        at=(_WAIT, "_deleted"),
        guard="if look.creating",
        becomes="False",
        test=f"{_WAITED}test_cluster_is_not_deleted_while_its_copy_is_creating",
    ),
    rule(
        "a drill passes by a validation that passed only",
        at=(_VERDICT, "missing_proofs"),
        guard="validated.get('result') != 'passed'",
        becomes="False",
        test=f"{_PROVED}test_drill_never_passes_with_another_result",
        dies_by=("ValueError",),
    ),
    rule(
        "a drill passes only if its cluster was deleted",
        at=(_VERDICT, "missing_proofs"),
        guard="not deleted.get('deleted')",
        becomes="False",
        test=f"{_PROVED}test_drill_never_passes_with_another_result",
        dies_by=("ValueError",),
    ),
    rule(
        "without an intent a drill deletes nothing",
        at=(_OWNERSHIP, "_strange"),
        guard="intent is None",
        becomes="False",
        test=_LEFT,
        dies_by=_NO_RECORD,
    ),
    rule(
        "a drill deletes nothing whose beginning is not told",
        at=(_OWNERSHIP, "_strange"),
        guard="created is None",
        becomes="False",
        test=_LEFT,
        dies_by=("TypeError",),
    ),
    rule(
        "what is not the drill's is not deleted",
        at=(_DELETE, "RedshiftDeleteDrillClusterOperator._delete"),
        guard="not judged.ours",
        becomes="False",
        test=f"{_OPERATED}test_cluster_with_an_intent_that_was_not_restored_is_left_alone",
    ),
    rule(
        "an intent of another run is not renewed",
        at=_RESTORED,
        guard="earlier.run_id == self.run_id",
        becomes="True",
        test=_OTHERS,
    ),
    rule(
        "an intent of another account is not renewed",
        at=_RESTORED,
        guard="earlier.account_id == self.account_id",
        becomes="True",
        test=_OTHERS,
    ),
    rule(
        "an expired intent is not renewed",
        at=_RESTORED,
        guard="earlier.expires_at > self.created_at",
        becomes="True",
        test=_OTHERS,
    ),
    rule(
        "a drill restores only what is available",
        at=(_SELECTION, "_newest"),
        guard="row['Status'] == 'available'",
        becomes="True",
        test=_NOT_CHOSEN,
    ),
    rule(
        "a drill restores only what is named by a slot",
        at=(_SELECTION, "_newest"),
        guard="slot_of(row['SnapshotIdentifier']) is not None",
        becomes="True",
        test=_NOT_CHOSEN,
    ),
    rule(
        "a drill restores only what is manual",
        at=(_SELECTION, "_is_of_cluster"),
        guard="row.get('SnapshotType', 'manual') == 'manual'",
        becomes="True",
        test=_NOT_CHOSEN,
    ),
    rule(
        "a named snapshot is of the cluster too",
        at=(_SELECTION, "_named"),
        guard="not _is_of_cluster(found, choice)",
        becomes="False",
        test=_NAMED,
    ),
    rule(
        "a named snapshot is available too",
        at=(_SELECTION, "_named"),
        guard="found['Status'] != 'available'",
        becomes="False",
        test=_NAMED,
    ),
    rule(
        "a restore is complete when all data is there",
        at=(_WAIT, "_restored"),
        guard="restore == 'completed'",
        becomes="True",
        test=f"{_WAITED}test_restore_is_complete_only_when_all_data_is_there",
    ),
    rule(
        "a restore is complete when the cluster is available",
        at=(_WAIT, "_restored"),
        guard="status == 'available'",
        becomes="True",
        test=f"{_WAITED}test_restore_is_complete_only_when_all_data_is_there",
    ),
    rule(
        "a restore that failed is not waited for",
        at=(_WAIT, "_restored"),
        guard="restore == 'failed'",
        becomes="False",
        test=f"{_WAITED}test_restore_is_complete_only_when_all_data_is_there",
    ),
    rule(
        "a cluster that somebody deleted is not waited for",
        at=(_WAIT, "_not_visible"),
        guard="if seen",
        becomes="False",
        test=f"{_WAITED}test_cluster_that_was_there_and_is_gone_fails_at_once",
    ),
    rule(
        "a restore that was cut off may still make a cluster",
        at=(_WAIT, "_deleted"),
        guard="not seen and now < watch.started + watch.grace",
        becomes="False",
        test=f"{_WAITED}test_restore_that_was_cut_off_may_still_make_a_cluster_for_a_while",
    ),
    rule(
        "a drill cluster is deleted in a state that AWS accepts",
        at=(_WAIT, "_deleted"),
        guard="status in DELETABLE_STATUSES",
        becomes="True",
        test=f"{_WAITED}test_cluster_that_cannot_be_deleted_yet_is_waited_for",
    ),
    rule(
        "only copies that are made hold a deletion up",
        at=(_WAIT, "creating_of"),
        guard="row['Status'].lower() == 'creating'",
        becomes="True",
        test=f"{_WAITED}test_only_copies_that_are_still_made_hold_a_deletion_up",
    ),
    rule(
        "a snapshot of somebody else is no copy",
        at=(_COPIES, "judge_copy"),
        guard="there.get(key) != tags[key]",
        becomes="False",
        test=f"{AIRFLOW_UNIT}restore/test_explanations.py::test_copy_of_the_same_snapshot_is_kept_and_any_other_is_refused",
    ),
    rule(
        "a copy that failed is no copy",
        at=(_COPIES, "judge_copy"),
        guard="status not in ('available', 'creating')",
        becomes="False",
        test=f"{AIRFLOW_UNIT}restore/test_explanations.py::test_copy_of_the_same_snapshot_is_kept_and_any_other_is_refused",
    ),
    rule(
        "a drill passes only with a validation on record",
        at=(_VERDICT, "missing_proofs"),
        guard="validated is None",
        becomes="False",
        test=_NOTHING,
        dies_by=_NO_RECORD,
    ),
    rule(
        "a drill passes only with a result of the copy",
        at=(_VERDICT, "missing_proofs"),
        guard="if kept is None",
        becomes="False",
        test=_NOTHING,
    ),
    rule(
        "a drill passes only with a deletion on record",
        at=(_VERDICT, "missing_proofs"),
        guard="deleted is None",
        becomes="False",
        test=_NOTHING,
        dies_by=_NO_RECORD,
    ),
    rule(
        "a drill passes only with evidence on record",
        at=(_VERDICT, "missing_proofs"),
        guard="recorded is None",
        becomes="False",
        test=_NOTHING,
        dies_by=_NO_RECORD,
    ),
    rule(
        "a drill passes only by evidence that says so",
        at=(_VERDICT, "missing_proofs"),
        guard="recorded.get('verdict') != 'passed'",
        becomes="False",
        test=f"{_PROVED}test_drill_never_passes_with_another_result",
        dies_by=("ValueError",),
    ),
    rule(
        "evidence says passed only with a validation",
        at=(_JUDGED, "_reasons_of_validation"),
        guard="validate is None",
        becomes="False",
        test=f"{_EVIDENT}test_nothing_on_record_is_failed",
        dies_by=_NO_RECORD,
    ),
    rule(
        "evidence says passed only without a broken check",
        at=(_JUDGED, "_reasons_of_validation"),
        guard="if broken",
        becomes="False",
        test=f"{_EVIDENT}test_no_pass_with_a_check_that_did_not_pass_whatever_the_validation_says",
    ),
    rule(
        "a check of severity warn breaks no drill",
        at=(_JUDGED, "_reasons_of_validation"),
        guard="check.get('severity') == 'error'",
        becomes="True",
        test=f"{_EVIDENT}test_a_failed_check_of_severity_warn_is_a_warning",
    ),
    rule(
        "evidence says passed only by a validation that passed",
        at=(_JUDGED, "_reasons_of_validation"),
        guard="validate.get('result') != PASSED",
        becomes="False",
        test=f"{_EVIDENT}test_no_pass_without_a_validation_that_passed",
    ),
    rule(
        "evidence says passed only if a check passed",
        at=(_JUDGED, "_reasons_of_validation"),
        guard="not any(check.get('result') == PASSED for check in checks)",
        becomes="False",
        test=f"{_EVIDENT}test_no_pass_where_no_check_passed",
    ),
    rule(
        "evidence says passed only with a deletion",
        at=(_JUDGED, "_reasons_of_deletion"),
        guard="delete is None",
        becomes="False",
        test=f"{_EVIDENT}test_no_pass_without_a_deletion_on_record",
        dies_by=_NO_RECORD,
    ),
    rule(
        "evidence says passed only if the deletion was one",
        at=(_JUDGED, "_reasons_of_deletion"),
        guard="delete.get('deleted') is not True",
        becomes="not delete.get('deleted')",
        test=f"{_EVIDENT}test_no_pass_without_a_deletion_on_record",
    ),
    rule(
        "evidence with a reason says failed",
        at=(_JUDGED, "judge"),
        guard="FAILED if reasons else PASSED",
        becomes="PASSED",
        test=f"{_EVIDENT}test_nothing_on_record_is_failed",
    ),
)
