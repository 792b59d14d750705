"""Airflow's UI in a real browser: the form, an approval, a link to the console, the fleet."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from demo.accounts import Accounts
from demo.airflow import ROOT, Airflow
from tests.dags.shelf import plant
from tests.drills import CLUSTER
from tests.e2e.databases import database
from tests.e2e.scenery import CLUSTER_SETTINGS, running_accounts, wait_until

CHROMIUM = shutil.which("chromium")
PICTURES = Path(os.environ.get("REDSHIFT_DR_PICTURES", ROOT / "build" / "screenshots"))
BACKUP = f"redshift_backup__{CLUSTER}"
APPROVAL = f"redshift_prune_approval__{CLUSTER}"
HOLD = "redshift-backup:hold"
SECONDS = 300
"""Bound of what takes seconds on an idle machine."""
CONFIGURATION = {**CLUSTER_SETTINGS, "schedule": "0 2 * * *", "approvals": {"prune": True}}
OLD_SNAPSHOTS = 25
"""More than one run may delete."""

pytestmark = [
    pytest.mark.alone,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        CHROMIUM is None, reason="chromium is not installed (Debian package chromium)"
    ),
]


@dataclass(frozen=True)
class Stage:
    """A running sandbox and a running Airflow with one cluster and a neighbour."""

    accounts: Accounts
    airflow: Airflow

    def snapshots(self) -> dict[str, dict[str, str]]:
        """The tags of each snapshot of the cluster, by its identifier."""
        redshift = self.accounts.client("redshift", "source")
        pages = redshift.get_paginator("describe_cluster_snapshots").paginate(
            ClusterIdentifier=CLUSTER, SnapshotType="manual"
        )
        return {
            row["SnapshotIdentifier"]: {tag["Key"]: tag["Value"] for tag in row["Tags"]}
            for page in pages
            for row in page["Snapshots"]
        }

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The runs of a DAG."""
        found: list[dict[str, Any]] = self.airflow.client._get(f"/api/v2/dags/{dag_id}/dagRuns")[
            "dag_runs"
        ]
        return found


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("ui")
    configuration = folder / "include" / "clusters.yaml"
    shutil.copytree(ROOT / "include" / "alerts", configuration.parent / "alerts")
    clusters = {CLUSTER: {}, "sales-warehouse": {}, "finance-warehouse": {"owner": "finance"}}
    configuration.write_text(json.dumps({"defaults": CONFIGURATION, "clusters": clusters}))
    with ExitStack() as stack:
        accounts = stack.enter_context(running_accounts(folder))
        airflow = Airflow(
            home=folder / "airflow",
            environment={**accounts.environment, "REDSHIFT_DR_CONFIG": str(configuration)},
            database_url=stack.enter_context(database(folder)),
        )
        stack.enter_context(airflow)
        for dag_id in (BACKUP, APPROVAL):
            airflow.client.wait_for_dag(dag_id, timeout_seconds=SECONDS)
        yield Stage(accounts, airflow)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 900}, locale="en-US")
    page.set_default_timeout(SECONDS * 1000)
    expect.set_options(timeout=SECONDS * 1000)
    yield page
    page.close()


def picture(page: Page, name: str) -> None:
    """Keep what is to be seen."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def path_of(dag_id: str, run_id: str, task_id: str) -> str:
    """The page of a task."""
    return f"/dags/{dag_id}/runs/{quote(run_id, safe='')}/tasks/{task_id}"


@pytest.fixture(scope="module")
def backed_up(stage: Stage, browser: Browser) -> str:
    """The run that a person has started by the form, once it has ended."""
    stage.airflow.client.unpause(BACKUP)
    page = browser.new_page(viewport={"width": 1400, "height": 1300}, locale="en-US")
    page.set_default_timeout(SECONDS * 1000)
    page.goto(f"{stage.airflow.url}/dags/{BACKUP}")
    page.get_by_role("button", name="Trigger").first.click()
    page.locator("#element_hold_reason").fill("year end 2026")
    picture(page, "trigger-form")
    page.get_by_role("dialog").get_by_role("button", name="Trigger").last.click()
    (run,) = wait_until(lambda: stage.runs(BACKUP), "run by the form", seconds=SECONDS)
    page.close()
    run_id = str(run["dag_run_id"])
    state = stage.airflow.client.wait_for_run(BACKUP, run_id, timeout_seconds=SECONDS)
    assert state == "success", stage.airflow.client.task_instances(BACKUP, run_id)
    return run_id


def test_form_starts_a_run_with_what_was_filled_in(stage: Stage, backed_up: str) -> None:
    created = stage.airflow.client.xcom(BACKUP, backed_up, "create_snapshot")

    assert stage.snapshots()[created["snapshot_id"]][HOLD] == "year end 2026"


def test_task_links_to_its_cluster_in_the_console(stage: Stage, backed_up: str, page: Page) -> None:
    # Nothing but loopback is reached: the console is answered here.
    page.context.route(
        re.compile(r"^https://(?!127\.0\.0\.1)"),
        lambda route: route.fulfill(body="<h1>the console</h1>", content_type="text/html"),
    )
    page.goto(f"{stage.airflow.url}{path_of(BACKUP, backed_up, 'create_snapshot')}")
    link = page.get_by_role("link", name="Cluster", exact=True)
    expect(link).to_be_visible()
    picture(page, "console-links")

    with page.context.expect_page() as opened:
        link.click()

    address = opened.value.url
    assert address.startswith("https://console.aws.amazon.com/redshiftv2/home?region=us-east-1")
    assert CLUSTER in address


def test_person_approves_a_prune_over_the_limit(stage: Stage, backed_up: str, page: Page) -> None:
    plant(stage.accounts, list(range(30, 30 + OLD_SNAPSHOTS)))
    before = stage.snapshots()
    run_id = stage.airflow.client.trigger(APPROVAL)

    def waits() -> bool:
        rows = stage.airflow.client.task_instances(APPROVAL, run_id)
        states = {row["task_id"]: row["state"] for row in rows}
        assert "failed" not in states.values(), states
        return states["approve_prune"] in ("awaiting_input", "deferred")

    wait_until(waits, "approval that waits", seconds=SECONDS)
    assert stage.snapshots() == before
    page.goto(f"{stage.airflow.url}{path_of(APPROVAL, run_id, 'approve_prune')}/required_actions")
    expect(page.get_by_text("more than one run may without approval")).to_be_visible()
    picture(page, "approval")
    page.get_by_role("button", name="Approve").click()
    state = stage.airflow.client.wait_for_run(APPROVAL, run_id, timeout_seconds=SECONDS)

    assert state == "success"
    assert len(before) == OLD_SNAPSHOTS + 1
    # The newest good ones stay: the backup, and the newest of the old.
    assert len(stage.snapshots()) == 2


def test_fleet_is_to_be_seen_at_a_glance(stage: Stage, backed_up: str, page: Page) -> None:
    page.goto(f"{stage.airflow.url}/dags?tags=redshift")
    for cluster in (CLUSTER, "sales-warehouse", "finance-warehouse"):
        expect(page.get_by_text(f"redshift_backup__{cluster}", exact=True)).to_be_visible()
    picture(page, "fleet")
    page.goto(f"{stage.airflow.url}/dags/{BACKUP}")
    expect(page.get_by_text("prune_snapshots", exact=True).first).to_be_visible()
    picture(page, "grid")
