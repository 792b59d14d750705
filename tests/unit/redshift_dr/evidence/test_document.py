"""The evidence as a document: complete, without values of rows, always the same bytes."""

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from redshift_dr.evidence import document as module
from redshift_dr.evidence.document import TASKS, canonical, counts_of, sha256_of
from tests.unit.redshift_dr.evidence.samples import (
    PASSED_CHECKS,
    SELECTED,
    WAITED,
    check,
    document,
    failed_document,
    unfinished_document,
    validated,
)

SCHEMA = json.loads(Path(module.__file__).with_name("evidence.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)
SECRET = "jane.doe@example.com"


def test_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("evidence", [document(), failed_document(), unfinished_document()])
def test_document_is_what_the_schema_says(evidence: dict[str, Any]) -> None:
    VALIDATOR.validate(evidence)
    VALIDATOR.validate(json.loads(canonical(evidence)))


@pytest.mark.parametrize("missing", range(2 ** len(TASKS)))
def test_any_task_may_have_left_nothing(missing: int) -> None:
    absent = {task: None for place, task in enumerate(TASKS) if missing >> place & 1}

    evidence = document(**absent)

    VALIDATOR.validate(evidence)
    proved = not absent.keys() & {"validate", "delete_cluster"}
    assert evidence["verdict"]["result"] == ("passed" if proved else "failed")


@pytest.mark.parametrize("task", TASKS)
def test_a_result_without_its_fields_is_evidence_of_that(task: str) -> None:
    VALIDATOR.validate(document(**{task: {}}))


def test_numbers_of_a_good_drill() -> None:
    evidence = document()

    assert evidence["verdict"] == {"result": "passed", "reasons": [], "warnings": []}
    assert evidence["timings"] == {
        "data_age_seconds": 14374.8,
        "restore_seconds": 1312.4,
        "validation_seconds": 85.2,
        "total_seconds": 1399.0,
    }
    assert counts_of(evidence) == {"passed": 12, "failed": 0, "warned": 0}
    assert evidence["configuration"]["drill"]["maximum_age_hours"] == 26
    assert evidence["failures"] == []


def test_numbers_of_a_failed_drill() -> None:
    evidence = failed_document()

    assert evidence["verdict"]["result"] == "failed"
    assert counts_of(evidence) == {"passed": 8, "failed": 3, "warned": 1}
    assert evidence["verdict"]["reasons"] == [
        "3 of 12 checks did not pass: tpch.lineitem, tpch.part, line_items_without_order"
    ]


def test_a_task_that_failed_before_the_validation_is_the_first_reason() -> None:
    reasons = unfinished_document()["verdict"]["reasons"]

    assert reasons[0].startswith("task restore_cluster failed: KMSKeyNotAccessibleFault")
    assert reasons[1].startswith("no validation is on record")


def test_values_of_rows_never_get_into_the_evidence() -> None:
    leaky = check(
        "orphans", "failed", rows=[[SECRET]], sample=SECRET, numbers={"a": SECRET, "b": 1}
    )
    evidence = document(
        validate={**validated(*PASSED_CHECKS, leaky, result="failed"), "rows": [SECRET]},
        select_snapshot={**SELECTED, "note": SECRET},
        wait_for_cluster={**WAITED, "note": SECRET},
    )

    assert SECRET.encode() not in canonical(evidence)
    assert evidence["validation"]["checks"][-1]["numbers"] == {"b": 1}


@pytest.mark.parametrize("value", [True, "4", None, [1]])
def test_what_is_no_number_is_not_taken_for_one(value: Any) -> None:
    evidence = document(select_snapshot={**SELECTED, "age_hours": value})

    assert evidence["timings"]["data_age_seconds"] is None


def test_a_refused_stamp_is_a_warning_and_no_failure() -> None:
    evidence = document(stamp={"status": "refused", "reason": "ForeignSnapshotError: not ours"})

    assert evidence["verdict"]["result"] == "passed"
    assert evidence["verdict"]["warnings"] == [
        "the source snapshot is not stamped: ForeignSnapshotError: not ours"
    ]


def test_canonical_form_does_not_depend_on_the_order_of_fields() -> None:
    evidence = document()
    for keys in itertools.islice(itertools.permutations(evidence), 5):
        assert canonical({key: evidence[key] for key in keys}) == canonical(evidence)


def test_digest_is_that_of_the_file() -> None:
    content = canonical(document())

    assert content.endswith(b"}\n")
    assert sha256_of(content) == hashlib.sha256(content).hexdigest()
    assert canonical(json.loads(content)) == content
