"""The drill: whose a cluster is, when it is deleted, which snapshot is tested, what passes."""

from tests.mutation.rules import AIRFLOW_UNIT, rule

_RESTORE = "plugins/redshift_dr/restore/"
_OWNERSHIP = f"{_RESTORE}ownership.py"
_SELECTION = f"{_RESTORE}selection.py"
_WAIT = f"{_RESTORE}cluster_wait.py"
_INTENT = f"{_RESTORE}intent.py"
_VERDICT = f"{_RESTORE}verdict.py"
_OWNED = f"{AIRFLOW_UNIT}restore/test_ownership.py::"
_LEFT = f"{_OWNED}test_cluster_that_is_not_ours_is_left_alone"
_SELECTED = f"{AIRFLOW_UNIT}restore/test_selection.py::"
_NOT_CHOSEN = f"{_SELECTED}test_newer_snapshot_that_is_no_backup_is_not_chosen"
_WAITED = f"{AIRFLOW_UNIT}restore/test_cluster_wait.py::"
_PROVED = f"{AIRFLOW_UNIT}restore/test_verdict.py::"

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
)
