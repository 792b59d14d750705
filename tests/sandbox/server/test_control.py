"""The control API refuses what it does not understand, and names every fault."""

import http.client
from datetime import UTC, datetime

import pytest

from sandbox.server import ControlRequestError


def refusal(sandbox, method, path, body=None):
    with pytest.raises(ControlRequestError) as refused:
        sandbox.control(method, path, body)
    return refused.value.status, refused.value.answer["faults"]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("reset", {"bare": True}, ["bare"]),
        ("faults", {}, ["service", "operation", "kind"]),
        (
            "faults",
            {
                "service": "redshift",
                "operation": "DescribeClusters",
                "kind": "explode",
                "from_call": 0,
                "times": "two",
                "seconds": -1,
                "when": "now",
            },
            ["when", "kind", "from_call", "times", "seconds"],
        ),
        (
            "faults",
            {"service": "redshift", "operation": "Describe", "kind": "throttle"},
            ["Describe"],
        ),
        ("faults", {"service": "redshfit", "operation": "*", "kind": "throttle"}, ["redshfit"]),
        ("faults", {"service": 7, "operation": "*", "kind": ["x"]}, ["kind", "service"]),
        ("faults", {"service": "sns", "operation": "Publish", "kind": "delay"}, ["seconds"]),
        (
            "faults",
            {"service": "sns", "operation": "Publish", "kind": "throttle", "times": True},
            ["times"],
        ),
        ("faults", [], ["object"]),
        ("lifecycle", {"seconds": 3}, ["operation"]),
        ("lifecycle", {"operation": "explode", "seconds": -1, "outcome": "maybe"}, ["explode"]),
        ("lifecycle", {"operation": ["snapshot"], "seconds": 3}, ["snapshot"]),
        ("lifecycle", {"operation": "snapshot", "second": 3}, ["second"]),
        ("snapshots", {"snapshot_identifier": "a"}, ["list"]),
        ("snapshots", [{"snapshot_identifier": "a", "colour": "red"}], ["colour"]),
        ("snapshots/missing/sql", {"sql": "select 1"}, ["missing"]),
        ("snapshots/missing/sql", {"sql": ""}, ["sql"]),
        ("snapshots/missing/sql", {}, ["sql"]),
        ("clock", {}, ["advance_seconds"]),
        ("clock", {"advance_seconds": 1, "resume": True}, ["2"]),
        ("clock", {"advance_seconds": -1}, ["-1"]),
        ("clock", {"advance_seconds": "1"}, ["'1'"]),
        ("clock", {"advance_seconds": 1e300}, ["advance_seconds"]),
        ("clock", {"freeze": False}, ["freeze"]),
        ("clock", {"freeze": "yesterday"}, ["yesterday"]),
        ("clock", {"freeze": "2026-01-01T00:00:00"}, ["time zone"]),
        ("clock", {"resume": False}, ["resume"]),
        ("clock", {"rewind": 1}, ["rewind"]),
    ],
)
def test_bad_request_is_refused_with_every_fault(sandbox, path, body, words):
    before = sandbox.control("GET", "clock")["frozen"], sandbox.control("GET", "lifecycle")
    status, faults = refusal(sandbox, "POST", path, body)
    assert status == 400
    for word in words:
        assert word in "\n".join(faults)
    assert sandbox.control("GET", "faults") == []
    after = sandbox.control("GET", "clock")["frozen"], sandbox.control("GET", "lifecycle")
    assert after == before


def test_several_faults_come_as_several_lines(sandbox):
    _, faults = refusal(sandbox, "POST", "faults", {"kind": "explode", "times": 0})
    assert len(faults) == 4


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothing", 404),
        ("POST", "snapshots/a/b/sql", 404),
        ("PUT", "faults", 405),
        ("GET", "reset", 405),
        ("DELETE", "iam", 405),
        ("POST", "iam-log", 405),
    ],
)
def test_what_does_not_exist_says_so(sandbox, method, path, status):
    assert refusal(sandbox, method, path)[0] == status


@pytest.mark.parametrize("body", [{}, {"enforce": "yes"}, {"enforce": True, "hard": 1}])
def test_iam_enforcement_takes_true_or_false_and_nothing_else(sandbox, body):
    status, faults = refusal(sandbox, "POST", "iam", body)
    assert status == 400
    assert sandbox.control("GET", "iam") == {"enforce": False}
    assert faults


def test_a_reset_ends_iam_enforcement_and_forgets_its_log(sandbox):
    sandbox.control("POST", "iam", {"enforce": True})
    sandbox.client("sts").get_caller_identity()
    sandbox.client("redshift").describe_clusters()
    assert len(sandbox.control("GET", "iam-log")) == 1
    sandbox.control("POST", "reset")
    assert sandbox.control("GET", "iam") == {"enforce": False}
    assert sandbox.control("GET", "iam-log") == []


def test_body_that_is_not_json_is_refused(sandbox):
    host = sandbox.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host)
    connection.request("POST", "/_sandbox/clock", body=b"{nonsense")
    response = connection.getresponse()
    assert response.status == 400
    assert response.headers["Content-Type"] == "application/json"
    assert b"not JSON" in response.read()
    connection.close()


def test_clock_is_advanced_frozen_and_resumed(sandbox):
    def now():
        return datetime.fromisoformat(sandbox.control("GET", "clock")["now"])

    start = now()
    answered = sandbox.control("POST", "clock", {"advance_seconds": 86_400})["now"]
    assert (datetime.fromisoformat(answered) - start).total_seconds() >= 86_400
    sandbox.control("POST", "clock", {"freeze": "2026-02-03T04:05:06+00:00"})
    assert now() == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert now() == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    sandbox.control("POST", "clock", {"freeze": True})
    assert now() == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert sandbox.control("POST", "clock", {"resume": True})["frozen"] is False
    assert now() > datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_lifecycle_is_set_and_shown(sandbox):
    setting = {"operation": "copy", "seconds": 7, "outcome": "failed"}
    assert sandbox.control("POST", "lifecycle", setting) == setting
    assert sandbox.control("GET", "lifecycle")["copy"] == {"seconds": 7.0, "outcome": "failed"}


def test_planted_snapshots_are_there_for_aws_clients(sandbox):
    rows = [
        {
            "cluster_identifier": "gone",
            "snapshot_identifier": f"gone-{number}",
            "create_time": f"2026-01-0{number}T00:00:00+00:00",
            "tags": {"team": "data"},
            "shared_with": ["058264155998"],
        }
        for number in (1, 2)
    ]
    assert len(sandbox.control("POST", "snapshots", rows)) == 2
    seen = sandbox.client("redshift", "target").describe_cluster_snapshots(
        OwnerAccount="164543933824"
    )["Snapshots"]
    assert {snapshot["SnapshotIdentifier"] for snapshot in seen} == {"gone-1", "gone-2"}


def test_health_says_ready(sandbox):
    health = sandbox.control("GET", "health")
    assert (health["status"], health["crashes"]) == ("ready", 0)
