"""Many clients at once, a full shelf, and a stop in the middle of it."""

import json
import os
import random
import shlex
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

pytestmark = pytest.mark.slow

SOURCE, TARGET = "164543933824", "058264155998"
CLUSTER = "aca-redshift-cluster"
ONCE = Config(retries={"total_max_attempts": 1})
THREADS = 8


class Visitors:
    """Mixed calls from several threads until they are told to stop."""

    def __init__(self, client, subnet_group):
        self.subnet_group = subnet_group
        self.redshift, self.target = client("redshift", "source"), client("redshift", "target")
        self.data, self.sns = client("redshift-data", "source"), client("sns", "source")
        self.stopped = threading.Event()
        self.failures = []
        self.calls = 0

    def call(self, random):
        one = {"SnapshotIdentifier": f"s{random.randrange(12)}"}
        share = one | {"AccountWithRestoreAccess": TARGET}
        drill = {"ClusterIdentifier": f"d{random.randrange(3)}"}
        statement = {"ClusterIdentifier": CLUSTER, "Database": "dev", "DbUser": "awsuser"}
        place = {"OwnerAccount": SOURCE, "ClusterSubnetGroupName": self.subnet_group}
        redshift, target = self.redshift, self.target
        self.calls += 1
        random.choice(
            [
                lambda: redshift.create_cluster_snapshot(ClusterIdentifier=CLUSTER, **one),
                lambda: redshift.authorize_snapshot_access(**share),
                lambda: redshift.revoke_snapshot_access(**share),
                lambda: redshift.delete_cluster_snapshot(**one),
                lambda: redshift.batch_delete_cluster_snapshots(Identifiers=[one]),
                lambda: redshift.describe_cluster_snapshots(),
                lambda: target.describe_cluster_snapshots(OwnerAccount=SOURCE),
                lambda: target.restore_from_cluster_snapshot(**drill, **one, **place),
                lambda: target.delete_cluster(SkipFinalClusterSnapshot=True, **drill),
                lambda: target.describe_clusters(),
                lambda: self.data.execute_statement(
                    Sql="INSERT INTO sales.orders SELECT * FROM sales.orders LIMIT 1", **statement
                ),
                lambda: self.sns.create_topic(Name=f"t{random.randrange(5)}"),
            ]
        )()

    def stay(self, seed):
        chosen = random.Random(seed)
        while not self.stopped.is_set():
            try:
                self.call(chosen)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                    self.failures.append(error)
            except BotoCoreError as error:
                if not self.stopped.is_set():
                    self.failures.append(error)


def test_mixed_calls_of_many_threads_break_nothing(playground):
    for operation in ("snapshot", "restore", "delete_cluster"):
        playground.control("POST", "lifecycle", {"operation": operation, "seconds": 0.1})
    clients = {}

    def client(service, account):
        return clients.setdefault(
            (service, account), playground.client(service, account, config=ONCE)
        )

    visitors = Visitors(client, playground.outputs["aca-redshift-dr"]["SubnetGroupName"])
    with ThreadPoolExecutor(THREADS) as pool:
        for seed in range(THREADS):
            pool.submit(visitors.stay, seed)
        time.sleep(3)
        visitors.stopped.set()
    assert visitors.failures == []
    assert visitors.calls > 100
    redshift, target = visitors.redshift, visitors.target
    manual = redshift.describe_cluster_snapshots(SnapshotType="manual")["Snapshots"]
    names = [snapshot["SnapshotIdentifier"] for snapshot in manual]
    assert len(names) == len(set(names)) <= 12
    shared = {
        row["SnapshotIdentifier"]
        for row in target.describe_cluster_snapshots(OwnerAccount=SOURCE)["Snapshots"]
    }
    authorized = {row["SnapshotIdentifier"] for row in manual if "AccountsWithRestoreAccess" in row}
    assert shared == authorized
    assert len(playground.control("GET", "calls")) >= visitors.calls


def test_five_thousand_snapshots_are_paged_without_a_gap(sandbox):
    rows = [
        {
            "cluster_identifier": "orders",
            "snapshot_identifier": f"row-{number:04}",
            # Half of them share an instant: the order still has to be total.
            "create_time": f"2026-01-01T00:{number // 2 % 60:02}:00Z",
            "shared_with": [TARGET],
        }
        for number in range(5000)
    ]
    sandbox.control("POST", "snapshots", rows)
    pages = sandbox.client("redshift", "target").get_paginator("describe_cluster_snapshots")
    shared = pages.paginate(OwnerAccount=SOURCE).search("Snapshots")
    found = [snapshot["SnapshotIdentifier"] for snapshot in shared]
    assert sorted(found) == [row["snapshot_identifier"] for row in rows]


@pytest.fixture
def running(tmp_path):
    """A sandbox in a process of its own: the process and its shell environment."""
    env_file, temporary = tmp_path / "sandbox.env", tmp_path / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-m", "sandbox", "up", "--port", "0", "--env-file", env_file]
    process = subprocess.Popen(
        command,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not env_file.exists():
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < deadline, "not ready within 120 seconds"
            time.sleep(0.05)
        yield process, _exports(env_file), temporary
    finally:
        process.kill()
        process.communicate()


def _exports(env_file):
    words = shlex.split(env_file.read_text())
    return dict(word.split("=", 1) for word in words if word != "export")


def test_a_stop_under_load_leaves_nothing_and_says_nothing(running, monkeypatch):
    process, exports, temporary = running
    for name, value in exports.items():
        monkeypatch.setenv(name, value)
    sessions = {name: boto3.session.Session(profile_name=name) for name in ("source", "target")}
    extra = json.loads(exports["AIRFLOW_CONN_AWS_DR"])["extra"]
    visitors = Visitors(
        lambda service, account: sessions[account].client(service, config=ONCE),
        extra["service_config"]["redshift"]["cluster_subnet_group_name"],
    )
    sessions["source"].client("lambda").invoke(
        FunctionName="aca-redshift-backup", Payload=json.dumps({"action": "status"})
    )
    with ThreadPoolExecutor(THREADS) as pool:
        for seed in range(THREADS):
            pool.submit(visitors.stay, seed)
        time.sleep(1)
        assert visitors.failures == []
        visitors.stopped.set()
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "Traceback" not in output
    assert list(temporary.iterdir()) == []
