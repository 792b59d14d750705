"""The summary that goes to people."""

import logging

from redshift_dr.config import find_configuration
from redshift_dr.evidence.summary import facts_of_drill
from redshift_dr.messages import render_message, subject
from tests.unit.redshift_dr.evidence.samples import SNAPSHOT, document

TEMPLATE = find_configuration().parent / "alerts" / "drill_summary.txt.jinja"
LOG = logging.getLogger(__name__)
URIS = {"evidence_uri": "s3://b/evidence.json", "report_uri": "s3://b/report.html"}


def test_summary_tells_the_numbers_and_where_the_evidence_is() -> None:
    facts = facts_of_drill(document(), sha256="a" * 64, **URIS)

    text = render_message(TEMPLATE, facts, LOG)

    for expected in (
        "Restore drill passed: aca-redshift-cluster",
        SNAPSHOT,
        "RTO:        23 min 19 s (restore 21 min 52 s, validation 1 min 25 s)",
        "RPO:        3 h 59 min",
        "12 passed, 0 failed, 0 warnings",
        "aca-redshift-cluster-dr-20261122-020000",
        "s3://b/evidence.json",
        "s3://b/report.html",
        "a" * 64,
    ):
        assert expected in text
    assert "Warning:" not in text


def test_summary_of_a_drill_with_nothing_known_still_has_every_field() -> None:
    nothing = dict.fromkeys(
        ("select_snapshot", "restore_cluster", "wait_for_cluster", "validate", "keep_dr_copy")
    )
    facts = facts_of_drill(document(**nothing), sha256="a" * 64, **URIS)

    assert "RTO:        –" in render_message(TEMPLATE, facts, LOG)


def test_subject_is_what_sns_accepts() -> None:
    assert subject("Restore drill passed: ä\n" + "x" * 200) == "Restore drill passed: ??" + "x" * 75
