"""The server itself: reset, its address, kept-alive connections, one at a time."""

import http.client
import time
from urllib.request import urlopen

import pytest

from sandbox.http import HttpServer
from sandbox.server import Sandbox


def test_reset_over_http_returns_to_the_start(sandbox):
    sandbox.client("sns").create_topic(Name="t")
    fault = {"service": "sns", "operation": "*", "kind": "error_500", "times": None}
    sandbox.control("POST", "faults", fault)
    sandbox.control("POST", "lifecycle", {"operation": "snapshot", "seconds": 99})
    sandbox.control("POST", "clock", {"freeze": "2020-01-01T00:00:00+00:00"})
    assert sandbox.control("POST", "reset") == {"status": "reset"}
    assert sandbox.control("GET", "calls") == []
    assert sandbox.control("GET", "faults") == []
    assert sandbox.control("GET", "lifecycle")["snapshot"]["seconds"] == 3
    assert sandbox.control("GET", "clock")["frozen"] is False
    assert not sandbox.control("GET", "clock")["now"].startswith("2020")
    assert sandbox.client("sns").list_topics()["Topics"] == []


def test_reset_keeps_credentials_of_both_accounts_valid(sandbox):
    clients = [sandbox.client("sts", account) for account in ("source", "target")]
    before = [client.get_caller_identity()["Account"] for client in clients]
    sandbox.control("POST", "reset")
    assert [client.get_caller_identity()["Account"] for client in clients] == before


def test_reset_of_a_playground_builds_it_anew(playground):
    redshift = playground.client("redshift")
    redshift.delete_cluster(ClusterIdentifier="aca-redshift-cluster", SkipFinalClusterSnapshot=True)
    playground.client("lambda").delete_function(FunctionName="aca-redshift-backup")
    playground.control("POST", "reset")
    (cluster,) = redshift.describe_clusters()["Clusters"]
    assert cluster["ClusterStatus"] == "available"
    playground.client("lambda").get_function(FunctionName="aca-redshift-backup")


def test_connection_stays_open_between_requests(sandbox):
    connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"))
    connection.request("GET", "/_sandbox/health")
    connection.getresponse().read()
    first = connection.sock
    connection.request("POST", "/_sandbox/clock", body=b'{"advance_seconds": 0}')
    connection.getresponse().read()
    assert first is not None
    assert connection.sock is first
    connection.close()


def test_warm_describe_answers_fast_enough_for_a_thousand_calls(sandbox):
    redshift = sandbox.client("redshift")
    redshift.describe_clusters()
    fastest = min(_seconds(redshift.describe_clusters) for _ in range(20))
    assert fastest < 0.02


def _seconds(call):
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def test_only_one_sandbox_runs_in_a_process(sandbox):
    with pytest.raises(RuntimeError, match=sandbox.url):
        Sandbox().start()
    with urlopen(f"{sandbox.url}/_sandbox/health") as response:
        assert response.status == 200


def test_account_override_of_moto_is_refused(sandbox_server, monkeypatch):
    monkeypatch.setattr(Sandbox, "_running", None)
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "111111111111")
    with pytest.raises(RuntimeError, match="MOTO_ACCOUNT_ID"):
        Sandbox().start()


def test_only_the_loopback_address_is_bound(sandbox):
    assert sandbox.url.startswith("http://127.0.0.1:")
    port = int(sandbox.url.rpartition(":")[2])
    with open("/proc/net/tcp") as table:
        addresses = {
            fields[1]
            for fields in map(str.split, table.readlines()[1:])
            if fields[3] == "0A" and fields[1].endswith(f":{port:04X}")
        }
    assert addresses == {f"0100007F:{port:04X}"}


def test_container_is_reached_by_its_other_addresses_when_told_to_listen_there():
    def answer(environ, start_response):
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    server = HttpServer(answer, 0, "0.0.0.0")
    server.start()
    try:
        port = int(server.url.rpartition(":")[2])
        assert server.url == f"http://127.0.0.1:{port}"
        with urlopen(f"http://127.0.0.2:{port}/") as response:
            assert response.read() == b"ok"
    finally:
        server.stop()


def test_unknown_region_is_an_error_and_no_crash(sandbox):
    import boto3
    from botocore.exceptions import ClientError

    client = boto3.Session(profile_name="source").client("redshift", region_name="xx-nowhere-9")
    with pytest.raises(ClientError) as refused:
        client.describe_clusters()
    assert "xx-nowhere-9" in str(refused.value)
