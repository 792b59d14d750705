"""The page of alerts says what the notifiers do."""

import json

from redshift_dr.config import ClusterConfig
from redshift_dr.notifications import failed, late, recovered
from redshift_dr.notifications.incidents import KEY_PREFIX, REMIND_AFTER
from redshift_dr.topic import ANY_CLUSTER
from tests.docs.commands import blocks_of, read
from tests.docs.test_facts import rows_of

PAGE = "docs/alerts.md"
NOTIFIERS = (
    failed.RedshiftApprovalFailedNotifier,
    failed.RedshiftBackupFailedNotifier,
    failed.RedshiftDrillFailedNotifier,
    late.RedshiftBackupLateNotifier,
    recovered.RedshiftRecoveredNotifier,
)


def test_every_kind_of_message_has_its_line_with_its_severity() -> None:
    lines = {row[0].strip("`"): row[1] for row in rows_of(PAGE) if row[0].startswith("`")}

    for notifier in NOTIFIERS:
        assert lines[notifier.kind] == notifier.severity
    assert {"approval_wanted", "drill_summary"} <= set(lines)


def test_settings_have_the_defaults_that_the_page_names() -> None:
    fields = ClusterConfig.model_fields
    told = {row[0]: row[1] for row in rows_of(PAGE, "Settings")[1:]}

    assert told["`late_after_minutes`"] == str(fields["late_after_minutes"].default)
    named = {name.strip(" `") for row in told for name in row.split(",")}
    assert named <= set(fields)


def test_reminder_variables_and_filter_are_those_of_the_code() -> None:
    text = read(PAGE)

    assert f"after {REMIND_AFTER.total_seconds() / 3600:.0f} hours" in text
    assert f"`{KEY_PREFIX}`" in text
    (policy,) = (json.loads(b.body) for b in blocks_of(text) if b.language == "json")
    assert ANY_CLUSTER in policy["cluster"]
    assert set(policy) <= {"severity", "cluster", "account", "kind", "incident"}
