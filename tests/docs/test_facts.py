"""Tables of the pages that repeat what code and templates say."""

import json
import re
import runpy

import pytest
import yaml

from redshift_backup.errors import BackupError
from redshift_backup.fields import COMMON_FIELDS, FIELDS_OF
from tests.deploy.conftest import load
from tests.docs.commands import PAGES, ROOT, blocks_of, read

GAP = runpy.run_path(str(ROOT / "lambda/deploy/schedule_gap.py"))["longest_gap_hours"]


def rows_of(page: str, heading: str = "") -> list[list[str]]:
    """The cells of every table row of a page, or of the part below a heading."""
    text = read(page).partition(f"\n## {heading}\n")[2] if heading else read(page)
    lines = text.partition("\n## ")[0].splitlines() if heading else text.splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize(
    ("account", "heading"), [("source", "Source account"), ("dr", "DR account")]
)
def test_every_alarm_that_reports_has_its_line_and_no_line_is_left_over(
    account: str, heading: str
) -> None:
    reporting = {
        resource["Properties"]["AlarmName"]
        for resource in load(account)["Resources"].values()
        if "AlarmActions" in resource.get("Properties", {})
    }
    told = {row[0].strip("`") for row in rows_of("docs/alarms.md", heading)[1:]}
    assert told == reporting


def test_every_schedule_of_the_table_has_the_gap_that_the_script_computes() -> None:
    rows = [row for row in rows_of("docs/schedules.md") if row[0].startswith(("`cron", "`rate"))]
    assert len(rows) >= 6
    for schedule, _, gap, maximum_age in rows:
        hours = GAP(schedule.strip("`"))
        assert (int(gap), int(maximum_age)) == (hours, hours + 2), schedule


def test_every_schedule_of_the_stacks_is_named() -> None:
    text = read("docs/schedules.md")
    for account in ("source", "dr"):
        for resource in load(account)["Resources"].values():
            if resource["Type"] == "AWS::Scheduler::Schedule":
                assert f"`{resource['Properties']['Name']}`" in text


def test_every_parameter_of_the_environment_table_is_one_of_the_source_stack() -> None:
    parameters = load("source")["Parameters"]
    rows = [row for row in rows_of("docs/environment.md")[1:] if row[0].startswith("`")]
    named = {found for row in rows for found in re.findall(r"`([A-Z][A-Za-z]+)`", row[3])}
    assert named
    assert named <= set(parameters)


def test_every_role_of_the_stacks_is_in_the_table_of_who_may_do_what() -> None:
    text = read("docs/security.md")
    for account in ("source", "dr"):
        for resource in load(account)["Resources"].values():
            if resource["Type"] == "AWS::IAM::Role":
                assert f"`{resource['Properties']['RoleName']}`" in text


def test_every_error_that_troubleshooting_and_events_name_exists() -> None:
    def names(kind: type[Exception]) -> set[str]:
        return {kind.__name__}.union(*(names(one) for one in kind.__subclasses__()))

    known = names(BackupError)
    for page in ("docs/troubleshooting.md", "docs/invoking.md"):
        told = set(re.findall(r"`([A-Z][A-Za-z]+Error)`", read(page)))
        assert told <= known | {"FunctionError"}, page
    refusals = set(re.findall(r"`([A-Z][A-Za-z]+Error)`", read("docs/invoking.md")))
    assert {"RefusedError", "PartialFailureError", "ConfigError"} <= refusals


def test_every_event_of_the_table_is_one_that_the_function_takes() -> None:
    events = [row[1] for row in rows_of("docs/invoking.md") if row[1].startswith("`{")]
    assert len(events) >= 7
    for text in events:
        event = json.loads(text.split("`")[1])
        assert set(event) <= COMMON_FIELDS | FIELDS_OF[event["action"]]


@pytest.mark.parametrize("page", PAGES)
def test_fenced_json_and_yaml_parse(page: str) -> None:
    for block in blocks_of(read(page), page):
        if block.language == "json":
            json.loads(block.body)
        elif block.language == "yaml":
            yaml.safe_load(block.body)


def test_the_worked_example_is_the_one_that_the_bill_is_tested_with() -> None:
    page = read("docs/cost.md")
    for amount in ("210.00", "420.00", "840.00", "69.52", "3.00", "4.50"):
        assert f"| {amount} |" in page
