"""Alerts: one page for an incident, none lost, and what counts as its end."""

from tests.mutation.rules import AIRFLOW_UNIT, rule

_NOTIFICATIONS = "plugins/redshift_dr/notifications/"
_INCIDENTS = f"{_NOTIFICATIONS}incidents.py"
_FAILED = f"{_NOTIFICATIONS}failed.py"
_LATE = f"{_NOTIFICATIONS}late.py"
_RECOVERED = f"{_NOTIFICATIONS}recovered.py"
_BASE = f"{_NOTIFICATIONS}base.py"
_TESTS = f"{AIRFLOW_UNIT}notifications/"
_DECIDED = f"{_TESTS}test_incidents.py::"
_PAGED = f"{_TESTS}test_failed.py::"
_NO_RECOVERY = f"{_DECIDED}test_success_is_no_recovery"
_NOT_LATE = f"{_TESTS}test_late.py::test_failed_run_and_backfill_are_not_late"
# More or fewer messages than the one that is taken out of the list.
_NOT_ONE = ("ValueError",)

RULES = (
    rule(
        "a shared fault is paged by one cluster",
        at=(_INCIDENTS, "claim"),
        guard="not may_lead(memory.read(key), now=now)",
        becomes="False",
        test=(
            f"{_DECIDED}test_second_run_does_not_lead",
            f"{_PAGED}test_shared_fault_on_fifty_clusters_is_one_page",
        ),
        dies_by=_NOT_ONE,
    ),
    rule(
        "a claim counts only if no later one has replaced it",
        at=(_INCIDENTS, "claim"),
        guard="memory.read(key) == record",
        becomes="True",
        test=f"{_DECIDED}test_one_of_fifty_concurrent_claims_leads_though_all_found_no_record",
    ),
    rule(
        "a leader that died before its page is replaced",
        at=(_INCIDENTS, "may_lead"),
        guard="REMIND_AFTER if record.paged else CLAIM_TIMEOUT",
        becomes="REMIND_AFTER",
        test=f"{_DECIDED}test_claim_lasts_until_the_reminder_or_until_its_leader_must_be_dead",
    ),
    rule(
        "a shared fault that was not paged is paged by the next cluster",
        at=(_FAILED, "RedshiftRunFailedNotifier.settle"),
        guard="self.memory.forget(incident.key)",
        becomes="None",
        test=f"{_PAGED}test_shared_fault_that_could_not_be_paged_is_paged_by_the_next_cluster",
        dies_by=_NOT_ONE,
    ),
    rule(
        "a page goes out without a memory",
        at=(_FAILED, "RedshiftRunFailedNotifier._leads"),
        guard="return leads is not False",
        becomes="return bool(leads)",
        test=f"{_PAGED}test_page_goes_out_where_the_memory_cannot_be_reached",
    ),
    rule(
        "a dry run recovers nothing",
        at=(_INCIDENTS, "recovery_of"),
        guard="not proved",
        becomes="False",
        test=_NO_RECOVERY,
    ),
    rule(
        "a success ends only the outbreak that its DAG was in",
        at=(_INCIDENTS, "recovery_of"),
        guard="shared.at != own.at",
        becomes="False",
        test=_NO_RECOVERY,
    ),
    rule(
        "a recovery that was not told is told by the next success",
        at=(_RECOVERED, "RedshiftRecoveredNotifier.settle"),
        guard="if not told",
        becomes="False",
        test=f"{_TESTS}test_recovered.py::"
        "test_recovery_that_could_not_be_told_is_told_by_the_next_success",
    ),
    rule(
        "a failed run is not late as well",
        at=(_LATE, "reason_not_late"),
        guard="dag_run['state'] in ENDED",
        becomes="False",
        test=_NOT_LATE,
    ),
    rule(
        "a backfill is not late",
        at=(_LATE, "reason_not_late"),
        guard="dag_run['run_type'] == 'backfill'",
        becomes="False",
        test=_NOT_LATE,
    ),
    rule(
        "no notifier stops another",
        at=(_BASE, "RedshiftNotifier.notify"),
        guard="stack.callback(self._send, name, send, {**context, 'alert': self.alert}, told)",
        becomes="self._send(name, send, {**context, 'alert': self.alert}, told)",
        test=f"{_TESTS}test_base.py::test_broken_notifier_stops_neither_the_topic_nor_the_others",
    ),
)
