"""Section 7 of the contract over plain HTTP, as a program without an AWS library sees it."""

import json
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

import pytest

SOURCE, TARGET = "164543933824", "058264155998"
CLUSTER = "aca-redshift-cluster"
INSTANT = "2025-09-18T14:30:22+00:00"
FAULT = {"service": "redshift", "operation": "DescribeClusters", "kind": "throttle"}
_open = build_opener(ProxyHandler({})).open


def send(sandbox, method, path, body=None):
    """Return the status and the JSON of a control request's answer."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{sandbox.url}/_sandbox/{path}", data, method=method)
    try:
        with _open(request) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def control(sandbox, method, path, body=None):
    status, answer = send(sandbox, method, path, body)
    assert status == 200, answer
    return answer


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "reset", {"colour": 1}),
        ("POST", "lifecycle", {"operation": "copy", "seconds": 3, "colour": 1}),
        ("POST", "faults", {**FAULT, "colour": 1}),
        ("DELETE", "faults", {"service": "redshift", "colour": 1}),
        ("GET", "calls", {"colour": 1}),
        ("DELETE", "calls", {"colour": 1}),
        ("POST", "snapshots", [{"cluster_identifier": "c", "colour": 1}]),
        ("POST", "snapshots/one/sql", {"sql": "select 1", "colour": 1}),
        ("POST", "clock", {"freeze": True, "colour": 1}),
        ("GET", "calls?colour=1", None),
        ("POST", "reset?colour=1", None),
    ],
)
def test_unknown_field_is_refused_on_every_route(sandbox, method, path, body):
    status, answer = send(sandbox, method, path, body)
    assert (status, "colour" in answer["error"]) == (400, True)


def test_reset_brings_back_what_up_made(playground):
    def shelf():
        redshift, target = playground.client("redshift"), playground.client("redshift", "target")
        clusters = redshift.describe_clusters()["Clusters"]
        function = playground.client("lambda").list_functions()["Functions"]
        groups = target.describe_cluster_subnet_groups()["ClusterSubnetGroups"]
        return {
            "clusters": [(row["ClusterIdentifier"], row["ClusterStatus"]) for row in clusters],
            "manual": redshift.describe_cluster_snapshots(SnapshotType="manual")["Snapshots"],
            "functions": [(row["FunctionName"], row["CodeSha256"]) for row in function],
            "topics": playground.client("sns").list_topics()["Topics"],
            "groups": [row["ClusterSubnetGroupName"] for row in groups],
            "buckets": [row["Name"] for row in playground.client("s3").list_buckets()["Buckets"]],
            "log_groups": playground.client("logs").describe_log_groups()["logGroups"],
            "lifecycle": control(playground, "GET", "lifecycle"),
            "faults": control(playground, "GET", "faults"),
        }

    before = shelf()
    playground.client("sns").create_topic(Name="of-a-test")
    playground.client("lambda").invoke(FunctionName="aca-redshift-backup", Payload=b"{}")
    control(playground, "POST", "faults", {**FAULT, "operation": "PauseCluster"})
    control(playground, "POST", "lifecycle", {"operation": "copy", "outcome": "never"})
    control(playground, "POST", "clock", {"freeze": INSTANT})
    assert shelf() != before

    control(playground, "POST", "reset")

    assert control(playground, "GET", "calls") == []
    assert shelf() == before
    now = datetime.fromisoformat(control(playground, "GET", "clock")["now"])
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=30)


def test_clock_holds_for_snapshots_and_for_the_function(playground):
    redshift = playground.client("redshift")
    function = playground.client("lambda")

    def timestamp():
        answer = function.invoke(FunctionName="aca-redshift-backup", Payload=b'{"action":"status"}')
        return json.load(answer["Payload"])["timestamp"]

    control(playground, "POST", "clock", {"freeze": INSTANT})
    made = redshift.create_cluster_snapshot(SnapshotIdentifier="one", ClusterIdentifier=CLUSTER)
    assert made["Snapshot"]["SnapshotCreateTime"].isoformat() == INSTANT
    assert timestamp() == "2025-09-18T14:30:22.000000"

    control(playground, "POST", "clock", {"advance_seconds": 2.5})
    one = {"SnapshotIdentifier": "one"}
    status = redshift.describe_cluster_snapshots(**one)["Snapshots"][0]["Status"]
    assert (timestamp(), status) == ("2025-09-18T14:30:24.500000", "creating")

    control(playground, "POST", "clock", {"advance_seconds": 0.5})
    assert redshift.describe_cluster_snapshots(**one)["Snapshots"][0]["Status"] == "available"

    control(playground, "POST", "clock", {"resume": True})
    assert "2025-09-18T14:30:25" < timestamp() < "2025-09-18T14:31:25"


@pytest.mark.parametrize(
    ("service", "operation", "call"),
    [
        ("redshift", "DescribeClusters", lambda client: client.describe_clusters()),
        ("lambda", "ListFunctions", lambda client: client.list_functions()),
        ("redshift-data", "ListStatements", lambda client: client.list_statements()),
        ("kms", "ListKeys", lambda client: client.list_keys()),
        ("sns", "ListTopics", lambda client: client.list_topics()),
    ],
)
def test_faults_break_chosen_calls_of_every_service(sandbox, service, operation, call):
    from botocore.config import Config
    from botocore.exceptions import ClientError, ConnectionClosedError

    client = sandbox.client(service, config=Config(retries={"total_max_attempts": 1}))
    for kind in ("throttle", "error_500", "error_503", "drop_before", "drop_after"):
        rule = {"service": service, "operation": operation, "kind": kind, "from_call": 2}
        control(sandbox, "POST", "faults", {**rule, "times": 2})
        control(sandbox, "DELETE", "calls")
        call(client)
        for _ in range(2):
            with pytest.raises((ClientError, ConnectionClosedError)):
                call(client)
        call(client)
        assert control(sandbox, "DELETE", "faults") == {"removed": 1}
        calls = control(sandbox, "GET", "calls")
        statuses = [row["status"] for row in calls]
        broken = {
            "throttle": (statuses[1],) * 2,
            "error_500": (500, 500),
            "error_503": (503, 503),
        }.get(kind, (None, None))
        assert statuses == [200, *broken, 200]
        assert all(
            (code is not None) is (status not in (200, None)) for code, status in _ends(calls)
        )


def _ends(calls):
    return [(row["error_code"], row["status"]) for row in calls]


def test_calls_say_who_called_what_in_order(sandbox):
    for account in ("source", "target"):
        sandbox.client("redshift", account).describe_clusters(MaxRecords=20)
    rows = control(sandbox, "GET", "calls")
    assert [row["account_id"] for row in rows] == [SOURCE, TARGET]
    assert set(rows[0]) == {
        *("service", "operation", "account_id", "principal", "parameters", "status"),
        "error_code",
    }
    assert rows[0]["principal"].startswith(f"arn:aws:iam::{SOURCE}:user/")
    assert rows[0]["parameters"] == {"MaxRecords": 20}
    assert (rows[0]["service"], rows[0]["operation"]) == ("redshift", "DescribeClusters")
    assert (rows[0]["status"], rows[0]["error_code"]) == (200, None)


def test_a_thousand_mixed_rows_are_planted(playground):
    kms = playground.client("kms")
    own = kms.create_key()["KeyMetadata"]["Arn"]
    keys = [None, own, "alias/aca-redshift", "alias/aws/redshift", "AWS_OWNED_KMS_KEY"]
    rows = [
        {
            "account_id": TARGET if number % 10 == 0 else SOURCE,
            "cluster_identifier": "gone" if number % 3 else CLUSTER,
            "create_time": f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z",
            "type": "automated" if number % 7 == 0 else "manual",
            "status": ("available", "failed", "creating", "available")[number % 4],
            "tags": {"number": str(number)},
            "shared_with": [] if number % 10 == 0 or number % 7 == 0 else [TARGET],
            "kms_key_id": None if number % 10 == 0 else keys[number % len(keys)],
        }
        | ({} if number % 7 == 0 else {"snapshot_identifier": f"row-{number}"})
        for number in range(1000)
    ]
    planted = control(playground, "POST", "snapshots", rows)
    assert len(planted) == 1000
    by_time = {row["create_time"]: row for row in planted}
    seen = 0
    for account, owner in (("source", SOURCE), ("target", TARGET)):
        pages = playground.client("redshift", account).get_paginator("describe_cluster_snapshots")
        for snapshot in pages.paginate().search("Snapshots"):
            row = by_time.get(snapshot["SnapshotCreateTime"].isoformat())
            if row is None:
                continue
            seen += 1
            assert snapshot["OwnerAccount"] == owner == row["account_id"]
            assert (snapshot["Status"], snapshot["SnapshotType"]) == (row["status"], row["type"])
            assert {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]} == row["tags"]
            assert snapshot.get("KmsKeyId") == row["kms_key_id"]
    assert seen == 1000


@pytest.mark.parametrize("written", ["plain", "quoted"])
def test_frozen_data_are_changed_and_a_restore_shows_it(playground, written):
    row = {"cluster_identifier": CLUSTER, "type": "automated", "create_time": INSTANT}
    control(playground, "POST", "clock", {"freeze": INSTANT})
    (planted,) = control(playground, "POST", "snapshots", [row])
    name = planted["snapshot_identifier"]
    assert name == f"rs:{CLUSTER}-2025-09-18-14-30-22"
    address = quote(name, safe="") if written == "quoted" else name
    before = count(playground, CLUSTER)
    changed = control(
        playground, "POST", f"snapshots/{address}/sql", {"sql": "DELETE FROM sales.orders"}
    )
    assert changed["rows_affected"] == before > 0

    redshift = playground.client("redshift")
    redshift.restore_from_cluster_snapshot(ClusterIdentifier="again", SnapshotIdentifier=name)
    control(playground, "POST", "clock", {"advance_seconds": 3})

    assert (count(playground, "again"), count(playground, CLUSTER)) == (0, before)


def count(playground, cluster):
    data = playground.client("redshift-data")
    where = {"ClusterIdentifier": cluster, "Database": "dev", "DbUser": "awsuser"}
    sql = "SELECT count(*) FROM sales.orders"
    statement = data.execute_statement(Sql=sql, WaitTimeSeconds=30, **where)["Id"]
    (((cell,),)) = data.get_statement_result(Id=statement)["Records"]
    return cell["longValue"]
